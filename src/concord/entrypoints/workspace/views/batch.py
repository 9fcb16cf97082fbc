"""Batch hand-over: chosen cases, common answers, cities for each, a check of every row, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import batch as desk
from concord.casework.desk import receipts
from concord.casework.desk.batch import Item, Way
from concord.casework.desk.bulk import MOST, Outcome, too_many
from concord.casework.models import Case
from concord.casework.queries import cases_of
from concord.entrypoints.workspace.events import stage_words
from concord.entrypoints.workspace.fields import blank, form_field, given, typed_in, uuids
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.submissions import key_of, spoken, whole_number
from concord.entrypoints.workspace.views.assigning import back_to
from concord.entrypoints.workspace.views.bulk import LONGEST_KEY, PART, runner
from concord.foundation.database.clock import now
from concord.foundation.organisations.queries import members
from concord.rules.errors import NotFound, Problem, Said

# What a form of this page holds besides its answers.
PASSING = {"csrfmiddlewaretoken", "check", "again", "from", "failed"}
FIRST_CHOICE = "lead"


@dataclass(frozen=True, slots=True)
class Line:
    """One case as the page shows it: its answers as typed, where it goes, whether it is taken."""

    at: int
    case: Case
    typed: Mapping[str, Any]
    to: tuple[str, ...]
    taken: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page: the way the matters are begun, its rows, and what is common to them."""

    way: Way
    lines: tuple[Line, ...]
    shared: Mapping[str, Any]
    to: tuple[str, ...]
    submit: bool
    together: bool
    key: str
    back: str

    def items(self) -> list[Item]:
        """The matters to be begun: one per case and city, or one per case where several take part in it together."""
        made: list[Item] = []
        for line in self.lines:
            if line.taken:
                codes = line.to or self.to
                answers = {**given(self.shared), **given(line.typed)}
                parts = [codes] if self.way.many or not codes else [(code,) for code in codes]
                made += [Item(line.case, part, answers) for part in parts]
        return made


@page("case:open")
def batch(request: Handled) -> HttpResponse:
    """Choose where the cases go, answer what is common, check every row, hand them over."""
    glass, back = glass_of(request.actor), back_to(request, reverse("workspace:cases"))
    if request.method != "POST":
        return _sheet_page(request, _new_sheet(request.GET, glass, back), glass, first=True)
    if not request.POST.get("way"):
        chosen = [("case", uid) for uid in request.POST.getlist("case")]
        return redirect(f"{reverse('workspace:batch')}?{urlencode([*chosen, ('next', back)])}")
    sheet = _sheet(request, glass, back)
    if request.POST.get("again"):
        return _sheet_page(request, _once_more(sheet, request.POST["again"].split(",")), glass)
    items = sheet.items()
    wrong = _faults(sheet, items, glass)
    shared = {field.id for field in sheet.way.shared}
    hopeless = not items or any(problem.field in shared for problems in wrong.values() for problem in problems)
    if request.POST.get("check") or hopeless or (wrong and sheet.together):
        return _sheet_page(request, sheet, glass, wrong=wrong, items=items)
    waits = len(items) > PART and not sheet.together
    found = [] if waits else _begun(sheet, items, glass)
    if sheet.together and any(one.error for one in found):
        late = {one.name: one.error.problems or (Problem("", "", one.error.said),) for one in found if one.error}
        return _sheet_page(request, sheet, glass, wrong=late, items=items)
    return _result(request, sheet, items, found)


@page("case:open")
def part(request: Handled) -> HttpResponse:
    """The next matters of a batch that is under way; all of them for a browser without scripts."""
    glass, back = glass_of(request.actor), back_to(request, reverse("workspace:cases"))
    if request.method != "POST":
        return redirect("workspace:cases")
    sheet = _sheet(request, glass, back)
    items = sheet.items()
    if not request.headers.get("HX-Request"):
        return _result(request, sheet, items, _begun(sheet, items, glass))
    first = max(whole_number(request.POST.get("from")), 0)
    found = _begun(sheet, items[first : first + PART], glass)
    failed = [name for name in request.POST.get("failed", "").split(",") if name]
    failed += [one.name for one in found if one.error]
    context = {
        "outcomes": _outcomes(sheet, items, found),
        "runner": runner(items, min(first + PART, len(items)), failed, back),
        "part_url": reverse("workspace:batch_part"),
        "again": _("更正没有办成的"),
    }
    return render(request, "workspace/bulk_part.html", context)


def _new_sheet(asked: QueryDict, glass: Glass, back: str) -> Sheet:
    """The page as it is first opened: what the cases tell is filled in."""
    offered = desk.ways(glass.by, on=glass.today)
    usual = next((way.id for way in offered if way.procedure.id == FIRST_CHOICE), offered[0].id if offered else "")
    way = desk.way_named(asked.get("way") or usual, by=glass.by, on=glass.today)
    cases = _cases(asked.getlist("case"), glass)
    lines = [
        Line(at, case, {field.id: desk.offered_from(case, way.rule).get(field.id, "") for field in way.own}, (), True)
        for at, case in enumerate(cases)
    ]
    return Sheet(
        way=way,
        lines=tuple(lines),
        shared={},
        to=(),
        submit=True,
        together=True,
        key=secrets.token_urlsafe(18),
        back=back,
    )


