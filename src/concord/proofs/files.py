"""The one place where proofs touch the file system: packages, trust files and policies by their paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from concord.proofs.package import Parts, write_package
from concord.proofs.trust import LARGEST_POLICY, LARGEST_TRUST, Asked, Trust, read_policy, read_trust
from concord.rules.errors import InvalidInput, Problem, Said


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. Raises InvalidInput ``proofs.no_file``."""
    try:
        if path.is_file():
            return path.open("rb")
    except OSError:
        pass  # no permission, or gone: refused below
    raise _no_file(path)


def opener(path: Path) -> Callable[[], BinaryIO]:
    """What opens a package's file from a path, each time anew."""
    return partial(opened, path)


def trust_at(path: Path) -> Trust:
    """The trust file at ``path``. Raises InvalidInput as ``read_trust``, and ``proofs.no_file``."""
    return read_trust(_bytes(path, LARGEST_TRUST))


def policy_at(path: Path) -> Asked:
    """The policy file at ``path``. Raises InvalidInput ``proofs.shape`` and ``proofs.no_file``."""
    return read_policy(_bytes(path, LARGEST_POLICY))


def save_package(path: Path, parts: Parts) -> None:
    """Write a package to ``path``, which shows it only once it is whole. Raises as ``write_package``."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as out:
            write_package(out, parts)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _bytes(path: Path, limit: int) -> bytes:
    """The whole file; one byte more than ``limit`` of a larger one, for its reader to refuse."""
    with opened(path) as stream:
        return stream.read(limit + 1)


def _no_file(path: Path) -> InvalidInput:
    said = Said(f"没有文件 {path}，或者无法读取。", f"There is no file {path}, or it cannot be read.")
    return InvalidInput("proofs.no_file", said, problems=(Problem("file", "proofs.no_file", said),))
