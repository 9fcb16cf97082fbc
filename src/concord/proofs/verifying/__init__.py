"""Verification of a package against a trust file, without a network and without a clock."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from concord.proofs.canonical import JSON
from concord.proofs.container import Container, read
from concord.proofs.report import CHECKS, FAIL, NOT_APPLICABLE, Check, Report
from concord.proofs.shapes import time_text
from concord.proofs.trust import Asked, Trust
from concord.proofs.verifying.custody import chain_check, custody_check, disclosure_check
from concord.proofs.verifying.files import container_check, files_checks, manifest_check, said
from concord.proofs.verifying.gathering import Package, gather
from concord.proofs.verifying.keys import directory_of, key_check, signature_check, trust_check
from concord.proofs.verifying.logs import Judgement, inclusion_check, judge, leaf_check, log_check, witness_check
from concord.proofs.verifying.times import Stamp, earliest, kept_check, stamp_check, stamps_of, time_check
from concord.rules.errors import InvalidInput

ANY = Asked()


def verify(file: BinaryIO, *, trust: Trust, asked: Asked = ANY, at: datetime) -> Report:
    """Check the package in ``file``, which must be seekable, as of the time ``at``.

    Whatever the file holds, a report is given; memory stays flat however large the package's files are.
    """
    try:
        container = read(file)
        return _verified(container, gather(container), trust, asked, at)
    except InvalidInput as error:
        refused = Check("C01", FAIL, "form", said(error.said))
        rest = tuple(Check(one, NOT_APPLICABLE, "unreadable") for one in CHECKS[1:])
        return Report("", asked, (refused, *rest), trust.version, trust.fingerprint)


def _verified(container: Container, package: Package, trust: Trust, asked: Asked, at: datetime) -> Report:
    judgement = judge(package, trust)
    stamps = stamps_of(package, trust)
    directory = directory_of(package, trust)
    checks = (
        *files_checks(container, package),
        manifest_check(package),
        chain_check(package),
        signature_check(package, directory),
        key_check(package, directory, judgement, earliest(stamps), at),
        stamp_check(stamps, asked),
        leaf_check(package, judgement),
        inclusion_check(package, judgement),
        log_check(judgement, trust),
        witness_check(judgement, trust, asked),
        time_check(package, stamps, judgement),
        trust_check(package, trust, directory, at),
        kept_check(package),
        disclosure_check(package),
        custody_check(package),
        container_check(container),
    )
    ordered = tuple(sorted(checks, key=lambda check: check.id))
    facts = _facts(package, judgement, stamps)
    return Report(package.id, asked, ordered, trust.version, trust.fingerprint, facts)


def _facts(package: Package, judgement: Judgement, stamps: tuple[Stamp, ...]) -> dict[str, JSON]:
    """What the package says of itself and the times that stand for it, for the reader of the report."""
    facts: dict[str, JSON] = {}
    manifest, events = package.manifest.value, package.events.value
    if manifest is not None:
        facts |= {"kind": manifest.kind, "org": manifest.org}
        if manifest.freshness is not None:
            fresh = manifest.freshness
            facts["not_earlier"] = {"origin": fresh.origin, "size": fresh.size, "root": fresh.root}
    if events is not None:
        facts["claimed"] = [
            {"event": event.seq, "action": event.action, "org": event.org, "at": time_text(event.claimed_at)}
            for event in events[:100]
        ]
    proven: list[JSON] = [
        {"by": stamp.check.authority or "", "at": time_text(stamp.at)} for stamp in stamps if stamp.at is not None
    ]
    if judgement.seal is not None and judgement.seal.proven_at is not None:
        proven.append({"by": "witnesses", "at": time_text(judgement.seal.proven_at)})
    facts["not_later"] = proven
    return facts
