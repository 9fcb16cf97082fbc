"""A policy says who must have cosigned; it is read strictly, for a quorum read too kindly is no quorum."""

from itertools import chain, combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import log_policy, notes
from concord.rules.errors import InvalidInput


def key(name: str, seed: int, kind: int = notes.COSIGNATURE) -> notes.VerifierKey:
    public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key().public_bytes_raw()
    return notes.VerifierKey.of(name, kind, public)


LOG = key("log.example", 100, notes.ED25519).vkey_text()
WITNESSES = [key(f"city-{at}.example", at) for at in range(1, 10)]
NAMES = [witness.name for witness in WITNESSES]
DEFINED = "".join(f"witness W{at} {witness.vkey_text()}\n" for at, witness in enumerate(WITNESSES, 1))
CITIES = f"""log {LOG} https://log.example/
{DEFINED}group cities 6 W1 W2 W3 W4 W5 W6 W7 W8 W9
quorum cities
"""
NESTED = f"""
# Two of the first three and one of the next three, or all of the last three.
  log {LOG}

{DEFINED}\tgroup\tX 2 W1   W2 W3
group Y any W4 W5 W6
group X-and-Y all X Y
group Z all W7 W8 W9
group either any X-and-Y Z
quorum either
"""


def subsets(names: list[str]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))


def test_six_of_nine() -> None:
    policy = log_policy.parse(CITIES)
    assert policy.quorum_size() == 6
    for names in subsets(NAMES):
        assert policy.satisfied(names) is (len(names) >= 6)
    assert list(policy.witnesses.values()) == WITNESSES
    assert list(policy.logs) == ["log.example"]
    assert policy.urls == {"log.example": "https://log.example/"}


def test_groups_within_groups() -> None:
    policy = log_policy.parse(NESTED)
    assert policy.quorum_size() == 3
    for names in subsets(NAMES):
        there = [name in names for name in NAMES]
        assert policy.satisfied(names) is ((sum(there[:3]) >= 2 and any(there[3:6])) or all(there[6:]))


def test_witnesses_count_by_the_name_of_their_key_and_once() -> None:
    policy = log_policy.parse(CITIES)
    assert not policy.satisfied([f"W{at}" for at in range(1, 10)])
    assert not policy.satisfied([*NAMES[:5], *NAMES[:5], "cities", "none", "log.example", "stranger.example"])
    assert policy.names[NAMES[0]] == "W1"


def test_a_single_witness_or_none_may_be_the_quorum() -> None:
    one, none = log_policy.parse(DEFINED + "quorum W2\n"), log_policy.parse("quorum none\n")
    assert (one.quorum_size(), none.quorum_size()) == (1, 0)
    assert one.satisfied(NAMES[1:2])
    assert not one.satisfied(NAMES[:1])
    assert none.satisfied(())


@pytest.mark.parametrize("text", [CITIES, NESTED, "quorum none\n"])
def test_a_policy_is_read_back_from_its_text(text: str) -> None:
    policy = log_policy.parse(text)
    assert log_policy.parse(policy.text()) == policy


def test_keys_for_later_may_stand_in_a_policy() -> None:
    later = notes.VerifierKey.of("later.example", notes.ML_DSA_44, bytes(1312)).vkey_text()
    policy = log_policy.parse(f"{DEFINED}witness L {later}\ngroup G any W1 L\nquorum G\n")
    assert policy.witnesses["later.example"].kind == notes.ML_DSA_44


