"""What time-stamping asks of an X.509 certificate (RFC 5280), SM2 ones (GB/T 20518-2018) included, and its key's word.

Certificates are pinned byte for byte, so nothing here builds paths or decides trust: it reads, and it verifies one
signature with one key. ``cryptography`` reads no SM2 keys; the fields are therefore read with our own DER.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, types, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from concord.proofs import der, digests, ed25519, sm2
from concord.rules.errors import InvalidInput

SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
# SM2 as a way of signing (GM/T 0006), with the digest named beside it: so GM/T 0010 has it in a signer's information.
SM2_SIGNING = "1.2.156.10197.1.301.1"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
BASIC_CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
DIGESTS: Mapping[str, str] = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
        "1.2.156.10197.1.401": "sm3",
    }
)
# The kind of key, and the digest that the identifier itself fixes.
SIGNATURES: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        ECDSA_WITH_SHA256: ("ecdsa", "sha256"),
        "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
        "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
        "1.2.840.113549.1.1.1": ("rsa", None),
        "1.2.840.113549.1.1.11": ("rsa", "sha256"),
        "1.2.840.113549.1.1.12": ("rsa", "sha384"),
        "1.2.840.113549.1.1.13": ("rsa", "sha512"),
        "1.3.101.112": ("ed25519", "sha512"),
        SM2_WITH_SM3: ("sm2", "sm3"),
        SM2_SIGNING: ("sm2", "sm3"),
    }
)
LARGEST = 1 << 14
SHORTEST_RSA = 2048
_HASHES: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
)
_CURVES = (ec.SECP256R1, ec.SECP384R1)
_VERSION_3 = 2


@dataclass(frozen=True, slots=True)
class Certificate:
    """The fields read; the issuer's name and the key are kept as encoded."""

    encoded: bytes
    serial: int
    issuer: bytes
    not_before: datetime
    not_after: datetime
    key: bytes
    is_authority: bool
    purposes: tuple[str, ...]
    purposes_critical: bool

    @property
    def stamps_only(self) -> bool:
        """It may sign time-stamps and nothing else (RFC 3161 §2.3): the one critical purpose, and no CA."""
        return self.purposes == (TIME_STAMPING,) and self.purposes_critical and not self.is_authority

    def verifies(self, message: bytes, signature: bytes, *, algorithm: str, digest: str) -> bool:
        """Whether the key of this certificate made ``signature`` over ``message``.

        ``algorithm`` is the identifier of a signature algorithm; what it fixes must agree with ``digest`` and the key.
        """
        kind, fixed = SIGNATURES.get(algorithm, ("", None))
        if fixed not in {None, digest}:
            return False
        if kind == "sm2":
            point = _sm2_point(self.key)
            raw = raw_signature(signature)
            return point is not None and raw is not None and sm2.verify(point, message, raw)
        return _verified(_loaded(self.key), kind, digest, message, signature)


@lru_cache(maxsize=64)
def read_certificate(encoded: bytes) -> Certificate:
    """Read a certificate of version 3, at most 16 KiB. Raises InvalidInput ``proofs.der``."""
    whole = der.Fields(der.read(encoded, limit=LARGEST))
    signed = whole.take(der.SEQUENCE)
    algorithm = whole.take(der.SEQUENCE)
    der.bits_of(whole.take(der.BIT_STRING))
    whole.end()
    fields = der.Fields(signed)
    if der.integer_of(der.only(fields.take(der.context(0)), der.INTEGER)) != _VERSION_3:
        raise der.malformed("证书版本须为 3", "a certificate must be of version 3")
    serial = der.integer_of(fields.take(der.INTEGER))
    if fields.take(der.SEQUENCE).raw != algorithm.raw:
        raise der.malformed("证书两处算法不一致", "a certificate names two signature algorithms")
    issuer = fields.take(der.SEQUENCE).raw
    validity = der.Fields(fields.take(der.SEQUENCE))
    not_before, not_after = der.time_of(validity.any()), der.time_of(validity.any())
    validity.end()
    fields.take(der.SEQUENCE)
    key = fields.take(der.SEQUENCE).raw
    fields.maybe(der.context(1, constructed=False))
    fields.maybe(der.context(2, constructed=False))
    wrapped = fields.maybe(der.context(3))
    fields.end()
    extensions = _extensions(wrapped)
    critical, purposes = extensions.get(EXTENDED_KEY_USAGE, (False, None))
    return Certificate(
        encoded=encoded,
        serial=serial,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        key=key,
        is_authority=_is_authority(extensions),
        purposes=() if purposes is None else _purposes(purposes),
        purposes_critical=critical,
    )


