"""Time-stamps: requests and tokens of RFC 3161, tokens signed with SM2 and SM3 (GM/T 0033-2023) included.

A token is believed only from an authority whose certificate is pinned byte for byte; no path is built to a root, no
revocation is fetched, and nothing the token brings along is trusted. It is read with our strict DER, its signature is
verified with the pinned key, and, unless it is an SM2 token, a second reader (rfc3161-client) must see the same.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

import rfc3161_client

from concord.proofs import der
from concord.proofs.certificates import DIGESTS, Certificate, digest_of, read_certificate
from concord.proofs.signing import base64_strict
from concord.proofs.timestamp_tokens import SignedToken, Token, digest_identifier, read_signed_token, read_token
from concord.rules.errors import InvalidInput, Said

__all__ = ["Authority", "Reason", "Status", "Token", "TokenCheck", "check_token", "read_token", "request"]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"

Status = Literal["pass", "fail", "indeterminate"]
Reason = Literal[
    "",
    "algorithm",
    "compromised",
    "expired",
    "imprint",
    "malformed",
    "nonce",
    "purpose",
    "signature",
    "status",
    "unpinned",
]


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority as trust pins it: its certificate, and from when until when (exclusive) its tokens are believed."""

    name: str
    certificate: bytes
    trusted_from: datetime
    trusted_until: datetime
    compromised_since: datetime | None = None
    read: Certificate = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the certificate. Raises InvalidInput ``proofs.der`` where that is not one."""
        object.__setattr__(self, "read", read_certificate(self.certificate))

    def as_json(self) -> dict[str, str | None]:
        """The authority as trust files hold it: base64 certificate, times in UTC to the second."""
        return {
            "name": self.name,
            "certificate": base64.b64encode(self.certificate).decode(),
            "from": _written(self.trusted_from),
            "until": _written(self.trusted_until),
            "compromised_since": None if self.compromised_since is None else _written(self.compromised_since),
        }

    @classmethod
    def from_json(cls, value: object) -> Authority:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.authority`` for anything else."""
        match value:
            case {
                "name": str(name),
                "certificate": str(certificate),
                "from": str(trusted_from),
                "until": str(trusted_until),
                "compromised_since": (str() | None) as since,
                **rest,
            } if name and not rest:
                try:
                    return cls(
                        name,
                        base64_strict(certificate),
                        _moment(trusted_from),
                        _moment(trusted_until),
                        None if since is None else _moment(since),
                    )
                except InvalidInput:
                    raise _not_an_authority() from None
        raise _not_an_authority()


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """The verdict on a token; ``reason`` is empty when it passes, ``covered_index`` says which bytes it covers."""

    status: Status
    reason: Reason
    token: Token | None = None
    authority: str | None = None
    covered_index: int | None = None


def request(imprint: bytes, *, algorithm: Literal["sha256", "sm3"], nonce: int, certificates: bool = True) -> bytes:
    """A TimeStampReq in DER for the digest ``imprint``; the answer must bear ``nonce``."""
    return der.sequence(
        der.integer(1),
        der.sequence(digest_identifier(algorithm), der.octets(imprint)),
        der.integer(nonce),
        *((der.boolean(value=True),) if certificates else ()),
    )


def check_token(
    response: bytes, *, covered: Sequence[bytes], authorities: Sequence[Authority], nonce: int | None = None
) -> TokenCheck:
    """Whether the token in ``response`` proves that one of ``covered`` existed at its time.

    ``nonce`` is demanded when given (on receipt). A token of no pinned authority is indeterminate.
    """
    try:
        signed = read_signed_token(response)
    except InvalidInput as refused:
        reasons: dict[str, Reason] = {"proofs.timestamp_status": "status", "proofs.timestamp_algorithm": "algorithm"}
        return TokenCheck("fail", reasons.get(refused.code, "malformed"))
    token = signed.token
    index = next((at for at, one in enumerate(covered) if _covers(token, one)), None)
    if index is None:
        return TokenCheck("fail", "imprint", token)
    if nonce is not None and token.nonce != nonce:
        return TokenCheck("fail", "nonce", token, covered_index=index)
    named = [one for one in authorities if (one.read.issuer, one.read.serial) == (signed.issuer, signed.serial)]
    if not named:
        return TokenCheck("indeterminate", "unpinned", token, covered_index=index)
    if not token.gm and not _read_alike(signed):
        return TokenCheck("fail", "malformed", token, covered_index=index)
    verdicts = [(one.name, _fault(signed, one)) for one in named]
    name, fault = next((verdict for verdict in verdicts if not verdict[1]), verdicts[0])
    return TokenCheck("fail" if fault else "pass", fault, token, name, index)


def _covers(token: Token, covered: bytes) -> bool:
    return digest_of(token.imprint_algorithm, covered) == token.imprint


def _fault(signed: SignedToken, authority: Authority) -> Reason:
    """The first rule that the token of this authority breaks, empty if none."""
    if not _is_signed(signed, authority.read):
        return "signature"
    if not authority.read.stamps_only:
        return "purpose"
    return _out_of_time(signed.token.generated_at, authority)


def _out_of_time(at: datetime, authority: Authority) -> Reason:
    pinned, since = authority.read, authority.compromised_since
    if not (pinned.not_before <= at <= pinned.not_after and authority.trusted_from <= at < authority.trusted_until):
        return "expired"
    return "compromised" if since is not None and at >= since else ""


def _is_signed(signed: SignedToken, pinned: Certificate) -> bool:
    """The attributes bind the content and the pinned certificate, and the pinned key signed the attributes.

    Certificates may come along, the pinned one among them; the others prove nothing and are not looked at.
    """
    algorithm, identifier = signed.certificate_id
    return (
        (not signed.certificates or pinned.encoded in signed.certificates)
        and signed.content_digest == digest_of(signed.digest, signed.content)
        and identifier == _fingerprint(algorithm, pinned.encoded)
        and pinned.verifies(signed.attributes, signed.signature, algorithm=signed.algorithm, digest=signed.digest)
    )


@lru_cache(maxsize=64)
def _fingerprint(algorithm: str, certificate: bytes) -> bytes:
    if algorithm == "sha1":
        # RFC 2634 knows no other digest here; the certificate itself is pinned byte for byte.
        return hashlib.sha1(certificate, usedforsecurity=False).digest()
    return digest_of(algorithm, certificate)


def _read_alike(signed: SignedToken) -> bool:
    """Whether a second reader sees the same token."""
    token = signed.token
    try:
        info = rfc3161_client.decode_timestamp_response(signed.bare).tst_info
        other = (
            info.serial_number,
            info.gen_time,
            info.nonce,
            DIGESTS.get(info.message_imprint.hash_algorithm.dotted_string),
            info.message_imprint.message,
        )
    except ValueError:
        return False
    at = token.generated_at.replace(microsecond=other[1].microsecond)
    return other == (token.serial, at, token.nonce, token.imprint_algorithm, token.imprint)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME_FORM)


def _moment(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.strptime(text, _TIME_FORM).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise _not_an_authority()


def _not_an_authority() -> InvalidInput:
    return InvalidInput(
        "proofs.authority",
        Said(
            "时间戳机构须恰有名称、证书（base64）、起止时间（UTC，至秒）和失密时间（可为空）五项。",
            "An authority has exactly a name, a base64 certificate, from and until (UTC, to the second), and "
            "compromised_since, which may be null.",
        ),
    )
