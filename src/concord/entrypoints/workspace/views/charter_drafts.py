"""Drafts of the charter (章程草案): begin one, change it, check it, put it into force."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from concord.capabilities.governance import drafting, policy, queries
from concord.capabilities.governance.models import CharterDraft
from concord.charters.archive import LARGEST_ARCHIVE, packed
from concord.entrypoints.workspace.draft_sheet import (
    files_of,
    summary_of,
    told_differences,
    told_faults,
)
from concord.entrypoints.workspace.fields import blank
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.procedure_sheet import grounds
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.database.clock import now
from concord.foundation.organisations.queries import texts_of
from concord.rules.charter.editing import changeable, newest
from concord.rules.errors import ConcordError, DefinitionError, InvalidInput, NotFound, Problem, Stale
from concord.rules.limits import parse_limit
from concord.rules.procedure import ClockRule, Procedure, parse

Refused = ConcordError | None


@page(policy.READ)
def drafts(request: Handled) -> HttpResponse:
    """The drafts that the actor sees; POST begins one."""
    by = request.actor
    refused: Refused = None
    if request.method == "POST":
        try:
            made = drafting.begin(title=request.POST.get("title", ""), by=by, at=now(), entropy=secrets.token_bytes(10))
        except InvalidInput as error:
            refused = error
        else:
            return redirect("workspace:charter_draft", uid=made.uid)
    rows = [summary_of(row, by) for row in queries.drafts_shown_to(by).defer("texts")]
    context = {
        "rows": rows,
        "may_draft": by.may(policy.DRAFT),
        "field": _field("title", _("草案名称"), request.POST, refused, help_text=_("例如：缩短协查签收期限")),
    }
    return render(request, "workspace/charter_drafts.html", context, status=422 if refused else 200)


@page(policy.READ)
def draft(request: Handled, uid: UUID) -> HttpResponse:
    """One draft: what the check finds, what has changed, its files, and what may be done with it."""
    return _draft_page(request, shown(request, uid))


def shown(request: Handled, uid: UUID) -> CharterDraft:
    """The draft, if the actor may see it; asking for a hidden one stays on record. NotFound, NotAllowed."""
    try:
        return queries.draft_for(uid=uid, by=request.actor)
    except NotFound:
        drafting.note_refusal(draft=uid, by=request.actor, at=now())
        raise


def _draft_page(request: Handled, row: CharterDraft, refused: Refused = None) -> HttpResponse:
    newest_version = queries.versions()[0]
    faults = queries.faults_of_draft(row) if row.adopted_id is None else ()
    taken = told_faults(refused.faults, row) if isinstance(refused, DefinitionError) else []
    context = {
        "draft": summary_of(row, request.actor),
        "base": {"digest": row.base, "outdated": row.adopted_id is None and row.base != newest_version.digest},
        "faults": told_faults(faults, row),
        "changes": told_differences(texts_of(row.base), row.texts, draft=row),
        "folders": files_of(row),
        "procedures": _procedures(row),
        "problem": words(refused.said) if refused and not taken else "",
        "taken": taken,
        "typed": {name: request.POST.get(name, "") for name in ("procedure", "day")},
    }
    return render(request, "workspace/charter_draft.html", context, status=422 if refused else 200)


def _procedures(row: CharterDraft) -> list[tuple[str, str, str]]:
    """The procedures of the draft: id, name, address of their limits."""
    found: dict[str, str] = {}
    for path in sorted(row.texts):
        parts = path.split("/")
        if len(parts) == len(("charter", "procedures", "id", "file")) and parts[1] == "procedures":
            found[parts[2]] = path
    return [
        (name, _name(row, name), reverse("workspace:charter_draft_limits", args=[row.uid, name]))
        for name in sorted(found)
    ]


def _name(row: CharterDraft, name: str) -> str:
    path = newest(row.texts, row.charter, name)
    try:
        return words(parse(row.texts[path], file=path))
    except DefinitionError:
        return name


def _changing(request: Handled, uid: UUID, deed: Callable[..., CharterDraft], done: str, **given: Any) -> HttpResponse:
    """Do one change of a draft and return to its page, or say there why not."""
    row = shown(request, uid)
    try:
        deed(draft=uid, by=request.actor, at=now(), version=version_typed(request), **given)
    except (InvalidInput, DefinitionError, Stale) as refused:
        return _draft_page(request, row, refused)
    messages.success(request, done)
    return redirect("workspace:charter_draft", uid=uid)


def version_typed(request: Handled) -> int:
    """The version of the draft that the page was made for; -1, which none has, where it is missing."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004  a column of 32 bits


