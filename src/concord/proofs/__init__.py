"""Proofs that stand without us: digests, signatures, the Merkle log, time-stamps, evidence packages, verification."""
