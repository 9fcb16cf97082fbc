"""A container can be written in one way only, and whatever is written otherwise is refused."""

import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import container
from concord.proofs.container import MEDIA_TYPE, Container, Entry, read, rebuilt_equal, write
from concord.rules.errors import InvalidInput

LEAST = {
    "mimetype": MEDIA_TYPE,
    "manifest.json": b"{}",
    "events/000000.json": b"{}",
    "events/000001.json": b"{}",
}
FULL = LEAST | {
    "disclosure.json": b"{}",
    "proofs/seal.leaf.json": b"leaf",
    "proofs/seal.tlog-proof": b"proof",
    "proofs/head.leaf.json": b"leaf",
    "proofs/head.tlog-proof": b"proof",
    "proofs/tsa-0.tsr": b"token",
    "proofs/tsa-1.gm.tsr": b"token",
    "proofs/renewal-0.json": b"{}",
    "proofs/anchor-0.json": b"{}",
    "trust/directory.json": b"{}",
    "chunks/0.json": b"{}",
    "payload/a.txt": b"content",
    "payload/图/甲.jpg": bytes(range(256)) * 9,
}
ORDER = (
    "mimetype",
    "manifest.json",
    "disclosure.json",
    "events/",
    "proofs/seal.leaf",
    "proofs/seal.tlog",
    "proofs/head.leaf",
    "proofs/head.tlog",
    "proofs/tsa",
    "proofs/renewal",
    "proofs/anchor",
    "trust/",
    "chunks/",
    "payload/",
)


def in_order(contents: dict[str, bytes]) -> list[str]:
    return sorted(
        contents, key=lambda name: (next(at for at, one in enumerate(ORDER) if name.startswith(one)), name.encode())
    )


def packed(contents: dict[str, bytes], names: list[str] | None = None) -> bytes:
    out = io.BytesIO()
    write(out, [Entry.of(name, contents[name]) for name in names or in_order(contents)])
    return out.getvalue()


def opened(data: bytes) -> tuple[BinaryIO, Container]:
    file = io.BytesIO(data)
    return file, read(file)


def sound(data: bytes) -> bool:
    """Whether the container reads, and its entries are what its headers say."""
    try:
        file, found = opened(data)
    except InvalidInput:
        return False
    for name in found.entries:
        for _ in found.parts(name):
            pass
    assert rebuilt_equal(file, found) is not bool(found.unsound)
    return not found.unsound


@pytest.mark.parametrize("contents", [LEAST, FULL])
def test_what_is_written_is_read_back(contents: dict[str, bytes]) -> None:
    file, found = opened(packed(contents))
    assert list(found.entries) == in_order(contents)
    assert {name: found.bytes(name) for name in found.entries} == contents
    assert {name: found.open(name).read() for name in found.entries} == contents
    assert rebuilt_equal(file, found)
    assert found.unsound == set()


def test_any_zip_tool_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(FULL))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FULL
        assert {(one.compress_type, one.date_time, one.external_attr >> 16) for one in archive.infolist()} == {
            (0, (1980, 1, 1, 0, 0, 0), 0o100644)
        }


def test_the_same_entries_give_the_same_bytes() -> None:
    streamed = io.BytesIO()
    write(streamed, [Entry(name, len(FULL[name]), partial(io.BytesIO, FULL[name])) for name in in_order(FULL)])
    assert streamed.getvalue() == packed(FULL)


def test_every_flipped_bit_is_noticed() -> None:
    data = packed(FULL)
    chance = random.Random(5)  # noqa: S311 - places to look at, not keys
    for at in sorted(chance.sample(range(8 * len(data)), 1500)):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        assert not sound(bytes(flipped)), at


def test_a_flipped_bit_of_a_file_is_told_from_a_broken_container() -> None:
    data = packed(FULL).replace(b"content", b"contenu")
    file, found = opened(data)
    assert found.bytes("payload/a.txt") == b"contenu"
    assert found.unsound == {"payload/a.txt"}
    assert not rebuilt_equal(file, found)


@pytest.mark.parametrize(
    "names",
    [
        ["payload/../x"],
        ["payload/./x"],
        ["payload//x"],
        ["payload/"],
        ["payload/a\\b"],
        ["payload/a\nb"],
        ["payload/a\x85b"],
        ["payload/e\u0301"],
        ["payload/" + "n" * 233],
        ["payload/A", "payload/a"],
        ["payload/b", "payload/a"],
        ["payload/a", "payload/a"],
        ["payload/STRASSE", "payload/straße"],
        ["/payload/a"],
        ["other"],
        ["events/000003.json"],
        ["proofs/tsa-1.tsr"],
        ["proofs/tsa-00.tsr"],
        ["proofs/seal.leaf.json"],
        ["proofs/head.leaf.json", "proofs/head.tlog-proof"],
        ["trust/directory.json", "proofs/tsa-0.tsr"],
        ["proofs/tsa-0.tsr", "proofs/tsa-0.gm.tsr"],
        ["trust/directory.json", "trust/directory.json"],
        ["payload/a", "trust/directory.json"],
        ["chunks/1.json", "payload/a"],
    ],
)
def test_names_out_of_place_are_not_written(names: list[str]) -> None:
    contents = dict(LEAST) | dict.fromkeys(names, b"")
    with pytest.raises(InvalidInput) as caught:
        packed(contents, [*LEAST, *names])
    assert caught.value.code == "proofs.container"


