"""The stories of the house: read, decide, return one Plan of writes."""
