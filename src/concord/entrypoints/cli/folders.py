"""Folders that people name on the command line."""

from __future__ import annotations

from pathlib import Path

from concord.rules.errors import InvalidInput, Problem, Said


def existing(folder: Path) -> Path:
    """The folder, which must be there; InvalidInput ``cli.no_such_folder``."""
    if not folder.is_dir():
        said = Said(f"没有目录 {folder}", f"there is no folder {folder}")
        raise InvalidInput("cli.no_such_folder", said, problems=(Problem("folder", "cli.no_such_folder", said),))
    return folder
