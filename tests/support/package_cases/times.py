"""Time-stamps, times, what is kept for later, disclosure and custody: C08, C13, C15 to C17."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from concord.proofs.canonical import encode
from tests.support.package_cases.registry import (
    FAIL,
    HOUR,
    NONE,
    OPEN,
    Case,
    case,
    handed_over,
    policy,
    simple,
    with_entry,
)
from tests.support.packages import (
    HANGZHOU,
    JIAXING,
    LATER,
    PUBLISHED,
    SEALED,
    Alliance,
    opened_fields,
    packed,
)


def _stamped(alliance: Alliance, token: Callable[[bytes], bytes], *, gm: bool = False, **trusted: Any) -> Case:
    parts = alliance.sealed(stamped=False)
    tokens = [(token(parts.events[1]), gm)]
    seal = alliance.sealing(parts.manifest, parts.events, tokens=tokens)
    return Case(packed(replace(parts, tokens=tokens, seal=seal)), alliance.trust(**trusted))


@case("L2", C08=FAIL)
def stamp_of_something_else_fail_c08(alliance: Alliance) -> Case:
    return _stamped(alliance, lambda _: alliance.stamp(b"something else"))


@case("L2", C08=FAIL)
def stamp_with_a_wrong_signature_fail_c08(alliance: Alliance) -> Case:
    def flipped(event: bytes) -> bytes:
        token = alliance.stamp(event)
        return token[:-1] + bytes([token[-1] ^ 1])

    return _stamped(alliance, flipped)


@case("L2", C08=FAIL)
def stamp_of_another_kind_than_named_fail_c08(alliance: Alliance) -> Case:
    return _stamped(alliance, alliance.stamp, gm=True)


@case("L2", C08=FAIL)
def stamp_of_a_compromised_authority_fail_c08(alliance: Alliance) -> Case:
    pinned = replace(alliance.authority.pinned(), compromised_since=SEALED)
    return _stamped(alliance, alliance.stamp, authorities=[pinned])


@case("L2", C08=FAIL)
def stamp_not_of_der_fail_c08(alliance: Alliance) -> Case:
    return _stamped(alliance, lambda _: b"not a token")


@case("L2", C08=OPEN)
def unpinned_stamp_indeterminate_c08(alliance: Alliance) -> Case:
    return _stamped(alliance, alliance.stamp, authorities=[alliance.gm_authority.pinned()])


@case("L2", C08=OPEN)
def no_stamp_though_asked_indeterminate_c08(alliance: Alliance) -> Case:
    return replace(simple(alliance, stamped=False), policy=policy(timestamp=True))


@case(C13=OPEN)
def stamped_before_claimed_indeterminate_c13(alliance: Alliance) -> Case:
    return _stamped(alliance, lambda event: alliance.stamp(event, at=SEALED - timedelta(seconds=1)))


@case(C13=OPEN)
def stamped_long_after_indeterminate_c13(alliance: Alliance) -> Case:
    return _stamped(alliance, lambda event: alliance.stamp(event, at=PUBLISHED + HOUR))


@case("L2", C08=NONE, C13=OPEN)
def claimed_after_the_witnesses_indeterminate_c13(alliance: Alliance) -> Case:
    return simple(alliance, stamped=False, at=SEALED - HOUR)


@case(C15=FAIL)
def anchor_that_is_no_table_fail_c15(alliance: Alliance) -> Case:
    package = with_entry(packed(alliance.sealed()), "proofs/anchor-0.json", b"[]", before="trust/")
    return Case(package, alliance.trust())


@case(C15=FAIL)
def anchor_without_a_schema_fail_c15(alliance: Alliance) -> Case:
    package = with_entry(packed(alliance.sealed()), "proofs/anchor-0.json", b'{"schema":1}', before="trust/")
    return Case(package, alliance.trust())


@case(C15=FAIL)
def renewal_that_is_not_canonical_fail_c15(alliance: Alliance) -> Case:
    package = with_entry(packed(alliance.sealed()), "proofs/renewal-0.json", b'{ "schema":"x"}', before="trust/")
    return Case(package, alliance.trust())


@case(C15=OPEN)
def anchor_of_an_unknown_chain_indeterminate_c15(alliance: Alliance) -> Case:
    anchor = encode({"schema": "court-chain/1", "receipt": "…"})
    return Case(
        with_entry(packed(alliance.sealed()), "proofs/anchor-0.json", anchor, before="trust/"), alliance.trust()
    )


@case(C15=OPEN)
def renewal_indeterminate_c15(alliance: Alliance) -> Case:
    renewal = encode({"schema": "renewal/1"})
    return Case(
        with_entry(packed(alliance.sealed()), "proofs/renewal-0.json", renewal, before="trust/"), alliance.trust()
    )


@case(C16=FAIL)
def another_value_fail_c16(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    fields = opened_fields(parts.manifest).replace("陈某".encode(), "王某".encode())
    return Case(packed(replace(parts, disclosure=fields)), alliance.trust())


@case(C16=FAIL)
def field_that_was_never_there_fail_c16(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    fields = opened_fields(parts.manifest).replace(b'"operator_0"', b'"operator_1"')
    return Case(packed(replace(parts, disclosure=fields)), alliance.trust())


@case(C16=FAIL)
def fields_out_of_order_fail_c16(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    table = json.loads(opened_fields(parts.manifest))
    fields = encode(table | {"fields": table["fields"][::-1]})
    return Case(packed(replace(parts, disclosure=fields)), alliance.trust())


def _custody(alliance: Alliance, *acts: dict[str, Any]) -> Case:
    return simple(alliance, acts=[{"claimed_at": LATER, **act} for act in acts])


@case(C17=FAIL)
def received_but_not_transferred_fail_c17(alliance: Alliance) -> Case:
    return _custody(alliance, handed_over()[1])


@case(C17=FAIL)
def received_by_another_fail_c17(alliance: Alliance) -> Case:
    transfer, receive, _ = handed_over()
    return _custody(alliance, transfer, {**receive, "org": HANGZHOU})


@case(C17=FAIL)
def received_from_another_fail_c17(alliance: Alliance) -> Case:
    transfer, receive, _ = handed_over()
    return _custody(alliance, transfer, {**receive, "counterparty": HANGZHOU})


@case(C17=FAIL)
def transferred_to_nobody_fail_c17(alliance: Alliance) -> Case:
    return _custody(alliance, {"action": "transfer"})


@case(C17=FAIL)
def transferred_twice_fail_c17(alliance: Alliance) -> Case:
    transfer = handed_over()[0]
    return _custody(alliance, transfer, transfer)


@case(C17=FAIL)
def recognised_without_a_report_fail_c17(alliance: Alliance) -> Case:
    return _custody(alliance, {"action": "recognise", "org": JIAXING})


@case(C17=OPEN)
def transfer_under_way_indeterminate_c17(alliance: Alliance) -> Case:
    return _custody(alliance, handed_over()[0])