@pytest.mark.parametrize("missing", LEAST)
def test_what_must_be_there_must_be_there(missing: str) -> None:
    with pytest.raises(InvalidInput):
        packed(LEAST, [name for name in LEAST if name != missing])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("manifest.json", container.LARGEST_SMALL + 1),
        ("chunks/0.json", container.LARGEST_CHUNK_LIST + 1),
        ("payload/a", container.LARGEST_CONTAINER + 1),
    ],
)
def test_too_large_an_entry_is_not_written(name: str, size: int) -> None:
    entries = [Entry.of(one, b"") for one in LEAST if one != name] + [Entry(name, size, io.BytesIO, 0)]
    entries.sort(key=lambda entry: in_order({**LEAST, name: b""}).index(entry.name))
    with pytest.raises(InvalidInput):
        write(io.BytesIO(), entries)


def test_small_entries_are_bounded_together() -> None:
    names = [f"events/{number:06}.json" for number in range(65)]
    entries = [Entry.of("mimetype", MEDIA_TYPE), Entry.of("manifest.json", b"")]
    entries += [Entry(name, container.LARGEST_SMALL, io.BytesIO, 0) for name in names]
    with pytest.raises(InvalidInput, match="together"):
        write(io.BytesIO(), entries)


@pytest.mark.parametrize(("size", "crc32"), [(1, None), (3, None), (2, 7)])
def test_bytes_that_change_while_written_are_refused(size: int, crc32: int | None) -> None:
    entries = [Entry.of(name, b"") for name in LEAST if name != "mimetype"]
    with pytest.raises(InvalidInput, match="changed"):
        write(io.BytesIO(), [Entry("mimetype", size, lambda: io.BytesIO(b"ab"), crc32), *entries])


def test_an_entry_is_read_up_to_its_limit() -> None:
    _, found = opened(packed(FULL))
    with pytest.raises(InvalidInput):
        found.bytes("payload/a.txt", 6)


def patched(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + value + data[at + len(value) :] if at >= 0 else data[:at] + value


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"stub" + data,
        lambda data: data + b"\0",
        lambda data: data[:-2] + b"\x01\x00!",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda _: b"PK\5\6" + bytes(18),
        lambda _: bytes(100),
        lambda data: data[:-12] + struct.pack("<HH", 65535, 65535) + data[-8:],
        patched(8, b"\x08"),  # deflated
        patched(6, b"\x01"),  # encrypted
        patched(6, b"\x08"),  # data descriptor
        patched(10, b"\x21"),  # a time
    ],
)
def test_another_shape_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InvalidInput) as caught:
        opened(change(packed(FULL)))
    assert caught.value.code == "proofs.container"


class Hollow(io.RawIOBase):
    """Zero bytes without end, as a file of a certain size."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


class Sparse(io.RawIOBase):
    """A file that keeps what is not zero, so that huge containers fit into memory."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: dict[int, bytes] = {}
        self._at = self._length = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all it is given
        if data.count(0) != len(data):
            self._blocks[self._at] = data
        self._at += len(data)
        self._length = max(self._length, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset if whence == 0 else self._length + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._length - self._at)
        found = bytearray(size)
        for at, block in self._blocks.items():
            start, end = max(at, self._at), min(at + len(block), self._at + size)
            if start < end:
                found[start - self._at : end - self._at] = block[start - at : end - at]
        self._at += size
        return bytes(found)


@pytest.mark.slow
def test_beyond_four_gibibytes_with_flat_memory() -> None:
    large = 5 << 30
    entries = [Entry.of(name, LEAST[name]) for name in LEAST]
    entries.append(Entry("payload/a.bin", large, lambda: cast("BinaryIO", Hollow(large))))
    entries.append(Entry.of("payload/b.txt", b"behind"))
    file = cast("BinaryIO", Sparse())
    tracemalloc.start()
    write(file, entries)
    found = read(file)
    assert rebuilt_equal(file, found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20
    assert found.entries["payload/a.bin"].size == large
    assert found.bytes("payload/b.txt") == b"behind"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert not sound(data)


@given(st.data())
def test_any_change_is_noticed(data: st.DataObject) -> None:
    good = packed(FULL)
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 40)))
    changed = good[:start] + data.draw(st.binary(max_size=40)) + good[end:]
    assert sound(changed) is (changed == good)
