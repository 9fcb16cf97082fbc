"""The local authority answers every request with a token that everybody verifies, or with a proper rejection."""

import json
import secrets
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest
import rfc3161_client
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import der, time_authority
from concord.proofs.certificates import ECDSA_WITH_SHA256, SM2_WITH_SM3, digest_of, read_certificate
from concord.proofs.time_authority import Algorithm, LocalAuthority
from concord.proofs.timestamp_tokens import digest_identifier
from concord.proofs.timestamps import check_token, read_token, request
from concord.rules.errors import InvalidInput

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UNTIL = datetime(2055, 1, 1, tzinfo=UTC)
COVERED = b"a checkpoint"
BOTH: tuple[Algorithm, ...] = ("p256", "sm2")


@cache
def authority(algorithm: Algorithm) -> LocalAuthority:
    return LocalAuthority.generate(
        "长三角时间戳", algorithm=algorithm, random_bytes=secrets.token_bytes, valid_from=AT, valid_until=UNTIL
    )


def asked(*, version: int = 1, more: bytes = b"", imprint: bytes | None = None) -> bytes:
    """A request with one thing changed."""
    digest = der.sequence(digest_identifier("sha256"), der.octets(digest_of("sha256", COVERED)))
    return der.sequence(der.integer(version), digest if imprint is None else imprint, more)


def failure(response: bytes) -> int:
    """The bit of PKIFailureInfo in a rejection."""
    status = der.Fields(der.only(der.read(response), der.SEQUENCE))
    assert der.integer_of(status.take(der.INTEGER)) == 2
    content = status.take(der.BIT_STRING).content
    status.end()
    bits = "".join(f"{octet:08b}" for octet in content[1:])
    assert bits.count("1") == 1
    assert len(bits) - content[0] == bits.index("1") + 1
    return bits.index("1")


@pytest.mark.parametrize("algorithm", BOTH)
class TestAnswers:
    @pytest.mark.parametrize("digest", ["sha256", "sm3"])
    @pytest.mark.parametrize("certificates", [True, False])
    def test_a_token_passes(self, algorithm: Algorithm, digest: str, *, certificates: bool) -> None:
        own = authority(algorithm)
        nonce = secrets.randbits(64)
        imprint = digest_of(digest, COVERED)
        wanted = request(
            imprint, algorithm="sm3" if digest == "sm3" else "sha256", nonce=nonce, certificates=certificates
        )
        response = own.respond(wanted, at=AT, serial=12)
        check = check_token(response, covered=[COVERED], authorities=[own.pinned()], nonce=nonce)
        assert (check.status, check.reason, check.authority) == ("pass", "", "长三角时间戳")
        assert check.token is not None
        assert (check.token.generated_at, check.token.serial, check.token.accuracy_seconds) == (AT, 12, Decimal(1))
        assert (check.token.policy, check.token.gm) == (time_authority.POLICY, algorithm == "sm2")
        assert (own.certificate in response) is certificates

    def test_a_request_without_nonce_is_answered_without(self, algorithm: Algorithm) -> None:
        response = authority(algorithm).respond(asked(), at=AT, serial=1)
        assert read_token(response).nonce is None

    def test_the_policy_may_be_named(self, algorithm: Algorithm) -> None:
        response = authority(algorithm).respond(asked(more=der.oid(time_authority.POLICY)), at=AT, serial=1)
        assert read_token(response).policy == time_authority.POLICY

    def test_the_time_is_given_in_utc_and_whole_seconds(self, algorithm: Algorithm) -> None:
        at = datetime(2026, 11, 23, 16, 0, 0, 999999, timezone(timedelta(hours=8)))
        assert read_token(authority(algorithm).respond(asked(), at=at, serial=1)).generated_at == AT

    def test_large_serial_numbers_are_kept(self, algorithm: Algorithm) -> None:
        assert read_token(authority(algorithm).respond(asked(), at=AT, serial=2**159)).serial == 2**159

    def test_its_certificate_stamps_only(self, algorithm: Algorithm) -> None:
        certificate = authority(algorithm).certificate
        read = read_certificate(certificate)
        assert read.stamps_only
        assert (read.not_before, read.not_after) == (AT, UNTIL)
        signed, _, signature = der.read(certificate).children
        name, digest = (SM2_WITH_SM3, "sm3") if algorithm == "sm2" else (ECDSA_WITH_SHA256, "sha256")
        assert read.verifies(signed.raw, der.bits_of(signature), algorithm=name, digest=digest)


