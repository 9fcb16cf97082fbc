"""A proof of logging stands alone: it is read in one way only and holds for one leaf at one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import checkpoints, merkle, notes, tiles, tlog_proof
from concord.rules.errors import InvalidInput

LEAVES = [f"leaf {at}".encode() for at in range(11)]
FILES = tiles.grown(lambda _path: None, 0, LEAVES)
TREE = checkpoints.Checkpoint("log.example", len(LEAVES), tiles.root_of(FILES.get, len(LEAVES)))
NOTE = notes.format(TREE.text(), [notes.NoteSignature("log.example", b"1234", b"is asked elsewhere")])


def proof_of(index: int, extra: bytes | None = None) -> tlog_proof.TlogProof:
    return tlog_proof.TlogProof(index, tiles.inclusion(FILES.get, index, len(LEAVES)), NOTE, extra)


@pytest.mark.parametrize("index", range(len(LEAVES)))
@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_a_proof_is_read_back_and_proves_its_leaf(index: int, extra: bytes | None) -> None:
    proof = tlog_proof.parse(proof_of(index, extra).encoded())
    assert proof == proof_of(index, extra)
    assert [at for at, leaf in enumerate(LEAVES) if proof.proves(leaf)] == [index]


def test_a_proof_is_text() -> None:
    first, second, *_, blank = proof_of(10, b"more").encoded().removesuffix(NOTE).decode().split("\n")
    assert (first, second, blank) == ("c2sp.org/tlog-proof@v1", "extra bW9yZQ==", "")


def test_a_proof_at_another_place_or_of_another_tree_does_not_hold() -> None:
    good = proof_of(4)
    smaller = notes.format(checkpoints.Checkpoint("log.example", 4, TREE.root).text(), notes.parse(NOTE).lines)
    other = notes.format(checkpoints.Checkpoint("log.example", 11, bytes(32)).text(), notes.parse(NOTE).lines)
    assert good.proves(LEAVES[4])
    assert not tlog_proof.TlogProof(5, good.hashes, NOTE).proves(LEAVES[4])
    assert not tlog_proof.TlogProof(4, good.hashes[:-1], NOTE).proves(LEAVES[4])
    assert not tlog_proof.TlogProof(4, good.hashes, smaller).proves(LEAVES[4])
    assert not tlog_proof.TlogProof(4, good.hashes, other).proves(LEAVES[4])


@pytest.mark.parametrize("checkpoint", [b"no note", notes.format("no\ncheckpoint\n", notes.parse(NOTE).lines)])
def test_a_proof_without_a_checkpoint_proves_nothing(checkpoint: bytes) -> None:
    assert not tlog_proof.TlogProof(4, proof_of(4).hashes, checkpoint).proves(LEAVES[4])


HASH = bytes(32)


@pytest.mark.parametrize(
    ("index", "hashes", "checkpoint", "extra"),
    [
        (-1, (), NOTE, None),
        (checkpoints.LARGEST_SIZE, (), NOTE, None),
        (0, (HASH,) * 64, NOTE, None),
        (0, (HASH[1:],), NOTE, None),
        (0, (), b"", None),
        (0, (), b"x" * (notes.LARGEST_CHECKPOINT + 1), None),
        (0, (), NOTE, b"x" * (tlog_proof.LONGEST_EXTRA + 1)),
    ],
)
def test_a_proof_that_could_not_be_read_back_is_refused(
    index: int, hashes: tuple[bytes, ...], checkpoint: bytes, extra: bytes | None
) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.tlog_proof"):
        tlog_proof.TlogProof(index, hashes, checkpoint, extra)


def test_the_largest_proof_is_read_back() -> None:
    largest = tlog_proof.TlogProof(
        checkpoints.LARGEST_SIZE - 1,
        (merkle.EMPTY_ROOT,) * tlog_proof.MOST_HASHES,
        b"x" * notes.LARGEST_CHECKPOINT,
        b"x" * tlog_proof.LONGEST_EXTRA,
    )
    assert tlog_proof.parse(largest.encoded()) == largest


GOOD = proof_of(4, b"more").encoded()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\nindex 4", b""),
        GOOD.replace(b"index 4", b"index 04"),
        GOOD.replace(b"index 4", b"index 4 "),
        GOOD.replace(b"index 4", b"index +4"),
        GOOD.replace(b"index 4", b"index 9223372036854775808"),
        GOOD.replace(b"index 4", b"index \xef\xbc\x94"),
        GOOD.replace(b"extra bW9yZQ==\nindex 4", b"index 4\nextra bW9yZQ=="),
        GOOD.replace(b"extra bW9yZQ==", b"extra bW9yZQ==\nextra bW9yZQ=="),
        GOOD.replace(b"bW9yZQ==", b"bW9yZR=="),
        GOOD.replace(b"bW9yZQ==", b"bW9yZQ"),
        GOOD.replace(b"\n\n", b"\n"),
        GOOD.removesuffix(NOTE),
        GOOD + b"x" * tlog_proof.LARGEST,
        tlog_proof.HEADER.encode() + b"\nindex 0\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 63 + b"\n" + NOTE,
    ],
)
def test_a_malformed_proof_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.tlog_proof"):
        tlog_proof.parse(data)


@given(at=st.integers(0, len(GOOD) - 1), other=st.integers(0, 255))
def test_a_changed_proof_is_read_in_one_way_or_not_at_all(at: int, other: int) -> None:
    changed = GOOD[:at] + bytes([other]) + GOOD[at + 1 :]
    try:
        proof = tlog_proof.parse(changed)
    except InvalidInput:
        return
    assert proof.encoded() == changed
