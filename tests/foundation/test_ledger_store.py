"""Where the log's files lie: the same rules for a folder and for an object store."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from concord.foundation.ledger.store import CHECKPOINT, FolderStore, S3Store, Store, opened
from concord.rules.errors import Conflict, Unavailable
from tests.support.ledgers import Ledger

TILE = "tile/0/x001/234"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an object store that answers in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="tiles")
        yield "tiles"


@pytest.fixture(params=["folder", "s3", "s3 with a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return opened(f"file:{tmp_path}")
    return opened(f"s3://{request.getfixturevalue('bucket')}" + ("/log/2026" if "prefix" in request.param else ""))


def test_what_is_put_is_there(store: Store) -> None:
    assert (store.get(TILE), store.exists(TILE)) == (None, False)
    store.put(TILE, b"hashes")
    assert (store.get(TILE), store.exists(TILE)) == (b"hashes", True)


def test_a_tile_never_changes(store: Store) -> None:
    store.put(TILE, b"hashes")
    store.put(TILE, b"hashes")
    with pytest.raises(Conflict) as refused:
        store.put(TILE, b"others")
    assert refused.value.code == "ledger.tile_differs"
    assert store.get(TILE) == b"hashes"


def test_the_checkpoint_is_replaced(store: Store) -> None:
    store.put(CHECKPOINT, b"one")
    store.put(CHECKPOINT, b"two")
    assert store.get(CHECKPOINT) == b"two"


def test_partial_tiles_go_and_only_they(store: Store) -> None:
    for path in (f"{TILE}.p/1", f"{TILE}.p/255", TILE, "tile/0/x001/235.p/1"):
        store.put(path, path.encode())
    store.prune(TILE)
    store.prune(TILE)
    assert [store.exists(path) for path in (f"{TILE}.p/1", f"{TILE}.p/255", TILE, "tile/0/x001/235.p/1")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_tile_where_its_folder_would_be_is_not_found(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("tile/0/000", b"full")
    assert store.get("tile/0/000/001") is None


@pytest.mark.parametrize("path", ["../outside", "/etc/hostname", "tile/../../outside"])
def test_nothing_outside_of_the_folder_is_reached(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=r"outside|hostname"):
        FolderStore(tmp_path / "tiles").get(path)


def test_a_put_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "no space left")

    store = FolderStore(tmp_path)
    store.put("tile/0/000", b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.put("tile/0/001", b"hashes")
    assert [path.name for path in (tmp_path / "tile/0").iterdir()] == ["000"]


def test_an_object_store_that_refuses_is_unavailable(bucket: str) -> None:
    store = S3Store(f"not-{bucket}")
    with pytest.raises(Unavailable) as refused:
        store.put(TILE, b"hashes")
    assert refused.value.code == "ledger.store"


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(Unavailable) as refused:
        opened("s3://tiles/log")
    assert refused.value.code == "ledger.no_object_store"


@pytest.mark.django_db(transaction=True)
def test_a_log_in_an_object_store_is_sound(tmp_path: Path, bucket: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.store = S3Store(bucket, "log")
    for count in (250, 10, 300):
        ledger.write(count)
        assert ledger.round().published
    found = ledger.checked()
    assert (found.findings, found.size) == ([], 560)
    assert not (tmp_path / "tiles").exists()
    kept = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(one["Key"] for one in kept) == [
        "log/checkpoint",
        "log/tile/0/000",
        "log/tile/0/001",
        "log/tile/0/002.p/48",
        "log/tile/1/000.p/1",
        "log/tile/1/000.p/2",
        "log/tile/entries/000",
        "log/tile/entries/001",
        "log/tile/entries/002.p/48",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_log_moves_from_a_folder_to_another(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(260)
    ledger.round()
    shutil.move(tmp_path / "tiles", tmp_path / "moved")
    ledger.store = FolderStore(tmp_path / "moved")
    ledger.write(1)
    assert ledger.round().published
    assert ledger.checked().sound
