"""Signatures, keys and trust: C06, C07 and C14."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from concord.proofs import trust
from concord.proofs.canonical import encode
from concord.proofs.signing import PrivateKeys, signed_bytes
from tests.support.package_cases.registry import (
    FAIL,
    HOUR,
    NONE,
    NOT_LOGGED,
    OPEN,
    Case,
    case,
    key_ending,
    newest_changed,
    policy,
    resigned,
    simple,
)
from tests.support.packages import (
    COLLECTED,
    HANGZHOU,
    JIAXING,
    LATER,
    LOOKED_AT,
    OVER,
    PUBLISHED,
    SEALED,
    SONGJIANG,
    STAMPED,
    Alliance,
    packed,
)

COMPLETE = PUBLISHED + timedelta(seconds=5)  # one cosignature a second, and six are the quorum


def _signed_by(alliance: Alliance, signatures: Callable[[list[Any]], list[Any]]) -> Case:
    """A package whose newest event has other signatures."""

    def change(events: list[bytes], _: PrivateKeys) -> bytes:
        whole = json.loads(events[-1])
        return encode({"body": whole["body"], "sigs": signatures(whole["sigs"])})

    return newest_changed(alliance, change, acts=1)


@case("", C06=FAIL)
def forged_fail_c06(alliance: Alliance) -> Case:
    forger = PrivateKeys.generate(alliance.officers[SONGJIANG].key, alliance.random_bytes)
    return newest_changed(alliance, lambda events, _: resigned(events[-1], forger), acts=1)


@case("", C06=FAIL)
def stripped_of_sm2_fail_c06(alliance: Alliance) -> Case:
    return _signed_by(alliance, lambda sigs: sigs[:1])


@case("", C06=FAIL)
def stripped_of_ed25519_fail_c06(alliance: Alliance) -> Case:
    return _signed_by(alliance, lambda sigs: sigs[1:])


@case("", C06=FAIL)
def doubled_signature_fail_c06(alliance: Alliance) -> Case:
    return _signed_by(alliance, lambda sigs: [sigs[0], sigs[0], sigs[1]])


@case("", C06=FAIL)
def signatures_out_of_order_fail_c06(alliance: Alliance) -> Case:
    return _signed_by(alliance, lambda sigs: sigs[::-1])


@case("", C06=FAIL)
def additional_signature_fail_c06(alliance: Alliance) -> Case:
    more = alliance.officers[JIAXING].sign(b"anything")[0].as_json()
    return _signed_by(alliance, lambda sigs: [*sigs, more])


@case("", C07=FAIL, C06=OPEN)
def unknown_key_fail_c07(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(), directory=None)
    return Case(packed(parts), alliance.trust(directory=[alliance.entry(JIAXING)]))


@case("", C07=FAIL)
def key_not_yet_valid_fail_c07(alliance: Alliance) -> Case:
    entry = alliance.entry(valid_from=COLLECTED + timedelta(seconds=1))
    parts = replace(alliance.sealed(), directory=None)
    return Case(packed(parts), alliance.trust(directory=[entry]))


@case("", C07=FAIL)
def key_no_longer_valid_fail_c07(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(), directory=None)
    return Case(packed(parts), alliance.trust(directory=[alliance.entry(valid_until=SEALED)]))


@case("", C07=FAIL)
def stamped_after_the_end_of_the_key_fail_c07(alliance: Alliance) -> Case:
    return key_ending(alliance, STAMPED)


@case("", C07=FAIL, C08=NONE)
def witnessed_after_the_end_of_the_key_fail_c07(alliance: Alliance) -> Case:
    return key_ending(alliance, COMPLETE, stamped=False)


@case("", C07=FAIL, C08=NONE, C13=OPEN)
def witnessed_before_the_key_fail_c07(alliance: Alliance) -> Case:
    entry = alliance.entry(valid_from=COLLECTED)
    parts = replace(alliance.sealed(stamped=False, at=COLLECTED - HOUR), directory=None)
    return Case(packed(parts), alliance.trust(directory=[entry]))


@case("", C07=FAIL)
def newest_event_witnessed_after_the_end_of_its_key_fail_c07(alliance: Alliance) -> Case:
    return key_ending(alliance, LATER + timedelta(seconds=1), acts=[{"action": "copy"}])


@case("", C07=FAIL)
def prolonged_only_from_then_on_fail_c07(alliance: Alliance) -> Case:
    entries = [alliance.entry(valid_until=STAMPED), alliance.entry(valid_from=STAMPED)]
    parts = replace(alliance.sealed(), directory=trust.directory(entries))
    return Case(packed(parts), alliance.trust(directory=()))


@case("", C07=OPEN)
def earlier_event_of_a_key_ended_since_indeterminate_c07(alliance: Alliance) -> Case:
    copied = {"action": "copy", "claimed_at": LATER - 2 * HOUR}
    shown = {"action": "inspect", "org": JIAXING, "claimed_at": LATER}
    return key_ending(alliance, LATER - HOUR, acts=[copied, shown])


@case("", **NOT_LOGGED, C07=OPEN, C08=NONE, C13=NONE)
def queued_and_the_key_ended_since_indeterminate_c07(alliance: Alliance) -> Case:
    return replace(key_ending(alliance, LOOKED_AT, queued=True, stamped=False), policy=policy("L0"))


@case("", C07=FAIL)
def key_logged_after_the_sealing_fail_c07(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(), directory=None)
    return Case(packed(parts), alliance.trust(directory=[alliance.logged(alliance.entry())]))


@case("", C07=FAIL)
def key_revoked_before_fail_c07(alliance: Alliance) -> Case:
    revoked = alliance.logged(alliance.revoked())
    return Case(packed(alliance.sealed()), alliance.trust(directory=[*alliance.entries(), revoked]))


@case("", C07=FAIL)
def key_revoked_in_the_package_fail_c07(alliance: Alliance) -> Case:
    revoked = alliance.logged(alliance.revoked())
    parts = replace(alliance.sealed(), directory=trust.directory([alliance.entry(), revoked]))
    return Case(packed(parts), alliance.trust())


@case("", C07=FAIL)
def key_stolen_before_fail_c07(alliance: Alliance) -> Case:
    package = packed(alliance.sealed())
    revoked = alliance.logged(alliance.revoked(compromised_since=STAMPED))
    return Case(package, alliance.trust(directory=[*alliance.entries(), revoked]))


@case("", C07=FAIL)
def stolen_key_acts_behind_an_old_stamp_fail_c07(alliance: Alliance) -> Case:
    package = packed(alliance.sealed(acts=[{"action": "copy"}]))
    revoked = alliance.logged(alliance.revoked(compromised_since=SEALED + HOUR))
    return Case(package, alliance.trust(directory=[*alliance.entries(), revoked]))


@case("", **NOT_LOGGED, C07=FAIL)
def queued_with_a_revoked_key_fail_c07(alliance: Alliance) -> Case:
    package = packed(replace(alliance.sealed(), seal=None))
    revoked = alliance.logged(alliance.revoked(compromised_since=LATER))
    return Case(package, alliance.trust(directory=[*alliance.entries(), revoked]), policy("L0"))


@case("", C14=FAIL)
def too_few_roots_fail_c14(alliance: Alliance) -> Case:
    file = json.loads(alliance.trust())
    return replace(simple(alliance), trust=encode({**file, "sigs": file["sigs"][:10]}))


@case("", C14=FAIL)
def wrong_signature_of_a_root_fail_c14(alliance: Alliance) -> Case:
    file = json.loads(alliance.trust())
    file["sigs"][0]["sig"] = file["sigs"][2]["sig"]
    return replace(simple(alliance), trust=encode(file))


@case("", C14=FAIL)
def trust_changed_afterwards_fail_c14(alliance: Alliance) -> Case:
    file = json.loads(alliance.trust())
    file["body"]["threshold"] = 1
    return replace(simple(alliance), trust=encode(file))


@case("", C14=FAIL)
def signed_by_no_root_fail_c14(alliance: Alliance) -> Case:
    stranger = PrivateKeys.generate(f"{SONGJIANG}/root/2026#2", alliance.random_bytes)
    return replace(simple(alliance), trust=trust.signed_trust(alliance.trust(), stranger))


@case("", C14=FAIL)
def entry_of_another_root_fail_c14(alliance: Alliance) -> Case:
    wrong = alliance.entry(HANGZHOU, root=alliance.roots[JIAXING])
    return replace(simple(alliance), trust=alliance.trust(directory=[alliance.entry(), wrong]))


@case("", C14=FAIL)
def entry_logged_by_another_fail_c14(alliance: Alliance) -> Case:
    other = alliance.logged(alliance.entry(HANGZHOU))
    assert other.proof is not None
    wrong = alliance.entry(HANGZHOU).with_proof(other.proof)
    return replace(simple(alliance), trust=alliance.trust(directory=[alliance.entry(), wrong]))


@case("", C14=FAIL)
def two_keys_of_one_name_fail_c14(alliance: Alliance) -> Case:
    other = alliance.entry(HANGZHOU, public=alliance.officers[JIAXING].public)
    return replace(simple(alliance), trust=alliance.trust(directory=[*alliance.entries(), other]))


@case("", C14=FAIL)
def directory_of_another_form_fail_c14(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(), directory=b'{"entries":[],"schema":"directory/2"}')
    return Case(packed(parts), alliance.trust())


@case("", C14=FAIL)
def key_of_small_order_fail_c14(alliance: Alliance) -> Case:
    entry = json.loads(encode(alliance.entry(HANGZHOU).as_json()))
    entry["body"]["ed25519"] = base64.b64encode(bytes(32)).decode()
    entry["sigs"] = [one.as_json() for one in alliance.roots[HANGZHOU].sign(signed_bytes("key", encode(entry["body"])))]
    parts = replace(alliance.sealed(), directory=encode({"schema": "directory/1", "entries": [entry]}))
    return Case(packed(parts), alliance.trust())


@case("", C14=OPEN)
def expired_trust_indeterminate_c14(alliance: Alliance) -> Case:
    return replace(simple(alliance), at=OVER + timedelta(seconds=1))
