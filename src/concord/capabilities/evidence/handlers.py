"""What the acts of procedures do with items, and how answers that name items are resolved."""
