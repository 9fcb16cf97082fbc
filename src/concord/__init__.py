"""Concord (协保): what autonomous authorities do together, as data, clocks and proofs."""