def _sheet(request: Handled, glass: Glass, back: str) -> Sheet:
    """The page as it was filled in."""
    form = request.POST
    way = desk.way_named(form.get("way", ""), by=glass.by, on=glass.today)
    cases = _cases(form.getlist("case"), glass)
    taken = set(form.getlist("take"))
    lines = [
        Line(
            at,
            case,
            {field.id: form.get(f"o{at}-{field.id}", "") for field in way.own},
            tuple(form.getlist(f"o{at}-to")),
            str(case.uid) in taken,
        )
        for at, case in enumerate(cases)
    ]
    typed = typed_in(request, way.procedure, way.rule)
    return Sheet(
        way=way,
        lines=tuple(lines),
        shared={field.id: typed[field.id] for field in way.shared},
        to=tuple(form.getlist("to")),
        submit=bool(form.get("submit")),
        together=bool(form.get("together")),
        key=key_of(request, longest=LONGEST_KEY),
        back=back,
    )


def _cases(named_here: Sequence[str], glass: Glass) -> list[Case]:
    """The cases named; what exists and is not shown leaves a record of the refusal."""
    wanted = uuids(named_here)
    try:
        return desk.cases_named(wanted, by=glass.by)
    except NotFound:
        own = set(cases_of(glass.by).filter(uid__in=wanted).values_list("uid", flat=True))
        for uid in (one for one in wanted if one not in own):
            receipts.note_refusal(by=glass.by, at=now(), what="case", uid=uid)
        raise


def _once_more(sheet: Sheet, failed: Sequence[str]) -> Sheet:
    """The rows of ``failed`` items alone, each to where it has not gone yet."""
    left: dict[str, list[str]] = {}
    for item in sheet.items():
        if item.name in failed:
            left.setdefault(str(item.case.uid), []).extend(item.codes)
    kept = [line for line in sheet.lines if str(line.case.uid) in left]
    lines = [replace(line, at=at, to=tuple(left[str(line.case.uid)])) for at, line in enumerate(kept)]
    return replace(sheet, lines=tuple(lines), to=(), key=secrets.token_urlsafe(18))


def _faults(sheet: Sheet, items: Sequence[Item], glass: Glass) -> dict[str, tuple[Problem, ...]]:
    if len({item.name for item in items}) > MOST:
        raise too_many()
    return desk.faults(sheet.way, items, by=glass.by, at=now())


def _begun(sheet: Sheet, items: Sequence[Item], glass: Glass) -> list[Outcome]:
    return desk.begin_each(
        way=sheet.way,
        items=items,
        by=glass.by,
        at=now(),
        key=sheet.key,
        entropy=secrets.token_bytes(32),
        submit=sheet.submit,
        together=sheet.together,
    )


def _sheet_page(
    request: Handled,
    sheet: Sheet,
    glass: Glass,
    *,
    wrong: Mapping[str, Sequence[Problem]] | None = None,
    items: Sequence[Item] = (),
    first: bool = False,
) -> HttpResponse:
    """The page; ``wrong`` are the faults of ``items``, none of which has been begun."""
    way = sheet.way
    if wrong is None:
        items = sheet.items()
        wrong = _faults(sheet, items, glass)
    found = {str(line.case.uid): _problems_of(line, items, wrong) for line in sheet.lines}
    shared_ids = {field.id for field in way.shared}
    shared = {} if first else _by_field([problem for some in found.values() for problem in some], shared_ids)
    cities = [(one.code, named(one)) for one in members() if one.id != glass.by.organisation.id]
    before = desk.begun_before([line.case for line in sheet.lines], way, by=glass.by)
    rows = [
        _row(sheet, line, found[str(line.case.uid)], glass, first=first, before=before.get(line.case.id, []))
        for line in sheet.lines
    ]
    offered = desk.ways(glass.by, on=glass.today)
    bad = sum(1 for row in rows if row["taken"] and row["bad"]) if not first else 0
    nothing = [] if first or items else [("", words(Said("请至少选择一件。", "Choose at least one row.")))]
    context = {
        "way": {"id": way.id, "label": words(way.procedure), "act": words(way.rule), "many": way.many},
        "ways": [
            {"id": one.id, "label": _label(one, offered), "url": _switch(one, sheet), "current": one.id == way.id}
            for one in offered
        ],
        "rows": rows,
        "cities": {**blank("to", _("统一发往")), "kind": "organisations", "required": False, "value": sheet.to,
                   "options": [(code, label, "") for code, label in cities],
                   "help": _("下面没有单独选择城市的案件，都发往这里选中的城市；每个城市各起草一件。")},
        "choices": cities,
        "fields": [form_field(way.procedure, one.id, sheet.shared, shared, glass) for one in way.shared],
        "submission": words(way.submission)
        if way.submission is not None and glass.by.may(way.submission.permission)
        else "",
        "sheet": sheet,
        "problems": [*nothing, *((field, text) for field, texts in shared.items() for text in texts)],
        "bad": bad,
        "checked": bool(request.POST.get("check")) and not bad and not shared and bool(items),
    }  # fmt: skip
    return render(request, "workspace/batch.html", context, status=422 if bad or shared or nothing else 200)


