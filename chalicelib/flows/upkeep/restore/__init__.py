"""What must be written so that a store which was torn (as a restored backup can be) agrees with itself again?

records   orders and amendments that are gone, and that journals prove       (truth: written first)
ends      journal entries that end what no book has seen                     (truth)
payouts   withdrawals, as the runs that paid them say                        (truth)
books     orders, wallets and ledgers, as all of that makes them
coins     custody, totals, leases, blocks of ours, addresses
markets   snapshots and the cursors of those who follow a journal
restore   all of it: looks, says what differs, writes it down
chain     brings the books and the chain together after that
"""
