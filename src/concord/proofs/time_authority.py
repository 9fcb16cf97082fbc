"""A small time-stamping authority (RFC 3161) with a key of its own, for demonstrations and tests.

Its clock is an argument and its tokens are worth what its keeper is worth: it proves the way of working, not the time.
Tokens are put together from prepared pieces of DER, so that signing is nearly all the work.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from concord.proofs import certificates as x509
from concord.proofs import der, sm2
from concord.proofs.certificates import digest_of, encoded_signature, read_certificate
from concord.proofs.signing import base64_strict
from concord.proofs.timestamp_tokens import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TIME_STAMP,
    digest_identifier,
    read_imprint,
)
from concord.proofs.timestamps import Authority
from concord.rules.errors import InvalidInput, Said

Algorithm = Literal["p256", "sm2"]
# A random UUID under 2.25 (ITU-T X.667), so that nobody else's policy is claimed.
POLICY = "2.25.151452628754695463082054490605219916926"
COMMON_NAME = "2.5.4.3"
KEY_LENGTH = 32
BAD_ALGORITHM, BAD_REQUEST, BAD_DATA_FORMAT, UNKNOWN_POLICY, UNKNOWN_EXTENSION = 0, 2, 5, 15, 16
_REJECTION = 2
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ACCURACY = der.sequence(der.integer(1))
_DIGESTS: Mapping[str, str] = {"p256": "sha256", "sm2": "sm3"}


class _Asked(NamedTuple):
    """What a request asks for: the MessageImprint and the nonce as encoded, and whether the certificate comes along."""

    imprint: bytes
    nonce: bytes
    certificates: bool


class _Rejected(Exception):
    """The request is answered with this bit of PKIFailureInfo."""

    def __init__(self, bit: int) -> None:
        super().__init__(bit)
        self.bit = bit


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """The authority with its private key (32 bytes, never shown in ``repr``)."""

    name: str
    algorithm: Algorithm
    certificate: bytes
    private: bytes = field(repr=False)
    _prepared: _Prepared = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what is the same in every token."""
        object.__setattr__(self, "_prepared", _prepared(self.algorithm, self.certificate, self.private))

    @classmethod
    def generate(
        cls,
        name: str,
        *,
        algorithm: Algorithm,
        random_bytes: Callable[[int], bytes],
        valid_from: datetime,
        valid_until: datetime,
    ) -> LocalAuthority:
        """A new key and its self-signed certificate; ``random_bytes`` must be fit for keys."""
        if algorithm == "sm2":
            private = sm2.generate(random_bytes)
        else:
            private = (int.from_bytes(random_bytes(48)) % (_P256_ORDER - 1) + 1).to_bytes(KEY_LENGTH)
        serial = int.from_bytes(random_bytes(16)) >> 1 | 1
        certificate = self_signed(
            name, algorithm, private, serial=serial, valid_from=valid_from, valid_until=valid_until
        )
        return cls(name, algorithm, certificate, private)

    def pinned(self) -> Authority:
        """The authority as a trust file pins it, for as long as its certificate is valid."""
        read = read_certificate(self.certificate)
        return Authority(self.name, self.certificate, read.not_before, read.not_after)

    def respond(self, request: bytes, *, at: datetime, serial: int) -> bytes:
        """The TimeStampResp to a TimeStampReq, both DER: a token of time ``at`` (whole seconds), or a rejection.

        ``serial`` must never be used twice by one authority.
        """
        try:
            asked = _asked(request)
        except _Rejected as rejected:
            return rejection(rejected.bit)
        return self._prepared.response(asked, at, serial)

    def as_json(self) -> dict[str, str]:
        """The authority with its key, for a file that only its keeper reads."""
        return {
            "name": self.name,
            "algorithm": self.algorithm,
            "certificate": base64.b64encode(self.certificate).decode(),
            "private": base64.b64encode(self.private).decode(),
        }

    @classmethod
    def from_json(cls, value: object) -> LocalAuthority:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.local_authority`` for anything else."""
        match value:
            case {
                "name": str(name),
                "algorithm": ("p256" | "sm2") as algorithm,
                "certificate": str(certificate),
                "private": str(private),
                **rest,
            } if not rest:
                try:
                    found = cls(name, algorithm, base64_strict(certificate), base64_strict(private))
                    own = read_certificate(found.certificate).key == _key_info(algorithm, found.private)
                except (InvalidInput, ValueError):
                    raise _not_an_authority() from None
                if own and len(found.private) == KEY_LENGTH:
                    return found
        raise _not_an_authority()


def rejection(bit: int) -> bytes:
    """A TimeStampResp that grants nothing, for the reason ``bit`` of PKIFailureInfo."""
    octets = bytearray(bit // 8 + 1)
    octets[-1] = 0x80 >> bit % 8
    return der.sequence(der.sequence(der.integer(_REJECTION), der.bit_string(bytes(octets), unused=7 - bit % 8)))


def self_signed(
    name: str, algorithm: Algorithm, private: bytes, *, serial: int, valid_from: datetime, valid_until: datetime
) -> bytes:
    """A certificate of version 3 that may sign time-stamps and nothing else."""
    identifier = _signature_identifier(algorithm)
    subject = der.sequence(der.set_of(der.sequence(der.oid(COMMON_NAME), der.utf8(name))))
    purpose = der.sequence(der.oid(x509.TIME_STAMPING))
    signed_part = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(serial),
        identifier,
        subject,
        der.sequence(der.validity_time(valid_from), der.validity_time(valid_until)),
        subject,
        _key_info(algorithm, private),
        der.explicit(
            3,
            der.sequence(
                _critical(x509.BASIC_CONSTRAINTS, der.sequence()),
                _critical(x509.KEY_USAGE, der.bit_string(b"\x80", unused=7)),
                _critical(x509.EXTENDED_KEY_USAGE, purpose),
            ),
        ),
    )
    return der.sequence(signed_part, identifier, der.bit_string(_signer(algorithm, private)(signed_part)))


def _critical(extension: str, value: bytes) -> bytes:
    return der.sequence(der.oid(extension), der.boolean(value=True), der.octets(value))


def _signature_identifier(algorithm: Algorithm) -> bytes:
    return der.sequence(der.oid(x509.SM2_WITH_SM3 if algorithm == "sm2" else x509.ECDSA_WITH_SHA256))


def _key_info(algorithm: Algorithm, private: bytes) -> bytes:
    if algorithm == "p256":
        public = ec.derive_private_key(int.from_bytes(private), ec.SECP256R1()).public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kind = der.sequence(der.oid(x509.EC_PUBLIC_KEY), der.oid(x509.SM2_CURVE))
    return der.sequence(kind, der.bit_string(sm2.public_of(private)))


def _signer(algorithm: Algorithm, private: bytes) -> Callable[[bytes], bytes]:
    """What makes DER signatures with the key."""
    if algorithm == "sm2":
        return lambda message: encoded_signature(sm2.sign(private, message))
    key, kind = ec.derive_private_key(int.from_bytes(private), ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    return lambda message: key.sign(message, kind)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The pieces that are the same in every token of one key."""

    sign: Callable[[bytes], bytes]
    digest: Callable[[bytes], bytes]
    content_head: bytes
    attributes_head: bytes
    attributes_tail: bytes
    body_head: bytes
    certificates: bytes
    signer_head: bytes
    signer_algorithm: bytes

    def response(self, asked: _Asked, at: datetime, serial: int) -> bytes:
        """The granting TimeStampResp."""
        content = der.sequence(
            self.content_head,
            asked.imprint,
            der.integer(serial),
            der.generalized_time(at),
            _ACCURACY,
            asked.nonce,
        )
        attributes = self.attributes_head + self.digest(content) + self.attributes_tail
        signature = self.sign(der.element(der.SET, attributes))
        signer = der.sequence(
            self.signer_head,
            der.element(der.context(0), attributes),
            self.signer_algorithm,
            der.octets(signature),
        )
        body = der.sequence(
            self.body_head,
            der.sequence(der.oid(TIME_STAMP), der.explicit(0, der.octets(content))),
            self.certificates if asked.certificates else b"",
            der.element(der.SET, signer),
        )
        token = der.sequence(der.oid(SIGNED_DATA), der.explicit(0, body))
        return der.sequence(_GRANTED, token)


