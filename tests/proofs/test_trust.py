"""Trust files: what is read, who must have signed, and what may take whose place."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import trust
from concord.proofs.canonical import encode
from concord.proofs.notes import OWN, VerifierKey
from concord.proofs.shapes import time_text
from concord.proofs.signing import PrivateKeys
from concord.proofs.trust import Asked, Root, read_directory, read_policy, read_trust
from concord.rules.errors import InvalidInput
from tests.support.packages import BEGUN, HANGZHOU, JIAXING, LATER, MEMBERS, OVER, SONGJIANG, Alliance


@pytest.fixture(scope="module")
def alliance() -> Alliance:
    return Alliance()


def changed(file: bytes, **changes: Any) -> bytes:
    table = json.loads(file)
    return encode(
        {**table, "body": {key: value for key, value in {**table["body"], **changes}.items() if value is not None}}
    )


def newer(alliance: Alliance, **changes: Any) -> bytes:
    return alliance.trust(**{"version": 2, "issued_at": LATER, **changes})


def new_root(alliance: Alliance, org: str = SONGJIANG, number: int = 2) -> PrivateKeys:
    return PrivateKeys.generate(f"{org}/root/2027#{number}", alliance.random_bytes)


def test_a_trust_file_is_read_as_it_was_made(alliance: Alliance) -> None:
    found = read_trust(alliance.trust())
    assert (found.version, found.threshold, found.issued_at, found.expires_at) == (1, 6, BEGUN, OVER)
    assert [root.key for root in found.roots] == [f"{org}/root/2026#1" for org in MEMBERS]
    assert found.policy.quorum_size() == 6
    assert [one.name for one in found.authorities] == ["时间戳 P-256", "时间戳 SM2"]
    assert [entry.key for entry in found.directory] == [f"{org}/officer/2026#1" for org in MEMBERS]
    assert found.endorsement.organisations == set(MEMBERS)
    assert found.endorsement.wrong == ()


def test_the_fingerprint_is_of_the_roots_alone(alliance: Alliance) -> None:
    one, other = read_trust(alliance.trust()), read_trust(newer(alliance))
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != read_trust(alliance.trust(roots=[*alliance.roots.values()][::-1])).fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "trust/2"},
        {"version": 0},
        {"threshold": 0},
        {"threshold": 10},
        {"issued_at": "2026-01-01"},
        {"expires_at": "2026-13-01T00:00:00Z"},
        {"policy": "quorum nothing\n"},
        {"sm2_witnesses": ["no key"]},
        {"sm2_witnesses": [7]},
        {"authorities": [{"name": "x", "certificate": "AAAA", "from": time_text(BEGUN), "until": time_text(OVER)}]},
        {"roots": []},
        {"directory": [{}]},
        {"note": "more"},
        {"directory": None},
    ],
)
def test_another_form_is_refused(alliance: Alliance, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read_trust(changed(alliance.trust(), **changes))


def test_a_root_stands_once(alliance: Alliance) -> None:
    roots = json.loads(alliance.trust())["body"]["roots"]
    for twice in ([roots[0], roots[0]], [roots[0], {**roots[0], "key": f"{JIAXING}/root/2026#1"}]):
        with pytest.raises(InvalidInput, match="twice"):
            read_trust(changed(alliance.trust(), roots=twice, threshold=1))


def test_a_root_is_a_root(alliance: Alliance) -> None:
    roots = json.loads(alliance.trust())["body"]["roots"]
    with pytest.raises(InvalidInput, match="root key"):
        read_trust(changed(alliance.trust(), roots=[{**roots[0], "key": f"{SONGJIANG}/officer/2026#1"}], threshold=1))


def test_a_witness_has_one_sm2_key(alliance: Alliance) -> None:
    key = alliance.witnesses[SONGJIANG].sm2_key
    assert VerifierKey.of(key.name, OWN, key.public) == key
    with pytest.raises(InvalidInput, match="twice"):
        read_trust(changed(alliance.trust(), sm2_witnesses=[key.vkey_text()] * 2))


def test_cities_sign_one_after_the_other(alliance: Alliance) -> None:
    roots = [Root(root.key, root.public) for root in alliance.roots.values()]
    file = trust.trust_body(
        version=1, issued_at=BEGUN, expires_at=OVER, threshold=6, roots=roots, policy=alliance.policy_text()
    )
    assert read_trust(file).endorsement.organisations == set()
    for org in MEMBERS[:6]:
        file = trust.signed_trust(file, alliance.roots[org])
    again = trust.signed_trust(file, alliance.roots[MEMBERS[0]])
    assert read_trust(again).endorsement.organisations == set(MEMBERS[:6])
    assert len(json.loads(again)["sigs"]) == 12


def test_two_roots_of_one_city_count_once(alliance: Alliance) -> None:
    roots = [*alliance.roots.values(), new_root(alliance)]
    found = read_trust(alliance.trust(roots=roots))
    assert found.endorsement.organisations == set(MEMBERS)
    file = json.loads(alliance.trust(roots=roots))
    both = [one for one in file["sigs"] if one["key"].startswith(SONGJIANG)]
    assert read_trust(encode({**file, "sigs": both})).endorsement.organisations == {SONGJIANG}


def test_one_algorithm_alone_does_not_count(alliance: Alliance) -> None:
    file = json.loads(alliance.trust())
    for alg in ("ed25519", "sm2-sm3"):
        kept = [one for one in file["sigs"] if one["alg"] == alg]
        assert read_trust(encode({**file, "sigs": kept})).endorsement.organisations == set()


def test_a_signature_that_is_none_is_wrong(alliance: Alliance) -> None:
    file = json.loads(alliance.trust())
    file["sigs"][0]["sig"] = "AAAA"
    endorsed = read_trust(encode(file)).endorsement
    assert endorsed.organisations == set()
    assert f"{SONGJIANG}/root/2026#1" in endorsed.wrong


class TestReplacing:
    def test_a_larger_version_signed_by_both_replaces(self, alliance: Alliance) -> None:
        assert trust.replaces(read_trust(alliance.trust()), read_trust(newer(alliance)))

    def test_one_root_may_change(self, alliance: Alliance) -> None:
        roots = {**alliance.roots, SONGJIANG: new_root(alliance)}
        assert trust.replaces(read_trust(alliance.trust()), read_trust(newer(alliance, roots=list(roots.values()))))

    @pytest.mark.parametrize(
        ("version", "fresh", "signing", "word"),
        [
            (1, 0, 9, "not above"),
            (2, 4, 9, "old roots"),
            (2, 0, 5, "new roots"),
        ],
    )
    def test_otherwise_it_says_why_not(
        self, alliance: Alliance, version: int, fresh: int, signing: int, word: str
    ) -> None:
        roots = dict(alliance.roots)
        for org in MEMBERS[:fresh]:
            roots[org] = new_root(alliance, org)
        file = json.loads(newer(alliance, version=version, roots=list(roots.values())))
        new = read_trust(encode({**file, "sigs": file["sigs"][: 2 * signing]}))
        found = trust.objections(read_trust(alliance.trust()), new)
        assert any(word in one.en for one in found)
        assert not trust.replaces(read_trust(alliance.trust()), new)

    def test_a_wrong_signature_keeps_it_out(self, alliance: Alliance) -> None:
        new = read_trust(trust.signed_trust(newer(alliance), new_root(alliance)))
        assert any("not good" in one.en for one in trust.objections(read_trust(alliance.trust()), new))


class TestDirectory:
    def test_an_entry_is_written_and_read(self, alliance: Alliance) -> None:
        entry = alliance.logged(alliance.entry())
        assert read_directory(trust.directory([entry])) == (entry,)

    def test_an_entry_stands_where_it_was_logged(self, alliance: Alliance) -> None:
        held = read_trust(alliance.trust())
        entry = alliance.logged(alliance.entry(HANGZHOU))
        placed = held.placed(entry)
        assert placed is not None
        assert placed.index_in(alliance.origin) == len(alliance.leaves) - 1
        assert placed.index_in("another.example/log") == 0

    def test_an_entry_without_a_proof_stands_before_everything(self, alliance: Alliance) -> None:
        placed = read_trust(alliance.trust()).placed(alliance.entry())
        assert placed is not None
        assert placed.index_in(alliance.origin) == 0

    def test_a_revocation_keeps_the_key_and_its_time(self, alliance: Alliance) -> None:
        entry, revoked = alliance.entry(), alliance.revoked(compromised_since=LATER)
        assert (revoked.key, revoked.public, revoked.valid_from) == (entry.key, entry.public, entry.valid_from)
        assert (revoked.status, revoked.compromised_since) == ("revoked", LATER)

    def test_what_is_wrong_has_no_place(self, alliance: Alliance) -> None:
        held = read_trust(alliance.trust())
        proven = alliance.logged(alliance.entry(HANGZHOU)).proof
        assert proven is not None
        unlogged = alliance.entry(HANGZHOU)
        stranger = new_root(alliance, HANGZHOU)
        for wrong in (
            alliance.entry(HANGZHOU, root=alliance.roots[JIAXING]),
            alliance.entry(HANGZHOU, root=stranger),
            unlogged.with_proof(b"no proof"),
            unlogged.with_proof(proven.replace(b"index ", b"index 1")),
            unlogged.with_proof(alliance.proof(1)),
        ):
            assert held.placed(wrong) is None

    def test_a_known_witness_must_not_be_wrong_in_a_proof(self, alliance: Alliance) -> None:
        held = read_trust(alliance.trust())
        entry = alliance.logged(alliance.entry(JIAXING))
        assert entry.proof is not None
        lines = entry.proof.split(b"\n")
        lines[-2] = lines[-2][:-6] + b"AAAA=="
        assert held.placed(entry) is not None
        assert held.placed(entry.with_proof(b"\n".join(lines))) is None

    @pytest.mark.parametrize("key", ["310117", "310117/clerk/2026#1", "310117/officer/2026#0", "31/officer/2026#1"])
    def test_a_key_has_a_name_of_its_form(self, alliance: Alliance, key: str) -> None:
        with pytest.raises(InvalidInput):
            alliance.entry(key=key)


class TestPolicy:
    def test_people_write_it_by_hand(self) -> None:
        text = b'{\n  "level": "L1", "timestamp": true,\n  "schema": "policy/1", "quorum": 7\n}\n'
        assert read_policy(text) == Asked("L1", timestamp=True, quorum=7)

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\xff",
            b"[]",
            b'{"schema":"policy/1"}',
            b'{"schema":"policy/2","level":"L2","timestamp":true}',
            b'{"schema":"policy/1","level":"L4","timestamp":true}',
            b'{"schema":"policy/1","level":"L2","timestamp":"yes"}',
            b'{"schema":"policy/1","level":"L2","timestamp":true,"quorum":0}',
            b'{"schema":"policy/1","level":"L2","timestamp":true,"quorum":6.0}',
            b'{"schema":"policy/1","level":"L2","level":"L2","timestamp":true}',
            b'{"schema":"policy/1","level":"L2","timestamp":true,"note":1}',
            b'{"schema":"policy/1","level":"L2","timestamp":true,"\\ud800":1}',
            b"[" * 60_000,
            b" " * 70_000,
        ],
    )
    def test_anything_else_is_refused(self, text: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            read_policy(text)
        assert caught.value.code == "proofs.shape"


FILE = Alliance().trust()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    for read in (read_trust, read_directory, read_policy):
        with pytest.raises(InvalidInput):
            read(data)


@settings(max_examples=25)
@given(st.data())
def test_any_change_of_a_body_takes_the_signatures_away(data: st.DataObject) -> None:
    file = json.loads(FILE)
    field = data.draw(st.sampled_from(["version", "threshold", "expires_at"]))
    value = {
        "version": data.draw(st.integers(2, 99)),
        "threshold": data.draw(st.integers(1, 5)),
        "expires_at": time_text(OVER + timedelta(days=data.draw(st.integers(1, 900)))),
    }[field]
    file["body"][field] = value
    assert read_trust(encode(file)).endorsement.organisations == set()
