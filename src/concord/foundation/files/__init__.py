"""Files by digest."""
