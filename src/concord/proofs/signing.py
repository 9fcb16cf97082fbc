"""Every statement is signed twice over the same bytes: with Ed25519 and with SM2 (GB/T 32918).

Ed25519 is what the transparency-log formats carry, SM2 what Chinese law on commercial cryptography asks for
(GB/T 39786-2021). What is signed begins with the format and the kind of statement, so that a signature on one kind
can never pass for another.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.proofs import ed25519, sm2
from concord.rules.errors import InvalidInput, Said

ED25519, SM2 = ALGORITHMS = ("ed25519", "sm2-sm3")
DOMAIN = b"concord-evidence/v1\n"

_ED25519_LENGTH = 32
_SIGNATURE_LENGTH = 64
_TABLES = (dict, Mapping)  # the plain kind first: asking for an abstract one is slow
_KEY_NAME = re.compile(r"[\x21-\x7e]{1,200}")


class Signer(Protocol):
    """Whoever can sign with both algorithms: keys in a file, or in a token."""

    @property
    def key(self) -> str:
        """The name of the key in the directory."""

    @property
    def public(self) -> PublicKeys:
        """What its signatures are checked with."""

    def sign(self, message: bytes) -> tuple[Signature, ...]:
        """One signature for each of ALGORITHMS, in that order."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The public keys of one holder: Ed25519 as 32 bytes, SM2 as ``04‖x‖y``."""

    ed25519: bytes
    sm2: bytes

    def as_json(self) -> dict[str, str]:
        """The keys as they are written, in base64."""
        return {"ed25519": _base64(self.ed25519), "sm2": _base64(self.sm2)}

    @classmethod
    def from_json(cls, value: object) -> PublicKeys:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.public_keys`` for anything else."""
        texts = _texts(value, ("ed25519", "sm2"))
        try:
            if texts is None:
                raise _not_public_keys()
            keys = cls(base64_strict(texts[0]), base64_strict(texts[1]))
        except InvalidInput:
            raise _not_public_keys() from None
        if not ed25519.is_public_key(keys.ed25519) or not sm2.on_curve(keys.sm2):
            raise _not_public_keys()
        return keys

    def fingerprint(self) -> str:
        """SHA-256, in hex, of both keys one after the other: what is printed and compared by eye."""
        return hashlib.sha256(self.ed25519 + self.sm2).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of 64 bytes, its algorithm, and the name of the key in the directory."""

    alg: str
    key: str
    sig: bytes

    def as_json(self) -> dict[str, str]:
        """The signature as it is written."""
        return {"alg": self.alg, "key": self.key, "sig": _base64(self.sig)}

    @classmethod
    def from_json(cls, value: object) -> Signature:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.signature`` for anything else."""
        texts = _texts(value, ("alg", "key", "sig"))
        if texts is None or texts[0] not in ALGORITHMS or not _KEY_NAME.fullmatch(texts[1]):
            raise _not_a_signature()
        try:
            signature = cls(texts[0], texts[1], base64_strict(texts[2]))
        except InvalidInput:
            raise _not_a_signature() from None
        if len(signature.sig) != _SIGNATURE_LENGTH:
            raise _not_a_signature()
        return signature


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """The private keys of one holder, as kept in a file: both 32 bytes. They never show in ``repr``."""

    key: str
    ed25519: bytes = field(repr=False)
    sm2: bytes = field(repr=False)

    @classmethod
    def generate(cls, key: str, random_bytes: Callable[[int], bytes]) -> PrivateKeys:
        """New keys named ``key`` from ``random_bytes``, which must be fit for keys (``secrets.token_bytes``)."""
        return cls(key, random_bytes(_ED25519_LENGTH), sm2.generate(random_bytes))

    @property
    def public(self) -> PublicKeys:
        """What signatures of these keys are checked with."""
        return PublicKeys(_ed25519(self.ed25519).public_key().public_bytes_raw(), sm2.public_of(self.sm2))

    def sign(self, message: bytes) -> tuple[Signature, ...]:
        """One signature for each of ALGORITHMS, in that order. Raises Unavailable ``proofs.sm2_unavailable``."""
        return (
            Signature(ED25519, self.key, _ed25519(self.ed25519).sign(message)),
            Signature(SM2, self.key, sm2.sign(self.sm2, message)),
        )

    def as_json(self) -> dict[str, str]:
        """The keys as they are kept, in base64: secret."""
        return {"key": self.key, "ed25519": _base64(self.ed25519), "sm2": _base64(self.sm2)}

    @classmethod
    def from_json(cls, value: object) -> PrivateKeys:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.private_keys``, which never repeats them."""
        texts = _texts(value, ("key", "ed25519", "sm2"))
        try:
            if texts is None or not _KEY_NAME.fullmatch(texts[0]):
                raise _not_private_keys()
            keys = cls(texts[0], base64_strict(texts[1]), base64_strict(texts[2]))
        except InvalidInput:
            raise _not_private_keys() from None
        if len(keys.ed25519) != _ED25519_LENGTH or not sm2.is_private(keys.sm2):
            raise _not_private_keys()
        return keys


def signed_bytes(kind: str, body: bytes) -> bytes:
    """The bytes that are signed for the statement ``body`` of a ``kind``: format, kind, length, body."""
    return b"%s%s\n%d\n%s" % (DOMAIN, kind.encode(), len(body), body)


def verifies(public: PublicKeys, message: bytes, signature: Signature) -> bool:
    """Whether ``signature`` is of these keys over ``message``; an unknown algorithm never is.

    Raises Unavailable ``proofs.sm2_unavailable`` where SM2 cannot be checked at all.
    """
    if signature.alg == SM2:
        return sm2.verify(public.sm2, message, signature.sig)
    return signature.alg == ED25519 and ed25519.verify(public.ed25519, message, signature.sig)


def base64_strict(text: str) -> bytes:
    """The bytes of standard, padded base64 that encodes to ``text`` again. Raises InvalidInput ``proofs.encoding``."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        data = None
    if data is None or _base64(data) != text:
        raise InvalidInput(
            "proofs.encoding",
            Said("不是标准的 base64 文字。", "This is not standard, padded base64."),
        )
    return data


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _texts(value: object, keys: tuple[str, ...]) -> list[str] | None:
    """The texts under exactly these keys, in this order."""
    if not isinstance(value, _TABLES) or value.keys() != set(keys):
        return None
    texts = [value[key] for key in keys]
    return texts if all(isinstance(text, str) for text in texts) else None


@lru_cache(maxsize=64)
def _ed25519(private: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(private)


def _not_public_keys() -> InvalidInput:
    return InvalidInput(
        "proofs.public_keys",
        Said(
            "公钥须恰为 ed25519（32 字节）与 sm2（65 字节）两项，均为曲线上的点，不得为小阶点，以 base64 写成。",
            "Public keys are exactly ed25519 (32 bytes) and sm2 (65 bytes), in base64: points of their curves, and not "
            "of small order.",
        ),
    )


def _not_a_signature() -> InvalidInput:
    return InvalidInput(
        "proofs.signature",
        Said(
            "签名须恰为 alg、key、sig 三项，算法为 ed25519 或 sm2-sm3，签名 64 字节，以 base64 写成。",
            "A signature is exactly alg, key and sig: ed25519 or sm2-sm3, and 64 bytes in base64.",
        ),
    )


def _not_private_keys() -> InvalidInput:
    return InvalidInput(
        "proofs.private_keys",
        Said(
            "私钥文件须恰为 key、ed25519、sm2 三项，私钥各 32 字节，以 base64 写成。",
            "Private keys are exactly key, ed25519 and sm2, each 32 bytes in base64.",
        ),
    )