def test_the_second_verifier_accepts_a_token() -> None:
    own = authority("p256")
    imprint = digest_of("sha256", COVERED)
    response = own.respond(request(imprint, algorithm="sha256", nonce=2**63, certificates=True), at=AT, serial=3)
    certificate = x509.load_der_x509_certificate(own.certificate)
    verifier = rfc3161_client.VerifierBuilder(tsa_certificate=certificate, roots=[certificate], nonce=2**63).build()
    assert verifier.verify(rfc3161_client.decode_timestamp_response(response), imprint)


def test_the_certificate_is_read_outside_as_here() -> None:
    outside = x509.load_der_x509_certificate(authority("p256").certificate)
    outside.verify_directly_issued_by(outside)
    usage = outside.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert not outside.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert outside.subject.rfc4514_string() == "CN=长三角时间戳"
    assert (outside.not_valid_before_utc, outside.not_valid_after_utc) == (AT, UNTIL)


@pytest.mark.parametrize("algorithm", BOTH)
class TestRejections:
    @pytest.mark.parametrize(
        ("wanted", "bit"),
        [
            (b"", 5),
            (b"GET / HTTP/1.1", 5),
            (asked() + b"\x00", 5),
            (der.integer(1), 5),
            (asked(imprint=b""), 5),
            (asked(imprint=der.sequence()), 5),
            (asked(more=der.null()), 5),
            (asked(more=b"\x01\x01\x07"), 5),
            (asked(more=der.integer(1) * 2), 5),
            (asked(more=der.element(der.INTEGER, b"\x01" * 65)), 5),
            (
                asked(imprint=der.sequence(digest_identifier("sha256"), der.octets(bytes(31)))),
                5,
            ),
            (asked(version=2), 2),
            (asked(imprint=der.sequence(der.sequence(der.oid("1.3.14.3.2.26")), der.octets(bytes(20)))), 0),
            (asked(more=der.oid("1.2.3")), 15),
            (asked(more=der.explicit(0, der.sequence())), 16),
        ],
    )
    def test_what_cannot_be_granted_is_rejected(self, algorithm: Algorithm, wanted: bytes, bit: int) -> None:
        response = authority(algorithm).respond(wanted, at=AT, serial=1)
        assert failure(response) == bit
        assert check_token(response, covered=[COVERED], authorities=[authority(algorithm).pinned()]).reason == "status"
        assert rfc3161_client.decode_timestamp_response(response).status == 2

    @settings(deadline=None)  # keys are made, and another library is loaded, on first use
    @given(wanted=st.binary(max_size=200))
    def test_any_bytes_are_answered(self, algorithm: Algorithm, wanted: bytes) -> None:
        assert failure(authority(algorithm).respond(wanted, at=AT, serial=1)) == 5


@pytest.mark.parametrize("algorithm", BOTH)
class TestKeeping:
    def test_it_is_written_and_read(self, algorithm: Algorithm) -> None:
        own = authority(algorithm)
        again = LocalAuthority.from_json(json.loads(json.dumps(own.as_json())))
        assert again == own
        response = again.respond(asked(), at=AT, serial=1)
        assert check_token(response, covered=[COVERED], authorities=[own.pinned()]).status == "pass"

    def test_its_key_never_shows(self, algorithm: Algorithm) -> None:
        own = authority(algorithm)
        assert repr(own.private) not in repr(own)
        assert "private" not in repr(own)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", 5),
            ("algorithm", "rsa"),
            ("certificate", "AAAA"),
            ("certificate", "*"),
            ("private", "AAAA"),
            ("private", "A" * 43 + "="),
            ("private", "/" * 42 + "8="),
            ("more", ""),
        ],
    )
    def test_anything_else_is_refused(self, algorithm: Algorithm, field: str, value: object) -> None:
        with pytest.raises(InvalidInput, match=r"proofs\.local_authority"):
            LocalAuthority.from_json({**authority(algorithm).as_json(), field: value})

    def test_the_key_must_be_that_of_the_certificate(self, algorithm: Algorithm) -> None:
        other = LocalAuthority.generate(
            "other", algorithm=algorithm, random_bytes=secrets.token_bytes, valid_from=AT, valid_until=UNTIL
        )
        values: tuple[object, ...] = (
            {**authority(algorithm).as_json(), "private": other.as_json()["private"]},
            [],
            None,
        )
        for value in values:
            with pytest.raises(InvalidInput, match=r"proofs\.local_authority"):
                LocalAuthority.from_json(value)

    def test_its_key_comes_from_the_randomness_given(self, algorithm: Algorithm) -> None:
        made = [
            LocalAuthority.generate(
                "a",
                algorithm=algorithm,
                random_bytes=lambda size: bytes(range(1, size + 1)),
                valid_from=AT,
                valid_until=UNTIL,
            )
            for _ in range(2)
        ]
        assert made[0].private == made[1].private
        assert read_certificate(made[0].certificate).key == read_certificate(made[1].certificate).key
