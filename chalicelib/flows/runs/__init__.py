"""How coins are moved: a run is planned, signed, brought to the main ledger and posted, once."""
