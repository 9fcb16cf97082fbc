"""Who signs: keys in files that only their owner may read, and keys in a token that never leave it (PKCS #11).

``<keys>/<organisation>/officer.json`` signs for an organisation, with Ed25519 and SM2; ``log.json`` signs the log's
checkpoints, with Ed25519. A log key in a token is written ``{"name": …, "public": …, "token": {"module", "label",
"key", "pin_file"}}``. The PKCS #11 binding knows no SM2, whose mechanisms each maker numbers differently, so keys that
must sign with SM2 stay in files.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from concord.proofs import notes
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys, Signer, base64_strict
from concord.rules.errors import InvalidInput, NotFound, Said, Unavailable

OFFICER = "officer.json"
ROOT = "root.json"
OTHERS = 0o077
MOST_BYTES = 1 << 14

_ED25519_LENGTH = 32
_P256_HALF = 32


class LogSigner(Protocol):
    """Whoever can sign checkpoints: the key that others check them with, and the signature over a note's text."""

    @property
    def key(self) -> VerifierKey:
        """The log's key under its origin."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""


@dataclass(frozen=True, slots=True)
class FileSigner:
    """The log's key from a file: 32 bytes that never show in ``repr``."""

    key: VerifierKey
    private: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(message)


@dataclass(frozen=True, slots=True)
class Token:
    """Where a key lies in a token: the maker's library, the token's label, the key's label, the file with the PIN."""

    module: Path
    label: str
    key: str
    pin_file: Path


class Pkcs11Signer:
    """One private key in a token, Ed25519 or P-256; opened at the first use, used by one thread at a time.

    Raises Unavailable ``keys.token`` when the binding, the library, the token or the key cannot be had, and
    InvalidInput ``keys.token_key`` when the key is of another kind.
    """

    def __init__(self, token: Token) -> None:
        self._token = token
        self._lock = threading.Lock()
        self._opened: Any = None  # the binding's key; the binding is an extra, so its types may not be there

    def sign_ed25519(self, message: bytes) -> bytes:
        """The Ed25519 signature of RFC 8032, 64 bytes."""
        return self._sign(message, "EC_EDWARDS", "EDDSA")

    def sign_p256(self, message: bytes) -> bytes:
        """The ECDSA signature with SHA-256 over P-256, in DER."""
        raw = self._sign(hashlib.sha256(message).digest(), "EC", "ECDSA")
        return encode_dss_signature(int.from_bytes(raw[:_P256_HALF], "big"), int.from_bytes(raw[_P256_HALF:], "big"))

    def _sign(self, message: bytes, kind: str, mechanism: str) -> bytes:
        with self._lock:
            pkcs11 = self._binding()
            key = self._key(pkcs11)
            if key.key_type != pkcs11.KeyType[kind]:
                raise InvalidInput("keys.token_key", self._said("密钥种类不符", "the key is of another kind"))
            try:
                return bytes(key.sign(message, mechanism=pkcs11.Mechanism[mechanism]))
            except pkcs11.PKCS11Error as error:
                self._opened = None
                raise self._unavailable("不能签名", f"it does not sign ({error!r})") from None

    def _key(self, pkcs11: ModuleType) -> Any:
        if self._opened is None:
            pin = secret(self._token.pin_file).decode().strip()
            try:
                token = pkcs11.lib(str(self._token.module)).get_token(token_label=self._token.label)
                session = token.open(user_pin=pin)
                self._opened = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._token.key)
            except RuntimeError as error:  # PKCS11Error is one; a library that cannot be loaded raises the plain one
                raise self._unavailable("打不开", f"it cannot be opened ({error!r})") from None
        return self._opened

    def _binding(self) -> ModuleType:
        try:
            return importlib.import_module("pkcs11")
        except ImportError:
            raise self._unavailable(
                "没有安装 python-pkcs11（附加项 hsm）", "python-pkcs11 is not installed (the extra hsm)"
            ) from None

    def _unavailable(self, zh: str, en: str) -> Unavailable:
        return Unavailable("keys.token", self._said(zh, en))

    def _said(self, zh: str, en: str) -> Said:
        where = f"{self._token.label}/{self._token.key}"
        return Said(
            f"密码设备中的密钥 {where} 不能用：{zh}。请核对密钥文件中的 token 一项。",
            f"The key {where} in the token cannot be used: {en}. Look at “token” in the key's file.",
        )


