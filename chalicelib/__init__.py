"""Keeta CEX: everything that travels to Lambda.

Floors, lowest first (a file imports only from a lower floor or its own package):

    0  money  ids  errors  market  terms  listing
    1  keeta/
    2  auth/  engine/  ledger/  settlement/
    3  flows/
    4  adapters/
    5  wiring  seeing
    6  api/  handlers
    7  app.py
"""
