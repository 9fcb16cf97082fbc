"""Containers beyond 4 GiB, kept in memory as what is not zero: both readers take their one form and nothing near it."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest

from concord.proofs import container
from concord.proofs.container import MEDIA_TYPE
from concord.rules.errors import InvalidInput
from tests.support.second_verifier import second

LARGE = (1 << 32) + 5
other = second()


class Hollow(io.RawIOBase):
    """A file of which only what is not zero is kept."""

    def __init__(self, length: int = 0, kept: dict[int, bytes] | None = None) -> None:
        self.length = length
        self.kept = dict(kept or {})
        self.place = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (0, self.place, self.length)[whence]
        return self.place

    def tell(self) -> int:
        return self.place

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.kept[self.place] = piece
        self.place += len(piece)
        self.length = max(self.length, self.place)
        return len(piece)

    def read(self, size: int = -1) -> bytes:
        end = self.length if size < 0 else min(self.length, self.place + size)
        found = bytearray(max(0, end - self.place))
        for start, piece in self.kept.items():
            begin, stop = max(start, self.place), min(start + len(piece), end)
            if begin < stop:
                found[begin - self.place : stop - self.place] = piece[begin - start : stop - start]
        self.place = max(end, self.place)
        return bytes(found)

    def read_at(self, place: int, size: int) -> bytes:
        """Some bytes from a place."""
        self.seek(place)
        return self.read(size)

    def flipped(self, at: int, bit: int) -> Hollow:
        """The same file with one bit changed."""
        changed = Hollow(self.length, self.kept)
        start, piece = next((start, piece) for start, piece in self.kept.items() if start <= at < start + len(piece))
        mutable = bytearray(piece)
        mutable[at - start] ^= 1 << bit
        changed.kept[start] = bytes(mutable)
        return changed


SMALL = (
    (b"mimetype", MEDIA_TYPE),
    (b"manifest.json", b"{}"),
    (b"events/000000.json", b"{}"),
    (b"events/000001.json", b"{}"),
)


def laid_out(*payload: tuple[bytes, int]) -> Hollow:
    """A container of the entries every package has, and of files of zeros; check sums are not looked at here."""
    file, placed = Hollow(), []
    for name, size in [*((name, len(data)) for name, data in SMALL), *payload]:
        entry = other.Entry(name, size, 1, file.length)
        file.write(entry.local_header(1))
        file.write(dict(SMALL).get(name, b""))
        file.length = file.place = entry.begins() + size
        placed.append(entry)
    directory, begins = b"".join(entry.directory_header() for entry in placed), file.length
    file.write(directory)
    file.write(other._end_of(len(placed), len(directory), begins))
    return file


@cache
def large() -> Hollow:
    """One file larger than 4 GiB and one that begins beyond 4 GiB."""
    return laid_out((b"payload/a", LARGE), (b"payload/b", 3))


def taken(file: Hollow) -> bool:
    """Whether both readers take the structure of the container; they must agree."""
    try:
        container.read(file)  # type: ignore[arg-type]
    except InvalidInput:
        with pytest.raises(other.Refused):
            other.Container(file)
        return False
    other.Container(file)
    return True


def test_both_read_what_needs_zip64() -> None:
    assert large().length > LARGE
    assert taken(large())
    sizes = {entry.name: entry.size for entry in other.Container(large()).entries}
    assert sizes[b"payload/a"] == LARGE
    assert other.Container(large()).by_name["payload/b"].offset > LARGE


def test_no_bit_of_its_headers_may_differ() -> None:
    file = large()
    check_sums = 0
    for start, piece in sorted(file.kept.items()):
        if piece == MEDIA_TYPE:  # the one reads it with the structure, the other with the contents
            continue
        for at in range(start, start + len(piece)):
            if taken(file.flipped(at, at % 8)):
                check_sums += 1
    # Taken although a bit differs: check sums (four bytes in two headers each) and what is inside the small entries,
    # which are compared when contents are read.
    contents = sum(len(data) for name, data in SMALL if name != b"mimetype")
    assert check_sums == contents + 2 * 4 * (len(SMALL) + 2)


@pytest.mark.parametrize("size", [(1 << 32) - 2, (1 << 32) - 1, 1 << 32])
def test_both_draw_the_line_at_the_same_size(size: int) -> None:
    file = laid_out((b"payload/a", size))
    assert taken(file)
    assert (b"\x01\x00\x10\x00" in file.read_at(0, 1 << 10)) == (size >= (1 << 32) - 1)
