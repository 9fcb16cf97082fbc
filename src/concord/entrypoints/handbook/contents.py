"""What the handbook says, as plain data for its template: official Chinese, every limit with its ground and label."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from concord.rules import numbering
from concord.rules.charter import Charter
from concord.rules.errors import Said
from concord.rules.limits import parse_limit
from concord.rules.procedure import Act, Line, Procedure, RunningMatters, Source, SourceLabel, telling
from concord.rules.procedure.drawing import Drawing, draw

LINES = {Line.MARKET: "市场监管", Line.PATENT: "知识产权"}
LABELS = {
    SourceLabel.STATUTORY: "法律、法规、规章有明文规定，已逐字核对原文。",
    SourceLabel.STATUTORY_UNVERIFIED: "据可靠资料有规定，尚未核对原文；使用前应当核对。",
    SourceLabel.OUR_READING: "法律没有直接规定，为编制时的理解。",
    SourceLabel.AGREED: "成员之间的约定，不是法律规定；标明“拟议”的，尚未经协调小组议定，不具约束力。",
    SourceLabel.INTERNAL: "机关或者协作中心的内部管理要求。",
}
RUNNING = {
    RunningMatters.STAY: "施行前开始的事项仍按原版本办理，已经起算的期限不变",
    RunningMatters.NEXT_ACT: "施行前开始的事项自下一行为起按本版本办理，已经起算的期限不变",
}
EXAMPLE_MARK = "某市监"


def contents(charter: Charter, texts: Mapping[str, str]) -> dict[str, Any]:
    """The whole book; ``texts`` are the files it rests on."""
    return {
        "title": charter.zh,
        "identity": f"{charter.id}@{charter.version.isoformat()}",
        "version": _day(charter.version),
        "digest": charter.digest,
        "agreement": _agreement(charter),
        "labels": [{"name": label.said.zh, "meaning": LABELS[label]} for label in SourceLabel],
        "members": _members(charter),
        "superiors": _superiors(charter),
        "groups": [{"name": one.zh, "ground": _ground(charter, one.source)} for one in charter.groups],
        "seats": [
            {"name": one.zh, "count": str(one.count), "ground": _ground(charter, one.source)} for one in charter.seats
        ],
        "rotation": _rotation(charter),
        "staffing": [
            {
                "name": one.zh,
                "powers": "可以" if one.may_hold_powers else "不得",
                "term": parse_limit(one.term).said.zh if one.term else "—",
                "ground": _ground(charter, one.source),
            }
            for one in charter.staffing
        ],
        "posts": [one.zh for one in charter.posts],
        "permissions": [
            {"name": one.zh, "power": one.power, "posts": [post.id in one.posts for post in charter.posts]}
            for one in charter.permissions
        ],
        "procedures": [_Chapter(one, charter).told() for one in in_force(charter)],
        "codes": [
            {"name": code.zh, "meaning": code.meaning_zh}
            for code in charter.code_lists.get("handling_codes", {}).values()
        ],
        "files": [
            {"path": path, "digest": hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()}
            for path, text in sorted(texts.items())
            if path.endswith(".toml") and "/calendar/" not in path
        ],
    }


def _members(charter: Charter) -> list[dict[str, Any]]:
    return [
        {
            "name": one.zh,
            "code": one.code,
            "mark": one.mark,
            "hats": [
                {
                    "line": LINES[line],
                    "name": one.name(line),
                    "superior": next((up.name(line) for up in charter.superiors(one.code)), "—"),
                }
                for line in Line
            ],
        }
        for one in charter.members
    ]


def _superiors(charter: Charter) -> list[dict[str, Any]]:
    return [
        {
            "name": one.zh,
            "market": one.market,
            "patent": one.patent,
            "up": charter.authority(one.up).zh if one.up else "—",
            "designates": "、".join(f"{LINES[line]}条线" for line in Line if line in one.designates_only),
            "ground": _ground(charter, one.source),
        }
        for one in charter.authorities
    ]


def in_force(charter: Charter) -> list[Procedure]:
    """The adopted version of every procedure, the market line first, each line in the charter's order."""
    found = [charter.procedure(name, on=date.max) for name in charter.in_force]
    return [one for line in Line for one in found if one.line is line]


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _ground(charter: Charter, source: str | None) -> dict[str, str]:
    return _told_source(charter.source(source) if source else None)


