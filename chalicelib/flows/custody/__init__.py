"""Whose coins lie where: the Keeta accounts of the house, their books, and who may sign for them."""
