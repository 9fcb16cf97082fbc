"""The co-signing process of one city: witness, mirror and monitor of the ledger; it knows no framework."""