def _extensions(wrapped: der.Node | None) -> dict[str, tuple[bool, bytes]]:
    """Of each extension: whether it is critical, and its value."""
    found: dict[str, tuple[bool, bytes]] = {}
    if wrapped is None:
        return found
    for extension in der.only(wrapped, der.SEQUENCE).children:
        fields = der.Fields(extension)
        name = der.oid_of(fields.take(der.OID))
        critical = fields.maybe(der.BOOLEAN)
        value = der.octets_of(fields.take(der.OCTETS))
        fields.end()
        if name in found:
            raise der.malformed("扩展项重复", "an extension stands twice")
        found[name] = (critical is not None and der.boolean_of(critical), value)
    return found


def _purposes(value: bytes) -> tuple[str, ...]:
    listed = der.read(value)
    if listed.tag != der.SEQUENCE:
        raise der.malformed("密钥用途无效", "the purposes of a key are no sequence")
    return tuple(der.oid_of(one) for one in listed.children)


def _is_authority(extensions: Mapping[str, tuple[bool, bytes]]) -> bool:
    if BASIC_CONSTRAINTS not in extensions:
        return False
    flag = der.Fields(der.read(extensions[BASIC_CONSTRAINTS][1])).maybe(der.BOOLEAN)
    return flag is not None and der.boolean_of(flag)


def digest_of(algorithm: str, message: bytes) -> bytes:
    """The digest of ``message`` by one of the names in DIGESTS."""
    if algorithm == "sm3":
        return bytes.fromhex(digests.sm3(message).hexdigest())
    return hashlib.new(algorithm, message).digest()


def raw_signature(encoded: bytes) -> bytes | None:
    """The two numbers of a DER signature as ``r‖s``, 32 bytes each; None where it is no such signature."""
    try:
        fields = der.Fields(der.read(encoded))
        r, s = der.integer_of(fields.take(der.INTEGER)), der.integer_of(fields.take(der.INTEGER))
        fields.end()
        return r.to_bytes(32) + s.to_bytes(32)
    except (InvalidInput, OverflowError):
        return None


def encoded_signature(raw: bytes) -> bytes:
    """``r‖s`` as the DER signature."""
    return der.sequence(der.integer(int.from_bytes(raw[:32])), der.integer(int.from_bytes(raw[32:])))


@lru_cache(maxsize=64)
def _sm2_point(key: bytes) -> bytes | None:
    """The point of an SM2 key, None for any other key."""
    try:
        fields = der.Fields(der.read(key))
        algorithm = der.Fields(fields.take(der.SEQUENCE))
        names = der.oid_of(algorithm.take(der.OID)), der.oid_of(algorithm.take(der.OID))
        algorithm.end()
        point = der.bits_of(fields.take(der.BIT_STRING))
        fields.end()
    except InvalidInput:
        return None
    return point if names == (EC_PUBLIC_KEY, SM2_CURVE) else None


@lru_cache(maxsize=64)
def _loaded(key: bytes) -> types.PublicKeyTypes | None:
    try:
        return load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _verified(key: types.PublicKeyTypes | None, kind: str, digest: str, message: bytes, signature: bytes) -> bool:
    try:
        match key:
            case ec.EllipticCurvePublicKey() if kind == "ecdsa" and isinstance(key.curve, _CURVES):
                key.verify(signature, digest_of(digest, message), ec.ECDSA(utils.Prehashed(_HASHES[digest])))
            case rsa.RSAPublicKey() if kind == "rsa" and key.key_size >= SHORTEST_RSA and digest in _HASHES:
                key.verify(signature, message, padding.PKCS1v15(), _HASHES[digest])
            case Ed25519PublicKey() if kind == "ed25519":
                return ed25519.verify(key.public_bytes_raw(), message, signature)
            case _:
                return False
    except InvalidSignature:
        return False
    return True
