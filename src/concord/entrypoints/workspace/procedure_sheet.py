"""A version of a procedure as its page shows it: every rule in words, with its ground and its line in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import in_english
from concord.entrypoints.workspace.presenting import words
from concord.rules import numbering
from concord.rules.charter import Charter
from concord.rules.errors import Said
from concord.rules.procedure import Act, ClockRule, Field, Line, PaperRule, Procedure, RunningMatters, Source, telling
from concord.rules.procedure.drawing import draw

EXAMPLE_MARK = "某市监"


def line_words(line: Line) -> str:
    """The line of business a procedure belongs to."""
    return {Line.MARKET: _("市场监管"), Line.PATENT: _("知识产权")}[line]


def grounds(source: Source | None) -> dict[str, Any]:
    """Where a rule comes from, as the shared macro of grounds shows it, with how sure we are of the law."""
    if source is None:
        return {"source": "", "article": "", "proposed": False, "confidence": "", "law_row": "", "line": 0}
    return {
        "source": words(source.label.said),
        "article": source.text,
        "proposed": source.proposed,
        "confidence": source.confidence or "",
        "law_row": source.law_row or "",
        "line": source.line,
    }


class Sheet:
    """Everything that the page of one version says; ``charter`` gives the words of roles, posts and codes."""

    def __init__(self, procedure: Procedure, charter: Charter) -> None:
        self.procedure = procedure
        self.roles: Mapping[str, Said] = {code.id: code.said for code in charter.code_lists.get("roles", {}).values()}
        self.posts = {post.id: words(post) for post in charter.posts}
        self.holders = {permission.id: permission for permission in charter.permissions}

    def everything(self) -> dict[str, Any]:
        """The context of the page."""
        procedure = self.procedure
        return {
            "drawing": draw(procedure, language="en" if in_english() else "zh"),
            "steps": self.steps(),
            "clocks": [self.clock(rule) for rule in procedure.clocks],
            "acts": [self.act(rule) for rule in procedure.acts],
            "papers": [self.paper(rule) for rule in procedure.papers],
            "fields": [self.field(rule) for rule in procedure.fields],
            "roles": [self.role(role) for role in procedure.roles],
            "sources": [{"id": source.id, **grounds(source)} for source in procedure.sources],
            "states": [{"id": one.id, "label": words(one), "final": one.final} for one in procedure.states],
            "text": procedure.text.replace("\r\n", "\n").rstrip("\n").split("\n"),
            "proposed": self.proposed(),
        }

    def proposed(self) -> list[str]:
        """The clocks that rest on what has not been adopted."""
        rules = [rule for rule in self.procedure.clocks if rule.source and self.procedure.source(rule.source).proposed]
        return [words(rule) for rule in rules]

    def role_words(self, role: str) -> str:
        """The word for a role."""
        return words(self.roles.get(role, Said(role, role)))

    def steps(self) -> list[dict[str, Any]]:
        """The diagram in words: what may follow each state, by whom."""
        grouped: list[tuple[str, str, list[Act]]] = [("", _("开始"), list(self.procedure.initial_acts()))]
        for state in self.procedure.states:
            following = [act for act in self.procedure.acts if state.id in act.from_states]
            grouped.append((state.id, words(state), following))
        return [
            {
                "id": own,
                "label": label,
                "final": bool(own) and self.procedure.state(own).final,
                "acts": [
                    {
                        "id": act.id,
                        "label": words(act),
                        "to": words(telling.state_after(self.procedure, act) or Said("", "")),
                        "role": self.role_words(act.role),
                        "internal": act.internal,
                    }
                    for act in acts
                ],
            }
            for own, label, acts in grouped
        ]

    def clock(self, rule: ClockRule) -> dict[str, Any]:
        """One clock: how long, from when, whom it binds, on what ground."""
        procedure = self.procedure
        return {
            "id": rule.id,
            "label": words(rule),
            "limit": words(telling.length(procedure, rule)),
            "written": rule.limit or "",
            "start": "" if rule.until else words(telling.beginning(procedure, rule)),
            "started_by": self._all([Said(act.zh, act.en) for act in telling.started_by(procedure, rule)]),
            "owner": self.role_words(rule.owner),
            "extensions": [words(said) for said in telling.extensions(procedure, rule)],
            "warn": words(telling.warnings(rule)),
            "line": rule.line,
            "ground": grounds(procedure.source(rule.source) if rule.source else None),
        }

    def act(self, rule: Act) -> dict[str, Any]:
        """One act: who, from where to where, what it asks, what it brings about, under which conditions."""
        procedure = self.procedure
        holders = self.holders[rule.permission].posts if rule.permission in self.holders else ()
        paper = procedure.paper(rule.paper) if rule.paper else None
        return {
            "id": rule.id,
            "label": words(rule),
            "role": self.role_words(rule.role),
            "posts": self._all([Said(self.posts[post], self.posts[post]) for post in holders if post in self.posts]),
            "permission": rule.permission,
            "before": [words(said) for said in telling.states_before(procedure, rule)],
            "after": words(telling.state_after(procedure, rule) or Said("", "")),
            "asks": [words(procedure.field(name)) for name in rule.asks],
            "paper": {"id": paper.id, "form": paper.form} if paper else None,
            "clocks": [words(said) for said in telling.clock_effects(procedure, rule)],
            "conditions": [words(said) for said in telling.conditions(procedure, rule)],
            "notifies": [self.role_words(role) for role in rule.notifies],
            "internal": rule.internal,
            "each": rule.each,
            "line": rule.line,
            "ground": grounds(procedure.source(rule.source) if rule.source else None),
        }

    def paper(self, rule: PaperRule) -> dict[str, Any]:
        """One paper: its form, how it is numbered, whom it goes to."""
        procedure = self.procedure
        example = numbering.render(rule.number, mark=EXAMPLE_MARK, year=procedure.in_force_from.year, n=1)
        return {
            "id": rule.id,
            "form": rule.form,
            "example": example,
            "to": words(telling.addressee(procedure, rule, self.roles)),
            "copies": [words(said) for said in telling.copies(procedure, rule, self.roles)],
            "needs": [words(procedure.field(name)) for name in rule.needs],
            "issued_by": [words(act) for act in procedure.acts if act.paper == rule.id],
            "line": rule.line,
        }

    def field(self, rule: Field) -> dict[str, Any]:
        """One field: its type, what binds it, which acts ask it."""
        return {
            "id": rule.id,
            "label": words(rule),
            "rules": [words(said) for said in telling.field_rules(rule)],
            "options": [words(option) for option in rule.options],
            "personal": rule.personal,
            "asked_by": [words(act) for act in self.procedure.acts if rule.id in act.asks],
            "line": rule.line,
        }

    def role(self, role: str) -> dict[str, Any]:
        """One role: its word, whether it begins, whether several may hold it."""
        return {
            "id": role,
            "label": self.role_words(role),
            "begins": role == self.procedure.initiating_role,
            "many": role in self.procedure.many,
            "acts": [words(act) for act in self.procedure.acts if act.role == role],
        }

    def _all(self, said: Sequence[Said]) -> str:
        return words(telling.joined(said))


def running_words(rule: RunningMatters) -> str:
    """What a new version means for matters that already run."""
    return {
        RunningMatters.STAY: _("施行前开始的事项仍按原版本办理；已经起算的期限不变。"),
        RunningMatters.NEXT_ACT: _("施行前开始的事项自下一行为起按本版本办理；已经起算的期限不变。"),
    }[rule]