_GRANTED = der.sequence(der.integer(0))


def _prepared(algorithm: Algorithm, certificate: bytes, private: bytes) -> _Prepared:
    digest = _DIGESTS[algorithm]
    read = read_certificate(certificate)
    identifier = digest_identifier(digest)
    bound = der.sequence(*(() if digest == "sha256" else (identifier,)), der.octets(digest_of(digest, certificate)))
    # In the order DER gives a SET OF of these: by their lengths.
    kind = _attribute(CONTENT_TYPE, der.oid(TIME_STAMP))
    content_digest = _attribute(MESSAGE_DIGEST, der.octets(bytes(32)))
    return _Prepared(
        sign=_signer(algorithm, private),
        digest=_sha256 if algorithm == "p256" else lambda content: digest_of("sm3", content),
        content_head=der.integer(1) + der.oid(POLICY),
        attributes_head=kind + content_digest[:-32],
        attributes_tail=_attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(bound))),
        body_head=der.integer(3) + der.set_of(identifier),
        certificates=der.implicit(0, certificate, constructed=True),
        signer_head=der.integer(1) + der.sequence(read.issuer, der.integer(read.serial)) + identifier,
        signer_algorithm=_signature_identifier(algorithm),
    )


def _attribute(name: str, value: bytes) -> bytes:
    return der.sequence(der.oid(name), der.set_of(value))


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _asked(request: bytes) -> _Asked:
    """Read a TimeStampReq (RFC 3161 §2.4.1)."""
    try:
        fields = der.Fields(der.read(request))
        version = der.integer_of(fields.take(der.INTEGER))
        imprint = fields.take(der.SEQUENCE)
        policy, nonce = fields.maybe(der.OID), fields.maybe(der.INTEGER)
        wanted, extensions = fields.maybe(der.BOOLEAN), fields.maybe(der.context(0))
        fields.end()
        if nonce is not None:
            der.integer_of(nonce)
        certificates = wanted is not None and der.boolean_of(wanted)
        if version != 1:
            raise _Rejected(BAD_REQUEST)
        read_imprint(imprint)
    except InvalidInput as refused:
        bad = refused.code == "proofs.timestamp_algorithm"
        raise _Rejected(BAD_ALGORITHM if bad else BAD_DATA_FORMAT) from None
    if policy is not None and der.oid_of(policy) != POLICY:
        raise _Rejected(UNKNOWN_POLICY)
    if extensions is not None:
        raise _Rejected(UNKNOWN_EXTENSION)
    return _Asked(imprint.raw, b"" if nonce is None else nonce.raw, certificates)


def _not_an_authority() -> InvalidInput:
    return InvalidInput(
        "proofs.local_authority",
        Said(
            "自建时间戳机构须恰有名称、算法（p256 或者 sm2）、证书和与之相符的私钥四项。",
            "A local authority is exactly a name, an algorithm (p256 or sm2), a certificate and its private key.",
        ),
    )
