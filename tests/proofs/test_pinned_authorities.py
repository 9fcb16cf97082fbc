"""Who may stamp, and when: the pinned certificate and what a token brings beside it, trust and its ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from concord.proofs import certificates as x509
from concord.proofs import der
from concord.proofs.timestamps import Authority, TokenCheck, check_token
from concord.rules.errors import InvalidInput
from tests.support import stamping
from tests.support.stamping import AT, COVERED, Kind, Recipe, checked

OTHER_NAME = stamping.named("another authority")


class TestCertificate:
    def verdict(self, *extensions: bytes, kind: Kind = "p256") -> TokenCheck:
        key = stamping.recipe(kind).key
        made = Recipe(key, stamping.certificate(key, extensions=extensions))
        return checked(made(), made)

    @pytest.mark.parametrize("kind", ["p256", "sm2"])
    def test_it_stamps_and_nothing_else(self, kind: Kind) -> None:
        assert self.verdict(stamping.STAMPING, kind=kind).status == "pass"
        signing = "1.3.6.1.5.5.7.3.3"
        for extensions in (
            (),
            (stamping.purposes(x509.TIME_STAMPING, critical=False),),
            (stamping.purposes(signing),),
            (stamping.purposes(x509.TIME_STAMPING, signing),),
            (stamping.STAMPING, stamping.CA),
        ):
            assert self.verdict(*extensions, kind=kind).reason == "purpose"

    def test_plain_basic_constraints_are_taken(self) -> None:
        plain = stamping.extension(x509.BASIC_CONSTRAINTS, der.sequence())
        assert self.verdict(stamping.STAMPING, plain).status == "pass"

    @pytest.mark.parametrize("kind", ["p256", "sm2"])
    def test_it_may_bring_others_beside_itself_in_any_order(self, kind: Kind) -> None:
        root, leaf = (stamping.new_key(kind) for _ in range(2))
        own = stamping.certificate(leaf, name="leaf", issuer=("root", root))
        above = stamping.certificate(root, name="root", extensions=(stamping.CA,))
        made = Recipe(leaf, own)
        for brought in ((own, above), (above, own), (own,), ()):
            assert checked(made(certificates=brought), made).status == "pass"
        assert checked(made(certificates=(above,)), made).reason == "signature"

    def test_it_brings_at_most_four(self) -> None:
        made = stamping.recipe()
        others = tuple(stamping.certificate(stamping.new_key("p256"), serial=serial) for serial in range(1, 5))
        assert checked(made(certificates=(made.certificate, *others[:3])), made).status == "pass"
        assert checked(made(certificates=(made.certificate, *others)), made).reason == "malformed"

    def test_it_brings_certificates_only(self) -> None:
        made = stamping.recipe("sm2")
        for other in (der.null(), der.explicit(1, b""), der.octets(b"")):
            assert checked(made(certificates=(made.certificate, other)), made).reason == "malformed"

    def test_another_certificate_of_the_same_name_and_number_is_none(self) -> None:
        made = stamping.recipe()
        other = stamping.certificate(stamping.new_key("p256"))
        assert checked(made(certificates=(other,)), made).reason == "signature"

    def test_signer_and_certificate_are_the_same(self) -> None:
        made = stamping.recipe()
        renamed = der.sequence(OTHER_NAME, der.integer(7))
        assert checked(made(named_by=renamed), made).reason == "unpinned"
        renumbered = der.sequence(stamping.named("authority"), der.integer(8))
        assert checked(made(named_by=renumbered), made).reason == "unpinned"


class TestAuthorities:
    def test_without_a_pinned_one_nothing_is_known(self) -> None:
        made = stamping.recipe()
        check = check_token(made(), covered=[COVERED], authorities=[])
        assert (check.status, check.reason, check.authority) == ("indeterminate", "unpinned", None)
        assert check.token is not None

    def test_the_right_one_is_found_among_several(self) -> None:
        made, key = stamping.recipe("sm2"), stamping.new_key("p256")
        other = Recipe(key, stamping.certificate(key, name="other"))
        over = replace(stamping.pinned(made), name="over", trusted_until=AT)
        authorities = [stamping.pinned(other), over, stamping.pinned(made)]
        check = check_token(made(), covered=[COVERED], authorities=authorities)
        assert (check.status, check.authority) == ("pass", "authority")
        check = check_token(made(), covered=[COVERED], authorities=authorities[:2])
        assert (check.status, check.reason, check.authority) == ("fail", "expired", "over")

    @pytest.mark.parametrize("kind", ["p256", "sm2"])
    def test_the_certificate_is_valid_when_it_stamps(self, kind: Kind) -> None:
        made = stamping.recipe(kind)
        wide = replace(stamping.pinned(made), trusted_from=AT - timedelta(9999), trusted_until=AT + timedelta(9999))
        for at, status in (
            (stamping.VALID_FROM, "pass"),
            (stamping.VALID_UNTIL, "pass"),
            (stamping.VALID_FROM - timedelta(seconds=1), "fail"),
            (stamping.VALID_UNTIL + timedelta(seconds=1), "fail"),
        ):
            response = made(generated_at=der.generalized_time(at))
            check = check_token(response, covered=[COVERED], authorities=[wide])
            assert (check.status, check.reason) == (status, "" if status == "pass" else "expired")

    def test_trust_has_a_beginning_and_an_exclusive_end(self) -> None:
        made = stamping.recipe()
        second = timedelta(seconds=1)
        for trusted_from, trusted_until, reason in (
            (AT, AT + second, ""),
            (AT + second, AT + 2 * second, "expired"),
            (AT - second, AT, "expired"),
        ):
            authority = Authority("a", made.certificate, trusted_from, trusted_until)
            assert check_token(made(), covered=[COVERED], authorities=[authority]).reason == reason

    def test_a_compromised_one_is_believed_only_before(self) -> None:
        made = stamping.recipe()
        assert checked(made(), made, since=AT + timedelta(seconds=1)).status == "pass"
        assert checked(made(), made, since=AT).reason == "compromised"

    def test_it_is_written_and_read(self) -> None:
        authority = stamping.pinned(stamping.recipe())
        for one in (authority, replace(authority, compromised_since=AT)):
            assert Authority.from_json(one.as_json()) == one
        assert authority.as_json()["until"] == "2030-01-01T00:00:00Z"
        assert list(authority.as_json()) == ["name", "certificate", "from", "until", "compromised_since"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", None),
            ("certificate", "AAAA"),
            ("certificate", "not base64"),
            ("from", "2026-11-23"),
            ("from", "2026-02-30T00:00:00Z"),
            ("until", "2026-11-23T08:00:00+00:00"),
            ("compromised_since", 5),
            ("compromised_since", "soon"),
            ("more", None),
        ],
    )
    def test_anything_else_is_refused(self, field: str, value: object) -> None:
        written: dict[str, object] = {**stamping.pinned(stamping.recipe()).as_json()}
        with pytest.raises(InvalidInput, match=r"proofs\.authority"):
            Authority.from_json({**written, field: value})

    def test_an_incomplete_one_is_refused(self) -> None:
        written = stamping.pinned(stamping.recipe()).as_json()
        del written["compromised_since"]
        values: tuple[object, ...] = (written, [], None, "text")
        for value in values:
            with pytest.raises(InvalidInput, match=r"proofs\.authority"):
                Authority.from_json(value)

    def test_what_is_no_certificate_cannot_be_pinned(self) -> None:
        with pytest.raises(InvalidInput, match=r"proofs\.der"):
            Authority("a", b"", AT, AT)
