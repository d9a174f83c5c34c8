"""How the books are held against the chain."""
