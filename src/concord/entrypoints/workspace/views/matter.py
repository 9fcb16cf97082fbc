"""The generic matter page, and the files and papers that hang on it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from concord.casework import letters, queries
from concord.casework.desk import receipts
from concord.casework.desk.proofs import marks_of
from concord.casework.models import ClockRun
from concord.casework.queries import Seen
from concord.entrypoints.workspace.applicable import told_law
from concord.entrypoints.workspace.around import around
from concord.entrypoints.workspace.evidence_sheet import told_evidence
from concord.entrypoints.workspace.handling import handler_card
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.ledger_sheet import mark_of
from concord.entrypoints.workspace.presenting import (
    Glass,
    act_link,
    begun_by,
    clock,
    due_of,
    facts,
    glass_of,
    told_act,
    told_file,
    told_messages,
    told_paper,
    told_participant,
    tone_of,
    words,
)
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.foundation.database.clock import now
from concord.foundation.files import queries as files
from concord.foundation.files.models import File
from concord.foundation.journal import commands as journal
from concord.rules.procedure.leading import is_grave, main_act
from concord.rules.procedure.parties import CENTRE_ROLE

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@page("matter:read")
def matter(request: Handled, number: str) -> HttpResponse:
    """One matter: facts, story, what may be done now, clocks, papers, who takes part."""
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, number=number):
        known = queries.matter_for(number=number, by=by, on=glass.today)
    receipts.acknowledge(matter=known.matter, by=by, at=now())
    context = page_of(known, glass)
    response = render(request, "workspace/matter.html", context)
    journal.record_read(what="matter", subject=number, by=by, at=now())
    return response


def page_of(known: Seen, glass: Glass) -> dict[str, object]:
    """Everything the matter page shows."""
    by, procedure = glass.by, known.procedure
    acts = queries.timeline_of(known, by=by)
    runs = queries.clocks_of(known)
    messages = queries.messages_of(known)
    told: dict[str, File] = {str(row.file.uid): row.file for act in acts for row in act.attachments.all()}
    let_out = {str(row.file.uid) for act in acts if not act.internal for row in act.attachments.all()}
    papers = [act.paper for act in acts if hasattr(act, "paper")]
    possible = known.possible(by)
    leading = main_act(possible, procedure) if known.turn_of(by.organisation) else None
    started = begun_by(acts, runs, procedure)
    marks = marks_of(known, by=by)
    return {
        "matter": header(known, glass, runs),
        "handler": handler_card(known, glass),
        "around": around(known, runs, glass),
        "facts": facts(known, glass, told),
        "law": told_law(known, glass),
        "acts": [
            act_link(rule, known.matter, primary=rule is leading, grave=is_grave(rule, procedure))
            for rule in sorted(possible, key=lambda rule: rule is not leading)
        ],
        "clocks": [clock(run, procedure, glass) for run in runs],
        "evidence": told_evidence(known, glass),
        "papers": [told_paper(paper) for paper in papers],
        "participants": [told_participant(participant, glass) for participant in known.joined],
        "receipts": told_messages(messages, procedure),
        "attachments": [{**told_file(file), "internal": uid not in let_out} for uid, file in told.items()],
        "timeline": [
            {
                **told_act(
                    act, known, glass, started=started.get(act.id, ()), runs=runs, messages=messages, files=told
                ),
                "mark": mark_of(marks.get(act.seq)),
            }
            for act in acts
        ],
    }


def header(known: Seen, glass: Glass, runs: Sequence[ClockRun] | None = None) -> dict[str, object]:
    """What stands on top of a matter's pages; ``runs`` are its clocks where the page has asked for them."""
    row = known.matter
    run = (queries.pressing([row]) if runs is None else queries.first_due(runs)).get(row.id)
    others = [one for role, rows in known.parties.items() for one in rows if one != row.origin and role != CENTRE_ROLE]
    return {
        "number": row.number,
        "title": row.title or row.number,
        "url": reverse("workspace:matter", args=[row.number]),
        "state": words(known.procedure.state(known.state)),
        "state_tone": tone_of(row, our_turn=known.turn_of(glass.by.organisation)),
        "origin": named(row.origin),
        "others": [named(one) for one in others],
        "holder": named(row.holder) if row.holder else "",
        "procedure": words(known.procedure),
        "procedure_version": known.procedure.in_force_from,
        "procedure_url": _procedure_page(known, glass),
        "final": row.final,
        "handling": _handling(row.handling, glass),
        "begun_at": row.begun_at,
        "due": due_of(run, glass) if run else None,
        "case": _case(known, glass),
    }


def _procedure_page(known: Seen, glass: Glass) -> str:
    """The page of the version the matter runs on, for those who may read the charter."""
    if not glass.by.may("charter:read"):
        return ""
    procedure = known.procedure
    return reverse("workspace:charter_procedure", args=[procedure.id, procedure.in_force_from.isoformat()])


def _handling(code: str, glass: Glass) -> str:
    found = glass.charter.code_lists.get("handling_codes", {}).get(code)
    return words(found.said) if found else code


def _case(known: Seen, glass: Glass) -> dict[str, str] | None:
    case = known.matter.case
    if case is None or case.organisation_id != glass.by.organisation.id:
        return None
    return {"label": str(case), "url": reverse("workspace:case", args=[case.uid])}


@page("matter:read")
def matter_by_uid(request: Handled, uid: UUID) -> HttpResponse:
    """The address that notices carry; it tells nothing about a matter that is not shown."""
    with refusals_noted(request.actor, uid=uid):
        known = queries.matter_for(uid=uid, by=request.actor)
    return redirect("workspace:matter", number=known.matter.number)


@page("matter:read")
def paper(request: Handled, uid: UUID, kind: str) -> HttpResponse:
    """A paper: the stored PDF/A original, or a Word copy made from the same facts."""
    by = request.actor
    with refusals_noted(by, what="paper", uid=uid):
        found = queries.paper_for(uid=uid, by=by)
    if kind == "pdf":
        content, media_type = files.read_verified(found.file), "application/pdf"
    elif kind == "docx":
        content, media_type = letters.word_copy(found), DOCX
    else:
        raise Http404
    journal.record_read(what="paper", subject=found.number, by=by, at=now())
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = _disposition(f"{found.number}.{kind}", inline=kind == "pdf")
    return response


@page("matter:read")
def file(request: Handled, uid: UUID) -> FileResponse:
    """A file as it was brought; always downloaded, never opened inside the page."""
    by = request.actor
    with refusals_noted(by, what="file", uid=uid):
        found = queries.file_for(uid=uid, by=by)
    response = FileResponse(files.open_bytes(found), content_type="application/octet-stream")
    journal.record_read(what="file", subject=str(found.uid), by=by, at=now())
    response.headers["Content-Disposition"] = _disposition(found.name, inline=False)
    response.headers["Content-Length"] = str(found.size)
    return response


def _disposition(name: str, *, inline: bool) -> str:
    return f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}"
