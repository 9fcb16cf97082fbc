"""The forms of acts, made from the procedure's typed fields: begin a matter, perform an act."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework import commands, queries
from concord.casework.definitions import version_in_force
from concord.casework.desk.batch import offered_from
from concord.casework.models import Case
from concord.casework.queries import Seen
from concord.entrypoints.workspace.beginnings import beginnings_by_group
from concord.entrypoints.workspace.fields import blank, form_field, given, known_values, typed_in, uuids
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, act_link, facts, glass_of, role_words, words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.entrypoints.workspace.submissions import key_of, problems_by_field, summary_of, whole_number
from concord.entrypoints.workspace.views.matter import header
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.files import commands as files
from concord.foundation.organisations.queries import members
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotFound, Problem, Said, Stale
from concord.rules.identifiers import uuid7
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import FieldType, Procedure, refusals
from concord.rules.procedure.leading import is_grave
from concord.rules.procedure.parties import CENTRE_ROLE

# A second click uploads its files anew, so it is another request under the key of an act that is done.
DONE_BEFORE = "casework.key_reused"
EVIDENCE = "evidence"


@page("matter:read")
def act(request: Handled, number: str, name: str) -> HttpResponse:
    """The form of one act; what was typed is kept when it cannot be taken."""
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, number=number):
        known = queries.matter_for(number=number, by=by, on=glass.today)
    rule = _rule(known, name, by)
    if request.method != "POST":
        if rule not in known.possible(by):
            raise refusals.not_in_state(rule)
        return _act_page(request, known, rule, glass, typed=known_values(known, rule))
    typed = typed_in(request, known.procedure, rule)
    try:
        _take_uploads(request, known.procedure, rule, by, typed)
        commands.perform(
            matter=known.matter.uid,
            act=name,
            answers=given(typed),
            by=by,
            at=now(),
            version=whole_number(request.POST.get("version")),
            key=key_of(request),
            entropy=secrets.token_bytes(32),
        )
    except (InvalidInput, Stale) as error:
        known = queries.matter_for(number=number, by=by, on=glass.today)
        return _act_page(request, known, rule, glass, typed=typed, error=error)
    except Conflict as error:
        if error.code != DONE_BEFORE:
            raise
        return redirect("workspace:matter", number=number)
    messages.success(request, _("已办理：%(act)s") % {"act": words(rule)})
    return redirect("workspace:matter", number=number)


@page("matter:read")
def beginnings(request: Handled) -> HttpResponse:
    """Everything the actor may begin, under the groups that are charged with it."""
    by, glass = request.actor, glass_of(request.actor)
    case = _case(request, by)
    context = {
        "groups": beginnings_by_group(by, glass, case=str(case.uid) if case else ""),
        "case": _case_link(case),
    }
    return render(request, "workspace/beginnings.html", context)


@page("matter:read")
def begin(request: Handled, procedure: str, name: str) -> HttpResponse:
    """Begin a matter: choose the other side, fill in the first act."""
    by, glass = request.actor, glass_of(request.actor)
    definition = version_in_force(procedure, on=glass.today)[1]
    rule = next((act for act in definition.initial_acts() if act.id == name and by.may(act.permission)), None)
    if rule is None:
        raise _no_such_act(name)
    case = _case(request, by)
    roles = [role for role in definition.roles if role not in {rule.role, CENTRE_ROLE}]
    if request.method != "POST":
        offered = {**_from_case(rule, case), **_from_item(request, rule)}
        return _begin_page(request, definition, rule, glass, case=case, roles=roles, typed=offered)
    parties = {role: request.POST.getlist(f"party-{role}") for role in roles}
    typed = typed_in(request, definition, rule)
    try:
        _take_uploads(request, definition, rule, by, typed)
        made = commands.begin(
            procedure=procedure,
            act=name,
            parties=parties,
            answers=given(typed),
            by=by,
            at=now(),
            key=key_of(request),
            entropy=secrets.token_bytes(32),
            case=case,
        )
    except InvalidInput as error:
        return _begin_page(
            request, definition, rule, glass, case=case, roles=roles, typed=typed, parties=parties, error=error
        )
    messages.success(request, _("已起草，编号 %(number)s。请核对后送签。") % {"number": made.number})
    return redirect("workspace:matter", number=made.number)


def _act_page(
    request: Handled,
    known: Seen,
    rule: ActRule,
    glass: Glass,
    *,
    typed: Mapping[str, Any],
    error: ConcordError | None = None,
) -> HttpResponse:
    possible = rule in known.possible(glass.by)
    if not possible and not isinstance(error, Stale):
        raise error or refusals.not_in_state(rule)
    problems = problems_by_field(error)
    seen_version = whole_number(request.POST.get("version"))
    context = {
        "matter": header(known, glass),
        "act": act_link(rule, known.matter, primary=True, grave=is_grave(rule, known.procedure)),
        "possible": possible,
        "fields": [form_field(known.procedure, name, typed, problems, glass, known=known) for name in rule.asks],
        "version": known.version,
        "key": secrets.token_urlsafe(18) if error is None or isinstance(error, Stale) else key_of(request),
        "paper_note": _paper_note(known.procedure, rule),
        "facts": facts(known, glass, queries.files_told(known, by=glass.by)) if rule.paper else [],
        "problems": [] if isinstance(error, Stale) else summary_of(error),
        "stale": _since(known, glass, seen_version) if isinstance(error, Stale) else [],
    }
    status = error.status if error is not None else 200
    return render(request, "workspace/act.html", context, status=status)


def _since(known: Seen, glass: Glass, version: int) -> list[str]:
    """What happened since the page was opened, a line an act."""
    acts = (
        queries.acts_known(known.matter, by=glass.by).filter(seq__gt=version).select_related("organisation", "person")
    )
    return [f"{named(act.organisation)} {named(act.person)}：{words(known.procedure.act(act.act))}" for act in acts]


def _begin_page(
    request: Handled,
    procedure: Procedure,
    rule: ActRule,
    glass: Glass,
    *,
    case: Case | None,
    roles: list[str],
    typed: Mapping[str, Any],
    parties: Mapping[str, list[str]] | None = None,
    error: ConcordError | None = None,
) -> HttpResponse:
    problems = problems_by_field(error)
    options = [
        (
            organisation.code,
            named(organisation),
            organisation.mark if not request.LANGUAGE_CODE.startswith("en") else "",
        )
        for organisation in members()
        if organisation.id != glass.by.organisation.id
    ]
    chosen = parties or {}
    context = {
        "procedure": {"label": words(procedure)},
        "act_label": words(rule),
        "paper_note": _paper_note(procedure, rule),
        "parties": [
            {
                **blank(f"party-{role}", role_words(role, glass)),
                "kind": "organisations" if role in procedure.many else "organisation",
                "value": chosen.get(role, []) if role in procedure.many else "".join(chosen.get(role, [])[:1]),
                "options": options,
                "problems": problems.get(role, []),
            }
            for role in roles
        ],
        "fields": [form_field(procedure, name, typed, problems, glass) for name in rule.asks],
        "case": _case_link(case),
        "key": secrets.token_urlsafe(18) if error is None else key_of(request),
        "problems": [(f"party-{field}" if field in roles else field, text) for field, text in summary_of(error)],
    }
    return render(request, "workspace/begin.html", context, status=error.status if error else 200)


def _take_uploads(request: HttpRequest, procedure: Procedure, rule: ActRule, by: Actor, typed: dict[str, Any]) -> None:
    """Store the uploads and add their uids to ``typed``; raises InvalidInput naming those that cannot be taken."""
    problems: list[Problem] = []
    for name in rule.asks:
        if procedure.field(name).type is not FieldType.FILES:
            continue
        for upload in request.FILES.getlist(name):
            try:
                stored = files.store(
                    content=upload,
                    name=upload.name or "",
                    by=by,
                    at=now(),
                    uid=uuid7(now(), secrets.token_bytes(10)),
                )
            except InvalidInput as error:
                said = Said(f"{upload.name}：{error.said.zh}", f"{upload.name}: {error.said.en}")
                problems.append(Problem(name, error.code, said))
            else:
                typed[name].append(str(stored.uid))
    if problems:
        said = Said("有文件不能接收，请更换后再提交。", "A file cannot be taken; choose another and submit again.")
        raise InvalidInput("answers.invalid", said, problems=tuple(problems))


def _from_case(rule: ActRule, case: Case | None) -> dict[str, Any]:
    """A matter begun inside a case takes over what the case already tells."""
    return {} if case is None else dict(offered_from(case, rule))


def _from_item(request: HttpRequest, rule: ActRule) -> dict[str, Any]:
    """A handover begun from an item of evidence takes it along."""
    number = request.GET.get(EVIDENCE, "")
    return {EVIDENCE: [number]} if number and EVIDENCE in rule.asks else {}


def _case_link(case: Case | None) -> dict[str, str] | None:
    if case is None:
        return None
    return {"uid": str(case.uid), "label": str(case), "url": reverse("workspace:case", args=[case.uid])}


def _case(request: HttpRequest, by: Actor) -> Case | None:
    uids = uuids([request.POST.get("case") or request.GET.get("case") or ""])
    return queries.case_for(uid=uids[0], by=by) if uids else None


def _paper_note(procedure: Procedure, rule: ActRule) -> str:
    if rule.paper is None:
        return ""
    form = procedure.paper(rule.paper).form
    return _("提交后取得编号并生成《%(form)s》，随即送达对方，不能撤销编号。") % {"form": form.split("（")[0]}


def _rule(known: Seen, name: str, by: Actor) -> ActRule:
    rule = next((rule for rule in known.procedure.acts if rule.id == name), None)
    if rule is None or rule.role != known.role or rule.initial or not by.may(rule.permission):
        raise _no_such_act(name)
    return rule


def _no_such_act(name: str) -> NotFound:
    return NotFound(
        "casework.no_act",
        Said(f"没有可以由您办理的行为“{name}”。", f"There is no act {name!r} for you here."),
    )
