"""Two digests of the same bytes, however they arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import digests
from concord.proofs.digests import BATCH, Chunks, Digested, Pair, commitment, digested, pair_of
from concord.rules.errors import InvalidInput

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_SM3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


def in_one_piece(data: bytes) -> Pair:
    """What the standard library says of all bytes at once."""
    return Pair(hashlib.sha256(data).hexdigest(), hashlib.new("sm3", data).hexdigest())


def in_pieces(data: bytes, size: int) -> Chunks:
    """The digests of each piece of ``size`` bytes."""
    pieces = [in_one_piece(data[start : start + size]) for start in range(0, len(data), size)]
    return Chunks(size, tuple(pair.sha256 for pair in pieces), tuple(pair.sm3 for pair in pieces))


def test_pair_of_nothing() -> None:
    assert pair_of(b"") == Pair(EMPTY_SHA256, EMPTY_SM3)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=12), st.none() | st.integers(1, 50))
def test_parts_and_chunks_change_no_digest(parts: list[bytes], chunk_size: int | None) -> None:
    data = b"".join(parts)
    chunks = None if chunk_size is None else in_pieces(data, chunk_size)
    assert digested(parts, chunk_size=chunk_size) == Digested(in_one_piece(data), len(data), chunks)


@pytest.mark.parametrize("part", [1000, 65_536, BATCH, 3 * BATCH + 1])
@pytest.mark.parametrize("length", [BATCH - 1, BATCH, BATCH + 1, 5 * BATCH + 7])
def test_large_data_in_threads_has_the_same_digests(part: int, length: int) -> None:
    data = bytes(range(251)) * (length // 251 + 1)
    data = data[:length]
    parts = [data[start : start + part] for start in range(0, length, part)]
    assert digested(parts).pair == in_one_piece(data)
    assert digested(parts, chunk_size=700_001) == Digested(in_one_piece(data), length, in_pieces(data, 700_001))
    assert pair_of(data) == in_one_piece(data)


def test_no_more_than_three_batches_are_held() -> None:
    part = bytes(BATCH // 4)
    behind = 0

    def parts() -> Iterator[bytes]:
        nonlocal behind
        for _ in range(64):
            behind += 1
            yield part

    taken: list[int] = []

    class Lane(digests._Whole):
        def take(self, batch: list[bytes]) -> None:
            taken.append(len(batch))
            assert behind - sum(taken[:-1]) <= 12
            super().take(batch)

    assert digests._pass(parts(), (Lane(hashlib.sha256),)) == 64 * len(part)
    assert taken == [4] * 16


def test_no_bytes_have_no_chunks() -> None:
    assert digested([], chunk_size=4) == Digested(Pair(EMPTY_SHA256, EMPTY_SM3), 0, Chunks(4, (), ()))


def test_what_reading_raises_comes_through() -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(2 * BATCH)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        digested(broken())


@pytest.mark.parametrize("chunk_size", [0, -1])
def test_a_chunk_has_a_byte(chunk_size: int) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        digested([b"a"], chunk_size=chunk_size)


@given(st.lists(st.binary(max_size=200)))
def test_sm3_of_the_other_library_is_the_same(parts: list[bytes]) -> None:
    running = digests._SM3(b"start")
    for part in parts:
        running.update(part)
    assert running.hexdigest() == hashlib.new("sm3", b"start" + b"".join(parts)).hexdigest()
    assert running.hexdigest() == running.hexdigest()


def test_a_pair_reads_back() -> None:
    pair = pair_of(b"abc")
    assert pair.as_json() == {"sha256": pair.sha256, "sm3": pair.sm3}
    assert Pair.from_json(pair.as_json()) == pair


@pytest.mark.parametrize(
    "value",
    [
        None,
        [EMPTY_SHA256, EMPTY_SM3],
        {},
        {"sha256": EMPTY_SHA256},
        {"sha256": EMPTY_SHA256, "sm3": EMPTY_SM3, "md5": "d41d8cd98f00b204e9800998ecf8427e"},
        {"sha256": EMPTY_SHA256.upper(), "sm3": EMPTY_SM3},
        {"sha256": EMPTY_SHA256[:-1], "sm3": EMPTY_SM3},
        {"sha256": EMPTY_SHA256, "sm3": EMPTY_SM3 + "\n"},
        {"sha256": EMPTY_SHA256, "sm3": 1},
        {"sha256": EMPTY_SHA256, "sm3": None},
    ],
)
def test_what_is_no_pair_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        Pair.from_json(value)
    assert caught.value.code == "proofs.digest"


def test_a_commitment_is_of_name_salt_and_value() -> None:
    salt = bytes(range(32))
    assert commitment("case_ref", salt, "沪市监〔2026〕12号") == in_one_piece(
        b"field/1\0case_ref\0" + salt + "沪市监〔2026〕12号".encode()
    )
    assert commitment("a", salt, "b") != commitment("a", salt[::-1], "b")


@pytest.mark.parametrize(("name", "salt"), [("a\0b", bytes(32)), ("a", bytes(31)), ("a", bytes(33)), ("a", b"")])
def test_a_commitment_that_could_be_read_two_ways_is_refused(name: str, salt: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        commitment(name, salt, "value")
    assert caught.value.code == "proofs.commitment"
