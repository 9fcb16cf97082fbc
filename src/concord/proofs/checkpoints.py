"""Checkpoints: how large the log is and what its root is, signed by the log and cosigned by witnesses.

Source: C2SP tlog-checkpoint and tlog-cosignature. A cosignature's time says: at this second no larger tree of this log
had been seen, and this one agrees with all before it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from concord.proofs import merkle, notes
from concord.proofs.signing import base64_strict
from concord.rules.errors import InvalidInput, Said

LARGEST_SIZE = (1 << 63) - 1
_STATED_LINES = 3
_LONGEST_NUMBER = 19

Sign = Callable[[bytes], bytes]
"""Gives the raw signature of 64 bytes over a message."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of a log at one size. Raises InvalidInput ``proofs.checkpoint`` when it could not be read back."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if (
            not 0 <= self.size <= LARGEST_SIZE
            or len(self.root) != merkle.HASH_SIZE
            or any(not line or any(one < " " or "\ud800" <= one <= "\udfff" for one in line) for line in lines)
        ):
            raise _malformed()

    def text(self) -> str:
        """The text that is signed: origin, size, root and extensions, a line each."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint whose signatures were checked: who cosigned, and when by their own clock in seconds since 1970."""

    checkpoint: Checkpoint
    log: bool
    cosigners: dict[str, int]
    sm2: dict[str, int]
    unknown: tuple[str, ...]


def parse(text: str) -> Checkpoint:
    """The checkpoint in a note's text. Raises InvalidInput ``proofs.checkpoint``."""
    *lines, rest = text.split("\n")
    if rest or len(lines) < _STATED_LINES:
        raise _malformed()
    origin, size, root, *extensions = lines
    return Checkpoint(origin, number(size), _decoded(root), tuple(extensions))


def number(text: str) -> int:
    """A decimal number without sign or leading zeros, below 2⁶³. Raises InvalidInput ``proofs.checkpoint``."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER or (text[0] == "0" and text != "0"):
        raise _malformed()
    found = int(text)
    if found > LARGEST_SIZE:
        raise _malformed()
    return found


def sign_checkpoint(checkpoint: Checkpoint, sign: Sign, key: notes.VerifierKey) -> bytes:
    """The note of the log itself: the checkpoint with the log's Ed25519 signature.

    Raises InvalidInput ``proofs.log_key`` when the key is not the log's.
    """
    if key.kind != notes.ED25519 or key.name != checkpoint.origin:
        raise _not_its_key(checkpoint.origin)
    text = checkpoint.text()
    return notes.format(text, [notes.NoteSignature(key.name, key.id, sign(text.encode()))])


def cosignature(checkpoint_text: str, at: int, sign: Sign, key: notes.VerifierKey) -> notes.NoteSignature:
    """A witness's line over a checkpoint, at ``at`` seconds since 1970: Ed25519 or SM2, as ``key`` is.

    Raises InvalidInput ``proofs.verifier_key`` for a key of another kind or a time out of range.
    """
    if key.kind not in {notes.COSIGNATURE, notes.OWN} or not 0 < at <= notes.LATEST_TIME:
        raise InvalidInput(
            "proofs.verifier_key",
            Said("见证签名的密钥种类或时间不对。", "A cosignature needs a key made for it and a time after 1970."),
        )
    signature = sign(notes.cosigned_message(checkpoint_text, at))
    return notes.NoteSignature(key.name, key.id, notes.timed(at, signature))


def with_signatures(note: bytes, more: Iterable[notes.NoteSignature]) -> bytes:
    """The note with ``more`` signature lines; a line takes the place of an older one of the same key.

    Raises InvalidInput ``proofs.note``, also when there would be more than 64 lines.
    """
    parsed = notes.parse(note, limit=notes.LARGEST_CHECKPOINT)
    lines = {(line.name, line.id): line for line in (*parsed.lines, *more)}
    return notes.format(parsed.text, lines.values())


def open_checkpoint(
    note: bytes,
    *,
    log: notes.VerifierKey,
    witnesses: Sequence[notes.VerifierKey],
    sm2: Sequence[notes.VerifierKey] = (),
) -> Cosigned:
    """The checkpoint in a note of at most 64 KiB, if its log signed it and no known key signed it wrongly.

    Cosigners are told by the name of their key; of two lines of one key the earlier time counts. Raises InvalidInput
    ``proofs.note``, ``proofs.checkpoint``, ``proofs.log_key`` when the origin is not the log's,
    ``proofs.log_signature`` and ``proofs.note_signature``, both with the key's name, and ``proofs.verifier_key`` for
    keys of a wrong kind.
    """
    parsed = notes.parse(note, limit=notes.LARGEST_CHECKPOINT)
    checkpoint = parse(parsed.text)
    if log.kind != notes.ED25519 or log.name != checkpoint.origin:
        raise _not_its_key(checkpoint.origin)
    _only(witnesses, {notes.COSIGNATURE, notes.ML_DSA_44})
    _only(sm2, {notes.OWN})
    own = [line for line in parsed.lines if (line.name, line.id) == (log.name, log.id)]
    if not own or not all(notes.verifies(log, parsed.text, line.signature) for line in own):
        raise InvalidInput(
            "proofs.log_signature",
            Said(
                f"检查点没有日志 {log.name} 的有效签名。",
                f"The checkpoint has no good signature of its log {log.name}.",
            ),
            details={"name": log.name},
        )
    others = notes.Note(parsed.text, tuple(line for line in parsed.lines if line not in own))
    opened = notes.checked(others, (*witnesses, *sm2))
    return Cosigned(
        checkpoint,
        log=True,
        cosigners=_times(opened, witnesses),
        sm2=_times(opened, sm2),
        unknown=tuple(dict.fromkeys(line.name for line in opened.unknown)),
    )


def _times(opened: notes.Opened, keys: Sequence[notes.VerifierKey]) -> dict[str, int]:
    """The earliest time of each of ``keys`` that signed, by the key's name."""
    wanted = {(key.name, key.id) for key in keys}
    found: dict[str, int] = {}
    for line in opened.verified:
        if (line.name, line.id) in wanted:
            at = notes.time_of(line.signature)
            found[line.name] = min(at, found.get(line.name, at))
    return found


def _only(keys: Sequence[notes.VerifierKey], kinds: set[int]) -> None:
    """Every key has one of ``kinds``, no name stands twice and no one key under two names."""
    names, publics = {key.name for key in keys}, {key.public for key in keys}
    if any(key.kind not in kinds for key in keys) or len(names) != len(keys) or len(publics) != len(keys):
        raise InvalidInput(
            "proofs.verifier_key",
            Said(
                "见证密钥的种类不对，或同一名称、同一密钥出现两次。",
                "A witness key is of a wrong kind, or a name or key is given twice.",
            ),
        )


def _decoded(root: str) -> bytes:
    try:
        return base64_strict(root)
    except InvalidInput as error:
        raise _malformed() from error


def _malformed() -> InvalidInput:
    return InvalidInput("proofs.checkpoint", Said("检查点不合格式。", "The checkpoint is malformed."))


def _not_its_key(origin: str) -> InvalidInput:
    return InvalidInput(
        "proofs.log_key", Said(f"密钥不属于日志 {origin}。", f"The key does not belong to the log {origin}.")
    )
