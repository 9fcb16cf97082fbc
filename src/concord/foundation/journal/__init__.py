"""The append-only record of acts and of reads."""
