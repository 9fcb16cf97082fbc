"""Leaves, proofs, the log and its witnesses: C09 to C12."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from concord.proofs.digests import pair_of
from concord.proofs.leaves import event_leaf, package_leaf
from concord.proofs.package import package_id
from tests.support.package_cases.registry import (
    FAIL,
    NONE,
    OPEN,
    Case,
    case,
    changed,
    policy,
    simple,
)
from tests.support.packages import (
    JIAXING,
    LATER,
    MEMBERS,
    SONGJIANG,
    Alliance,
    packed,
)


def _leaf(alliance: Alliance, **changes: Any) -> Case:
    """A package whose seal leaf is logged, but another one than it should be."""
    parts = alliance.sealed()
    given: dict[str, Any] = {
        "kind": "evidence",
        "org": SONGJIANG,
        "package_id": package_id(parts.manifest),
        "head": pair_of(parts.events[1]),
        "token": pair_of(parts.tokens[0][0]),
    }
    leaf = package_leaf(**(given | changes))
    return Case(packed(replace(parts, seal=(leaf, alliance.proof(alliance.log(leaf))))), alliance.trust())


@case("L0T", C09=FAIL)
def leaf_of_another_package_fail_c09(alliance: Alliance) -> Case:
    return _leaf(alliance, package_id="ev1-" + "a" * 52)


@case("L0T", C09=FAIL)
def leaf_of_another_event_fail_c09(alliance: Alliance) -> Case:
    return _leaf(alliance, head=pair_of(b"another"))


@case("L0T", C09=FAIL)
def leaf_of_another_kind_fail_c09(alliance: Alliance) -> Case:
    return _leaf(alliance, kind="run")


@case("L0T", C09=FAIL)
def leaf_of_another_city_fail_c09(alliance: Alliance) -> Case:
    return _leaf(alliance, org=JIAXING)


@case("L0T", C09=FAIL)
def leaf_of_another_stamp_fail_c09(alliance: Alliance) -> Case:
    return _leaf(alliance, token=pair_of(b"another"))


@case("L0T", C09=FAIL)
def leaf_of_another_form_fail_c09(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    assert parts.seal is not None
    leaf = changed(parts.seal[0], note="more")
    return Case(packed(replace(parts, seal=(leaf, alliance.proof(alliance.log(leaf))))), alliance.trust())


@case("L0T", C09=FAIL)
def head_of_an_older_event_fail_c09(alliance: Alliance) -> Case:
    parts = alliance.sealed(acts=[{"action": "inspect"}, {"action": "copy"}])
    head = alliance.heading(parts.manifest, parts.events[:3])
    return Case(packed(replace(parts, head=head)), alliance.trust())


def _head(alliance: Alliance, **changes: Any) -> Case:
    """A package whose newest event is logged, but by another leaf than it should be."""
    parts = alliance.sealed(acts=[{"action": "inspect"}])
    given = {"org": SONGJIANG, "package_id": package_id(parts.manifest), "seq": 2, "head": pair_of(parts.events[2])}
    leaf = event_leaf(**{**given, **changes})
    return Case(packed(replace(parts, head=(leaf, alliance.proof(alliance.log(leaf), at=LATER)))), alliance.trust())


@case("L0T", C09=FAIL)
def head_of_another_package_fail_c09(alliance: Alliance) -> Case:
    return _head(alliance, package_id="ev1-" + "a" * 52)


@case("L0T", C09=FAIL)
def head_of_another_city_fail_c09(alliance: Alliance) -> Case:
    return _head(alliance, org=JIAXING)


@case("L0T", C09=FAIL)
def head_of_the_sealing_fail_c09(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    return Case(packed(replace(parts, head=alliance.heading(parts.manifest, parts.events))), alliance.trust())


@case("L0T", C10=FAIL)
def head_in_another_log_fail_c10(alliance: Alliance) -> Case:
    parts = alliance.sealed(acts=[{"action": "inspect"}])
    assert parts.head is not None
    other = Alliance(alliance.seed + 1, origin="ledger.g60.example/2031", leaves=[*alliance.leaves])
    other.witnesses = alliance.witnesses
    head = parts.head[0], other.proof(len(other.leaves) - 1, at=LATER)
    policy = f"log {other.log_key.vkey_text()}\n" + alliance.policy_text()
    return Case(packed(replace(parts, head=head)), alliance.trust(policy=policy))


@case("L0T", C10=FAIL)
def another_place_fail_c10(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    assert parts.seal is not None
    leaf, proof = parts.seal
    return Case(packed(replace(parts, seal=(leaf, proof.replace(b"index 3\n", b"index 1\n")))), alliance.trust())


@case("L0T", C10=FAIL, C11=NONE, C12=NONE)
def proof_with_something_extra_fail_c10(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    assert parts.seal is not None
    leaf, _ = parts.seal
    proof = alliance.proof(len(alliance.leaves) - 1, extra=b"more")
    return Case(packed(replace(parts, seal=(leaf, proof))), alliance.trust())


@case("L0T", C10=FAIL)
def event_logged_before_the_sealing_fail_c10(alliance: Alliance) -> Case:
    parts = alliance.sealed(acts=[{"action": "inspect"}])
    leaf = event_leaf(org=SONGJIANG, package_id=package_id(parts.manifest), seq=2, head=pair_of(parts.events[2]))
    index = alliance.log(leaf)
    assert parts.seal is not None
    seal = parts.seal[0], alliance.proof(alliance.log(parts.seal[0]))
    head = leaf, alliance.proof(index, at=LATER)
    return Case(packed(replace(parts, seal=seal, head=head)), alliance.trust())


@case("L0T", C10=FAIL)
def two_roots_of_one_size_fail_c10(alliance: Alliance) -> Case:
    parts = alliance.sealed(acts=[{"action": "inspect"}])
    assert parts.seal is not None
    assert parts.head is not None
    fork = replace(alliance, leaves=[*alliance.leaves[:-1], b"another", parts.head[0]])
    sealing = alliance.leaves.index(parts.seal[0])
    alliance.log(b"something")
    seal = parts.seal[0], alliance.proof(sealing)
    fork.log_private, fork.log_key, fork.witnesses = alliance.log_private, alliance.log_key, alliance.witnesses
    head = parts.head[0], fork.proof(len(fork.leaves) - 1, at=LATER)
    return Case(packed(replace(parts, seal=seal, head=head)), alliance.trust())


@case("L0T", C10=OPEN)
def newer_events_indeterminate_c10(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(acts=[{"action": "inspect"}]), head=None)
    return Case(packed(parts), alliance.trust())


@case("L0T", C11=FAIL)
def wrong_log_signature_fail_c11(alliance: Alliance) -> Case:
    return _broken_line(alliance, 11)


# A line of a key that the trust file does not know leaves the witnesses open, too.


@case("L0T", C11=FAIL, C12=OPEN)
def another_log_fail_c11(alliance: Alliance) -> Case:
    case = simple(alliance)
    other = replace(alliance, seed=alliance.seed + 1, leaves=[])
    return replace(case, trust=alliance.trust(policy=alliance.policy_text().replace(_log(alliance), _log(other))))


@case("L0T", C11=FAIL, C12=OPEN)
def unknown_log_fail_c11(alliance: Alliance) -> Case:
    case = simple(alliance)
    other = Alliance(alliance.seed + 1, origin="ledger.other.example/2026")
    return replace(case, trust=alliance.trust(policy=alliance.policy_text().replace(_log(alliance), _log(other))))


def _log(alliance: Alliance) -> str:
    return f"log {alliance.log_key.vkey_text()}\n"


def _broken_line(alliance: Alliance, number: int) -> Case:
    """A package in whose checkpoint one signature line, counted from the end, is another."""
    parts = alliance.sealed(sm2_cosigners=MEMBERS[:1])
    assert parts.seal is not None
    leaf, proof = parts.seal
    lines = proof.split(b"\n")
    at = len(lines) - 1 - number
    lines[at] = lines[at][:-6] + (b"AAAA==" if not lines[at].endswith(b"AAAA==") else b"BBBA==")
    return Case(packed(replace(parts, seal=(leaf, b"\n".join(lines)))), alliance.trust())


@case("L1T", C12=FAIL)
def wrong_cosignature_fail_c12(alliance: Alliance) -> Case:
    return _broken_line(alliance, 2)


@case("L1T", C12=FAIL)
def wrong_sm2_cosignature_fail_c12(alliance: Alliance) -> Case:
    return _broken_line(alliance, 1)


@case("L1T", C12=OPEN)
def too_few_witnesses_indeterminate_c12(alliance: Alliance) -> Case:
    return simple(alliance, cosigners=MEMBERS[:5])


@case("L1T", C12=OPEN)
def unknown_witness_indeterminate_c12(alliance: Alliance) -> Case:
    case = simple(alliance)
    return replace(case, trust=alliance.trust(policy=alliance.policy_text(without=MEMBERS[:1]), sm2_witnesses=()))


@case("L1T", C12=OPEN)
def fewer_witnesses_than_asked_indeterminate_c12(alliance: Alliance) -> Case:
    return replace(simple(alliance, cosigners=MEMBERS[:7]), policy=policy(quorum=8))
