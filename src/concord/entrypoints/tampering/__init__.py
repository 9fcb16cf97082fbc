"""``make tamper``: rewrite history as the owner of the host, and see who notices."""
