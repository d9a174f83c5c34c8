"""How coins are asked for and paid out."""
