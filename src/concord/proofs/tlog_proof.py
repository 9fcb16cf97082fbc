"""One proof that stands alone: where a leaf lies, the path to the root, and the cosigned checkpoint with that root.

Source: C2SP tlog-proof, version 1.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from concord.proofs import checkpoints, merkle, notes
from concord.proofs.signing import base64_strict
from concord.rules.errors import InvalidInput, Said

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63
LONGEST_EXTRA = 64 << 10
LARGEST = notes.LARGEST_CHECKPOINT + 2 * LONGEST_EXTRA
"""Bytes of a whole proof: extra bytes grow by a third in base64, and 63 hashes take under 3 KB."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The leaf's ``index``, the sibling ``hashes`` up to the root, and the note of the checkpoint, byte for byte.

    ``extra`` is vouched for by nobody. Raises InvalidInput ``proofs.tlog_proof`` when it could not be read back.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if (
            not 0 <= self.index < checkpoints.LARGEST_SIZE
            or len(self.hashes) > MOST_HASHES
            or any(len(one) != merkle.HASH_SIZE for one in self.hashes)
            or not 0 < len(self.checkpoint) <= notes.LARGEST_CHECKPOINT
            or (self.extra is not None and len(self.extra) > LONGEST_EXTRA)
        ):
            raise _malformed()

    def encoded(self) -> bytes:
        """The proof as its file holds it."""
        extra = [] if self.extra is None else [f"extra {b64encode(self.extra).decode()}"]
        hashes = [b64encode(one).decode() for one in self.hashes]
        head = "".join(f"{line}\n" for line in [HEADER, *extra, f"index {self.index}", *hashes, ""])
        return head.encode() + self.checkpoint

    def proves(self, leaf: bytes) -> bool:
        """Whether ``leaf`` lies at the index in the tree of the checkpoint; who signed that is asked elsewhere."""
        try:
            note = notes.parse(self.checkpoint, limit=notes.LARGEST_CHECKPOINT)
            tree = checkpoints.parse(note.text)
        except InvalidInput:
            return False
        return merkle.verify_inclusion(self.index, tree.size, merkle.leaf_hash(leaf), self.hashes, tree.root)


def parse(data: bytes) -> TlogProof:
    """The proof in a file's bytes; the same bytes come back from ``encoded``.

    Raises InvalidInput ``proofs.tlog_proof``.
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    if len(data) > LARGEST or not blank or not head.isascii():
        raise _malformed()
    header, *lines = head.decode("ascii").split("\n")
    if header != HEADER:
        raise _malformed()
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decoded(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index ") or len(lines) > MOST_HASHES + 1:
        raise _malformed()
    try:
        index = checkpoints.number(lines[0].removeprefix("index "))
    except InvalidInput as error:
        raise _malformed() from error
    return TlogProof(index, tuple(_decoded(line) for line in lines[1:]), checkpoint, extra)


def _decoded(text: str) -> bytes:
    try:
        return base64_strict(text)
    except InvalidInput as error:
        raise _malformed() from error


def _malformed() -> InvalidInput:
    return InvalidInput("proofs.tlog_proof", Said("存证证明不合格式。", "The proof of logging is malformed."))