@require_POST
@page(policy.READ)
def new_version(request: Handled, uid: UUID) -> HttpResponse:
    """Begin a new version of a procedure from a day."""
    shown(request, uid)
    day = day_typed(request, "day")
    if day is None:
        refused = _no_day()
        return _draft_page(request, shown(request, uid), refused)
    name = request.POST.get("procedure", "")
    done = _("新版本已起草，请修改其内容。")
    return _changing(request, uid, drafting.begin_version, done, procedure=name, day=day)


@page(policy.READ)
def archive(request: Handled, uid: UUID) -> HttpResponse:
    """The draft as a ZIP file; POST takes one back."""
    row = shown(request, uid)
    if request.method != "POST":
        response = HttpResponse(packed(row.texts), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{row.charter}-{row.version}.zip"'
        return response
    sent = request.FILES.get("archive")
    content = sent.read(LARGEST_ARCHIVE + 1) if isinstance(sent, UploadedFile) else b""
    return _changing(request, uid, drafting.take_archive, _("压缩包已收下，请查看检查结果。"), content=content)


@require_POST
@page(policy.READ)
def take_base(request: Handled, uid: UUID) -> HttpResponse:
    """Say that the draft was compared with the newest version and follows it."""
    return _changing(request, uid, drafting.take_newest_as_base, _("草案已改以最新版本为基础。"))


@require_POST
@page(policy.READ)
def discard(request: Handled, uid: UUID) -> HttpResponse:
    """Throw a draft away."""
    shown(request, uid)
    drafting.discard(draft=uid, by=request.actor, at=now())
    messages.success(request, _("草案已废弃。"))
    return redirect("workspace:charter_drafts")


@page(policy.READ)
def limits(request: Handled, uid: UUID, procedure: str) -> HttpResponse:
    """The clocks of a procedure; POST changes the limits that are agreed or internal."""
    row = shown(request, uid)
    path = newest(row.texts, row.charter, procedure)
    rule = _parsed(row, path)
    published = path in queries.published_paths(row.texts, row.charter)
    refused: Refused = None
    if request.method == "POST":
        wanted = {
            clock.id: request.POST[clock.id].strip()
            for clock in rule.clocks
            if changeable(rule, clock) and request.POST.get(clock.id, clock.limit) != clock.limit
        }
        try:
            drafting.set_limits(
                draft=uid,
                procedure=procedure,
                limits=wanted,
                day=day_typed(request, "day"),
                by=request.actor,
                at=now(),
                version=version_typed(request),
            )
        except (InvalidInput, Stale) as error:
            refused = error
        else:
            messages.success(request, _("期限已修改。") if wanted else _("没有改动。"))
            return redirect("workspace:charter_draft", uid=uid)
    problems = problems_of(refused)
    context = {
        "draft": summary_of(row, request.actor),
        "procedure": words(rule),
        "path": path,
        "published": published,
        "clocks": [_clock(rule, clock, request.POST, problems) for clock in rule.clocks],
        "day": {
            **_field("day", _("自哪一天起施行"), request.POST, refused),
            "kind": "date",
            "help": _("现行版本已经公布、不再改动，新的期限写进自这一天起施行的新版本。"),
        },
        "problem": words(refused.said) if refused else "",
    }
    return render(request, "workspace/charter_limits.html", context, status=422 if refused else 200)


def _parsed(row: CharterDraft, path: str) -> Procedure:
    """The procedure; a file that cannot be read is to be mended first. InvalidInput ``charter.unreadable_file``."""
    try:
        return parse(row.texts[path], file=path)
    except DefinitionError as error:
        raise InvalidInput("charter.unreadable_file", error.said) from error


def _clock(
    rule: Procedure, clock: ClockRule, typed: Mapping[str, str], problems: Mapping[str, list[str]]
) -> dict[str, Any]:
    return {
        "id": clock.id,
        "label": words(clock),
        "limit": clock.limit or "",
        "limit_words": words(parse_limit(clock.limit).said) if clock.limit else _("至约定的日期"),
        "value": typed.get(clock.id, clock.limit or ""),
        "ground": grounds(rule.source(clock.source) if clock.source else None),
        "open": changeable(rule, clock),
        "problems": problems.get(clock.id, []),
    }


@page(policy.READ)
def adopt(request: Handled, uid: UUID) -> HttpResponse:
    """Put a draft into force: resolution and day; what it changes stands above the form."""
    row = shown(request, uid)
    policy.require_adopter(request.actor)
    refused: Refused = None
    if request.method == "POST":
        day = day_typed(request, "from")
        try:
            if day is None:
                raise _no_day("from")
            made = drafting.adopt(
                draft=uid,
                resolution=request.POST.get("resolution", ""),
                effective_from=day,
                by=request.actor,
                at=now(),
                version=version_typed(request),
            )
        except (InvalidInput, DefinitionError, Stale) as error:
            refused = error
        else:
            said = _("章程已依%(resolution)s通过，自 %(day)s 起施行。")
            messages.success(request, said % {"resolution": made.resolution, "day": made.effective_from})
            return redirect("workspace:charter")
    return _adoption_page(request, row, refused)


def _adoption_page(request: Handled, row: CharterDraft, refused: Refused) -> HttpResponse:
    newest_version = queries.versions()[0]
    faults = queries.faults_of_draft(row) if row.adopted_id is None else ()
    summary = summary_of(row, request.actor)
    outdated = row.base != newest_version.digest
    resolution = _field(
        "resolution", _("决议编号"), request.POST, refused, help_text=_("协调小组决议的文号，例如：协调决〔2026〕3号")
    )
    since = {
        **_field("from", _("自哪一天起施行"), request.POST, refused),
        "kind": "date",
        "help": _("不早于今天，且晚于最新版本的施行日期（%(day)s）。") % {"day": newest_version.effective_from},
    }
    context = {
        "draft": summary,
        "fields": [resolution, since],
        "faults": told_faults(faults, row),
        "changes": told_differences(texts_of(newest_version.digest), row.texts, draft=row),
        "outdated": outdated,
        "possible": summary["open"] and not faults and not outdated and not summary["by_own_hand"],
        "problem": words(refused.said) if refused else "",
    }
    return render(request, "workspace/charter_adopt.html", context, status=422 if refused else 200)


def problems_of(refused: Refused) -> dict[str, list[str]]:
    """What is wrong, by field."""
    found: dict[str, list[str]] = {}
    for problem in refused.problems if refused else ():
        found.setdefault(problem.field, []).append(words(problem.said))
    return found


def day_typed(request: Handled, name: str) -> date | None:
    """A day as a date field sends it."""
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        return None


def _no_day(name: str = "day") -> InvalidInput:
    said = drafting.NO_DAY
    return InvalidInput("charter.no_day", said, problems=(Problem(name, "missing", said),))


def _field(name: str, label: str, typed: Mapping[str, str], refused: Refused, *, help_text: str = "") -> dict[str, Any]:
    return {
        **blank(name, label),
        "value": typed.get(name, ""),
        "problems": problems_of(refused).get(name, []),
        "help": help_text,
    }
