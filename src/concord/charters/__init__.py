"""Charters are data: national law in cn/, an alliance's agreement beside it."""
