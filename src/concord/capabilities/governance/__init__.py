"""Governance: the charter is changed by drafts and put into force by resolution."""
