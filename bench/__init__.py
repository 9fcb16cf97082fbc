"""Benchmarks: each prints one table, its ratios taken from one interleaved run; none asserts an absolute time."""
