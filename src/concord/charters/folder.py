"""Charter folders on disk: where the shipped ones lie and how their texts are read."""

from __future__ import annotations

from pathlib import Path


def shipped() -> Path:
    """The folder of the charters that come with Concord."""
    return Path(__file__).parent


def read(root: Path, *ids: str) -> dict[str, str]:
    """The TOML texts of the charters ``ids`` below ``root``, by path relative to ``root``."""
    files = (file for charter in ids for file in sorted((root / charter).rglob("*.toml")))
    return {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files}
