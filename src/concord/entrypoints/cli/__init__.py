"""The concord command."""
