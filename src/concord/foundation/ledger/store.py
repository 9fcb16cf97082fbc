"""Where the log's files lie: a folder, or a bucket of an S3-compatible object store.

A tile never changes once it is written: the same bytes again are fine, other bytes are refused. Only ``checkpoint`` is
replaced. The partial tiles before a full one may go when it is there (C2SP tlog-tiles).
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Protocol

from concord.rules.errors import Conflict, Said, Unavailable

CHECKPOINT = "checkpoint"


class Store(Protocol):
    """Files by their path in the log."""

    def get(self, path: str) -> bytes | None:
        """The bytes at ``path``, or None when nothing lies there."""

    def exists(self, path: str) -> bool:
        """Whether something lies at ``path``."""

    def put(self, path: str, content: bytes) -> None:
        """Keep ``content`` at ``path``, for good when this returns. Raises Conflict ``ledger.tile_differs``."""

    def prune(self, path: str) -> None:
        """Remove the partial tiles that the full one at ``path`` has taken the place of."""


def opened(tiles: str) -> Store:
    """The store that an installation names: ``file:/folder`` or ``s3://bucket/prefix``."""
    scheme, _, place = tiles.partition(":")
    if scheme == "s3":
        bucket, _, prefix = place.removeprefix("//").partition("/")
        return S3Store(bucket, prefix)
    return FolderStore(Path(place))


class FolderStore:
    """The files in a folder of this machine; written beside, on disk, and then renamed into place."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, path: str) -> bytes | None:
        """As Store."""
        try:
            with self._path(path).open("rb", buffering=0) as file:
                return file.readall()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def exists(self, path: str) -> bool:
        """As Store."""
        return self._path(path).is_file()

    def put(self, path: str, content: bytes) -> None:
        """As Store."""
        if not _replaces(path, held=self.get(path), content=content):
            return
        target = self._path(path)
        if not target.parent.is_dir():
            self._make_folder(target.parent)
        number, arriving = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with open(number, "wb") as file:  # noqa: PTH123  a descriptor, not a path
                file.write(content)
                file.flush()
                os.fsync(number)
            os.replace(arriving, target)  # noqa: PTH105  as above, and no path is made of it
        except OSError:
            Path(arriving).unlink(missing_ok=True)
            raise
        _to_disk(target.parent)

    def prune(self, path: str) -> None:
        """As Store."""
        shutil.rmtree(self._path(f"{path}.p"), ignore_errors=True)

    def _path(self, path: str) -> Path:
        """Where ``path`` lies; the paths are the log's own, made of numbers. Nothing outside of the folder."""
        found = self._root / path
        if ".." in found.parts or not found.is_relative_to(self._root):
            raise ValueError(path)
        return found

    def _make_folder(self, folder: Path) -> None:
        """Make the folder and those above it, each written to disk in the one that holds it."""
        missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            _to_disk(one.parent)


class S3Store:
    """The files in a bucket of an S3-compatible object store; needs the extra ``s3``.

    Address and credentials come from the environment, as boto3 reads them. Every call raises Unavailable
    ``ledger.store`` when the object store cannot be reached or refuses.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = _extra("boto3").client("s3")

    def get(self, path: str) -> bytes | None:
        """As Store."""
        with _reaching():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)
            except self._client.exceptions.NoSuchKey:
                return None
            return bytes(answer["Body"].read())

    def exists(self, path: str) -> bool:
        """As Store."""
        return self.get(path) is not None

    def put(self, path: str, content: bytes) -> None:
        """As Store; the object store answers only when it has the object for good."""
        if _replaces(path, held=self.get(path), content=content):
            with _reaching():
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + path, Body=content)

    def prune(self, path: str) -> None:
        """As Store."""
        with _reaching():
            listed = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._prefix}{path}.p/")
            keys = [{"Key": found["Key"]} for found in listed.get("Contents", ())]
            if keys:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys})


@contextmanager
def _reaching() -> Iterator[None]:
    told = _extra("botocore.exceptions")
    try:
        yield
    except (told.BotoCoreError, told.ClientError) as error:
        said = Said(
            "存证账本的对象存储暂时不能访问，将自动重试。",
            "The object store with the ledger's files cannot be reached; it will be tried again.",
        )
        raise Unavailable("ledger.store", said) from error


def _extra(name: str) -> ModuleType:
    """A module of the extra, imported only where an object store is used."""
    try:
        return importlib.import_module(name)
    except ImportError:
        said = Said(
            "没有安装 boto3（附加项 s3），不能使用对象存储。",
            "boto3 is not installed (the extra s3), so the object store cannot be used.",
        )
        raise Unavailable("ledger.no_object_store", said) from None


def _replaces(path: str, *, held: bytes | None, content: bytes) -> bool:
    """Whether ``content`` has to be written. Raises Conflict ``ledger.tile_differs`` for a tile with other bytes."""
    if held == content:
        return False
    if held is not None and path != CHECKPOINT:
        said = Said(
            f"存证账本文件 {path} 已有不同内容，不得覆盖。请运行账本检查，查明是哪一处被改动。",
            f"The ledger's file {path} holds other bytes already and is not overwritten; check the ledger to learn "
            "which of the two was changed.",
        )
        raise Conflict("ledger.tile_differs", said)
    return True


def _to_disk(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