ONE = WITNESSES[0].vkey_text()
SM2_BASE = bytes.fromhex(
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\n", "no quorum line"),
        ("quorum none", "does not end"),
        (DEFINED, "no quorum line"),
        ("quorum W1\n" + DEFINED, "line 1: the quorum"),
        (CITIES + "quorum W1\n", "given twice"),
        (CITIES + "quorum W1 W2\n", "cannot be read"),
        ("quorum\n", "cannot be read"),
        (f"log {LOG} url more\nquorum none\n", "cannot be read"),
        ("log\nquorum none\n", "cannot be read"),
        (f"witness {ONE}\nquorum none\n", "cannot be read"),
        (f"witness W1 {ONE} url more\nquorum none\n", "cannot be read"),
        ("group G any\nquorum none\n", "cannot be read"),
        ("Quorum none\n", "cannot be read"),
        ("quorum\u00a0none\n", "cannot be read"),
        ("quorum none\r\n", "control characters"),
        ("# \x7f\nquorum none\n", "control characters"),
        ("#" * 70_000 + "\nquorum none\n", "too long"),
        (f"witness W1 {ONE}x\nquorum none\n", "line 1: the verifier key is malformed"),
        (f"log {ONE}\nquorum none\n", "does not serve"),
        (f"witness W1 {LOG}\nquorum none\n", "does not serve"),
        (f"witness W1 {notes.VerifierKey.of('a', notes.OWN, SM2_BASE).vkey_text()}\nquorum none\n", "does not serve"),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "line 2: the key or its name"),
        (
            f"log {LOG}\nlog {key('other', 100, notes.ED25519).vkey_text()}\nquorum none\n",
            "line 2: the key or its name",
        ),
        (f"{DEFINED}witness again {ONE}\nquorum none\n", "line 10: the key or its name"),
        (f"{DEFINED}witness again {key('alias', 1).vkey_text()}\nquorum none\n", "line 10: the key or its name"),
        (f"{DEFINED}witness again {key(NAMES[0], 77).vkey_text()}\nquorum none\n", "line 10: the key or its name"),
        (f"{DEFINED}witness W1 {key('new', 77).vkey_text()}\nquorum none\n", "name W1 is taken"),
        (f"witness none {ONE}\nquorum none\n", "name none is taken"),
        (f"{DEFINED}group W1 any W2\nquorum none\n", "name W1 is taken"),
        (f"{DEFINED}group none any W2\nquorum none\n", "name none is taken"),
        (f"{DEFINED}group G any G\nquorum none\n", "G is not defined before"),
        (f"{DEFINED}group G any none\nquorum none\n", "none is not defined before"),
        (f"{DEFINED}group G any H\ngroup H any W1\nquorum none\n", "H is not defined before"),
        (f"{DEFINED}group G any W1 W1\nquorum none\n", "listed already"),
        (f"{DEFINED}group G any W1\ngroup H any W1\nquorum none\n", "listed already"),
        (f"{DEFINED}group G 0 W1\nquorum none\n", "threshold"),
        (f"{DEFINED}group G 3 W1 W2\nquorum none\n", "threshold"),
        (f"{DEFINED}group G 01 W1 W2\nquorum none\n", "threshold"),
        (f"{DEFINED}group G -1 W1 W2\nquorum none\n", "threshold"),
        (f"{DEFINED}group G most W1 W2\nquorum none\n", "threshold"),
        (f"{DEFINED}group G \uff11 W1 W2\nquorum none\n", "threshold"),
    ],
)
def test_a_policy_that_leaves_doubt_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=rf"proofs\.log_policy.*{why}"):
        log_policy.parse(text)


def test_a_policy_has_its_limits() -> None:
    many = [key(f"w{at}", at) for at in range(65)]
    lines = [f"witness W{at} {one.vkey_text()}" for at, one in enumerate(many)]
    assert len(log_policy.parse("\n".join([*lines[:64], "quorum none\n"])).witnesses) == 64
    with pytest.raises(InvalidInput, match="too many keys"):
        log_policy.parse("\n".join([*lines, "quorum none\n"]))
    groups = ["group G0 any W0", *(f"group G{at} any G{at - 1}" for at in range(1, 65))]
    assert len(log_policy.parse("\n".join([*lines[:1], *groups[:64], "quorum G63\n"])).groups) == 64
    with pytest.raises(InvalidInput, match="too many groups"):
        log_policy.parse("\n".join([*lines[:1], *groups, "quorum none\n"]))


@given(chosen=st.lists(st.sampled_from(NAMES), unique=True), text=st.sampled_from([CITIES, NESTED]))
def test_more_witnesses_never_undo_a_quorum(chosen: list[str], text: str) -> None:
    policy = log_policy.parse(text)
    assert not policy.satisfied(chosen) or len(chosen) >= policy.quorum_size()
    assert not policy.satisfied(chosen) or all(policy.satisfied([*chosen, name]) for name in NAMES)
