"""Signed notes: a text, a blank line, and one line for each signature.

Source: C2SP signed-note, and tlog-cosignature for the signatures that carry a time. The kind 0xff is left by that
specification for types of one's own; ``concord-sm2-cosignature/v1`` is such a one: the message of a cosignature/v1,
signed with SM2 and SM3 as GB/T 32918 has it.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from concord.proofs import ed25519, sm2
from concord.proofs.signing import base64_strict
from concord.rules.errors import InvalidInput, Said

LARGEST_NOTE = 1 << 20
LARGEST_CHECKPOINT = 64 << 10
MOST_SIGNATURES = 64
LONGEST_KEY_TEXT = 4096
LATEST_TIME = (1 << 63) - 1

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06
OWN = 0xFF
SM2_COSIGNATURE = b"concord-sm2-cosignature/v1"

_TYPE_BYTES = {
    ED25519: bytes([ED25519]),
    COSIGNATURE: bytes([COSIGNATURE]),
    ML_DSA_44: bytes([ML_DSA_44]),
    OWN: bytes([OWN]) + SM2_COSIGNATURE,
}
_PUBLIC_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312, OWN: 65}
_MARK = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NAME = re.compile("[^+\\s\x00-\x1f\ud800-\udfff]+")
_KEY_ID_SIZE = 4
_TIME_SIZE = 8
_SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key's name, its id of four bytes, and what follows it."""

    name: str
    id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in the note."""
        return f"{_MARK}{self.name} {b64encode(self.id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its last newline with it, and its signature lines, not yet looked at."""

    text: str
    lines: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name; its id binds name, kind and key, so none can be passed off for another.

    Raises InvalidInput ``proofs.verifier_key`` when the parts do not fit one another.
    """

    name: str
    id: bytes
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if (
            not _is_name(self.name)
            or len(self.public) != _PUBLIC_SIZES.get(self.kind)
            or self.id != key_id(self.name, self.kind, self.public)
            or (self.kind in {ED25519, COSIGNATURE} and not ed25519.is_public_key(self.public))
            or (self.kind == OWN and not sm2.on_curve(self.public))
        ):
            raise _bad_key(self.name)

    @classmethod
    def of(cls, name: str, kind: int, public: bytes) -> VerifierKey:
        """The key with the id that its parts give. Raises InvalidInput ``proofs.verifier_key``."""
        if kind not in _TYPE_BYTES:
            raise _bad_key(name)
        return cls(name, key_id(name, kind, public), kind, public)

    def vkey_text(self) -> str:
        """The key on one line: name, id and base64 of kind and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_TYPE_BYTES[self.kind] + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A note of which at least one known key has signed, and none wrongly: the good lines and the unknown ones."""

    note: Note
    verified: tuple[NoteSignature, ...]
    unknown: tuple[NoteSignature, ...]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The first four bytes of SHA-256 over name, newline, type and key (signed-note, Signatures)."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass") + b"\n" + _TYPE_BYTES[kind] + public).digest()[
        :_KEY_ID_SIZE
    ]


@lru_cache(maxsize=256)
def parse_vkey(text: str) -> VerifierKey:
    """The key that ``VerifierKey.vkey_text`` gives. Raises InvalidInput ``proofs.verifier_key``."""
    parts = text.split("+", 2) if len(text) <= LONGEST_KEY_TEXT else []
    if len(parts) != 3:  # noqa: PLR2004 - name, id and key
        raise _bad_key(text[:80])
    name, id_text, key_text = parts
    try:
        encoded = base64_strict(key_text)
    except InvalidInput as error:
        raise _bad_key(name) from error
    for kind, type_bytes in _TYPE_BYTES.items():
        if encoded.startswith(type_bytes):
            key = VerifierKey.of(name, kind, encoded[len(type_bytes) :])
            if key.id.hex() == id_text:
                return key
    raise _bad_key(name)


def parse(data: bytes, *, limit: int = LARGEST_NOTE) -> Note:
    """The note in ``data`` of at most ``limit`` bytes; what it says is not to be believed before ``open_note``.

    Raises InvalidInput ``proofs.note``.
    """
    if len(data) > limit:
        raise _bad_note("过长", "it is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad_note("不是 UTF-8 文本", "it is not UTF-8 text") from error
    if _CONTROL.search(whole):
        raise _bad_note("含控制字符", "it holds a control character")
    body, blank, signatures = whole.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise _bad_note("没有签名部分", "it has no block of signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise _bad_note("签名行过多", "it has too many signature lines")
    return Note(body + "\n", tuple(_line(line) for line in lines))


def format(text: str, lines: Iterable[NoteSignature]) -> bytes:  # noqa: A001 - the pair of parse, always said as notes.format
    """The note of a text and its signature lines; it can be read back, or InvalidInput ``proofs.note`` is raised."""
    written = (text + "\n" + "".join(line.line() for line in lines)).encode("utf-8", "surrogatepass")
    if parse(written).text != text:
        raise _bad_note("正文须以换行结尾", "its text must end with a newline")
    return written


def open_note(note: Note, keys: Sequence[VerifierKey]) -> Opened:
    """The note with its signatures checked against ``keys``; lines of other keys are set apart, not believed.

    Raises as ``checked``, and InvalidInput ``proofs.note_signature`` when no known key has signed.
    """
    opened = checked(note, keys)
    if not opened.verified:
        raise InvalidInput(
            "proofs.note_signature",
            Said("没有任何已知密钥的签名。", "None of the known keys has signed."),
        )
    return opened


def checked(note: Note, keys: Sequence[VerifierKey]) -> Opened:
    """The note as ``open_note`` gives it, though perhaps no known key has signed at all.

    A key is known by name and id together. ML-DSA-44 keys are taken in and their lines left unchecked, as unknown.
    Raises InvalidInput ``proofs.verifier_key`` when two of the keys have one name and id, and
    ``proofs.note_signature`` with the key's name when its signature is wrong.
    """
    known = {(key.name, key.id): key for key in keys}
    if len(known) != len(keys):
        raise _bad_key(_first_twice(keys))
    verified: list[NoteSignature] = []
    unknown: list[NoteSignature] = []
    for line in note.lines:
        key = known.get((line.name, line.id))
        if key is None or key.kind == ML_DSA_44:
            unknown.append(line)
        elif verifies(key, note.text, line.signature):
            verified.append(line)
        else:
            raise InvalidInput(
                "proofs.note_signature",
                Said(f"{line.name} 的签名验证不通过。", f"The signature of {line.name} is not good."),
                details={"name": line.name},
            )
    return Opened(note, tuple(verified), tuple(unknown))


def verifies(key: VerifierKey, text: str, signature: bytes) -> bool:
    """Whether ``signature`` (what follows the id in its line) is the key's own over ``text``."""
    if key.kind == ED25519:
        return ed25519.verify(key.public, text.encode(), signature)
    if key.kind not in {COSIGNATURE, OWN} or len(signature) != _TIME_SIZE + _SIGNATURE_SIZE:
        return False
    at = time_of(signature)
    if at > LATEST_TIME:
        return False
    message = cosigned_message(text, at)
    if key.kind == COSIGNATURE:
        return ed25519.verify(key.public, message, signature[_TIME_SIZE:])
    return sm2.verify(key.public, message, signature[_TIME_SIZE:])


