"""The journal of an organisation."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.governance.models import CharterDraft
from concord.casework.desk.proofs import marks_of_entries
from concord.entrypoints.workspace.events import OTHER_EVENTS, detail_words, event_words
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.ledger_sheet import mark_of
from concord.entrypoints.workspace.paging import ROWS, row_id
from concord.entrypoints.workspace.presenting import Glass, glass_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.journal import queries as journal
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Person
from concord.foundation.sheets.models import Sheet

UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@page("journal:read")
def journal_page(request: Handled) -> HttpResponse:
    """The journal of the auditor's organisation."""
    by, glass = request.actor, glass_of(request.actor)
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "event", "since", "until", "before")}
    entries = journal.entries_for(
        by,
        before=row_id(asked["before"]),
        limit=ROWS + 1,
        subject=asked["q"][:80],
        event=asked["event"] or None,
        since=_day(asked["since"]),
        until=_day(asked["until"]),
    )
    concerned = _concerned(entries[:ROWS])
    names = _names(entries[:ROWS])
    marks = marks_of_entries(entries[:ROWS], by=by)
    rows = [
        {
            "number": entry.id,
            "at": entry.at,
            "event": event_words(entry.event, glass)[1],
            "procedure": event_words(entry.event, glass)[0],
            "person": named(entry.person) if entry.person else _("系统"),
            "organisation": named(entry.organisation) if entry.organisation else "",
            "subject": "" if UID.fullmatch(entry.subject) else entry.subject,
            "subject_name": names.get(entry.subject, ""),
            "subject_url": reverse("workspace:matter_by_uid", args=[entry.matter_uid]) if entry.matter_uid else "",
            "mark": mark_of(marks.get(entry.pk)),
            "details": concerned.get(entry.id, []) + detail_words(entry.details, entry.event, glass),
        }
        for entry in entries[:ROWS]
    ]
    kept = {name: value for name, value in asked.items() if value and name != "before"}
    context = {
        "rows": rows,
        "filters": {**asked, "events": _events(glass)},
        "older_url": f"?{urlencode({**kept, 'before': entries[ROWS - 1].id})}" if len(entries) > ROWS else "",
        "newer_url": f"?{urlencode(kept)}" if asked["before"] else "",
    }
    return render(request, "workspace/journal.html", context)


def _concerned(entries: list[Entry]) -> dict[int, list[tuple[str, str]]]:
    """Whose account an entry is about, when it is not that of who acted; the journal itself keeps no name."""
    about = {entry.id: entry.details["person"] for entry in entries if "person" in entry.details}
    others = {entry.id: about[entry.id] for entry in entries if about.get(entry.id) not in {None, entry.person_id}}
    people = Person.objects.in_bulk(set(others.values()))
    return {row: [(_("人员"), named(people[person]))] for row, person in others.items() if person in people}


def _names(entries: list[Entry]) -> dict[str, str]:
    """What is called how, of that which entries are about: people by username, sheets and drafts by uid."""
    subjects = {entry.subject for entry in entries if entry.subject and entry.matter_uid is None}
    uids = [subject for subject in subjects if UID.fullmatch(subject)]
    names = {person.username: named(person) for person in Person.objects.filter(username__in=subjects)}
    names |= {str(sheet.uid): sheet.name for sheet in Sheet.objects.filter(uid__in=uids)}
    return names | {str(draft.uid): draft.title for draft in CharterDraft.objects.filter(uid__in=uids).defer("texts")}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _events(glass: Glass) -> list[tuple[str, str]]:
    names = [
        f"{name}.{act.id}"
        for name in glass.charter.in_force
        for act in glass.charter.procedure(name, on=glass.today).acts
    ]
    named_events = [(name, event_words(name, glass)) for name in [*names, *OTHER_EVENTS]]
    return [(name, f"{area} · {act}" if area else act) for name, (area, act) in named_events]
