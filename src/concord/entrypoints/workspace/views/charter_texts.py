"""Texts of the charter: one file of a draft in an editor, and how two versions differ, line by line."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from concord.capabilities.governance import drafting, policy, queries
from concord.capabilities.governance.models import CharterDraft
from concord.casework.models import ProcedureVersion
from concord.entrypoints.workspace.draft_sheet import (
    file_url,
    summary_of,
    told_differences,
    told_faults,
    told_rules,
)
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.charter_drafts import shown, version_typed
from concord.foundation.database.clock import now
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import texts_of
from concord.rules.charter.difference import compared
from concord.rules.errors import ConcordError, InvalidInput, NotFound, Said, Stale
from concord.rules.procedure import parse


@page(policy.READ)
def file(request: Handled, uid: UUID, path: str) -> HttpResponse:
    """One file of a draft: an editor where it is open, its text with numbers where it is not; POST writes it."""
    row = shown(request, uid)
    if path not in row.texts:
        raise drafting.no_file(path)
    if request.method != "POST":
        return _file_page(request, row, path)
    typed = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        drafting.revise(draft=uid, path=path, text=typed, by=request.actor, at=now(), version=version_typed(request))
    except (InvalidInput, Stale) as refused:
        return _file_page(request, row, path, typed=typed, refused=refused)
    messages.success(request, _("已保存。"))
    return redirect(file_url(row, path))


@require_POST
@page(policy.READ)
def restore(request: Handled, uid: UUID, path: str) -> HttpResponse:
    """Put a file back as it stood before the draft."""
    row = shown(request, uid)
    drafting.restore(draft=uid, path=path, by=request.actor, at=now(), version=version_typed(request))
    messages.success(request, _("已恢复为起草前的内容。"))
    return redirect("workspace:charter_draft", uid=row.uid)


def _file_page(
    request: Handled, row: CharterDraft, path: str, *, typed: str | None = None, refused: ConcordError | None = None
) -> HttpResponse:
    summary = summary_of(row, request.actor)
    stored = row.texts[path]
    base = texts_of(row.base)
    published = path in queries.published_paths(row.texts, row.charter)
    own = path.startswith(f"{row.charter}/")
    text = stored if typed is None else typed
    faults = [fault for fault in queries.faults_of_draft(row) if fault.file == path] if summary["open"] else []
    stale = isinstance(refused, Stale)
    context = {
        "draft": summary,
        "path": path,
        "text": text,
        "numbers": text.count("\n") + 1,
        "lines": stored.splitlines(),
        "editable": summary["writable"] and own and not published,
        "published": published,
        "own": own,
        "restorable": summary["writable"] and base.get(path) != stored,
        "added": path not in base,
        "faults": told_faults(faults, row),
        "problem": words(refused.said) if refused else "",
        "theirs": told_rules(compared(stored, text, path)) if stale else [],
        "unsaved": refused is not None,
    }
    return render(request, "workspace/charter_file.html", context, status=refused.status if refused else 200)


@page(policy.READ)
def draft_difference(request: Handled, uid: UUID) -> HttpResponse:
    """What a draft changes in the newest adopted version, line by line."""
    row = shown(request, uid)
    newest = row.adopted or queries.versions()[0]
    before = texts_of(row.base if row.adopted_id else newest.digest)
    summary = summary_of(row, request.actor)
    return _difference_page(
        request,
        told_differences(before, row.texts, draft=row),
        title=row.title,
        crumbs=[(_("章程草案"), "workspace:charter_drafts", ()), (row.title, "workspace:charter_draft", (row.uid,))],
        before=_("起草时的版本") if row.adopted_id else _("最新通过的版本"),
        after=_("草案，%(who)s修改") % {"who": summary["changed_by"]},
    )


@page(policy.READ)
def difference(request: Handled, before: str, after: str) -> HttpResponse:
    """How two adopted versions of the charter differ."""
    old, new = queries.version_with(before), queries.version_with(after)
    return _difference_page(
        request,
        told_differences(texts_of(old.digest), texts_of(new.digest)),
        title=_("两版章程的差异"),
        crumbs=[(_("章程"), "workspace:charter", ())],
        before=_version_words(old),
        after=_version_words(new),
    )


@page(policy.READ)
def procedure_difference(request: Handled, name: str, before: str, after: str) -> HttpResponse:
    """How two adopted versions of a procedure differ."""
    old, new = (_stored(name, day) for day in (before, after))
    path = f"{name}/{after}.toml"
    rules = told_rules(compared(old.text, new.text, path))
    procedure = parse(new.text, file=path)
    one = {
        "file": path,
        "url": "",
        "kind": "",
        "tone": "active",
        "compared_with": f"{name}/{before}.toml",
        "rules": rules,
        "whole": False,
        "lines": len(rules),
    }
    return _difference_page(
        request,
        [one] if rules else [],
        title=_("%(procedure)s：两个版本的差异") % {"procedure": words(procedure)},
        crumbs=[(_("章程"), "workspace:charter", ()), (words(procedure), "workspace:charter_newest", (name,))],
        before=_("自 %(day)s 起施行") % {"day": old.in_force_from},
        after=_("自 %(day)s 起施行") % {"day": new.in_force_from},
    )


def _difference_page(
    request: Handled,
    files: list[dict[str, Any]],
    *,
    title: str,
    crumbs: list[tuple[str, str, tuple[Any, ...]]],
    before: str,
    after: str,
) -> HttpResponse:
    context = {
        "files": files,
        "title": title,
        "trail": crumbs,
        "before": before,
        "after": after,
        "count": sum(len(one["rules"]) for one in files),
    }
    return render(request, "workspace/charter_difference.html", context)


def _version_words(version: CharterVersion) -> str:
    day = _("自 %(day)s 起施行") % {"day": version.effective_from}
    return f"{version.resolution} · {day}" if version.resolution else day


def _stored(name: str, day: str) -> ProcedureVersion:
    """One adopted version of a procedure; NotFound ``charter.no_procedure_in_force``."""
    try:
        found = ProcedureVersion.objects.filter(procedure=name, in_force_from=date.fromisoformat(day)).last()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(
            "charter.no_procedure_in_force",
            Said(f"程序“{name}”没有自 {day} 起施行的版本。", f"The procedure “{name}” has no version from {day}."),
        )
    return found
