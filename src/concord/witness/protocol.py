"""What a witness answers to ``add-checkpoint``: pure rules of C2SP tlog-witness v1.

The statuses: 400 not a request, 404 unknown origin, 403 no good signature of the log, 409 another size than the one
cosigned last (with that size), 422 a proof that proves nothing, 200 with the cosignature lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from concord.proofs import checkpoints, merkle
from concord.proofs.checkpoints import Checkpoint
from concord.proofs.signing import base64_strict
from concord.rules.errors import InvalidInput, Said

MOST_PROOF_LINES = 63
LARGEST_REQUEST = 64 << 10
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"

_OLD = "old "


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint brought to be cosigned, and the proof that leads to it from the tree of ``old`` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """The tree that a witness cosigned last; the empty one before it ever did."""

    size: int = 0
    root: bytes = merkle.EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    kind: str = TEXT_TYPE


def parse(body: bytes) -> Submission:
    """The request in ``body`` of at most 64 KiB. Raises InvalidInput ``witness.request``."""
    head, blank, note = body.partition(b"\n\n")
    if not blank or len(body) > LARGEST_REQUEST:
        raise _malformed()
    try:
        first, *lines = head.decode("ascii").split("\n")
        if not first.startswith(_OLD) or len(lines) > MOST_PROOF_LINES:
            raise _malformed()
        proof = tuple(base64_strict(line) for line in lines)
        old = checkpoints.number(first.removeprefix(_OLD))
    except (InvalidInput, UnicodeDecodeError):
        raise _malformed() from None
    if any(len(one) != merkle.HASH_SIZE for one in proof):
        raise _malformed()
    return Submission(old, proof, note)


def text_of(note: bytes) -> str:
    """The text of a note whose signatures may be anything, even malformed: that is for who checks them to refuse.

    Raises InvalidInput ``witness.request``.
    """
    text, blank, _ = note.rpartition(b"\n\n")
    try:
        if blank:
            return f"{text.decode()}\n"
    except UnicodeDecodeError:
        pass  # refused below
    raise _malformed()


def refusal(submission: Submission, checkpoint: Checkpoint, standing: Standing) -> Answer | None:
    """Why ``checkpoint`` must not be cosigned after ``standing``; None when it may be.

    The log's signature has been checked before.
    """
    if submission.old > checkpoint.size:
        return told(400, Said("old 大于检查点的大小。", "The old size is larger than the checkpoint's."))
    same_size = checkpoint.size == standing.size
    if submission.old != standing.size or (same_size and checkpoint.root != standing.root):
        return conflict(standing)
    if not _proven(submission, checkpoint, standing):
        return told(
            422,
            Said("一致性证明不成立。", "The consistency proof does not lead from the last tree to this checkpoint."),
        )
    return None


def conflict(standing: Standing) -> Answer:
    """409: the size that was cosigned last."""
    return Answer(409, f"{standing.size}\n", SIZE_TYPE)


def told(status: int, said: Said) -> Answer:
    """A refusal in both languages."""
    return Answer(status, f"{said.en} {said.zh}\n")


def _proven(submission: Submission, checkpoint: Checkpoint, standing: Standing) -> bool:
    # From the empty tree, and to the same root of the same size, no proof leads nor is one needed.
    if standing.size in {0, checkpoint.size}:
        return not submission.proof
    return merkle.verify_consistency(standing.size, checkpoint.size, submission.proof, standing.root, checkpoint.root)


def _malformed() -> InvalidInput:
    return InvalidInput(
        "witness.request",
        Said(
            "请求须为“old N”、至多 63 行证明、空行和检查点。",
            "A request is “old N”, at most 63 lines of proof, a blank line and the checkpoint.",
        ),
    )
