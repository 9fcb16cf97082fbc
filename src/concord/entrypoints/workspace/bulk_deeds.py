"""What can be done with many matters at once, as a form asks for it: an act, giving them to somebody, reminding."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils.translation import gettext as _

from concord.casework.desk import bulk
from concord.casework.desk.assigning import ASSIGN
from concord.casework.desk.bulk import Offer, Outcome, Row
from concord.casework.desk.reminding import awaited_others
from concord.casework.queries import Seen
from concord.entrypoints.workspace.fields import blank, form_field, given, typed_in
from concord.entrypoints.workspace.handling import id_of, options_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure.leading import is_grave

GIVE, REMIND, SPEAK = "assign", "remind", "matter:speak"
LONGEST_WORDS = 500
Typed = Mapping[str, Any]
Problems = Mapping[str, list[str]]


class Deed(Protocol):
    """One thing that may be done in many matters.

    ``fields`` are answered once; ``would`` says per matter what comes of it, or why it cannot be, as words and whether
    it can; ``require`` raises InvalidInput for answers that no row could take; ``run`` does it and ``done`` says so.
    """

    id: str
    label: str
    grave: bool

    def fields(self, typed: Typed, problems: Problems) -> list[dict[str, Any]]: ...  # noqa: D102  see the class
    def typed_in(self, request: HttpRequest) -> dict[str, Any]: ...  # noqa: D102  see the class
    def would(self, rows: Sequence[Seen]) -> list[tuple[str, bool]]: ...  # noqa: D102  see the class
    def require(self, typed: Typed) -> None: ...  # noqa: D102  see the class
    def run(self, rows: Sequence[Row], typed: Typed, *, together: bool) -> list[Outcome]: ...  # noqa: D102  see the class
    def done(self, known: Seen) -> str: ...  # noqa: D102  see the class


class Acting:
    """An act of the matters' procedures."""

    def __init__(self, offer: Offer, glass: Glass) -> None:
        self.offer, self.glass = offer, glass
        self.id, self.label = offer.id, words(offer.rule)
        self.grave = is_grave(offer.rule, offer.procedure)

    def fields(self, typed: Typed, problems: Problems) -> list[dict[str, Any]]:
        """The fields of the act."""
        return [form_field(self.offer.procedure, one.id, typed, problems, self.glass) for one in self.offer.fields]

    def typed_in(self, request: HttpRequest) -> dict[str, Any]:
        """What was typed into them."""
        typed = typed_in(request, self.offer.procedure, self.offer.rule)
        return {one.id: typed[one.id] for one in self.offer.fields}

    def would(self, rows: Sequence[Seen]) -> list[tuple[str, bool]]:
        """The state that each matter comes to, or the refusal."""
        told: list[tuple[str, bool]] = []
        for line in bulk.lines(rows, self.offer, self.glass.by):
            if line.refusal is not None or line.rule is None:
                told.append((words(line.refusal.said) if line.refusal else "", False))
                continue
            paper = line.known.procedure.paper(line.rule.paper).form.split("（")[0] if line.rule.paper else ""
            to = words(line.known.procedure.state(line.rule.to or line.known.state))
            after = _("转为“%(state)s”") % {"state": to}
            told.append(
                (_("%(after)s，发出《%(paper)s》") % {"after": after, "paper": paper} if paper else after, True)
            )
        return told

    def require(self, typed: Typed) -> None:
        """Every field is answered as the act asks."""
        bulk.require_answers(self.offer, given(typed), on=self.glass.today)

    def run(self, rows: Sequence[Row], typed: Typed, *, together: bool) -> list[Outcome]:
        """Do the act in every matter."""
        return bulk.perform_each(
            act=self.offer.rule.id,
            rows=rows,
            answers=given(typed),
            by=self.glass.by,
            at=now(),
            entropy=secrets.token_bytes(32),
            together=together,
        )

    def done(self, known: Seen) -> str:
        """The state it has come to."""
        state = words(known.procedure.state(known.state))
        return _("已办理“%(act)s”，现为“%(state)s”") % {"act": self.label, "state": state}


