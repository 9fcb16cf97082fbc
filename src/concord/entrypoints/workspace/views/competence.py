"""Who is competent (管辖): facts in, a proposal with its articles out; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.fields import blank
from concord.entrypoints.workspace.jinja import in_english
from concord.entrypoints.workspace.presenting import Glass, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.rules.errors import ConcordError, Said
from concord.rules.jurisdiction import (
    OUTSIDE,
    Arrival,
    Dispute,
    Event,
    Facts,
    Ground,
    PartyKind,
    Proposal,
    Standing,
    Step,
    Turning,
    propose,
)
from concord.rules.procedure import Line

PATENT_KIND = "patent"
PATENT_CAUSE = "patent_infringement"
ANSWERS = {"yes": True, "no": False}
# What each kind of case asks for; what it does not ask is not known to it.
ASKED: Mapping[str, tuple[str, ...]] = {
    PartyKind.OTHER: ("violation_places",),
    PartyKind.PLATFORM_OPERATOR: ("domicile",),
    PartyKind.OWN_SITE: ("domicile",),
    PartyKind.IN_PLATFORM_MERCHANT: ("business_place", "platform_domicile", "first_received"),
    PartyKind.LIVE_ROOM: ("business_place", "registered", "domicile", "platform_domicile"),
    PATENT_KIND: ("violation_places", "domicile", "same_party"),
}
OF_EVERY_KIND = ("first_filed", "also_filed", "holder", "arrival", "transferred_by")
MANY = ("violation_places", "also_filed")
ANSWERED = ("registered", "same_party")
# Facts that the page asks for under another name.
FIELD_OF = {"filed": "first_filed", "received": "first_received"}


@page("charter:read")
def competence(request: Handled) -> HttpResponse:
    """The form of one kind of case, and beside it what follows from the facts."""
    glass = glass_of(request.actor)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ASKED else PartyKind.OTHER.value
    typed = {name: request.GET.getlist(name) for name in _names(kind)}
    asked = "asked" in request.GET
    if not asked and request.actor.organisation.code in [member.code for member in glass.charter.members]:
        typed["holder"] = [request.actor.organisation.code]
    found, error = _proposed(kind, typed, glass) if asked else (None, None)
    context = {
        "kinds": [(name, label, f"?kind={name}", name == kind) for name, label in _kinds()],
        "kind": kind,
        "fields": [_field(name, kind, typed[name], glass, error) for name in _names(kind)],
        "found": found and _told(found, glass),
        "error": words(error.said) if error else "",
        "problems": [
            (FIELD_OF.get(one.field, one.field), words(one.said)) for one in (error.problems if error else ())
        ],
        "again_url": f"{reverse('workspace:competence')}?kind={kind}",
        "on": glass.today,
    }
    return render(request, "workspace/competence.html", context, status=error.status if error else 200)


def _names(kind: str) -> tuple[str, ...]:
    return (*(("cause",) if kind != PATENT_KIND else ()), *ASKED[kind], *OF_EVERY_KIND)


def _kinds() -> Iterable[tuple[str, str]]:
    yield from ((kind.value, words(kind.said)) for kind in PartyKind)
    yield PATENT_KIND, _("专利侵权纠纷")


def _proposed(kind: str, typed: Mapping[str, list[str]], glass: Glass) -> tuple[Proposal | None, ConcordError | None]:
    try:
        return propose(glass.charter, _facts(kind, typed, glass), on=glass.today), None
    except ConcordError as error:
        return None, error


def _facts(kind: str, typed: Mapping[str, list[str]], glass: Glass) -> Facts:
    def one(name: str) -> str | None:
        return next((text for text in typed.get(name, ()) if text), None)

    def answer(name: str) -> bool | None:
        return ANSWERS.get(one(name) or "")

    first, received, arrival = one("first_filed"), one("first_received"), one("arrival")
    # Only the order of filings counts; those ticked without a first have filed on one day.
    filed = [Event(first, glass.today - timedelta(days=1))] if first else []
    filed += [Event(code, glass.today) for code in typed.get("also_filed", ()) if code != first]
    patent = kind == PATENT_KIND
    return Facts(
        line=Line.PATENT if patent else Line.MARKET,
        cause=PATENT_CAUSE if patent else one("cause"),
        party=PartyKind.OTHER if patent else PartyKind(kind),
        violation_places=tuple(typed.get("violation_places", ())),
        business_place=one("business_place"),
        domicile=one("domicile"),
        registered=answer("registered"),
        platform_domicile=one("platform_domicile"),
        received=(Event(received, glass.today),) if received else (),
        filed=tuple(filed),
        holder=one("holder"),
        arrival=Arrival(arrival) if arrival in tuple(Arrival) else None,
        transferred_by=one("transferred_by"),
        same_party=answer("same_party"),
    )


LABELS: Mapping[str, Callable[[], str]] = {
    "cause": lambda: _("违法行为的案由"),
    "violation_places": lambda: _("违法行为发生地"),
    "business_place": lambda: _("实际经营地"),
    "registered": lambda: _("直播间运营者是否办理登记"),
    "domicile": lambda: _("当事人住所地"),
    "platform_domicile": lambda: _("平台住所地"),
    "first_received": lambda: _("最先发现线索或者收到投诉举报的机关"),
    "same_party": lambda: _("各地是否同一被请求人"),
    "first_filed": lambda: _("最先立案（受理）的机关"),
    "also_filed": lambda: _("其他已立案（受理）的机关"),
    "holder": lambda: _("线索（请求）现在哪个机关"),
    "arrival": lambda: _("线索来源"),
    "transferred_by": lambda: _("移送机关"),
}
PATENT_LABELS: Mapping[str, Callable[[], str]] = {
    "violation_places": lambda: _("侵权行为地"),
    "domicile": lambda: _("被请求人住所地"),
}
HELPS: Mapping[str, Callable[[], str]] = {
    "business_place": lambda: _("不能确定的不选。"),
    "also_filed": lambda: _("同日立案的都在这里勾选，上一项不选。"),
    "transferred_by": lambda: _("由其他机关移送来的才选。"),
}


def _field(name: str, kind: str, given: list[str], glass: Glass, error: ConcordError | None) -> dict[str, Any]:
    label = PATENT_LABELS[name]() if kind == PATENT_KIND and name in PATENT_LABELS else LABELS[name]()
    problems = [
        words(one.said) for one in (error.problems if error else ()) if FIELD_OF.get(one.field, one.field) == name
    ]
    return {
        **blank(name, label),
        "kind": "organisations" if name in MANY else "choice",
        "value": given if name in MANY else next(iter(given), None),
        "options": _options(name, glass),
        "required": False,
        "help": HELPS[name]() if name in HELPS else "",
        "problems": problems,
    }


def _options(name: str, glass: Glass) -> list[tuple[str, str, str]]:
    if name == "cause":
        codes = glass.charter.code_lists.get("causes", {}).values()
        return [(code.id, words(code.said), "") for code in codes if code.id != PATENT_CAUSE]
    if name in ANSWERED:
        return [("yes", _("是"), ""), ("no", _("否"), "")]
    if name == "arrival":
        return [(one.value, words(one.said), "") for one in Arrival]
    outside = [] if name in {"holder", "transferred_by", "also_filed"} else [(OUTSIDE, _("协作范围以外"), "")]
    return [(member.code, words(member), "") for member in glass.charter.members] + outside


def _told(found: Proposal, glass: Glass) -> dict[str, Any]:
    """The proposal in words."""
    return {
        "competent": [_standing(one) for one in found.competent],
        "may_also": [_standing(one) for one in found.may_also],
        "handles": _place(found.handles, glass) if found.handles else "",
        "steps": [{**_sentence(one), "who": _place(one.authority, glass)} for one in found.steps],
        "dispute": _dispute(found.dispute, glass) if found.dispute else None,
        "turning": [{**_sentence(one), "who": ""} for one in found.turning],
        "notes": [{**_sentence(one), "who": ""} for one in found.notes],
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {**_sentence(one), "who": one.name if one.authority != OUTSIDE else _("协作范围以外")}


def _dispute(one: Dispute, glass: Glass) -> dict[str, Any]:
    return {
        **_sentence(one),
        "who": one.superior.name if one.superior else "",
        "designates_only": bool(one.superior and one.superior.designates_only),
        "between": [_place(code, glass) for code in one.between],
    }


def _sentence(part: Standing | Step | Turning | Dispute) -> dict[str, Any]:
    """What is said and what it stands on."""
    return {"text": words(part.said), "grounds": _grounds(part.grounds)}


def _grounds(grounds: Collection[Ground]) -> list[dict[str, Any]]:
    return [{"source": words(one.label.said), "article": one.basis} for one in grounds]


def _place(code: str | None, glass: Glass) -> str:
    if code is None:
        return ""
    if code == OUTSIDE:
        return _("协作范围以外")
    authority = glass.charter.authority(code)
    return Said(authority.zh, authority.en).in_language("en" if in_english() else "zh")
