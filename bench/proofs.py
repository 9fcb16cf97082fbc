"""Proofs: sealing, verifying, time-stamps, the log, large files, and the way from a seal to its proof."""

from __future__ import annotations

from pathlib import Path

from bench import appending, large_file, sealing, to_proof
from bench.measuring import Table


def run(home: Path, _kept: Path) -> list[Table]:
    """Every table, the quiet ones first."""
    return [*sealing.run(), *appending.run(home), *large_file.run(), *to_proof.run(home)]
