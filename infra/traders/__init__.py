"""Programs that use the exchange as its traders do: over HTTP, with keys of their own.

They import nothing of the exchange, so a mistake there can not hide behind the same mistake
here.

    wallet sdk client  Keeta keys, those of the official SDK too, the login statement, the API
    login              a token for trying things out
    demo  day acts     a checked day at the exchange, and further acts of it
    story reckoning    how it is told and checked; do fills explain balances?
    replay replayer    recorded order flow, compared with the plain book of `flow`
    corridor           prices at which nobody else trades
    audited terminal   the operator's audit; text on a terminal
"""