@dataclass(frozen=True, slots=True)
class TokenLogSigner:
    """The log's key in a token; each signature is checked before it is given out."""

    key: VerifierKey
    token: Pkcs11Signer

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes. Raises as Pkcs11Signer, and InvalidInput ``keys.token_key``."""
        signature = self.token.sign_ed25519(message)
        if not notes.verifies(self.key, message.decode(), signature):
            raise InvalidInput(
                "keys.token_key",
                Said(
                    "密码设备中的密钥与密钥文件中的公钥不符。请核对 public 与 token.key 两项。",
                    "The key in the token does not fit the public key in the file. Look at “public” and “token.key”.",
                ),
            )
        return signature


def log_signer(path: Path) -> LogSigner:
    """The log's signer from its file, whose key may lie in a token.

    Raises NotFound ``keys.no_key``, InvalidInput ``keys.open_to_others`` and ``keys.key_file``.
    """
    match _json(path):
        case {"name": str(name), "private": str(private), **rest} if not rest:
            secret = _of_length(path, private)
            public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
            return FileSigner(VerifierKey.of(name, notes.ED25519, public), secret)
        case {
            "name": str(name),
            "public": str(public_text),
            "token": {"module": str(module), "label": str(label), "key": str(key), "pin_file": str(pin), **more},
            **rest,
        } if not more and not rest:
            token = Token(Path(module), label, key, (path.parent / pin).resolve())
            public = _of_length(path, public_text)
            return TokenLogSigner(VerifierKey.of(name, notes.ED25519, public), Pkcs11Signer(token))
        case _:
            raise _bad_file(path)


def officer(keys: Path, organisation: str) -> Signer:
    """Who signs for ``organisation`` (its code), from the folder of keys. Raises as ``private_keys``."""
    return private_keys(keys / organisation / OFFICER)


def private_keys(path: Path) -> PrivateKeys:
    """The Ed25519 and SM2 keys in a file.

    Raises NotFound ``keys.no_key``, InvalidInput ``keys.open_to_others``, ``keys.sm2_in_token`` when the file says
    that they lie in a token, and ``proofs.private_keys``.
    """
    value = _json(path)
    if isinstance(value, dict) and "token" in value:
        raise InvalidInput(
            "keys.sm2_in_token",
            Said(
                f"{path.name}：密码设备（PKCS #11）中的 SM2 密钥暂不支持，其机制编号因厂商而异。请改用文件中的密钥。",
                f"{path.name}: SM2 keys in a token (PKCS #11) are not supported, since each maker numbers their "
                "mechanisms differently. Keep this key in a file.",
            ),
        )
    return PrivateKeys.from_json(value)


def _of_length(path: Path, text: str) -> bytes:
    try:
        key = base64_strict(text)
    except InvalidInput:
        raise _bad_file(path) from None
    if len(key) != _ED25519_LENGTH:
        raise _bad_file(path)
    return key


def _json(path: Path) -> object:
    try:
        return json.loads(secret(path))
    except ValueError:
        raise _bad_file(path) from None


def secret(path: Path) -> bytes:
    """The content of a file that only its owner may read. Raises NotFound ``keys.no_key``, InvalidInput."""
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & OTHERS:
                raise InvalidInput(
                    "keys.open_to_others",
                    Said(
                        f"密钥文件 {path} 其他用户也能读取。请执行 chmod 600。",
                        f"Others than the owner may read the key file {path}. Run chmod 600 on it.",
                    ),
                )
            return opened.read(MOST_BYTES)
    except OSError:
        raise NotFound(
            "keys.no_key",
            Said(
                f"没有密钥文件 {path}，或者不能读取。请先建立密钥（set-up-ledger），或者核对 CONCORD_KEYS。",
                f"The key file {path} is missing or cannot be read. Make the keys (set-up-ledger) or look at "
                "CONCORD_KEYS.",
            ),
        ) from None


def _bad_file(path: Path) -> InvalidInput:
    return InvalidInput(
        "keys.key_file",
        Said(
            f"密钥文件 {path.name} 有误：须恰为 name、private，或者 name、public、token，密钥为 base64 的 32 字节。",
            f"The key file {path.name} is wrong: exactly name and private, or name, public and token are needed, the "
            "key as 32 bytes in base64.",
        ),
    )
