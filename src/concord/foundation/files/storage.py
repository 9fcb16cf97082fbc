"""The folder where bytes lie once under their digest: ``aa/bb/<sha256>``.

Bytes arrive in a file of their own beside the tree and are renamed into it when they are whole and on disk, so a
process killed at any moment leaves nothing incomplete under a digest.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from concord.foundation.files.policy import MAX_SIZE, check_size

CHUNK = 1024 * 1024
INCOMING = "incoming"
ABANDONED_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Kept:
    """What now lies in the folder: SHA-256 in hexadecimal, and the number of bytes."""

    digest: str
    size: int


def path_of(root: Path, digest: str) -> Path:
    """Where the bytes with this digest lie."""
    return root / digest[:2] / digest[2:4] / digest


def put(root: Path, content: IO[bytes], *, check: Callable[[IO[bytes]], None]) -> Kept:
    """Take ``content`` into the folder; the same bytes again change nothing.

    ``check`` is given the whole content as a seekable file before anything becomes visible, and raises to refuse it.
    Raises InvalidInput ``files.empty`` or, having read one byte too many, ``files.too_large``.
    """
    with _incoming(root) as arriving:
        digest = hashlib.sha256()
        size = 0
        while size <= MAX_SIZE and (chunk := content.read(min(CHUNK, MAX_SIZE + 1 - size))):
            arriving.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        check_size(size)
        check(arriving)
        arriving.flush()
        os.fsync(arriving.fileno())
        _lay(root, Path(arriving.name), digest.hexdigest())
    return Kept(digest.hexdigest(), size)


def write(root: Path, fill: Callable[[IO[bytes]], None]) -> Kept:
    """Let ``fill`` write what the system itself makes, of any size, straight into the folder."""
    with _incoming(root) as arriving:
        fill(arriving)
        arriving.flush()
        arriving.seek(0)
        digest = hashlib.file_digest(arriving, "sha256").hexdigest()  # type: ignore[arg-type]  # a file of bytes it is
        size = arriving.tell()
        os.fsync(arriving.fileno())
        _lay(root, Path(arriving.name), digest)
    return Kept(digest, size)


def take_over(root: Path, whole: Path, digest: str) -> None:
    """Let the bytes of ``whole``, which are on disk and have this digest, lie in the folder beside where they are.

    A process killed inside leaves both names or only the old one.
    """
    with _incoming(root) as beside:
        link = Path(f"{beside.name}-whole")
        try:
            os.link(whole, link)
            _lay(root, link, digest)
        finally:
            link.unlink(missing_ok=True)  # it stays when it and the target are one file already


def _lay(root: Path, whole: Path, digest: str) -> None:
    target = path_of(root, digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Also when it is there already: the bytes are the same, and a copy damaged on disk is healed.
    whole.replace(target)
    for folder in (target.parent, target.parent.parent, root):
        _to_disk(folder)


def remove(root: Path, digest: str) -> None:
    """Remove the bytes with this digest, but not such as arrived within a day: their row may just be being written."""
    lying = path_of(root, digest)
    with _incoming(root) as beside:
        aside = Path(f"{beside.name}-{digest}")
        try:
            # Taken aside first, so that bytes which arrive from now on are not the ones removed.
            lying.replace(aside)
        except FileNotFoundError:
            return
        if os.fstat(beside.fileno()).st_mtime - aside.stat().st_mtime > ABANDONED_SECONDS:
            aside.unlink()
        else:
            aside.replace(lying)


@contextmanager
def _incoming(root: Path) -> Iterator[IO[bytes]]:
    """A new file on the same file system, gone after the block unless it was renamed."""
    folder = root / INCOMING
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as arriving:
        try:
            _sweep(folder, newest=os.fstat(arriving.fileno()).st_mtime)
            yield arriving
        finally:
            Path(arriving.name).unlink(missing_ok=True)


def _sweep(folder: Path, *, newest: float) -> None:
    """Remove what processes killed long ago left behind; both times are the file system's own."""
    for left in folder.iterdir():
        try:
            abandoned = newest - left.stat().st_mtime > ABANDONED_SECONDS
        except FileNotFoundError:  # its owner finished meanwhile
            continue
        if abandoned:
            left.unlink(missing_ok=True)


def _to_disk(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
