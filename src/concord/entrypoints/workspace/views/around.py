"""What the sides of a matter do around it: remind, ask for another date and answer, rate, link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.casework.definitions import clock_rule
from concord.casework.desk import dates, linking, rating, reminding
from concord.casework.queries import Seen
from concord.entrypoints.workspace.around import told_offer
from concord.entrypoints.workspace.fields import blank
from concord.entrypoints.workspace.jinja import day, named
from concord.entrypoints.workspace.presenting import Glass, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.entrypoints.workspace.views.matter import header
from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput

Field = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """One form around a matter: its heading, what is said above it, its fields, what its buttons send and say."""

    title: str
    lead: str
    fields: Sequence[Field]
    buttons: Sequence[tuple[str, str]]


def _look(request: Handled, number: str) -> tuple[Seen, Glass]:
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, number=number):
        return queries.matter_for(number=number, by=by, on=glass.today), glass


def _show(request: HttpRequest, known: Seen, glass: Glass, form: Form, error: InvalidInput | None) -> HttpResponse:
    """The page of a form; what was typed is kept, and what is wrong with it stands beside it."""
    problems: dict[str, list[str]] = {}
    for problem in error.problems if error else ():
        problems.setdefault(problem.field, []).append(words(problem.said))
    context = {
        "matter": header(known, glass),
        "form": form,
        "fields": [
            {**field, "problems": problems.get(field["id"], []), "value": _typed(request, field)}
            for field in form.fields
        ],
        "problems": _summary(form, problems),
    }
    return render(request, "workspace/around/form.html", context, status=error.status if error else 200)


def _summary(form: Form, problems: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """What is wrong, in the order of the form, each with the name of its field; faults of no shown field come last."""
    labels: dict[str, str] = {field["id"]: field["label"] for field in form.fields}
    named_first = [*(name for name in labels if name in problems), *(name for name in problems if name not in labels)]
    return [
        (name, _("%(said)s：%(text)s") % {"said": labels[name], "text": text} if name in labels else text)
        for name in named_first
        for text in problems[name]
    ]


def _typed(request: HttpRequest, field: Field) -> Any:
    if request.method != "POST":
        return field["value"]
    return request.POST.getlist(field["id"]) if field["kind"] == "organisations" else request.POST.get(field["id"], "")


def _words_field(name: str, label: str, *, required: bool = False, help_text: str = "") -> Field:
    return {**blank(name, label), "kind": "longtext", "required": required, "help": help_text}


def _choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> Field:
    return {**blank(name, label), "kind": "choice", "options": [(value, text, "") for value, text in options]}


def _done(request: HttpRequest, known: Seen, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("workspace:matter", number=known.matter.number)


@page("matter:speak")
def remind(request: Handled, number: str) -> HttpResponse:
    """Remind those whose turn it is."""
    known, glass = _look(request, number)
    error = None
    if request.method == "POST":
        try:
            made = reminding.remind(
                matter=known.matter.uid,
                text=request.POST.get("text", ""),
                receivers=request.POST.getlist("receivers"),
                by=request.actor,
                at=now(),
            )
        except InvalidInput as wrong:
            error = wrong
        else:
            names = _("、").join(named(one.receiver) for one in made)
            return _done(request, known, _("已催办：%(names)s") % {"names": names})
    awaited = reminding.awaited_others(known, request.actor)
    fields = [_words_field("text", _("催办的话"), help_text=_("最多500字；对方在本事项页面看到，不写入流水。"))]
    if len(awaited) > 1:
        options = [(one.code, named(one), "") for one in awaited]
        every = [one.code for one in awaited]
        fields.insert(
            0, {**blank("receivers", _("催办哪些机关")), "kind": "organisations", "options": options, "value": every}
        )
    form = Form(
        title=_("催办"),
        lead=_("提醒%(names)s办理。每个工作日只能催办一次，这是内部规则。")
        % {"names": _("、").join(named(one) for one in awaited) or _("对方")},
        fields=fields,
        buttons=[("", _("催办"))],
    )
    return _show(request, known, glass, form, error)


@page("matter:speak")
def date_offer(request: Handled, number: str, clock: str) -> HttpResponse:
    """Ask for another end of an agreed clock of one's own."""
    known, glass = _look(request, number)
    rule = known.procedure.clock(clock)
    error = None
    if request.method == "POST":
        try:
            dates.offer_date(
                matter=known.matter.uid,
                clock=clock,
                day=_day(request.POST.get("date", "")),
                reason=request.POST.get("reason", ""),
                by=request.actor,
                at=now(),
            )
        except InvalidInput as wrong:
            error = wrong
        else:
            return _done(request, known, _("已商请改期，等待对方答复。"))
    form = Form(
        title=_("商请改期：%(clock)s") % {"clock": words(rule)},
        lead=_("对方同意后，原期限结束，重新计算到商定的日期；两个日期都记入流水。对方同意之前，原期限不变。"),
        fields=[
            {**blank("date", _("商请的日期")), "kind": "date", "help": _("须是今天以后的工作日。")},
            _words_field("reason", _("理由"), required=True, help_text=_("最多500字；对方在本事项页面看到。")),
        ],
        buttons=[("", _("商请改期"))],
    )
    return _show(request, known, glass, form, error)


