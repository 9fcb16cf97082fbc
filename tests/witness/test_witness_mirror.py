"""The city's own copy: every entry, tiles of its own making, nothing believed before the root is the signed one."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.proofs import merkle, tiles
from concord.rules.errors import InvalidInput, Unavailable
from concord.witness import mirror
from concord.witness.mirror import Folder
from concord.witness.protocol import Standing
from concord.witness.sites import Get
from tests.support.witnessing import ToyLog

NOTHING = merkle.Range(0, ())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def from_(log: ToyLog) -> Get:
    return lambda path, limit: content[:limit] if (content := log.files.get(path)) is not None else None


def tree(log: ToyLog) -> Standing:
    return Standing(log.size, log.root())


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(log: ToyLog) -> dict[str, bytes]:
    return {path: content for path, content in ToyLog(log.leaves).files.items() if path != "checkpoint"}


@pytest.mark.parametrize("size", [1, 5, 256, 257, 300, 512, 70_000])
def test_a_log_is_copied_whole_with_the_same_files(folder: Folder, tmp_path: Path, size: int) -> None:
    log = ToyLog().grow(size)
    held = mirror.grow(folder, NOTHING, tree(log), from_(log))
    assert held.root() == log.root()
    assert files(tmp_path) == expected(log)


@given(steps=st.lists(st.integers(1, 400), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_it_grows_as_the_log_grows_and_drops_what_was_replaced(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    path = tmp_path_factory.mktemp("mirror")
    folder, log, held = Folder(path), ToyLog(), NOTHING
    for step in steps:
        log.grow(step)
        held = mirror.grow(folder, held, tree(log), from_(log))
        assert mirror.is_whole(folder, held)
    assert files(path) == expected(log)
    assert [mirror.root_at(folder, held, size) for size in range(1, 40) if size <= log.size] == [
        ToyLog(log.leaves[:size]).root() for size in range(1, 40) if size <= log.size
    ]


def test_served_hash_tiles_are_never_asked_for(folder: Folder) -> None:
    log = ToyLog().grow(600)
    asked: list[str] = []

    def get(path: str, limit: int) -> bytes | None:
        asked.append(path)
        return from_(log)(path, limit)

    mirror.grow(folder, NOTHING, tree(log), get)
    assert asked == ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"]


def test_a_partial_bundle_that_gave_way_to_the_full_one_is_taken_from_it(folder: Folder) -> None:
    log = ToyLog().grow(100)
    target = tree(log)
    log.grow(200)
    del log.files["tile/entries/000.p/100"]
    assert mirror.grow(folder, NOTHING, target, from_(log)).size == 100


def test_little_by_little_gives_the_same_as_at_once(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "MOST_BYTES", 1)
    log = ToyLog().grow(300)
    held = mirror.grow(folder, NOTHING, tree(log), from_(log))
    log.grow(1000)
    assert mirror.grow(folder, held, tree(log), from_(log)).root() == log.root()
    assert files(tmp_path) == expected(log)


class TestWhatIsServedWrong:
    def rewritten(self, log: ToyLog, path: str, content: bytes) -> Get:
        twin = log.twin()
        twin.files = dict(log.files) | {path: content}
        return from_(twin)

    @pytest.mark.parametrize(
        "content",
        [
            tiles.bundle([b"other"] * 5),
            tiles.bundle([b"leaf 0"] * 4),
            tiles.bundle([b"leaf 0"] * 6),
            b"\x00",
            b"",
        ],
    )
    def test_entries_that_are_not_those_of_the_root_are_refused(self, folder: Folder, content: bytes) -> None:
        log = ToyLog().grow(5)
        with pytest.raises(InvalidInput) as caught:
            mirror.grow(folder, NOTHING, tree(log), self.rewritten(log, "tile/entries/000.p/5", content))
        assert caught.value.code == "witness.mirror_differs"

    def test_what_was_verified_before_is_as_it_was(self, folder: Folder) -> None:
        log = ToyLog().grow(300)
        held = mirror.grow(folder, NOTHING, tree(log), from_(log))
        log.grow(300)
        false = self.rewritten(log, "tile/entries/002.p/88", tiles.bundle([b"x"] * 88))
        with pytest.raises(InvalidInput):
            mirror.grow(folder, held, tree(log), false)
        assert mirror.is_whole(folder, held)
        assert mirror.grow(folder, held, tree(log), from_(log)).root() == log.root()

    def test_changing_an_entry_that_is_held_already_is_noticed(self, folder: Folder) -> None:
        log = ToyLog().grow(5)
        held = mirror.grow(folder, NOTHING, tree(log), from_(log))
        log.grow(1)
        leaves = [b"changed", *log.leaves[1:]]
        false = self.rewritten(log, "tile/entries/000.p/6", tiles.bundle(leaves))
        with pytest.raises(InvalidInput) as caught:
            mirror.grow(folder, held, tree(log), false)
        assert caught.value.code == "witness.mirror_differs"

    def test_entries_that_are_not_served_are_waited_for(self, folder: Folder) -> None:
        log = ToyLog().grow(5)
        with pytest.raises(Unavailable) as caught:
            mirror.grow(folder, NOTHING, tree(log), lambda _path, _limit: None)
        assert caught.value.code == "witness.not_served"


class TestWhatIsLost:
    def test_a_mirror_with_a_file_gone_or_spoilt_is_not_whole(self, folder: Folder, tmp_path: Path) -> None:
        log = ToyLog().grow(5)
        held = mirror.grow(folder, NOTHING, tree(log), from_(log))
        tile = tmp_path / "tile" / "0" / "000.p" / "5"
        tile.write_bytes(bytes(160))
        assert not mirror.is_whole(folder, held)
        tile.unlink()
        assert not mirror.is_whole(folder, held)

    def test_a_bundle_that_is_gone_is_no_accusation(self, folder: Folder, tmp_path: Path) -> None:
        log = ToyLog().grow(5)
        held = mirror.grow(folder, NOTHING, tree(log), from_(log))
        (tmp_path / "tile" / "entries" / "000.p" / "5").unlink()
        log.grow(1)
        with pytest.raises(InvalidInput) as caught:
            mirror.grow(folder, held, tree(log), from_(log))
        assert caught.value.code == "witness.mirror_lost"
