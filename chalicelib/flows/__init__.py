"""The stories of the house: read, decide, return one Plan of writes.

records/   what is stored or sent, and how it is written there
book/      how a process knows a book
intake/    how a request becomes a promise and a command
matcher/   how commands become steps of a market's journal
reading/   what a trader sees when he asks
upkeep/    what keeps a market tidy and proves that it is right

custody/       whose coins lie where, and who may sign for them
deposits/      how coins that come in are credited
withdrawals/   how coins are asked for
runs/          how coins are moved and paid out
proof/         how the books are held against the chain
"""
