"""``concord jurisdiction DIR --on DATE``: who is competent, with articles and the facts that would change it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concord.charters.folder import read_charter
from concord.entrypoints.cli.language import preferred_language
from concord.rules.charter import Charter, load
from concord.rules.errors import InvalidInput, Problem, Said
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

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

ANSWERS: Final = {"yes": True, "no": False}
HEADINGS: Final = {
    "competent": Said("有管辖权", "Competent"),
    "may_also": Said("也可以管辖", "May act too"),
    "handles": Said("由谁办理", "Who handles it"),
    "steps": Said("应当怎样做", "What to do"),
    "dispute": Said("发生争议", "In a dispute"),
    "turning": Said("哪些事实会改变结论", "Which fact would change the answer"),
    "notes": Said("提示", "Remarks"),
}
OPEN: Final = Said("尚未确定", "still open")
NO_SUPERIOR: Final = Said("章程中没有共同的上级", "the charter has no common superior")


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord jurisdiction``."""
    parser = subparsers.add_parser(
        "jurisdiction",
        allow_abbrev=False,
        help="由谁管辖 who is competent",
        description="由谁管辖，依据哪条，什么会改变结论。Who is competent, by which article, what would change it.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="章程目录 the charter's folder")
    parser.add_argument("--on", metavar="DATE", required=True, help="按哪一天的法律 the law of which day")
    parser.add_argument("--line", choices=[one.value for one in Line], default="market", help="条线 the line")
    parser.add_argument(
        "--party", choices=[one.value for one in PartyKind], default="other", help="当事人类型 the party"
    )
    parser.add_argument("--cause", metavar="CODE", help="案由代码 the cause, a code of the charter")
    parser.add_argument(
        "--violation", metavar="PLACE", action="append", default=[], help="违法（侵权）行为地 where it occurred"
    )
    parser.add_argument("--business", metavar="PLACE", help="实际经营地 actual place of business")
    parser.add_argument("--domicile", metavar="PLACE", help="住所地 domicile of the party or respondent")
    parser.add_argument("--registered", choices=ANSWERS, help="直播间运营者是否登记 is the operator registered")
    parser.add_argument("--platform", metavar="PLACE", help="平台住所地 domicile of the platform")
    parser.add_argument(
        "--received", metavar="PLACE=DATE", action="append", default=[], help="发现或者收到线索 who had the clue when"
    )
    parser.add_argument(
        "--filed", metavar="PLACE=DATE", action="append", default=[], help="立案或者受理 who filed or accepted when"
    )
    parser.add_argument("--holder", metavar="PLACE", help="线索现在哪个机关 who holds the clue now")
    parser.add_argument("--arrival", choices=[one.value for one in Arrival], help="线索怎样来的 how it came")
    parser.add_argument("--transferred-by", metavar="PLACE", help="移送机关 who transferred it")
    parser.add_argument("--same-party", choices=ANSWERS, help="是否同一被请求人 one respondent in all places")
    parser.add_argument("--json", action="store_true", help="输出 JSON as JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=preferred_language())
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Propose and print; raises ``InvalidInput``, ``NotFound`` or ``DefinitionError`` for bad input."""
    if not arguments.folder.is_dir():
        raise _bad("folder", f"没有目录 {arguments.folder}。", f"There is no folder {arguments.folder}.")
    charter_id, files = read_charter(arguments.folder)
    charter = load(files, charter_id)
    found = propose(charter, _facts(arguments, charter), on=_day("on", arguments.on))
    if arguments.json:
        print(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    else:
        print(_page(found, charter, arguments.lang))
    return 0


def _facts(arguments: argparse.Namespace, charter: Charter) -> Facts:
    def place(given: str | None) -> str | None:
        return given and _code(given, charter)

    return Facts(
        line=Line(arguments.line),
        cause=arguments.cause,
        party=PartyKind(arguments.party),
        violation_places=tuple(_code(one, charter) for one in arguments.violation),
        business_place=place(arguments.business),
        domicile=place(arguments.domicile),
        registered=ANSWERS.get(arguments.registered),
        platform_domicile=place(arguments.platform),
        received=tuple(_event("received", one, charter) for one in arguments.received),
        filed=tuple(_event("filed", one, charter) for one in arguments.filed),
        holder=place(arguments.holder),
        arrival=Arrival(arguments.arrival) if arguments.arrival else None,
        transferred_by=place(arguments.transferred_by),
        same_party=ANSWERS.get(arguments.same_party),
    )


def _code(given: str, charter: Charter) -> str:
    """The code of a place given by its code or by either of its names; anything else is left to the rules."""
    for one in (*charter.members, *charter.authorities):
        if given in {one.zh, one.en}:
            return one.code
    return given


def _event(field: str, given: str, charter: Charter) -> Event:
    place, _, day = given.partition("=")
    return Event(_code(place, charter), _day(field, day))


def _day(field: str, given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise _bad(field, f"日期“{given}”应如2026-11-22。", f"The date “{given}” must look like 2026-11-22.") from None


def _bad(field: str, zh: str, en: str) -> InvalidInput:
    said = Said(zh, en)
    return InvalidInput("cli.bad_fact", said, problems=(Problem(field, "cli.bad_fact", said),))


def _as_json(found: Proposal) -> dict[str, object]:
    return {
        "competent": [_described(one) for one in found.competent],
        "may_also": [_described(one) for one in found.may_also],
        "handles": found.handles,
        "steps": [_described(one) for one in found.steps],
        "dispute": found.dispute and _disputed(found.dispute),
        "turning": [_described(one) for one in found.turning],
        "notes": [_described(one) for one in found.notes],
    }


def _described(part: Standing | Step | Turning) -> dict[str, object]:
    """One sentence with whatever it carries besides."""
    own = {name: getattr(part, name) for name in ("code", "authority", "name", "field") if hasattr(part, name)}
    return {**own, "zh": part.said.zh, "en": part.said.en, "grounds": [_ground(one) for one in part.grounds]}


def _disputed(dispute: Dispute) -> dict[str, object]:
    superior = dispute.superior and {
        "authority": dispute.superior.authority.code,
        "name": dispute.superior.name,
        "designates_only": dispute.superior.designates_only,
    }
    return {
        "between": list(dispute.between),
        "superior": superior,
        "zh": dispute.said.zh,
        "en": dispute.said.en,
        "grounds": [_ground(one) for one in dispute.grounds],
    }


def _ground(ground: Ground) -> dict[str, str]:
    return {"law_row": ground.law_row, "basis": ground.basis, "label": ground.label.value}


def _page(found: Proposal, charter: Charter, language: str) -> str:
    """The proposal for people, a heading and a line per sentence."""
    parts: dict[str, list[str]] = {
        "competent": [_standing(one, language) for one in found.competent],
        "may_also": [_standing(one, language) for one in found.may_also],
        "handles": [_named(found.handles, charter, language)] if found.handles else [OPEN.in_language(language)],
        "steps": [
            _after(_named(one.authority, charter, language), _line(one.said, one.grounds, language), language)
            for one in found.steps
        ],
        "dispute": _dispute_lines(found.dispute, language) if found.dispute else [],
        "turning": [_line(one.said, one.grounds, language) for one in found.turning],
        "notes": [_line(one.said, one.grounds, language) for one in found.notes],
    }
    lines: list[str] = []
    for name, sentences in parts.items():
        if sentences:
            lines += [HEADINGS[name].in_language(language), *(f"  {sentence}" for sentence in sentences)]
    return "\n".join(lines)


def _standing(one: Standing, language: str) -> str:
    return _after(one.name, _line(one.said, one.grounds, language), language)


def _after(name: str, sentence: str, language: str) -> str:
    return Said(f"{name}：{sentence}", f"{name}: {sentence}").in_language(language)


def _named(code: str | None, charter: Charter, language: str) -> str:
    if code in {None, OUTSIDE}:
        return Said("协作范围以外", "outside the alliance").in_language(language)
    authority = charter.authority(str(code))
    return Said(authority.zh, authority.en).in_language(language)


def _dispute_lines(dispute: Dispute, language: str) -> list[str]:
    superior = dispute.superior.name if dispute.superior else NO_SUPERIOR.in_language(language)
    return [superior, _line(dispute.said, dispute.grounds, language)]


def _line(said: Said, grounds: Iterable[Ground], language: str) -> str:
    cited = "；".join(f"{one.label.said.in_language(language)} {one.law_row} {one.basis}" for one in grounds)
    return said.in_language(language) + (f"【{cited}】" if cited else "")
