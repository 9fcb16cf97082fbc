"""Certificates are read as others read them, SM2 ones included, and what is not plainly one is refused."""

from datetime import UTC, datetime

import pytest
from cryptography import x509 as outside
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import certificates as x509
from concord.proofs import der
from concord.rules.errors import InvalidInput
from tests.support import stamping
from tests.support.stamping import KINDS, Kind

USAGE = stamping.extension(x509.KEY_USAGE, der.bit_string(b"\x80", unused=7))
MESSAGE = b"message"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_as_others_read_it(kind: Kind) -> None:
    valid = (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC))
    encoded = stamping.certificate(
        stamping.recipe(kind).key, extensions=(USAGE, stamping.STAMPING), valid=valid, serial=2**100
    )
    read, other = x509.read_certificate(encoded), outside.load_der_x509_certificate(encoded)
    assert (read.not_before, read.not_after) == (other.not_valid_before_utc, other.not_valid_after_utc) == valid
    assert (read.serial, read.issuer) == (other.serial_number, other.issuer.public_bytes())
    assert read.key == stamping.recipe(kind).key.public
    usage = other.extensions.get_extension_for_class(outside.ExtendedKeyUsage)
    assert read.purposes == tuple(purpose.dotted_string for purpose in usage.value)
    assert (read.purposes_critical, read.is_authority, read.stamps_only) == (usage.critical, False, True)


@pytest.mark.parametrize("kind", KINDS)
def test_its_key_verifies_what_it_signed_and_nothing_else(kind: Kind) -> None:
    made = stamping.recipe(kind)
    read = x509.read_certificate(made.certificate)
    name, digest = stamping.SIGNATURES[kind]
    signature = made.key.sign(MESSAGE)
    assert read.verifies(MESSAGE, signature, algorithm=name, digest=digest)
    assert not read.verifies(MESSAGE + b".", signature, algorithm=name, digest=digest)
    assert not read.verifies(MESSAGE, signature + b".", algorithm=name, digest=digest)
    assert not read.verifies(MESSAGE, b"", algorithm=name, digest=digest)
    for other in x509.SIGNATURES:
        # Two names say SM2 with SM3, and the bare name of RSA leaves the digest open.
        same = x509.SIGNATURES[other] in {x509.SIGNATURES[name], (x509.SIGNATURES[name][0], None)}
        assert read.verifies(MESSAGE, signature, algorithm=other, digest=digest) == same
    assert not read.verifies(MESSAGE, signature, algorithm="1.2.3", digest=digest)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)  # keys are made, and another library is loaded, on first use
@given(signature=st.binary(max_size=80))
def test_no_other_bytes_are_a_signature(kind: Kind, signature: bytes) -> None:
    name, digest = stamping.SIGNATURES[kind]
    read = x509.read_certificate(stamping.recipe(kind).certificate)
    assert not read.verifies(MESSAGE, signature, algorithm=name, digest=digest)


@pytest.mark.parametrize(
    "key",
    [
        der.sequence(),
        der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b"")),
        der.sequence(der.sequence(der.oid(x509.EC_PUBLIC_KEY), der.oid(x509.SM2_CURVE)), der.bit_string(bytes(65))),
        der.sequence(
            der.sequence(der.oid(x509.EC_PUBLIC_KEY), der.oid("1.2.840.10045.3.1.7")), der.bit_string(bytes(65))
        ),
        der.sequence(der.sequence(der.oid(x509.EC_PUBLIC_KEY), der.oid("1.3.132.0.10")), der.bit_string(b"\x04")),
    ],
)
def test_strange_keys_verify_nothing(key: bytes) -> None:
    signer = stamping.recipe("p256").key
    encoded = stamping.certificate(stamping.Key("p256", signer.sign, key))
    read = x509.read_certificate(encoded)
    signature = der.sequence(der.integer(1), der.integer(1))
    for name, (_, digest) in x509.SIGNATURES.items():
        assert not read.verifies(MESSAGE, signature, algorithm=name, digest=digest or "sha256")


def changed(*, version: bytes = b"", outer: bytes = b"", extensions: tuple[bytes, ...] = (stamping.STAMPING,)) -> bytes:
    """A certificate with one thing put in or replaced; its signature does not matter here."""
    key = stamping.recipe("p256").key
    whole = der.read(stamping.certificate(key, extensions=extensions))
    signed, algorithm, signature = whole.children
    parts = [node.raw for node in signed.children]
    parts[0] = version or parts[0]
    return der.sequence(der.sequence(*parts), outer or algorithm.raw, signature.raw)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        der.sequence(),
        changed(version=der.explicit(0, der.integer(1))),
        changed(version=der.explicit(0, der.integer(2)) + der.explicit(0, der.integer(2))),
        changed(outer=der.sequence(der.oid("1.3.101.112"))),
        changed(extensions=(stamping.STAMPING, stamping.STAMPING)),
        changed(extensions=(stamping.extension(x509.EXTENDED_KEY_USAGE, der.set_of(der.oid("1.2.3"))),)),
        changed(extensions=(stamping.extension(x509.EXTENDED_KEY_USAGE, b""),)),
        changed(extensions=(stamping.extension(x509.BASIC_CONSTRAINTS, der.null()),)),
        changed() + b"\x00",
        der.octets(bytes(x509.LARGEST)),
    ],
)
def test_what_is_no_plain_certificate_is_refused(encoded: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        x509.read_certificate(encoded)


def test_a_certificate_without_extensions_has_no_purpose() -> None:
    read = x509.read_certificate(stamping.certificate(stamping.recipe("p256").key, extensions=()))
    assert (read.purposes, read.is_authority, read.stamps_only) == ((), False, False)


def test_raw_and_encoded_signatures_turn_into_one_another() -> None:
    raw = b"\x00" * 31 + b"\x01" + b"\xff" * 32
    assert x509.raw_signature(x509.encoded_signature(raw)) == raw
    for other in (b"", der.sequence(der.integer(1)), der.sequence(der.integer(1), der.integer(-1)), raw):
        assert x509.raw_signature(other) is None
