"""The bytes of uploads under way: one file for each, filled piece by piece, made a stored one when it is whole.

Whoever writes or completes an upload holds a lock on its file, so that nothing changes bytes which are being looked at.
The system takes the lock back when the process ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from concord.foundation.files import storage

FOLDER = "uploads"


def free(root: Path) -> int:
    """How many bytes the disk has left."""
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


@contextmanager
def held(root: Path, uid: UUID) -> Iterator[IO[bytes]]:
    """The file of an upload, made when it is not there, for the block alone."""
    path = _path(root, uid)
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(number, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def write(file: IO[bytes], content: bytes, *, at: int) -> None:
    """Put a piece at its place, ``at`` bytes from the start."""
    file.seek(at)
    file.write(content)
    file.flush()


def digest_of(file: IO[bytes], *, size: int, chunk_size: int, chunks: Mapping[int, str]) -> tuple[str, list[int]]:
    """SHA-256 of the whole, and the pieces that are not those which came; memory holds one piece."""
    whole = hashlib.sha256()
    broken = []
    file.seek(0)
    for index in range(-(-size // chunk_size)):
        piece = file.read(min(chunk_size, size - index * chunk_size))
        if hashlib.sha256(piece).hexdigest() != chunks.get(index):
            broken.append(index)
        whole.update(piece)
    return whole.hexdigest(), broken


def adopt(root: Path, uid: UUID, file: IO[bytes], digest: str) -> None:
    """Let the bytes of a whole upload lie under their digest too; the upload keeps its own name until ``drop``."""
    file.flush()
    os.utime(file.fileno())  # they arrived now: ``storage.remove`` spares what is young
    os.fsync(file.fileno())
    storage.take_over(root, _path(root, uid), digest)


def drop(root: Path, uid: UUID) -> None:
    """Forget the file of an upload, if there is one."""
    _path(root, uid).unlink(missing_ok=True)


def lying(root: Path) -> Iterator[UUID]:
    """The uploads that have a file."""
    folder = root / FOLDER
    if folder.is_dir():
        yield from (UUID(path.name) for path in folder.iterdir())


def _path(root: Path, uid: UUID) -> Path:
    return root / FOLDER / str(uid)