def cosigned_message(text: str, at: int) -> bytes:
    """What a witness signs: that it saw ``text`` at ``at`` seconds since 1970 (tlog-cosignature, Ed25519)."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def time_of(signature: bytes) -> int:
    """Seconds since 1970 in the first eight bytes of a cosignature."""
    return int.from_bytes(signature[:_TIME_SIZE], "big")


def timed(at: int, signature: bytes) -> bytes:
    """A cosignature as it stands behind the id: the time, then the signature."""
    return at.to_bytes(_TIME_SIZE, "big") + signature


def _line(line: str) -> NoteSignature:
    if not line.startswith(_MARK):
        raise _bad_note("签名部分有多余的行", "a line among the signatures is none")
    name, _, encoded = line[len(_MARK) :].partition(" ")
    try:
        decoded = base64_strict(encoded)
    except InvalidInput as error:
        raise _bad_note("签名编码不正确", "a signature is not well encoded") from error
    if not _is_name(name) or len(decoded) <= _KEY_ID_SIZE:
        raise _bad_note("签名行不完整", "a signature line is not complete")
    return NoteSignature(name, decoded[:_KEY_ID_SIZE], decoded[_KEY_ID_SIZE:])


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _first_twice(keys: Sequence[VerifierKey]) -> str:
    """The name of a key that stands twice, by name and id, among ``keys``."""
    counted = Counter((key.name, key.id) for key in keys)
    (name, _), _ = counted.most_common(1)[0]
    return name


def _bad_note(zh: str, en: str) -> InvalidInput:
    return InvalidInput("proofs.note", Said(f"签名文本不合格式：{zh}。", f"The signed note is malformed: {en}."))


def _bad_key(name: str) -> InvalidInput:
    return InvalidInput(
        "proofs.verifier_key",
        Said(
            f"验证密钥“{name}”格式不对、编号不符或重复。",
            f"The verifier key “{name}” is malformed, misnumbered or given twice.",
        ),
    )