class Giving:
    """Giving the matters to somebody of one's own organisation."""

    id, grave = GIVE, False

    def __init__(self, glass: Glass) -> None:
        self.glass, self.label = glass, _("分办")
        self.posts, self.departments = options_of(glass)

    def fields(self, typed: Typed, problems: Problems) -> list[dict[str, Any]]:
        """To whom, and into which department."""
        asked = [("handler", _("交给"), self.posts), ("department", _("科室"), self.departments)]
        return [
            {
                **blank(name, label),
                "kind": "person",
                "options": options,
                "value": typed.get(name, ""),
                "required": False,
                "problems": problems.get(name, []),
            }
            for name, label, options in asked
            if options
        ]

    def typed_in(self, request: HttpRequest) -> dict[str, Any]:
        """What was chosen."""
        return {name: request.POST.get(name, "") for name in ("handler", "department")}

    def would(self, rows: Sequence[Seen]) -> list[tuple[str, bool]]:
        """What is open can be given."""
        over, open_now = _("事项已经结束，不需要再分办。"), _("交给所选的承办人")
        return [(over, False) if known.matter.final else (open_now, True) for known in rows]

    def require(self, typed: Typed) -> None:
        """Somebody or a department is chosen."""
        if not (typed["handler"] or typed["department"]):
            said = Said("请选择承办人或者科室。", "Choose somebody or a department.")
            raise InvalidInput("casework.bad_handler", said, problems=(Problem("handler", "missing", said),))

    def run(self, rows: Sequence[Row], typed: Typed, *, together: bool) -> list[Outcome]:
        """Give every one of them."""
        return bulk.assign_each(
            numbers=[row.number for row in rows],
            handler=id_of(typed["handler"]),
            department=id_of(typed["department"]),
            by=self.glass.by,
            at=now(),
            together=together,
        )

    def done(self, known: Seen) -> str:  # noqa: ARG002  every deed has this shape
        """That it was given."""
        return _("已分办")


class Reminding:
    """Reminding those whose turn it is."""

    id, grave = REMIND, False

    def __init__(self, glass: Glass) -> None:
        self.glass, self.label = glass, _("催办")

    def fields(self, typed: Typed, problems: Problems) -> list[dict[str, Any]]:
        """A few words, if any."""
        return [
            {
                **blank("text", _("附言")),
                "kind": "longtext",
                "value": typed.get("text", ""),
                "required": False,
                "max": LONGEST_WORDS,
                "problems": problems.get("text", []),
            }
        ]

    def typed_in(self, request: HttpRequest) -> dict[str, Any]:
        """The words."""
        return {"text": request.POST.get("text", "")}

    def would(self, rows: Sequence[Seen]) -> list[tuple[str, bool]]:
        """Who would be reminded."""
        told: list[tuple[str, bool]] = []
        for known in rows:
            awaited = _("、").join(named(one) for one in awaited_others(known, self.glass.by))
            told.append(
                (_("催办%(who)s") % {"who": awaited}, True) if awaited else (_("现在不等待其他机关办理。"), False)
            )
        return told

    def require(self, typed: Typed) -> None:
        """The words are few."""
        if len(typed["text"].strip()) > LONGEST_WORDS:
            said = Said(f"附言最多 {LONGEST_WORDS} 字，请缩短。", f"Write at most {LONGEST_WORDS} characters.")
            raise InvalidInput("casework.bad_reminder", said, problems=(Problem("text", "too_long", said),))

    def run(self, rows: Sequence[Row], typed: Typed, *, together: bool) -> list[Outcome]:
        """Remind in every one of them."""
        numbers = [row.number for row in rows]
        return bulk.remind_each(numbers=numbers, text=typed["text"], by=self.glass.by, at=now(), together=together)

    def done(self, known: Seen) -> str:  # noqa: ARG002  every deed has this shape
        """That they were reminded."""
        return _("已催办")


def deeds(rows: Sequence[Seen], glass: Glass) -> list[tuple[Deed, int]]:
    """What may be done with these matters, each with the number of those in which it is possible."""
    by = glass.by
    found: list[tuple[Deed, int]] = [(Acting(offer, glass), len(offer.numbers)) for offer in bulk.offers(rows, by)]
    others: list[Deed] = [Giving(glass)] if by.may(ASSIGN) else []
    others += [Reminding(glass)] if by.may(SPEAK) else []
    counted = [(deed, sum(possible for _said, possible in deed.would(rows))) for deed in others]
    return [*found, *(one for one in counted if one[1])]


def deed_named(name: str, rows: Sequence[Seen], glass: Glass) -> Deed:
    """The deed with this name; NotFound ``casework.no_act`` for anything else."""
    if name == GIVE and glass.by.may(ASSIGN):
        return Giving(glass)
    if name == REMIND and glass.by.may(SPEAK):
        return Reminding(glass)
    return Acting(bulk.offer_named(name, rows), glass)
