"""The matching engine: an order and a book in, events out. Pure and deterministic."""