def _told_source(source: Source | None) -> dict[str, str]:
    if source is None:
        return {"label": "", "text": ""}
    return {"label": source.standing.zh, "text": source.text}


def _agreement(charter: Charter) -> str:
    if charter.agreement is None:
        return ""
    return f"《{charter.agreement.zh}》（{_day(charter.agreement.signed)}签订）"


def _rotation(charter: Charter) -> dict[str, Any] | None:
    rule = charter.rotation
    if rule is None:
        return None
    seats = {seat.id: seat.zh for seat in charter.seats}
    return {
        "seats": "、".join(seats[one] for one in rule.seats),
        "order": "、".join(charter.member(code).zh for code in rule.order),
        "first": _day(rule.first_term_from),
        "term": parse_limit(rule.term).said.zh,
        "by_resolution": rule.exchange == "by_resolution",
        "must_balance": rule.hand_over == "must_balance",
        "ground": _ground(charter, rule.source),
    }


class _Chapter:
    """One procedure as a chapter."""

    def __init__(self, procedure: Procedure, charter: Charter) -> None:
        self.procedure = procedure
        self.roles: Mapping[str, Said] = {code.id: code.said for code in charter.code_lists.get("roles", {}).values()}
        self.posts = {post.id: post.zh for post in charter.posts}
        self.holders = {one.id: one.posts for one in charter.permissions}

    def told(self) -> dict[str, Any]:
        """The chapter as data."""
        procedure = self.procedure
        return {
            "title": procedure.zh,
            "about": self.about(),
            "identity": f"{procedure.id}@{procedure.in_force_from.isoformat()}",
            "file": procedure.file,
            "digest": procedure.digest,
            "drawing": _drawn(draw(procedure, language="zh")),
            "roles": [self.role(role) for role in procedure.roles],
            "steps": [telling.step(procedure, act, self.roles).zh for act in procedure.acts],
            "clocks": [
                {
                    "name": rule.zh,
                    "limit": telling.length(procedure, rule).zh,
                    "start": "—" if rule.until else telling.beginning(procedure, rule).zh,
                    "owner": self.word(rule.owner),
                    "extensions": _listed(said.zh for said in telling.extensions(procedure, rule)),
                    "ground": _told_source(procedure.source(rule.source) if rule.source else None),
                }
                for rule in procedure.clocks
            ],
            "acts": [self.act(act) for act in procedure.acts],
            "papers": [
                {
                    "form": rule.form,
                    "number": numbering.render(rule.number, mark=EXAMPLE_MARK, year=procedure.in_force_from.year, n=1),
                    "to": telling.addressee(procedure, rule, self.roles).zh,
                    "copies": _listed(said.zh for said in telling.copies(procedure, rule, self.roles)),
                    "needs": _listed(procedure.field(name).zh for name in rule.needs),
                }
                for rule in procedure.papers
            ],
            "fields": [
                {
                    "name": field.zh,
                    "rules": "；".join(said.zh for said in telling.field_rules(field)),
                    "options": "；".join(option.zh for option in field.options) or "—",
                }
                for field in procedure.fields
            ],
            "sources": [
                {**_told_source(source), "row": source.law_row or "—", "confidence": source.confidence or "—"}
                for source in procedure.sources
            ],
        }

    def word(self, role: str) -> str:
        """What a role is called."""
        return self.roles.get(role, Said(role, role)).zh

    def about(self) -> str:
        """What the procedure is, who begins it, what it rests on, in one paragraph."""
        procedure = self.procedure
        initiating = self.word(procedure.initiating_role)
        others = [self.word(role) for role in procedure.roles if role != procedure.initiating_role]
        grounds = [one.text for one in procedure.sources if one.label is SourceLabel.STATUTORY]
        parts = [
            f"“{procedure.zh}”程序属{LINES[procedure.line]}条线，自{_day(procedure.in_force_from)}起施行，由{initiating}发起",
            f"，{'、'.join(others)}参与" if others else "",
            f"。共{len(procedure.states)}个状态、{len(procedure.acts)}个行为",
            f"、{len(procedure.clocks)}个期限" if procedure.clocks else "",
            f"、{len(procedure.papers)}种文书" if procedure.papers else "",
            f"。{RUNNING[procedure.running_matters]}。",
            f"法定依据：{'；'.join(grounds)}。" if grounds else "本程序没有法定依据，依约定和内部管理要求办理。",
        ]
        return "".join(parts)

    def role(self, role: str) -> dict[str, str]:
        """A role with what it may do."""
        acts = [act.zh for act in self.procedure.acts if act.role == role]
        return {
            "name": self.word(role),
            "held_by": "一个或者几个机关" if role in self.procedure.many else "一个机关",
            "acts": _listed(acts),
        }

    def act(self, act: Act) -> dict[str, Any]:
        """An act as a numbered clause: who does what when, and what comes of it."""
        procedure = self.procedure
        before, after = telling.states_before(procedure, act), telling.state_after(procedure, act)
        posts = "、".join(self.posts[post] for post in self.holders.get(act.permission, ()) if post in self.posts)
        when = f"状态为{'、'.join(f'“{said.zh}”' for said in before)}时，" if before else ""
        who = f"{self.word(act.role)}的{posts}" if posts else self.word(act.role)
        then = f"办理后为“{after.zh}”" if after else "状态不变"
        clauses = [f"{when}由{who}办理，{'各机关分别办理，' if act.each else ''}{then}。"]
        if act.asks:
            clauses.append(f"填写：{'、'.join(procedure.field(name).zh for name in act.asks)}。")
        if act.paper:
            clauses.append(f"发出《{procedure.paper(act.paper).form}》。")
        effects = telling.clock_effects(procedure, act)
        if effects:
            clauses.append(f"期限：{'；'.join(said.zh for said in effects)}。")
        conditions = telling.conditions(procedure, act)
        if conditions:
            clauses.append(f"条件：{'；'.join(said.zh for said in conditions)}。")
        if act.notifies:
            clauses.append(f"告知：{'、'.join(self.word(role) for role in act.notifies)}。")
        if act.internal:
            clauses.append("仅本机关可见。")
        source = _told_source(procedure.source(act.source) if act.source else None)
        return {"name": act.zh, "clauses": clauses, "ground": source}


def _listed(texts: Iterable[str]) -> str:
    return "、".join(texts) or "—"


def _drawn(drawing: Drawing) -> dict[str, Any]:
    """The diagram as numbers and texts."""
    return {
        "width": drawing.width,
        "height": drawing.height,
        "boxes": [
            {
                "x": box.x,
                "y": box.y,
                "width": box.width,
                "height": box.height,
                "lines": list(box.lines),
                "notes": list(box.notes),
                "start": box.state is None,
                "final": box.final,
            }
            for box in drawing.boxes
        ],
        "arrows": [
            {"points": _numbers(reversed(arrow.points)), "internal": arrow.internal} for arrow in drawing.arrows
        ],
        "captions": [
            {"x": one.x, "y": one.y, "width": one.width, "height": one.height, "lines": list(one.lines)}
            for one in drawing.captions
        ],
    }


def _numbers(points: Iterable[Sequence[float]]) -> list[list[float]]:
    return [list(point) for point in points]
