"""How coins that come in are found, checked and credited."""
