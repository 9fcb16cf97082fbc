"""The log's files: written once, whatever the batches; enough of them to prove anything, and few to read."""

import re
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import merkle, tiles
from concord.rules.errors import InvalidInput

PATH = re.compile(r"tile/(\d+|entries)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")


class Files(dict[str, bytes]):
    """The log as a table of files; remembers what was read and lets nothing be written twice otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __call__(self, path: str) -> bytes | None:
        self.asked.append(path)
        return self.get(path)

    def add(self, old: int, leaves: list[bytes]) -> None:
        for path, data in tiles.grown(self, old, leaves).items():
            assert self.get(path, data) == data, f"{path} was written otherwise before"
            self[path] = data


def leaves_up_to(size: int) -> list[bytes]:
    return [f"leaf {at}".encode() for at in range(size)]


def log_of(*sizes: int) -> Files:
    """The log that published at each of ``sizes``."""
    files, leaves = Files(), leaves_up_to(sizes[-1])
    for old, new in pairwise((0, *sizes)):
        files.add(old, leaves[old:new])
    return files


def root_at(size: int) -> bytes:
    return merkle.Range(0, ()).append(map(merkle.leaf_hash, leaves_up_to(size))).root()


@settings(deadline=None)
@given(batches=st.lists(st.integers(0, 600), min_size=1, max_size=5))
def test_any_batches_write_the_files_of_one_batch(batches: list[int]) -> None:
    sizes = list(accumulate(batches))
    at_once, in_parts = log_of(sizes[-1]), log_of(*sizes)
    assert {path: in_parts.get(path) for path in at_once} == at_once
    for size in sizes:
        assert tiles.root_of(in_parts, size) == root_at(size)
        assert tiles.range_of(in_parts, size).root() == root_at(size)


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=3, unique=True).map(sorted), at=st.integers(0))
def test_the_files_of_a_published_size_prove_everything_of_it(sizes: list[int], at: int) -> None:
    files, new = log_of(*sizes), sizes[-1]
    for size in sizes:
        index = at % size
        leaf = tiles.leaf_at(files, index, size)
        assert leaf == f"leaf {index}".encode()
        proof = tiles.inclusion(files, index, size)
        assert merkle.verify_inclusion(index, size, merkle.leaf_hash(leaf), proof, root_at(size))
        links = tiles.consistency(files, size, new)
        assert merkle.verify_consistency(size, new, links, root_at(size), root_at(new))


def test_nothing_is_written_for_no_leaves() -> None:
    assert tiles.grown(Files(), 5, []) == {}


def test_only_the_last_tiles_are_read_to_grow() -> None:
    files = log_of(256 * 2 + 3)
    files.asked.clear()
    files.add(256 * 2 + 3, [b"more"] * 300)
    assert files.asked == [tiles.entries_path(2, 3), tiles.tile_path(0, 2, 3), tiles.tile_path(1, 0, 2)]


def test_partial_files_may_go_when_the_full_ones_are_there() -> None:
    files = log_of(5, 700)
    for path in [path for path in files if "000.p/" in path and path.startswith(("tile/0", "tile/entries"))]:
        del files[path]
    assert tiles.root_of(files, 5) == root_at(5)
    assert tiles.leaf_at(files, 3, 5) == b"leaf 3"
    links = tiles.consistency(files, 5, 700)
    assert merkle.verify_consistency(5, 700, links, root_at(5), root_at(700))


@pytest.mark.parametrize("size", [10_000_019, 1 << 24, 999_999])
def test_a_tree_of_ten_million_reads_few_tiles(size: int) -> None:
    # Every leaf of this tree is the same, so each of its tiles is known without the others.
    rows = [merkle.leaf_hash(b"same")]
    while len(rows) < 32:
        rows.append(merkle.node_hash(rows[-1], rows[-1]))
    asked: list[str] = []

    def read(path: str) -> bytes:
        asked.append(path)
        found = PATH.fullmatch(path)
        assert found is not None
        return rows[tiles.TILE_HEIGHT * int(found[1])] * int(found[3] or tiles.TILE_WIDTH)

    root = tiles.root_of(read, size)
    assert len(asked) <= 4
    for index in (0, 4_321, size // 2, size - 1):
        asked.clear()
        proof = tiles.inclusion(read, index, size)
        assert merkle.verify_inclusion(index, size, rows[0], proof, root)
        assert len(asked) <= 7
    asked.clear()
    links = tiles.consistency(read, 9_999, size)
    assert merkle.verify_consistency(9_999, size, links, tiles.root_of(read, 9_999), root)
    assert len(asked) <= 11


@given(leaves=st.lists(st.binary(max_size=60), max_size=256))
def test_a_bundle_gives_back_its_leaves(leaves: list[bytes]) -> None:
    assert tiles.leaves_of(tiles.bundle(leaves)) == tuple(leaves)


@given(data=st.binary(max_size=400))
def test_a_bundle_is_read_in_one_way_or_not_at_all(data: bytes) -> None:
    try:
        leaves = tiles.leaves_of(data)
    except InvalidInput:
        return
    assert tiles.bundle(leaves) == data


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01aa", b"\x00\x00" * 257])
def test_a_bundle_with_bytes_missing_or_left_over_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.bundle"):
        tiles.leaves_of(data)


def test_a_bundle_takes_256_leaves_of_64_kib() -> None:
    longest = [b"x" * tiles.LONGEST_LEAF] * 2
    assert tiles.leaves_of(tiles.bundle(longest)) == tuple(longest)
    with pytest.raises(InvalidInput, match=r"proofs\.leaf_too_long"):
        tiles.bundle([b"x" * (tiles.LONGEST_LEAF + 1)])
    with pytest.raises(InvalidInput, match=r"proofs\.leaf_too_long"):
        tiles.grown(Files(), 0, [b"x" * (tiles.LONGEST_LEAF + 1)])
    with pytest.raises(InvalidInput, match=r"proofs\.bundle"):
        tiles.bundle([b""] * 257)


@pytest.mark.parametrize("path", [tiles.tile_path(0, 1, 44), tiles.tile_path(0, 0), tiles.tile_path(1, 0, 1)])
@pytest.mark.parametrize("wrong", [None, b"", b"x" * 31, b"x" * 8193])
def test_a_tile_that_is_missing_or_of_another_length_is_named(path: str, wrong: bytes | None) -> None:
    files = log_of(300)
    del files[path]
    if wrong is not None:
        files[path] = wrong

    def everything() -> None:
        tiles.root_of(files, 300)
        tiles.inclusion(files, 7, 300)

    with pytest.raises(InvalidInput, match=re.escape(path)) as refused:
        everything()
    assert refused.value.code == "proofs.tile"


def test_a_log_does_not_grow_over_missing_files() -> None:
    files = log_of(300)
    del files[tiles.tile_path(1, 0, 1)]
    with pytest.raises(InvalidInput, match=r"proofs\.tile"):
        tiles.grown(files, 300, [b"more"] * 300)
    del files[tiles.entries_path(1, 44)]
    with pytest.raises(InvalidInput, match=r"proofs\.bundle"):
        tiles.grown(files, 300, [b"more"])


def test_a_bundle_with_other_than_its_number_of_leaves_is_refused() -> None:
    files = log_of(300)
    files[tiles.entries_path(1, 44)] += b"\x00\x00"
    with pytest.raises(InvalidInput, match=r"proofs\.bundle"):
        tiles.leaf_at(files, 299, 300)


@pytest.mark.parametrize("index", [-1, 300])
def test_no_leaf_outside_the_tree(index: int) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.outside_tree"):
        tiles.leaf_at(log_of(300), index, 300)


@pytest.mark.parametrize("at", [(0, 300), (1, 150), (9, 0), (-1, 0), (0, -1)])
def test_no_hash_of_a_subtree_that_is_not_complete(at: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.outside_tree"):
        tiles.hash_of(log_of(300), 300)(*at)


@given(index=st.integers(0, 10**12), width=st.integers(1, 256), level=st.integers(0, 7))
def test_paths_say_level_index_and_width(index: int, width: int, level: int) -> None:
    found = PATH.fullmatch(tiles.tile_path(level, index, width))
    assert found is not None
    assert (int(found[1]), int(found[2].replace("x", "").replace("/", ""))) == (level, index)
    assert int(found[3] or 256) == width
    assert tiles.entries_path(index, width).removeprefix("tile/entries/") == found[0].removeprefix(f"tile/{level}/")
