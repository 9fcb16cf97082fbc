"""Ed25519 keys that are not taken, and the signatures on which implementations differ: both verifiers say the same."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import ed25519, notes
from concord.proofs.certificates import read_certificate
from concord.proofs.notes import key_id
from concord.proofs.signing import PublicKeys
from concord.proofs.trust import read_trust
from concord.rules.errors import InvalidInput
from tests.support import ed25519_edges
from tests.support.ed25519_edges import BASE, FOLDER, challenge, encoded, plus, small_points, times
from tests.support.packages import MEMBERS, Alliance
from tests.support.second_verifier import second

verifier = second()
KEYS: list[dict[str, Any]] = json.loads((FOLDER / "keys.json").read_text(encoding="utf-8"))
SIGNATURES: list[dict[str, Any]] = json.loads((FOLDER / "signatures.json").read_text(encoding="utf-8"))
REFUSED = [bytes.fromhex(one["key"]) for one in KEYS if not one["taken"]]
ED25519 = "1.3.101.112"


def openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    """What OpenSSL says, which takes every key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_the_files_are_what_is_written() -> None:
    assert list(ed25519_edges.keys()) == KEYS
    assert list(ed25519_edges.signatures()) == SIGNATURES
    assert len({one["key"] for one in KEYS if "times the point of order 8" in one["why"]}) == 8


@pytest.mark.parametrize("one", KEYS, ids=lambda one: f"{one['key'][:8]}-{one['key'][-2:]}")
def test_keys(one: dict[str, Any]) -> None:
    public, taken = bytes.fromhex(one["key"]), one["taken"]
    assert ed25519.is_public_key(public) == taken
    assert verifier.is_ed25519_key(base64.b64encode(public).decode()) == taken
    written = {**Alliance().officers[MEMBERS[0]].public.as_json(), "ed25519": base64.b64encode(public).decode()}
    assert accepted(PublicKeys.from_json, written) == taken
    for kind in (notes.ED25519, notes.COSIGNATURE):
        text = f"one+{key_id('one', kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"
        assert accepted(notes.parse_vkey, text) == accepted(verifier.verifier_of, text) == taken


def accepted(read: Any, text: Any) -> bool:
    """Whether it is read."""
    try:
        read(text)
    except (InvalidInput, verifier.Refused):
        return False
    return True


@pytest.mark.parametrize("one", SIGNATURES, ids=range(len(SIGNATURES)))
def test_signatures(one: dict[str, Any]) -> None:
    public, message, signature = (bytes.fromhex(one[part]) for part in ("key", "message", "signature"))
    assert ed25519.verify(public, message, signature) == one["valid"]
    assert verifier.ed25519(public, message, signature) == one["valid"]
    # The equation is OpenSSL's; what it takes beyond are the keys with which anybody can sign.
    assert openssl(public, message, signature) == (one["valid"] or public in REFUSED)


@settings(deadline=None, max_examples=60)
@given(
    secret=st.integers(1, ed25519_edges.L - 1),
    nonce=st.integers(0, ed25519_edges.L - 1),
    of_key=st.integers(0, 7),
    of_r=st.integers(0, 7),
    message=st.binary(max_size=8),
)
def test_whatever_parts_of_small_order_there_are(
    secret: int, nonce: int, of_key: int, of_r: int, message: bytes
) -> None:
    small = small_points()
    public = encoded(plus(times(secret, BASE), small[of_key]))
    r = encoded(plus(times(nonce, BASE), small[of_r]))
    k = challenge(r, public, message) % ed25519_edges.L
    signature = r + ((nonce + k * secret) % ed25519_edges.L).to_bytes(32, "little")
    right = (k * of_key + of_r) % 8 == 0
    assert ed25519.verify(public, message, signature) == right
    assert verifier.ed25519(public, message, signature) == right
    assert openssl(public, message, signature) == right


@cache
def trust_of_cities() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Alliance().trust())
    return found


def changed_trust(place: str, public: bytes) -> bytes:
    """The trust file with another key at a place; whether it is read comes before its signatures."""
    body = json.loads(json.dumps(trust_of_cities()["body"]))
    text = base64.b64encode(public).decode()
    if place == "root":
        body["roots"][0]["ed25519"] = text
    elif place == "directory":
        body["directory"][0]["body"]["ed25519"] = text
    else:
        lines = body["policy"].splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if line.startswith(place))
        *words, vkey = lines[at].split()
        name = vkey.partition("+")[0]
        kind = notes.ED25519 if place == "log" else notes.COSIGNATURE
        made = f"{name}+{key_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"
        lines[at] = " ".join([*words, made]) + "\n"
        body["policy"] = "".join(lines)
    text = json.dumps({**trust_of_cities(), "body": body}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


@pytest.mark.parametrize("public", [REFUSED[0], REFUSED[1], REFUSED[14], REFUSED[-1]], ids=lambda key: key[:3].hex())
@pytest.mark.parametrize("place", ["root", "directory", "log", "witness"])
def test_no_trust_file_holds_one(place: str, public: bytes) -> None:
    data = changed_trust(place, public)
    with pytest.raises(InvalidInput):
        read_trust(data)
    with pytest.raises(verifier.Broken):
        verifier.trust_of(data)
    good = changed_trust(place, encoded(times(1234567, BASE)))
    assert read_trust(good).version == verifier.trust_of(good).version == 1


def test_a_certificate_of_such_a_key_verifies_nothing() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    one = next(one for one in SIGNATURES if one["why"].endswith("order 1"))
    message, signature = bytes.fromhex(one["message"]), bytes.fromhex(one["signature"])
    own = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    keys = (
        (Ed25519PublicKey.from_public_bytes(bytes.fromhex(one["key"])), signature, False),
        (own.public_key(), own.sign(message), True),
    )
    for public, made, right in keys:
        builder = x509.CertificateBuilder(name, name, public, 1, at, at.replace(year=2028))
        der = builder.sign(own, None).public_bytes(Encoding.DER)
        assert openssl(public.public_bytes_raw(), message, made)
        assert read_certificate(der).verifies(message, made, algorithm=ED25519, digest="sha512") == right
        assert verifier.key_signed(verifier.certificate_of(der).key, ED25519, "sha512", message, made) == right
