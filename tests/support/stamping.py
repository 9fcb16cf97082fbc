"""Time-stamp responses put together piece by piece, so that a test can change any one of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from concord.proofs import certificates as x509
from concord.proofs import der, sm2
from concord.proofs import timestamp_tokens as tokens
from concord.proofs.timestamps import Authority, TokenCheck, check_token

Kind = Literal["p256", "p384", "rsa", "ed25519", "sm2"]
KINDS: tuple[Kind, ...] = ("p256", "p384", "rsa", "ed25519", "sm2")
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
COVERED = "浙江省嘉兴市".encode()
POLICY = "1.2.3.4.1"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNATURES = {
    "p256": (x509.ECDSA_WITH_SHA256, "sha256"),
    "p384": ("1.2.840.10045.4.3.3", "sha384"),
    "rsa": ("1.2.840.113549.1.1.11", "sha256"),
    "ed25519": ("1.3.101.112", "sha512"),
    "sm2": (x509.SM2_WITH_SM3, "sm3"),
}


@dataclass(frozen=True)
class Key:
    """A key of one kind: how it signs, and its SubjectPublicKeyInfo."""

    kind: Kind
    sign: Callable[[bytes], bytes]
    public: bytes

    @property
    def identifier(self) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        return der.sequence(der.oid(SIGNATURES[self.kind][0]), *((der.null(),) if self.kind == "rsa" else ()))


def new_key(kind: Kind) -> Key:
    """A new key."""
    match kind:
        case "sm2":
            private = sm2.generate(secrets.token_bytes)
            curve = der.sequence(der.oid(x509.EC_PUBLIC_KEY), der.oid(x509.SM2_CURVE))
            return Key(
                kind,
                lambda message: x509.encoded_signature(sm2.sign(private, message)),
                der.sequence(curve, der.bit_string(sm2.public_of(private))),
            )
        case "rsa":
            rsa_key = rsa.generate_private_key(65537, 2048)
            return Key(
                kind,
                lambda message: rsa_key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
                _public(rsa_key.public_key()),
            )
        case "ed25519":
            ed_key = ed25519.Ed25519PrivateKey.generate()
            return Key(kind, ed_key.sign, _public(ed_key.public_key()))
        case _:
            ec_key = ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())
            digest = hashes.SHA256() if kind == "p256" else hashes.SHA384()
            return Key(kind, lambda message: ec_key.sign(message, ec.ECDSA(digest)), _public(ec_key.public_key()))


def _public(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def named(name: str) -> bytes:
    """A distinguished name of one common name."""
    return der.sequence(der.set_of(der.sequence(der.oid("2.5.4.3"), der.utf8(name))))


def extension(name: str, value: bytes, *, critical: bool = True) -> bytes:
    """An extension of a certificate or of a token."""
    return der.sequence(der.oid(name), *((der.boolean(value=True),) if critical else ()), der.octets(value))


def purposes(*kinds: str, critical: bool = True) -> bytes:
    """An extended key usage."""
    return extension(x509.EXTENDED_KEY_USAGE, der.sequence(*map(der.oid, kinds)), critical=critical)


STAMPING = purposes(x509.TIME_STAMPING)
CA = extension(x509.BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True)))


def certificate(
    key: Key,
    *,
    name: str = "authority",
    issuer: tuple[str, Key] | None = None,
    extensions: tuple[bytes, ...] = (STAMPING,),
    valid: tuple[datetime, datetime] = (VALID_FROM, VALID_UNTIL),
    serial: int = 7,
) -> bytes:
    """A certificate of ``key``, signed by itself unless an issuer is given."""
    issuer_name, issuer_key = issuer or (name, key)
    signed_part = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(serial),
        issuer_key.identifier,
        named(issuer_name),
        der.sequence(*map(der.validity_time, valid)),
        named(name),
        key.public,
        *((der.explicit(3, der.sequence(*extensions)),) if extensions else ()),
    )
    return der.sequence(signed_part, issuer_key.identifier, der.bit_string(issuer_key.sign(signed_part)))


def identifier(digest: str) -> bytes:
    """The AlgorithmIdentifier of a digest."""
    return tokens.digest_identifier(digest)


def attribute(name: str, *values: bytes) -> bytes:
    """A signed attribute."""
    return der.sequence(der.oid(name), der.set_of(*values))


def bound(encoded: bytes, digest: str = "sha256", *named_by: bytes) -> bytes:
    """SigningCertificateV2 of a certificate."""
    written = () if digest == "sha256" else (identifier(digest),)
    value = der.sequence(*written, der.octets(x509.digest_of(digest, encoded)), *named_by)
    return attribute(tokens.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(value)))


@dataclass(frozen=True)
class Recipe:
    """All pieces of a response; those left None are made as they ought to be."""

    key: Key
    certificate: bytes
    status: bytes = der.sequence(der.integer(0))
    kind: str = tokens.SIGNED_DATA
    version: int = 3
    digest: str = ""
    listed: tuple[bytes, ...] | None = None
    content_kind: str = tokens.TIME_STAMP
    imprint: bytes | None = None
    generated_at: bytes = der.generalized_time(AT)
    nonce: int | None = 99
    before_nonce: bytes = b""
    after_nonce: bytes = b""
    content: bytes | None = None
    certificates: tuple[bytes, ...] | None = None
    revocations: bytes = b""
    signer_version: int = 1
    named_by: bytes | None = None
    signer_digest: bytes | None = None
    attributes: tuple[bytes, ...] | None = None
    more_attributes: tuple[bytes, ...] = ()
    in_order: bool = True
    signature_algorithm: bytes | None = None
    signature: bytes | None = None
    unsigned: bytes = b""
    signers: int = 1
    trailing: bytes = b""

    def __call__(self, **changes: object) -> bytes:
        """The response with some pieces changed."""
        return replace(self, **changes).response()  # type: ignore[arg-type] # the pieces are named by the test

    @property
    def _digest(self) -> str:
        return self.digest or SIGNATURES[self.key.kind][1]

    @property
    def own_content(self) -> bytes:
        """TSTInfo."""
        imprint = self.imprint
        if imprint is None:
            imprint = der.sequence(identifier(self._digest), der.octets(x509.digest_of(self._digest, COVERED)))
        return self.content or der.sequence(
            der.integer(1),
            der.oid(POLICY),
            imprint,
            der.integer(5),
            self.generated_at,
            self.before_nonce,
            b"" if self.nonce is None else der.integer(self.nonce),
            self.after_nonce,
        )

    @property
    def own_attributes(self) -> tuple[bytes, ...]:
        """The signed attributes every token bears."""
        return (
            attribute(tokens.CONTENT_TYPE, der.oid(tokens.TIME_STAMP)),
            attribute(tokens.MESSAGE_DIGEST, der.octets(x509.digest_of(self._digest, self.own_content))),
            bound(self.certificate),
        )

    def signer(self) -> bytes:
        """SignerInfo."""
        given = (self.own_attributes if self.attributes is None else self.attributes) + self.more_attributes
        attributes = b"".join(sorted(given) if self.in_order else given)
        read = x509.read_certificate(self.certificate)
        return der.sequence(
            der.integer(self.signer_version),
            self.named_by or der.sequence(read.issuer, der.integer(read.serial)),
            self.signer_digest or identifier(self._digest),
            der.element(der.context(0), attributes),
            self.signature_algorithm or self.key.identifier,
            der.octets(self.signature or self.key.sign(der.element(der.SET, attributes))),
            self.unsigned,
        )

    def response(self) -> bytes:
        """TimeStampResp."""
        listed = (identifier(self._digest),) if self.listed is None else self.listed
        brought = (self.certificate,) if self.certificates is None else self.certificates
        body = der.sequence(
            der.integer(self.version),
            der.element(der.SET, b"".join(listed)),
            der.sequence(der.oid(self.content_kind), der.explicit(0, der.octets(self.own_content))),
            der.element(der.context(0), b"".join(brought)) if brought else b"",
            self.revocations,
            der.element(der.SET, self.signer() * self.signers),
            self.trailing,
        )
        return der.sequence(self.status, der.sequence(der.oid(self.kind), der.explicit(0, body)))


@cache
def recipe(kind: Kind = "p256") -> Recipe:
    """The response of a sound authority."""
    key = new_key(kind)
    return Recipe(key, certificate(key))


def pinned(made: Recipe, *, since: datetime | None = None) -> Authority:
    """The authority as trust pins it."""
    return Authority("authority", made.certificate, VALID_FROM, VALID_UNTIL, since)


def checked(response: bytes, made: Recipe, *, nonce: int | None = None, since: datetime | None = None) -> TokenCheck:
    """The verdict where the authority is pinned and one of two texts is covered."""
    return check_token(response, covered=[b"other", COVERED], authorities=[pinned(made, since=since)], nonce=nonce)
