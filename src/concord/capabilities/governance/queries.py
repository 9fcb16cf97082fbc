"""Reads: adopted versions of the charter, what keeps texts from being adopted, how two versions differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from concord.capabilities.governance import policy
from concord.capabilities.governance.models import CharterDraft
from concord.casework.models import ProcedureVersion
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import CharterVersion
from concord.rules.canonical import canonical_json
from concord.rules.charter import check
from concord.rules.charter.difference import VERSION_FILE, compared
from concord.rules.errors import DefinitionError, Fault, NotFound, Said
from concord.rules.procedure import parse

SHORTEST_DIGEST = 8


def versions() -> list[CharterVersion]:
    """Every adopted version without its texts, the newest first."""
    return list(CharterVersion.objects.defer("texts").order_by("-effective_from", "-id"))


def version_on(day: date) -> CharterVersion | None:
    """The version in force on the day, without its texts; None before the first."""
    return next((version for version in versions() if version.effective_from <= day), None)


def version_with(digest: str) -> CharterVersion:
    """The version whose digest begins so (at least eight characters). NotFound ``charter.no_such_version``."""
    found = [version for version in versions() if version.digest.startswith(digest)]
    if len(digest) < SHORTEST_DIGEST or len(found) != 1:
        raise _no_version()
    return found[0]


def version_before(version: CharterVersion) -> CharterVersion:
    """The version that this one took the place of. NotFound ``charter.no_such_version`` for the first."""
    earlier = [other for other in versions() if other.effective_from < version.effective_from]
    if not earlier:
        raise _no_version()
    return earlier[0]


def _no_version() -> NotFound:
    return NotFound(
        "charter.no_such_version",
        Said(
            "没有这一版章程。请从版本列表中选择，摘要至少写前八位。",
            "There is no such version of the charter. Choose one from the list, by eight characters or more.",
        ),
    )


def drafts_shown_to(by: Actor) -> QuerySet[CharterDraft]:
    """The drafts that ``by`` may see: those of the own organisation, at the centre all; with who wrote them."""
    policy.require_reader(by)
    rows = CharterDraft.objects.select_related("organisation", "author", "changed_by", "adopted")
    return rows if policy.sees_every_draft(by) else rows.filter(organisation=by.organisation)


def draft_for(*, uid: UUID, by: Actor) -> CharterDraft:
    """One draft. NotFound ``charter.no_such_draft``, also for one that is not shown to the actor."""
    draft = drafts_shown_to(by).filter(uid=uid).first()
    if draft is None:
        raise no_draft()
    return draft


def no_draft() -> NotFound:
    """The error for a draft that does not exist or is not shown to the actor."""
    return NotFound(
        "charter.no_such_draft",
        Said("没有找到该草案，或者您无权查看。", "No such draft, or it is not shown to you."),
    )


def faults_of_draft(draft: CharterDraft) -> tuple[Fault, ...]:
    """As ``faults_of``; the same texts are checked once, until something else is published."""
    return _checked(canonical_json(draft.texts), draft.charter, ProcedureVersion.objects.count())


@lru_cache(maxsize=8)
def _checked(texts: bytes, charter_id: str, published: int) -> tuple[Fault, ...]:  # noqa: ARG001  part of the key
    return faults_of(json.loads(texts), charter_id)


def faults_of(texts: Mapping[str, str], charter_id: str) -> tuple[Fault, ...]:
    """Everything that keeps texts from being adopted: what the check finds, and changes of published procedures."""
    faults = [*check(texts, charter_id), *published_changes(texts, charter_id)]
    return tuple(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.rule, fault.code)))


def published_changes(texts: Mapping[str, str], charter_id: str) -> list[Fault]:
    """A fault ``charter.version_changed`` for each rule in which a procedure differs from the one published.

    A version, once adopted, is what its matters run on: it stays as it is, under its date.
    """
    faults: list[Fault] = []
    for path in _counting(texts, charter_id):
        text = texts[path]
        try:
            procedure = parse(text, file=path)
        except DefinitionError:
            continue  # what is wrong with it, the check says
        kept = ProcedureVersion.objects.filter(procedure=procedure.id, in_force_from=procedure.in_force_from)
        published = {row.digest: row.text for row in kept}
        if not published or procedure.digest in published:
            continue
        for rule in compared(next(iter(published.values())), text, path):
            line = (rule.added or rule.removed)[0].number
            faults.append(_changed(path, line, rule.rule, f"{procedure.id}@{procedure.in_force_from}"))
    return faults


def published_paths(texts: Mapping[str, str], charter_id: str) -> frozenset[str]:
    """The files that hold a version of a procedure that has been adopted: these are closed."""
    kept = {
        (procedure, day.isoformat())
        for procedure, day in ProcedureVersion.objects.values_list("procedure", "in_force_from")
    }
    return frozenset(
        path
        for path in _counting(texts, charter_id)
        if (found := VERSION_FILE.fullmatch(path)) and (found[2], found[3]) in kept
    )


def _counting(texts: Mapping[str, str], charter_id: str) -> list[str]:
    """The procedure files that count: a procedure of its own takes the place of all versions of what is extended."""
    files = {path: found for path in sorted(texts) if (found := VERSION_FILE.fullmatch(path))}
    own = {found[2] for found in files.values() if found[1] == charter_id}
    return [path for path, found in files.items() if found[1] == charter_id or found[2] not in own]


def _changed(path: str, line: int, rule: str, version: str) -> Fault:
    return Fault(
        path,
        line,
        rule,
        "charter.version_changed",
        Said(f"{version} 已经公布，不能再改", f"{version} has been published and stays as it is"),
        Said(
            "恢复原文，把修改写进以新施行日期命名的文件",
            "put the text back and write the change into a file named after a new date",
        ),
    )