def _label(way: Way, offered: Sequence[Way]) -> str:
    """The procedure's name; with the act where a procedure is begun in several ways."""
    alone = sum(1 for one in offered if one.procedure.id == way.procedure.id) == 1
    return words(way.procedure) if alone else f"{words(way.procedure)} · {words(way.rule)}"


def _switch(way: Way, sheet: Sheet) -> str:
    chosen = [("case", str(line.case.uid)) for line in sheet.lines]
    return f"{reverse('workspace:batch')}?{urlencode([('way', way.id), *chosen, ('next', sheet.back)])}"


def _problems_of(line: Line, items: Sequence[Item], wrong: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """The faults of a case, each once, however many cities it goes to."""
    found = [problem for item in items if item.case == line.case for problem in wrong.get(item.name, ())]
    return list(dict.fromkeys(found))


def _by_field(problems: Sequence[Problem], wanted: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        name = problem.field.split(".")[0]
        if name in wanted and spoken(problem) not in found.setdefault(name, []):
            found[name].append(spoken(problem))
    return found


def _row(
    sheet: Sheet, line: Line, problems: Sequence[Problem], glass: Glass, *, first: bool, before: Sequence[Any]
) -> dict[str, Any]:
    own = {field.id: field for field in sheet.way.own}
    shared = {field.id for field in sheet.way.shared}
    mine = _by_field(problems, set(own))
    others = [
        spoken(problem)
        for problem in problems
        if problem.field.split(".")[0] not in {*own, *shared} and not (first and problem.field == sheet.way.role)
    ]
    typed = sheet.way.procedure
    return {
        "at": line.at,
        "uid": str(line.case.uid),
        "name": line.case.name,
        "number": line.case.number,
        "stage": stage_words(line.case.stage),
        "url": reverse("workspace:case", args=[line.case.uid]),
        "taken": line.taken,
        "to": line.to,
        "missing": [words(own[name]) for name in mine],
        "others": list(dict.fromkeys(others)),
        "bad": bool(mine or others),
        "fields": [
            {**form_field(typed, name, line.typed, mine, glass), "id": f"o{line.at}-{name}"} for name in own
        ],
        "before": [
            {
                "label": named(matter.target) if matter.target else matter.number,
                "url": reverse("workspace:matter", args=[matter.number]),
            }
            for matter in before
        ],
    }  # fmt: skip


def _result(request: Handled, sheet: Sheet, items: Sequence[Item], found: Sequence[Outcome]) -> HttpResponse:
    failed = [one.name for one in found if one.error]
    context = {
        "way": {"label": words(sheet.way.procedure)},
        "hidden": [
            (name, value) for name, values in request.POST.lists() if name not in PASSING for value in values
        ],
        "back": sheet.back,
        "outcomes": _outcomes(sheet, items, found),
        "runner": runner(items, len(found), failed, sheet.back),
        "part_url": reverse("workspace:batch_part"),
        "submitted": sheet.submit and sheet.way.submission is not None,
    }  # fmt: skip
    return render(request, "workspace/batch_result.html", context)


def _outcomes(sheet: Sheet, items: Sequence[Item], found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What came of each matter that was to be begun."""
    asked = {item.name: item for item in items}
    names = {one.code: named(one) for one in members()}
    return [_outcome(one, asked[one.name], names, sheet) for one in found]


def _outcome(one: Outcome, item: Item, names: Mapping[str, str], sheet: Sheet) -> dict[str, Any]:
    to = _("、").join(names.get(code, code) for code in item.codes)
    if one.error is None:
        submitted = sheet.submit and sheet.way.submission is not None
        said = _("已起草并送签，发往%(to)s") % {"to": to} if submitted else _("已起草，发往%(to)s") % {"to": to}
    else:
        told = " ".join(dict.fromkeys(spoken(problem) for problem in one.error.problems)) or words(one.error.said)
        said = _("没有发往%(to)s：%(why)s") % {"to": to or _("任何城市"), "why": told}
    return {
        "good": one.error is None,
        "title": item.case.name,
        "number": one.matter.number if one.matter else item.case.number,
        "url": reverse("workspace:matter", args=[one.matter.number]) if one.matter else "",
        "said": said,
    }
