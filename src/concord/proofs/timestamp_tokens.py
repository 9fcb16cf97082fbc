"""Reading a time-stamp response (RFC 3161, RFC 5652), its signature not yet believed.

What may be left out or varied is fixed to one form: a plain grant, one signer named by issuer and serial number, only
signed attributes, no revocation lists, at most four certificates. SM2 tokens (GM/T 0033-2023) may bear the content
type of GM/T 0010 instead of that of RFC 5652.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from concord.proofs import der
from concord.proofs.certificates import DIGESTS, SIGNATURES
from concord.rules.errors import InvalidInput, Said

SIGNED_DATA = "1.2.840.113549.1.7.2"
GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"
TIME_STAMP = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
DIGEST_SIZES: Mapping[str, int] = MappingProxyType({"sha256": 32, "sha384": 48, "sha512": 64, "sm3": 32})
DIGEST_OIDS: Mapping[str, str] = MappingProxyType({name: oid for oid, name in DIGESTS.items()})
MOST_CERTIFICATES = 4
_DIGEST_IDENTIFIERS: Mapping[bytes, str] = MappingProxyType(
    {der.sequence(der.oid(oid), *none): name for oid, name in DIGESTS.items() for none in ((), (der.null(),))}
)
# GM/T 0010 counts the versions of SignedData from 1, RFC 5652 asks for 3 here.
_VERSIONS = {SIGNED_DATA: {3}, GM_SIGNED_DATA: {1, 3}}
_GRANTED = 0


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: ``imprint`` (a digest by ``imprint_algorithm``) existed at ``generated_at`` (UTC)."""

    generated_at: datetime
    imprint_algorithm: str
    imprint: bytes
    serial: int
    policy: str
    nonce: int | None
    accuracy_seconds: Decimal | None
    gm: bool


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token with all that its signature stands on; ``bare`` is the response without the certificates it brings."""

    token: Token
    content: bytes
    certificates: tuple[bytes, ...]
    bare: bytes
    issuer: bytes
    serial: int
    digest: str
    algorithm: str
    attributes: bytes
    content_digest: bytes
    certificate_id: tuple[str, bytes]
    signature: bytes


def read_token(response: bytes) -> Token:
    """What the token in a TimeStampResp (DER, at most 64 KiB) says, its signature not yet believed.

    Raises InvalidInput ``proofs.der`` (unreadable), ``proofs.timestamp_status`` (not granted),
    ``proofs.timestamp_malformed`` (readable, but not a token as the rules have it) or ``proofs.timestamp_algorithm``.
    """
    return read_signed_token(response).token


def read_signed_token(response: bytes) -> SignedToken:
    """The token in a TimeStampResp with all that its signature stands on. Raises as ``read_token`` does."""
    fields = der.Fields(der.read(response))
    status = fields.take(der.SEQUENCE)
    _granted(status)
    outer = der.Fields(fields.take(der.SEQUENCE))
    fields.end()
    kind = outer.take(der.OID)
    body = der.Fields(der.only(outer.take(der.context(0)), der.SEQUENCE))
    outer.end()
    version, algorithms, content = body.take(der.INTEGER), body.take(der.SET), body.take(der.SEQUENCE)
    # A set whose order is left free: many authorities write their own certificate first.
    brought = body.maybe(der.context(0))
    signers = body.take(der.SET)
    body.end()
    if der.integer_of(version) not in _VERSIONS.get(der.oid_of(kind), ()):
        raise malformed("不是带签名的内容", "it is not signed data of a known version")
    certificates = () if brought is None else brought.children
    if len(certificates) > MOST_CERTIFICATES or any(one.tag != der.SEQUENCE for one in certificates):
        raise malformed("所附证书过多或无效", f"it brings more than {MOST_CERTIFICATES} certificates, or other things")
    bare = der.sequence(version.raw, algorithms.raw, content.raw, signers.raw)
    return _signed(
        der.Fields(der.only(signers, der.SEQUENCE)),
        content=_content(content),
        listed=[_digest(one) for one in algorithms.children],
        certificates=tuple(one.raw for one in certificates),
        bare=der.sequence(status.raw, der.sequence(kind.raw, der.explicit(0, bare))),
    )


def _signed(
    signer: der.Fields, *, content: bytes, listed: list[str], certificates: tuple[bytes, ...], bare: bytes
) -> SignedToken:
    """The one SignerInfo, which names a certificate by issuer and serial and has signed attributes only."""
    if der.integer_of(signer.take(der.INTEGER)) != 1:
        raise malformed("签名者信息版本须为 1", "the signer is not named by issuer and serial number")
    named = der.Fields(signer.take(der.SEQUENCE))
    issuer, serial = named.any().raw, der.integer_of(named.take(der.INTEGER))
    named.end()
    digest = _digest(signer.take(der.SEQUENCE))
    attributes = signer.take(der.context(0))
    algorithm = _algorithm(signer.take(der.SEQUENCE))
    signature = der.octets_of(signer.take(der.OCTETS))
    signer.end()
    if digest not in listed:
        raise malformed("两处摘要算法不一致", "it does not list the digest algorithm it uses")
    kind, fixed = SIGNATURES.get(algorithm, ("", None))
    if not kind or fixed not in {None, digest} or (digest == "sm3" and kind != "sm2"):
        raise _refused_algorithm()
    values = _attributes(attributes)
    if der.oid_of(_value(values, CONTENT_TYPE)) != TIME_STAMP:
        raise malformed("签名属性与内容类型不符", "its signed attributes speak of another content")
    return SignedToken(
        token=_token(content, gm=kind == "sm2"),
        content=content,
        certificates=certificates,
        bare=bare,
        issuer=issuer,
        serial=serial,
        digest=digest,
        algorithm=algorithm,
        attributes=der.element(der.SET, attributes.content),
        content_digest=der.octets_of(_value(values, MESSAGE_DIGEST)),
        certificate_id=_certificate_id(values, issuer, serial),
        signature=signature,
    )


def _granted(status: der.Node) -> None:
    fields = der.Fields(status)
    number = der.integer_of(fields.take(der.INTEGER))
    if number != _GRANTED or len(status.children) != 1:
        raise InvalidInput(
            "proofs.timestamp_status",
            Said(
                f"时间戳机构没有直接签发（状态 {number}），请改日重试或者换一家机构。",
                f"The authority did not simply grant the time-stamp (status {number}); try again or ask another one.",
            ),
            details={"status": number},
        )


def _content(node: der.Node) -> bytes:
    fields = der.Fields(node)
    if der.oid_of(fields.take(der.OID)) != TIME_STAMP:
        raise malformed("内容不是时间戳", "what it signs is not a time-stamp")
    content = der.octets_of(der.only(fields.take(der.context(0)), der.OCTETS))
    fields.end()
    return content


def _token(content: bytes, *, gm: bool) -> Token:
    """TSTInfo (RFC 3161 §2.4.2)."""
    fields = der.Fields(der.read(content))
    if der.integer_of(fields.take(der.INTEGER)) != 1:
        raise malformed("时间戳版本须为 1", "its version is not 1")
    policy = der.oid_of(fields.take(der.OID))
    algorithm, imprint = read_imprint(fields.take(der.SEQUENCE))
    serial = der.integer_of(fields.take(der.INTEGER))
    generated_at = der.time_of(fields.take(der.GENERALIZED_TIME))
    accuracy = fields.maybe(der.SEQUENCE)
    ordering = fields.maybe(der.BOOLEAN)
    nonce = fields.maybe(der.INTEGER)
    fields.maybe(der.context(0))
    extensions = fields.maybe(der.context(1))
    fields.end()
    if ordering is not None and not der.boolean_of(ordering):
        raise malformed("默认值不得写出", "it writes a default out")
    for extension in () if extensions is None else extensions.children:
        if any(part.tag == der.BOOLEAN for part in extension.children):
            raise malformed("含有关键扩展项", "it has a critical extension")
    return Token(
        generated_at=generated_at,
        imprint_algorithm=algorithm,
        imprint=imprint,
        serial=serial,
        policy=policy,
        nonce=None if nonce is None else der.integer_of(nonce),
        accuracy_seconds=None if accuracy is None else _accuracy(accuracy),
        gm=gm,
    )


def read_imprint(node: der.Node) -> tuple[str, bytes]:
    """The algorithm and the digest of a MessageImprint; the digest is as long as the algorithm makes it."""
    fields = der.Fields(node)
    algorithm, imprint = _digest(fields.take(der.SEQUENCE)), der.octets_of(fields.take(der.OCTETS))
    fields.end()
    if len(imprint) != DIGEST_SIZES[algorithm]:
        raise malformed("摘要长度不符", "its digest is not as long as its algorithm makes it")
    return algorithm, imprint


def _accuracy(node: der.Node) -> Decimal:
    fields = der.Fields(node)
    whole = fields.maybe(der.INTEGER)
    seconds = Decimal(0 if whole is None else der.integer_of(whole))
    for number, unit in ((0, Decimal("0.001")), (1, Decimal("0.000001"))):
        part = fields.maybe(der.context(number, constructed=False))
        if part is not None:
            amount = der.integer_of(part._replace(tag=der.INTEGER))
            if not 1 <= amount <= 999:  # noqa: PLR2004 - RFC 3161 §2.4.2
                raise malformed("精度无效", "its accuracy is out of range")
            seconds += amount * unit
    fields.end()
    if seconds < 0:
        raise malformed("精度无效", "its accuracy is out of range")
    return seconds


def _attributes(node: der.Node) -> dict[str, der.Node]:
    """The single value of each signed attribute, no kind twice."""
    found: dict[str, der.Node] = {}
    for attribute in der.members(node):
        fields = der.Fields(attribute)
        name = der.oid_of(fields.take(der.OID))
        values = fields.take(der.SET)
        fields.end()
        if name in found or len(values.children) != 1:
            raise malformed("签名属性重复", "a signed attribute stands twice")
        found[name] = values.children[0]
    return found


def _value(values: Mapping[str, der.Node], name: str) -> der.Node:
    if name not in values:
        raise malformed("缺少签名属性", "a signed attribute is missing")
    return values[name]


def _certificate_id(values: Mapping[str, der.Node], issuer: bytes, serial: int) -> tuple[str, bytes]:
    """Digest algorithm and digest of the signing certificate (RFC 5816, or RFC 2634 with SHA-1)."""
    newer = SIGNING_CERTIFICATE_V2 in values
    attribute = _value(values, SIGNING_CERTIFICATE_V2 if newer else SIGNING_CERTIFICATE)
    identifiers = der.Fields(attribute).take(der.SEQUENCE).children
    if not identifiers:
        raise malformed("缺少签名证书标识", "it does not identify its signing certificate")
    fields = der.Fields(identifiers[0])
    algorithm = fields.maybe(der.SEQUENCE) if newer else None
    digest = der.octets_of(fields.take(der.OCTETS))
    named = fields.maybe(der.SEQUENCE)
    fields.end()
    if named is not None:
        inner = der.Fields(named)
        names, number = inner.take(der.SEQUENCE), inner.take(der.INTEGER)
        inner.end()
        directory = der.only(names, der.context(4))
        if (der.only(directory, der.SEQUENCE).raw, der.integer_of(number)) != (issuer, serial):
            raise malformed("两处签名证书不一致", "it names two signing certificates")
    if not newer:
        return "sha1", digest
    return "sha256" if algorithm is None else _digest(algorithm), digest


def _digest(node: der.Node) -> str:
    """The name of a digest algorithm; its parameters are absent or NULL."""
    name = _DIGEST_IDENTIFIERS.get(node.raw)
    if name is None:
        raise _refused_algorithm()
    return name


def _algorithm(node: der.Node) -> str:
    fields = der.Fields(node)
    identifier = der.oid_of(fields.take(der.OID))
    parameters = fields.maybe(der.NULL)
    fields.end()
    if parameters is not None and parameters.content:
        raise malformed("算法参数无效", "an algorithm has parameters")
    return identifier


@lru_cache(maxsize=8)
def digest_identifier(algorithm: str) -> bytes:
    """The AlgorithmIdentifier of a digest: without parameters for SM3 (GM/T 0033), with NULL for the others."""
    return der.sequence(der.oid(DIGEST_OIDS[algorithm]), *(() if algorithm == "sm3" else (der.null(),)))


def malformed(zh: str, en: str) -> InvalidInput:
    """The refusal of what can be read and is no such message, saying why."""
    return InvalidInput(
        "proofs.timestamp_malformed",
        Said(f"时间戳不合格式：{zh}。", f"This is not a time-stamp as RFC 3161 has it: {en}."),
    )


def _refused_algorithm() -> InvalidInput:
    return InvalidInput(
        "proofs.timestamp_algorithm",
        Said(
            "时间戳使用了不接受的算法，须为 SHA-256、SHA-384、SHA-512 或者 SM3，以 RSA、ECDSA、Ed25519 或者 SM2 签名。",
            "The time-stamp uses an algorithm that is not accepted; it must be SHA-256, SHA-384, SHA-512 or SM3, "
            "signed with RSA, ECDSA, Ed25519 or SM2.",
        ),
    )
