"""A time-stamp is believed only whole, from a pinned authority, within its time; every rule has its bad token."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import rfc3161_client
from cryptography import x509 as outside
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import certificates as x509
from concord.proofs import der
from concord.proofs import timestamp_tokens as tokens
from concord.proofs.timestamps import TokenCheck, check_token, read_token, request
from concord.rules.errors import InvalidInput
from tests.support import stamping
from tests.support.stamping import AT, COVERED, KINDS, Kind, Recipe, checked

SHA1 = der.sequence(der.oid("1.3.14.3.2.26"), der.null())
OTHER_NAME = stamping.named("another authority")


@pytest.mark.parametrize("kind", KINDS)
class TestSound:
    def test_it_passes_and_says_what_it_covers(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        check = checked(made(), made, nonce=99)
        assert (check.status, check.reason, check.authority, check.covered_index) == ("pass", "", "authority", 1)
        assert check.token == read_token(made())
        assert check.token.generated_at == AT
        assert (check.token.serial, check.token.policy, check.token.nonce) == (5, stamping.POLICY, 99)
        assert check.token.gm is (kind == "sm2")
        assert check.token.imprint == x509.digest_of(check.token.imprint_algorithm, COVERED)

    def test_it_need_not_bring_its_certificate(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        assert checked(made(certificates=()), made).status == "pass"

    def test_another_key_of_the_same_name_does_not_pass(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        forger = stamping.new_key(kind)
        assert checked(made(key=forger), made) == replace(checked(made(), made), status="fail", reason="signature")
        own = Recipe(forger, stamping.certificate(forger))
        assert checked(own(), made).reason == "signature"
        assert checked(own(certificates=()), made).reason == "signature"


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa"])
def test_the_second_reader_verifies_what_we_pass(kind: Kind) -> None:
    made = stamping.recipe(kind)
    certificate = outside.load_der_x509_certificate(made.certificate)
    verifier = rfc3161_client.VerifierBuilder(tsa_certificate=certificate, roots=[certificate], nonce=99).build()
    imprint = read_token(made()).imprint
    assert verifier.verify(rfc3161_client.decode_timestamp_response(made()), imprint)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512", "sm3"])
@pytest.mark.parametrize("kind", ["p256", "sm2"])
def test_every_imprint_of_the_list_is_taken(kind: Kind, digest: str) -> None:
    made = stamping.recipe(kind)
    imprint = der.sequence(stamping.identifier(digest), der.octets(x509.digest_of(digest, COVERED)))
    assert checked(made(imprint=imprint), made).status == "pass"


def test_digest_identifiers_may_bear_null_or_nothing() -> None:
    made = stamping.recipe()
    bare = der.sequence(der.oid(tokens.DIGEST_OIDS["sha256"]))
    assert checked(made(signer_digest=bare), made).status == "pass"
    assert checked(made(listed=(bare,)), made).status == "pass"


def test_more_digests_may_be_listed_than_are_used() -> None:
    made = stamping.recipe("p256")
    listed = tuple(sorted(map(stamping.identifier, ("sha256", "sha512"))))
    assert checked(made(listed=listed), made).status == "pass"
    assert checked(made(listed=(*listed, SHA1)), made).reason == "algorithm"


@pytest.mark.parametrize("version", [1, 3])
def test_sm2_tokens_may_bear_the_content_type_of_gm_t_0010(version: int) -> None:
    made = stamping.recipe("sm2")
    assert checked(made(kind=tokens.GM_SIGNED_DATA, version=version), made).status == "pass"


def test_an_rsa_token_may_name_the_bare_algorithm() -> None:
    made = stamping.recipe("rsa")
    bare = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
    assert checked(made(signature_algorithm=bare), made).status == "pass"


def test_it_may_bind_its_certificate_as_rfc_2634_did() -> None:
    made = stamping.recipe()
    value = der.sequence(der.octets(outside.load_der_x509_certificate(made.certificate).fingerprint(hashes.SHA1())))  # noqa: S303 - as the RFC has it
    older = stamping.attribute(tokens.SIGNING_CERTIFICATE, der.sequence(der.sequence(value)))
    assert checked(made(attributes=(*made.own_attributes[:2], older)), made).status == "pass"


@pytest.mark.parametrize("digest", ["sha384", "sm3"])
def test_it_may_bind_its_certificate_by_another_digest_and_by_name(digest: str) -> None:
    made = stamping.recipe()
    read = x509.read_certificate(made.certificate)
    named = der.sequence(der.sequence(der.explicit(4, read.issuer)), der.integer(read.serial))
    attributes = (*made.own_attributes[:2], stamping.bound(made.certificate, digest, named))
    assert checked(made(attributes=attributes), made).status == "pass"


def test_other_signed_attributes_are_taken() -> None:
    made = stamping.recipe()
    more = (stamping.attribute(stamping.SIGNING_TIME, der.utc_time(AT)),)
    assert checked(made(more_attributes=more), made).status == "pass"


class TestToken:
    @pytest.mark.parametrize(
        ("accuracy", "seconds"),
        [
            (der.sequence(der.integer(1)), "1"),
            (der.sequence(der.integer(2), der.element(0x80, b"\x05"), der.element(0x81, b"\x07")), "2.005007"),
            (der.sequence(der.element(0x81, b"\x01")), "0.000001"),
            (der.sequence(), "0"),
        ],
    )
    def test_accuracy(self, accuracy: bytes, seconds: str) -> None:
        assert read_token(stamping.recipe()(before_nonce=accuracy)).accuracy_seconds == Decimal(seconds)

    @pytest.mark.parametrize(
        "accuracy",
        [
            der.sequence(der.integer(-1)),
            der.sequence(der.element(0x80, b"\x00")),
            der.sequence(der.element(0x80, b"\x03\xe8")),
            der.sequence(der.element(0x81, b"\x01"), der.element(0x80, b"\x01")),
        ],
    )
    def test_impossible_accuracy(self, accuracy: bytes) -> None:
        made = stamping.recipe()
        assert checked(made(before_nonce=accuracy), made).reason == "malformed"

    def test_fractions_of_a_second(self) -> None:
        made = stamping.recipe("sm2")
        response = made(generated_at=der.element(der.GENERALIZED_TIME, b"20261123080000.125Z"))
        check = checked(response, made)
        assert check.status == "pass"
        assert check.token is not None
        assert check.token.generated_at == AT + timedelta(milliseconds=125)

    def test_the_name_of_the_authority_and_plain_extensions_may_follow(self) -> None:
        made = stamping.recipe("sm2")
        named = der.explicit(0, der.explicit(4, OTHER_NAME))
        plain = der.element(der.context(1), stamping.extension("1.2.3", b"", critical=False))
        assert checked(made(after_nonce=named + plain), made).status == "pass"
        critical = der.element(der.context(1), stamping.extension("1.2.3", b""))
        assert checked(made(after_nonce=critical), made).reason == "malformed"

    def test_a_default_is_not_written_out(self) -> None:
        made = stamping.recipe("sm2")
        assert checked(made(before_nonce=der.boolean(value=True)), made).status == "pass"
        assert checked(made(before_nonce=der.boolean(value=False)), made).reason == "malformed"


class TestNonce:
    def test_the_one_asked_for_must_come_back(self) -> None:
        made = stamping.recipe()
        assert checked(made(), made, nonce=98).reason == "nonce"
        assert checked(made(nonce=None), made, nonce=99).reason == "nonce"
        assert checked(made(nonce=None), made).status == "pass"


class TestImprint:
    def test_it_must_cover_one_of_what_is_given(self) -> None:
        made = stamping.recipe()
        authorities = [stamping.pinned(made)]
        assert check_token(made(), covered=[b"other"], authorities=authorities).reason == "imprint"
        assert check_token(made(), covered=[], authorities=authorities).reason == "imprint"

    @pytest.mark.parametrize(
        ("imprint", "reason"),
        [
            (der.sequence(SHA1, der.octets(bytes(20))), "algorithm"),
            (der.sequence(stamping.identifier("sha256"), der.octets(bytes(31))), "malformed"),
            (der.sequence(stamping.identifier("sha256"), der.octets(bytes(32))), "imprint"),
            (der.sequence(stamping.identifier("sm3"), der.octets(x509.digest_of("sha256", COVERED))), "imprint"),
            (der.sequence(stamping.identifier("sha256")), "malformed"),
        ],
    )
    def test_other_digests(self, imprint: bytes, reason: str) -> None:
        made = stamping.recipe()
        assert checked(made(imprint=imprint), made).reason == reason


class TestStatus:
    @pytest.mark.parametrize(
        "status",
        [
            der.sequence(der.integer(1)),
            der.sequence(der.integer(2)),
            der.sequence(der.integer(0), der.sequence(der.utf8("granted"))),
            der.sequence(der.integer(0), der.bit_string(b"\x80", unused=7)),
        ],
    )
    def test_only_a_plain_grant_is_taken(self, status: bytes) -> None:
        made = stamping.recipe()
        assert checked(made(status=status), made) == TokenCheck("fail", "status")
        assert checked(der.sequence(status), made).reason == "status"
        with pytest.raises(InvalidInput, match=r"proofs\.timestamp_status"):
            read_token(made(status=status))

    def test_a_grant_without_a_token_is_none(self) -> None:
        assert checked(der.sequence(der.sequence(der.integer(0))), stamping.recipe()).reason == "malformed"


MALFORMED: dict[str, dict[str, object]] = {
    "two signers": {"signers": 2},
    "no signer": {"signers": 0},
    "another kind of message": {"kind": "1.2.840.113549.1.7.3"},
    "another version": {"version": 1},
    "another content": {"content_kind": "1.2.840.113549.1.7.1"},
    "no digest listed": {"listed": ()},
    "another digest listed": {"listed": (stamping.identifier("sha384"),)},
    "a revocation list": {"revocations": der.element(der.context(1), b"")},
    "unsigned attributes": {"unsigned": der.element(der.context(1), stamping.attribute("1.2.3", der.null()))},
    "empty unsigned attributes": {"unsigned": der.element(der.context(1), b"")},
    "a signer named otherwise": {"signer_version": 3},
    "a signer named by key": {"named_by": der.element(0x80, bytes(20))},
    "something after the signers": {"trailing": der.null()},
    "no attributes": {"attributes": ()},
    "a token of version 2": {"content": der.sequence(der.integer(2))},
    "no content": {"content": b"\x05\x00"},
    "a UTCTime": {"generated_at": der.utc_time(AT)},
    "a time of another zone": {"generated_at": der.element(der.GENERALIZED_TIME, b"20261123160000+0800")},
}


@pytest.mark.parametrize("kind", ["p256", "sm2"])
@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_other_forms_are_malformed(kind: Kind, changes: dict[str, object]) -> None:
    made = stamping.recipe(kind)
    check = checked(made(**changes), made)
    assert (check.status, check.reason) == ("fail", "malformed")
    with pytest.raises(InvalidInput, match=r"proofs\.(der|timestamp_malformed)"):
        read_token(made(**changes))


class TestAttributes:
    def test_each_needed_one_must_be_there(self) -> None:
        made = stamping.recipe()
        own = made.own_attributes
        for missing in own:
            attributes = tuple(one for one in own if one != missing)
            assert checked(made(attributes=attributes), made).reason == "malformed"

    def test_none_stands_twice_and_each_has_one_value(self) -> None:
        made = stamping.recipe()
        own = made.own_attributes
        assert checked(made(attributes=(*own, own[1])), made).reason == "malformed"
        twofold = stamping.attribute(stamping.SIGNING_TIME, der.utc_time(AT), der.utc_time(AT))
        assert checked(made(more_attributes=(twofold,)), made).reason == "malformed"

    def test_they_stand_in_the_order_of_der(self) -> None:
        made = stamping.recipe()
        backwards = tuple(sorted(made.own_attributes, reverse=True))
        assert checked(made(attributes=backwards, in_order=False), made).reason == "malformed"

    def test_they_speak_of_this_content(self) -> None:
        made = stamping.recipe()
        kind, digest, bound = made.own_attributes
        other_kind = stamping.attribute(tokens.CONTENT_TYPE, der.oid("1.2.840.113549.1.7.1"))
        assert checked(made(attributes=(other_kind, digest, bound)), made).reason == "malformed"
        other_digest = stamping.attribute(tokens.MESSAGE_DIGEST, der.octets(bytes(32)))
        assert checked(made(attributes=(kind, other_digest, bound)), made).reason == "signature"

    def test_they_bind_the_pinned_certificate(self) -> None:
        made = stamping.recipe()
        kind, digest, _ = made.own_attributes
        other = stamping.certificate(made.key, serial=8)
        assert checked(made(attributes=(kind, digest, stamping.bound(other))), made).reason == "signature"
        none = stamping.attribute(tokens.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence()))
        assert checked(made(attributes=(kind, digest, none)), made).reason == "malformed"
        named = der.sequence(der.sequence(der.explicit(4, OTHER_NAME)), der.integer(7))
        strange = stamping.bound(made.certificate, "sha256", named)
        assert checked(made(attributes=(kind, digest, strange)), made).reason == "malformed"


class TestAlgorithm:
    @pytest.mark.parametrize(
        "changes",
        [
            {"listed": (SHA1,), "signer_digest": SHA1},
            {"signer_digest": SHA1},
            {"signature_algorithm": der.sequence(der.oid("1.2.840.113549.1.1.10"))},
            {"signature_algorithm": der.sequence(der.oid("1.2.840.10045.4.3.3"))},
            {"signature_algorithm": der.sequence(der.oid("1.2.840.10045.4.1"))},
            {"signature_algorithm": der.sequence(der.oid("1.3.101.112"))},
        ],
    )
    def test_others_are_refused(self, changes: dict[str, object]) -> None:
        made = stamping.recipe()
        assert checked(made(**changes), made).reason == "algorithm"
        with pytest.raises(InvalidInput, match=r"proofs\.timestamp_algorithm"):
            read_token(made(**changes))

    def test_sm3_signs_with_sm2_only(self) -> None:
        made = stamping.recipe("rsa")
        bare = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
        assert checked(made(digest="sm3", signature_algorithm=bare), made).reason == "algorithm"

    def test_the_key_must_be_of_the_kind_named(self) -> None:
        made = stamping.recipe("p256")
        other = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())
        assert checked(made(signature_algorithm=other), made).reason == "signature"
        gm = stamping.recipe("sm2")
        named = replace(gm, digest="sha256", signature_algorithm=der.sequence(der.oid(x509.ECDSA_WITH_SHA256)))
        assert checked(named(), gm).reason == "signature"


class TestTampered:
    @pytest.mark.parametrize("kind", ["p256", "sm2", "ed25519"])
    def test_no_flipped_bit_passes(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        response = made()
        assert checked(response, made).status == "pass"
        passed = [
            (at, bit)
            for at in range(len(response))
            for bit in range(8)
            if checked(_flipped(response, at, bit), made).status == "pass"
        ]
        assert passed == []

    @pytest.mark.parametrize("kind", ["p256", "sm2"])
    def test_no_shortened_or_lengthened_response_passes(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        response = made()
        assert [size for size in range(len(response)) if checked(response[:size], made).status == "pass"] == []
        assert checked(response + b"\x00", made).reason == "malformed"

    @pytest.mark.parametrize("signature", [b"\x00", der.sequence(der.integer(0), der.integer(0)), der.octets(b"1")])
    @pytest.mark.parametrize("kind", KINDS)
    def test_no_other_signature_passes(self, kind: Kind, signature: bytes) -> None:
        made = stamping.recipe(kind)
        assert checked(made(signature=signature), made).reason == "signature"

    def test_an_sm2_signature_of_numbers_too_large_is_refused(self) -> None:
        made = stamping.recipe("sm2")
        for numbers in ((1 << 256, 1), (1, -1)):
            signature = der.sequence(*map(der.integer, numbers))
            assert checked(made(signature=signature), made).reason == "signature"

    @settings(deadline=None)  # keys are made, and another library is loaded, on first use
    @given(st.binary(max_size=300))
    def test_any_bytes_have_a_verdict(self, data: bytes) -> None:
        assert checked(data, stamping.recipe()).status == "fail"

    @settings(deadline=None)  # keys are made, and another library is loaded, on first use
    @given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
    def test_several_changed_bytes_have_a_verdict(self, changes: list[tuple[float, int]]) -> None:
        for kind in ("p256", "sm2"):
            made = stamping.recipe(kind)
            sound = made()
            changed = bytearray(sound)
            for place, difference in changes:
                changed[int(place * len(changed))] ^= difference
            assert (checked(bytes(changed), made).status == "pass") is (bytes(changed) == sound)


class TestRequest:
    @pytest.mark.parametrize("certificates", [True, False])
    def test_the_second_reader_agrees_on_the_form(self, *, certificates: bool) -> None:
        imprint = x509.digest_of("sha256", COVERED)
        wanted = request(imprint, algorithm="sha256", nonce=7, certificates=certificates)
        expected = der.sequence(
            der.integer(1),
            der.sequence(stamping.identifier("sha256"), der.octets(imprint)),
            der.integer(7),
            *((b"\x01\x01\xff",) if certificates else ()),
        )
        assert wanted == expected

    def test_a_published_request_is_made_again(self) -> None:
        # `openssl ts -query -digest … -sha256 -cert` writes the same bytes but for its random nonce.
        imprint = x509.digest_of("sha256", b"hello")
        made = request(imprint, algorithm="sha256", nonce=0x1122334455667788)
        assert made.hex() == (
            "30430201013031300d060960864801650304020105000420"
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            "020811223344556677880101ff"
        )

    def test_sm3_is_asked_for_without_parameters(self) -> None:
        made = request(bytes(32), algorithm="sm3", nonce=1)
        assert bytes.fromhex("300a06082a811ccf55018311") in made


def _flipped(response: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(response)
    changed[at] ^= 1 << bit
    return bytes(changed)
