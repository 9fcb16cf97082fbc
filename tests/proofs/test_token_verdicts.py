"""Both verifiers give the same verdict on every token, sound or spoilt."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import certificates as x509
from concord.proofs import der
from concord.proofs import timestamp_tokens as tokens
from concord.proofs.timestamps import read_token
from tests.proofs.test_timestamps import MALFORMED
from tests.support import stamping
from tests.support.second_verifier import second
from tests.support.stamping import COVERED, KINDS, VALID_FROM, VALID_UNTIL, Kind, Recipe, checked

# Octets that begin the elements of a token, which spoil more than any other.
TAGS = (der.INTEGER, der.OCTETS, der.NULL, der.OID, der.SEQUENCE, der.SET, 0xA0, 0xA1, 0x80, der.GENERALIZED_TIME)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "put", "drop", "insert"]),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(TAGS) | st.integers(0, 255),
    ),
    min_size=1,
    max_size=3,
)


def verdicts(response: bytes, made: Recipe) -> tuple[str, str]:
    """What each verifier says of a token whose authority is pinned."""
    other = second()
    ends = (other.seconds_of(f"{at:%Y-%m-%dT%H:%M:%SZ}") for at in (VALID_FROM, VALID_UNTIL))
    pinned = other.Authority("authority", other.certificate_of(made.certificate), *ends, None)
    status: str = other.check_token(response, [b"other", COVERED], [pinned])[0]
    return checked(response, made).status, status


def edited(response: bytes, edits: list[tuple[str, float, int]]) -> bytes:
    changed = bytearray(response)
    for edit, place, octet in edits:
        at = int(place * len(changed))
        match edit:
            case "flip":
                changed[at] ^= 1 << octet % 8
            case "put":
                changed[at] = octet
            case "drop":
                del changed[at]
            case _:
                changed.insert(at, octet)
    return bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)  # keys are made, and another library is loaded, on first use
@given(edits=EDITS)
def test_spoilt_tokens(kind: Kind, edits: list[tuple[str, float, int]]) -> None:
    made = stamping.recipe(kind)
    ours, theirs = verdicts(edited(made(), edits), made)
    assert ours == theirs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_tokens_of_another_form(kind: Kind, changes: dict[str, object]) -> None:
    made = stamping.recipe(kind)
    ours, theirs = verdicts(made(**changes), made)
    assert ours == theirs


SM2_1 = der.oid(x509.SM2_SIGNING)


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("parameters", [b"", der.null()])
@pytest.mark.parametrize("kind", [tokens.GM_SIGNED_DATA, tokens.SIGNED_DATA])
def test_sm2_named_as_gm_t_0010_has_it(kind: str, parameters: bytes, version: int) -> None:
    made = stamping.recipe("sm2")
    response = made(kind=kind, version=version, signature_algorithm=der.sequence(SM2_1, parameters))
    taken = version == 3 or kind == tokens.GM_SIGNED_DATA
    assert verdicts(response, made) == (("pass", "pass") if taken else ("fail", "fail"))
    assert not taken or read_token(response).gm


@pytest.mark.parametrize(
    "changes", [{"digest": "sha256"}, {"signature_algorithm": der.sequence(SM2_1, der.integer(1))}]
)
def test_it_goes_with_sm3_and_without_parameters(changes: dict[str, object]) -> None:
    made = stamping.recipe("sm2")
    assert verdicts(made(**{"signature_algorithm": der.sequence(SM2_1), **changes}), made) == ("fail", "fail")


def test_it_is_no_way_of_signing_with_another_key() -> None:
    made = replace(stamping.recipe("p256"), digest="sm3", signature_algorithm=der.sequence(SM2_1))
    assert verdicts(made(), made) == ("fail", "fail")


@pytest.mark.parametrize(
    ("algorithm", "curve", "taken"),
    [
        (x509.EC_PUBLIC_KEY, x509.SM2_CURVE, True),
        (x509.EC_PUBLIC_KEY, x509.SM2_SIGNING, False),
        (x509.SM2_CURVE, x509.SM2_CURVE, False),
        (x509.SM2_SIGNING, x509.SM2_CURVE, False),
    ],
)
def test_an_sm2_key_names_its_curve(algorithm: str, curve: str, taken: bool) -> None:  # noqa: FBT001 - a parameter of the test
    key = stamping.recipe("sm2").key
    bits = der.read(key.public).children[1].raw
    other = replace(key, public=der.sequence(der.sequence(der.oid(algorithm), der.oid(curve)), bits))
    made = Recipe(other, stamping.certificate(other))
    assert verdicts(made(), made) == (("pass", "pass") if taken else ("fail", "fail"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_in_every_byte(kind: Kind) -> None:
    made = stamping.recipe(kind)
    response = made()
    for at in range(len(response)):
        changed = bytearray(response)
        changed[at] ^= 1 << at % 8
        ours, theirs = verdicts(bytes(changed), made)
        assert ours == theirs != "pass", at