@page("matter:speak")
def date_answer(request: Handled, number: str, pk: int) -> HttpResponse:
    """Take, decline or take back an offered date."""
    known, glass = _look(request, number)
    by, decision, error = request.actor, request.POST.get("decision", ""), None
    if request.method == "POST" and decision == "withdraw":
        dates.withdraw_date(matter=known.matter.uid, offer=pk, by=by, at=now())
        return _done(request, known, _("已撤回商请。"))
    if request.method == "POST" and decision in {"take", "decline"}:
        text, take = request.POST.get("text", ""), decision == "take"
        try:
            dates.answer_date(matter=known.matter.uid, offer=pk, take=take, text=text, by=by, at=now())
        except InvalidInput as wrong:
            error = wrong
        else:
            return _done(request, known, _("已同意改期。") if take else _("已答复：未同意改期。"))
    shown = next(
        (one for one in dates.offers_of(known, by, on=glass.today) if one.offer.pk == pk and one.answerable), None
    )
    if shown is None:
        return redirect("workspace:matter", number=number)
    told = told_offer(shown, known)
    form = Form(
        title=_("答复商请：%(clock)s") % {"clock": words(clock_rule(shown.offer.run))},
        lead=_("%(organisation)s商请由%(before)s改为%(date)s：%(reason)s")
        % {
            "organisation": told["organisation"],
            "before": day(told["before"]),
            "date": day(told["date"]),
            "reason": told["reason"],
        },
        fields=[_words_field("text", _("答复的话"), help_text=_("最多500字；对方在本事项页面看到。"))],
        buttons=[("take", _("同意")), ("decline", _("不同意"))],
    )
    return _show(request, known, glass, form, error)


@page("matter:speak")
def rate(request: Handled, number: str, code: str) -> HttpResponse:
    """Rate another side of an ended matter."""
    known, glass = _look(request, number)
    error = None
    if request.method == "POST":
        try:
            made = rating.rate(
                matter=known.matter.uid,
                rated=code,
                timeliness=_score(request.POST.get("timeliness", "")),
                effort=_score(request.POST.get("effort", "")),
                comment=request.POST.get("comment", ""),
                by=request.actor,
                at=now(),
            )
        except InvalidInput as wrong:
            error = wrong
        else:
            said = _("已评价，双方的评价现在都可以查看。") if made.opened else _("已评价。对方评价后，双方同时可见。")
            return _done(request, known, said)
    rated = next((one for held_by in known.parties.values() for one in held_by if one.code == code), None)
    form = Form(
        title=_("评价%(name)s") % {"name": named(rated) if rated else ""},
        lead=_("双方都评价之前，谁也看不到对方的评价；提交后不能更改。1分、2分计为负面评价。"),
        fields=[
            _choice("timeliness", _("及时"), _scores()),
            _choice("effort", _("尽责"), _scores()),
            _words_field("comment", _("说明"), help_text=_("最多500字。")),
        ],
        buttons=[("", _("提交评价"))],
    )
    return _show(request, known, glass, form, error)


@page("matter:speak")
def link(request: Handled, number: str) -> HttpResponse:
    """Link the matter with another one."""
    known, glass = _look(request, number)
    error = None
    if request.method == "POST":
        try:
            linking.link(
                matter=known.matter.uid,
                other=request.POST.get("other", ""),
                kind=request.POST.get("kind", ""),
                by=request.actor,
                at=now(),
            )
        except InvalidInput as wrong:
            error = wrong
        else:
            return _done(request, known, _("已关联。"))
    form = Form(
        title=_("关联事项"),
        lead=_("只有两个事项都能查看的人看得到关联。"),
        fields=[
            {**blank("other", _("另一事项的编号")), "help": _("例如：%(number)s") % {"number": number}},
            _choice("kind", _("关联的种类"), [(kind, words(said)) for kind, said in linking.KINDS.items()]),
        ],
        buttons=[("", _("关联"))],
    )
    return _show(request, known, glass, form, error)


@page("matter:speak")
def unlink(request: Handled, number: str, pk: int) -> HttpResponse:
    """Undo a link of one's own."""
    known, _glass = _look(request, number)
    if request.method == "POST":
        linking.unlink(matter=known.matter.uid, link=pk, by=request.actor, at=now())
        return _done(request, known, _("已解除关联。"))
    return redirect("workspace:matter", number=number)


def _scores() -> list[tuple[str, str]]:
    said: Mapping[int, str] = {
        5: _("很好"),
        4: _("较好"),
        3: _("一般"),
        2: _("较差"),
        1: _("很差"),
    }
    return [(str(score), f"{score} · {text}") for score, text in said.items()]


def _score(text: str) -> int:
    """The score typed; 0, which is none, for anything else."""
    return int(text) if text in {str(score) for score in rating.SCORES} else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
