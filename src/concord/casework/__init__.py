"""Runs procedures: matters, acts, clocks, participants, papers, messages."""
