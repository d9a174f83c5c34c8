"""How what users are owed and what lies on the chain are brought together. Pure; the adapters talk."""
