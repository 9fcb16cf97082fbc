"""C05, C16 and C17: the chain of events, the disclosed fields, and what passed from hand to hand."""

from __future__ import annotations

from itertools import pairwise

from concord.proofs.canonical import JSON
from concord.proofs.digests import Pair, commitment, pair_of
from concord.proofs.report import FAIL, INDETERMINATE, NOT_APPLICABLE, PASS, Check
from concord.proofs.shapes import time_text
from concord.proofs.statements import (
    CHALLENGE,
    COLLECT,
    MANIFEST,
    RECEIVE,
    RECOGNISE,
    SEAL,
    TRANSFER,
    Event,
    event_path,
)
from concord.proofs.verifying.files import said
from concord.proofs.verifying.gathering import Package

FIRST = (COLLECT, SEAL)


def chain_check(package: Package) -> Check:
    """C05: the events follow one another without a gap, all on this manifest."""
    events = package.events.value
    if events is None:
        return Check("C05", FAIL, "form", said(package.events.fault))
    manifest, prev = pair_of(package.manifest_bytes), None
    issuer = None if package.manifest.value is None else package.manifest.value.org
    for seq, event in enumerate(events):
        fault = _link_fault(event, seq, prev, manifest) or _first_fault(event, issuer)
        if fault:
            return Check("C05", FAIL, fault, {"event": seq})
        prev = event.pair
    for one, other in pairwise(events):
        if other.claimed_at < one.claimed_at:
            return Check("C05", FAIL, "time", {"event": other.seq})
    first, last = time_text(events[0].claimed_at), time_text(events[-1].claimed_at)
    return Check("C05", PASS, "whole", {"count": len(events), "first": first, "last": last})


def disclosure_check(package: Package) -> Check:
    """C16: each disclosed field opens its commitment."""
    disclosure, manifest, events = package.disclosure, package.manifest.value, package.events.value
    if disclosure is None:
        return Check("C16", NOT_APPLICABLE, "closed")
    if disclosure.value is None:
        return Check("C16", FAIL, "form", said(disclosure.fault))
    if manifest is None or events is None:
        return Check("C16", NOT_APPLICABLE, "unreadable")
    commits = {MANIFEST: manifest.commits} | {event_path(seq): event.commits for seq, event in enumerate(events)}
    for one in disclosure.value:
        if commits.get(one.at, {}).get(one.name) != commitment(one.name, one.salt, one.value):
            return Check("C16", FAIL, "does_not_open", {"at": one.at, "name": one.name})
    opened: list[JSON] = [{"at": one.at, "name": one.name} for one in disclosure.value]
    closed = sum(map(len, commits.values())) - len(opened)
    return Check("C16", PASS, "opened", {"count": len(opened), "closed": closed, "fields": opened})


def custody_check(package: Package) -> Check:
    """C17: each transfer is received by whom it names, and recognitions and challenges stand on a report."""
    events = package.events.value
    if events is None:
        return Check("C17", NOT_APPLICABLE, "unreadable")
    acts = [event for event in events if event.action in {TRANSFER, RECEIVE, RECOGNISE, CHALLENGE}]
    under_way: Event | None = None
    for event in acts:
        fault = _custody_fault(event, under_way)
        if fault:
            return Check("C17", FAIL, fault, {"event": event.seq, "action": event.action})
        if event.action in {TRANSFER, RECEIVE}:
            under_way = event if event.action == TRANSFER else None
    if under_way is not None:
        facts: dict[str, JSON] = {"event": under_way.seq, "to": under_way.counterparty}
        return Check("C17", INDETERMINATE, "under_way", facts)
    if not acts:
        return Check("C17", NOT_APPLICABLE, "none")
    steps: list[JSON] = [{"event": event.seq, "action": event.action, "org": event.org} for event in acts]
    return Check("C17", PASS, "whole", {"count": len(acts), "steps": steps})


def _link_fault(event: Event, seq: int, prev: Pair | None, manifest: Pair) -> str:
    """How the event fails to follow the one whose file has the pair ``prev``; empty when it does."""
    if event.seq != seq:
        return "sequence"
    if event.prev != prev:
        return "previous"
    return "" if event.manifest == manifest else "manifest"


def _first_fault(event: Event, issuer: str | None) -> str:
    """What is wrong with collecting and sealing: these come first, once, and the issuer does them."""
    expected = FIRST[event.seq] if event.seq < len(FIRST) else None
    if (event.action in FIRST or expected) and event.action != expected:
        return "actions"
    return "issuer" if expected and issuer is not None and event.org != issuer else ""


def _custody_fault(event: Event, under_way: Event | None) -> str:
    """What is wrong with this act while ``under_way`` waits to be received; empty when nothing is."""
    if event.action == TRANSFER:
        if under_way is not None:
            return "not_received"
        return "no_counterparty" if event.counterparty is None else ""
    if event.report is None:
        return "no_report"
    if event.action != RECEIVE:
        return ""
    if under_way is None:
        return "not_transferred"
    return "" if (event.org, event.counterparty) == (under_way.counterparty, under_way.org) else "another_receiver"
