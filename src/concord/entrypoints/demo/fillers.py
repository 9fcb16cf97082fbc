"""The matters that fill the demo's lists: planned with a fixed seed, put together from phrases, cut off at today."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from random import Random
from typing import Any

from concord.entrypoints.demo.steps import ASSISTANCE, Step
from concord.entrypoints.demo.timetable import Timetable

PHRASES = Path(__file__).parent / "phrases.toml"
SEED = 20211021
MATTERS = 272
# The last days are the stories'; a matter begun yesterday would only crowd them.
LATEST = 3
# Silence that goes on for months is no believable list, so those matters are young.
YOUNG = 30
LIMIT = 15
# Minutes of the day at which people act; whatever follows on the same day still lies in office hours.
OFFICE_HOURS = tuple(range(9 * 60, 11 * 60 + 30)) + tuple(range(13 * 60 + 30, 17 * 60))
MORNING_AND_NOON = 240
BEGINNING = (("asking", "draft", 0), ("asking", "submit", 0), ("signing", "issue", 1))
ACCEPTED = (*BEGINNING, ("handling", "accept", 1))
ANSWERED = (("handling", "submit_answer", 3), ("releasing", "answer", 1), ("asking", "close", 3))
# How often: who does what, and the working days that pass before it (for some acts one or two more).
COURSES: tuple[tuple[int, tuple[tuple[str, str, int], ...]], ...] = (
    (18, (*ACCEPTED, *ANSWERED)),
    (5, (*ACCEPTED, ("handling", "offer_date", 2), *ANSWERED)),
    (5, (*ACCEPTED, ("releasing", "notify_delay", 9), *ANSWERED)),
    (4, (*ACCEPTED, ("signing", "escalate", 18), *ANSWERED)),
    (4, (*BEGINNING[:2], ("signing", "send_back", 1), ("asking", "revise", 0), ("asking", "submit", 0),
         ("signing", "issue", 1), ("handling", "accept", 1), *ANSWERED)),
    (4, (*ACCEPTED, ("handling", "submit_answer", 4), ("releasing", "send_answer_back", 1), *ANSWERED)),
    (22, (*BEGINNING, ("releasing", "refuse", 2), ("asking", "close", 2))),
    (5, (*BEGINNING, ("releasing", "refuse", 3), ("signing", "escalate", 1), ("asking", "close", 3))),
    (26, (*BEGINNING[:2], ("signing", "withdraw", 1))),
    (12, (*BEGINNING, ("signing", "withdraw", 3))),
)  # fmt: skip
# Before the alliance's own procedures were in force there were only the national ones, such as asking a right holder
# to identify goods.
NATIONAL = "identification_direct"
NATIONAL_COURSES: tuple[tuple[int, tuple[tuple[str, str, int], ...]], ...] = (
    (7, (*BEGINNING, ("asking", "record_opinion", 8), ("asking", "check_opinion", 1), ("asking", "close", 3))),
    (2, (*BEGINNING, ("asking", "record_unanswered", 12), ("asking", "close", 3))),
    (1, (*BEGINNING, ("signing", "withdraw", 4))),
)
TIME_TO_IDENTIFY = 10
SILENT = ((*BEGINNING,), (*ACCEPTED,))
ONE_SILENT_IN = 28


@dataclass(frozen=True, slots=True)
class Sides:
    """Who may act for a place: officers draft and handle, leaders sign."""

    name: str
    mark: str
    officers: tuple[str, ...]
    leaders: tuple[str, ...]


def planned(
    timetable: Timetable, sides: Mapping[int, Sides], *, reach: int, national_beyond: int, matters: int
) -> list[Step]:
    """The steps of ``matters`` fillers, from ``reach`` working days ago to the last working day before today.

    Those that begin more than ``national_beyond`` working days ago run on a national procedure.
    """
    rng = Random(SEED)  # noqa: S311  a fixed seed is the point: the same demo every time
    phrases = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    steps: list[Step] = []
    for n in range(matters):
        filler = _Filler(
            n,
            rng=rng,
            phrases=phrases,
            timetable=timetable,
            sides=sides,
            reach=reach,
            national_beyond=national_beyond,
        )
        steps += filler.steps()
    return steps


class _Filler:
    """One matter on its way; every choice is drawn from ``rng`` in a fixed order."""

    def __init__(
        self,
        n: int,
        *,
        rng: Random,
        phrases: Mapping[str, Any],
        timetable: Timetable,
        sides: Mapping[int, Sides],
        reach: int,
        national_beyond: int,
    ) -> None:
        self._n, self._rng, self._phrases, self._timetable = n, rng, phrases, timetable
        self._places = rng.sample(sorted(sides), 2)
        asking, asked = (sides[place] for place in self._places)
        self._people = {
            "asking": rng.choice(asking.officers),
            "signing": rng.choice(asking.leaders),
            "handling": rng.choice(asked.officers),
            "releasing": rng.choice(asked.leaders),
        }
        silent = n % ONE_SILENT_IN == 1
        self._start = -rng.randint(LIMIT + 3, min(YOUNG, national_beyond)) if silent else -rng.randint(LATEST, reach)
        self._national = -self._start > national_beyond
        weights, courses = zip(*(NATIONAL_COURSES if self._national else COURSES), strict=True)
        self._course = rng.choice(SILENT) if silent else rng.choices(courses, weights)[0]
        self._issued = 0
        self._write(asking, asked)

    def _write(self, asking: Sides, asked: Sides) -> None:
        rng, phrases = self._rng, self._phrases
        kind = rng.choice(phrases["kinds"])
        line = rng.choice([one for one in phrases["lines"] if one["goods"] in kind.get("goods", one["goods"])])
        seller, maker = rng.sample(phrases["firms"], 2)
        self._words = {
            "seller": f"{asking.name}{seller}{line['trade']}有限公司",
            "maker": f"{asked.name}{maker}{line['trade']}厂",
            "mark": rng.choice(phrases["marks"]),
            "goods": line["goods"],
            "asked": asked.name,
            "n": str(rng.randint(4, 260) * 5),
        }
        self._inquiries = rng.sample(phrases["inquiries"], rng.randint(2, 4))
        parts = [kind["reason"], rng.choice(phrases["sources"])["text"], rng.choice(phrases["purposes"])["text"]]
        year = self._timetable.day(self._start).year
        reference = f"（{asking.mark}案〔{year}〕第{900 + self._n}号）" if kind["stage"] == "filed" else ""
        self._request = {
            "case_ref": self._said(kind["name"]) + reference,
            "case_stage": kind["stage"],
            "reason": self._said("".join(parts)),
            "questions": [self._said(inquiry["asks"]) for inquiry in self._inquiries],
            "handling": rng.choice(("case_only", "case_only", "case_only", "ask_before_use", "no_onward", "lead_only")),
        }

    def steps(self) -> Iterator[Step]:
        """The steps that lie before today, in order."""
        offset, minute = self._start, self._rng.randrange(MORNING_AND_NOON)
        for n, (side, act, days) in enumerate(self._course):
            passed = days + (self._rng.randint(0, 2) if days > 1 else 0)
            offset += passed
            minute = self._rng.randrange(MORNING_AND_NOON) if passed else minute + self._rng.randint(15, 45)
            if offset >= 0:
                return
            if act == "issue":
                self._issued = offset
            at = OFFICE_HOURS[minute]
            yield Step(
                at=self._timetable.at(offset, time(at // 60, at % 60)),
                key=f"filler-{self._n}-{n}",
                by=self._people[side],
                do=act,
                matter=f"filler-{self._n}",
                procedure=NATIONAL if self._national else ASSISTANCE,
                parties=self._parties() if n == 0 else None,
                answers=self._answers(act, offset),
            )

    def _parties(self) -> dict[str, list[int]]:
        return {} if self._national else {"requested": [self._places[1]]}

    def _answers(self, act: str, offset: int) -> dict[str, Any]:
        if self._national and act != "withdraw":
            return self._national_answers(act, offset)
        notes = self._phrases["notes"]
        told: dict[str, Any] = {}
        match act:
            case "draft" | "revise":
                told = self._request
            case "submit_answer":
                told["answers"] = self._replies()
            case "offer_date" | "notify_delay":
                latest = self._issued + LIMIT if act == "offer_date" else offset + 8
                told["promised_date"] = self._timetable.day(min(offset + 7, latest)).isoformat()
                told["note"] = self._rng.choice(notes[act])
            case "refuse":
                told["ground"] = self._rng.choice(("outside_competence", "unclear"))
                outside = told["ground"] == "outside_competence"
                told["note"] = self._rng.choice(notes["refuse_outside" if outside else "refuse_unclear"])
            case "send_back" | "send_answer_back" | "escalate" | "withdraw":
                told["note"] = self._rng.choice(notes[act])
        return told

    def _replies(self) -> list[str]:
        return [self._said(self._rng.choice(inquiry["answers"])) for inquiry in self._inquiries]

    def _national_answers(self, act: str, offset: int) -> dict[str, Any]:
        notes = self._phrases["notes"]
        days = self._timetable.day
        match act:
            case "draft":
                return {
                    "case_ref": self._request["case_ref"],
                    "right_holder": f"“{self._words['mark']}”商标权利人",
                    "right_holder_contact": "法务部，0199-0110 0300",
                    "right_concerned": f"“{self._words['mark']}”商标",
                    "identification_items": [self._said("{goods}|{mark}|见附图|批号不一|{n}件|")],
                    "identification_due_date": days(min(offset + TIME_TO_IDENTIFY, -1)).isoformat(),
                }
            case "record_opinion":
                return {
                    "identification_received_date": days(offset).isoformat(),
                    "identifier": "权利人法务部",
                    "identification_conclusion": self._rng.choice(("not_genuine", "not_genuine", "partly")),
                    "identification_basis": self._rng.choice(notes["identified"]),
                }
            case "check_opinion":
                return {
                    "standing_check": "complete",
                    "opinion_use": "adopted",
                    "check_note": self._rng.choice(notes["checked"]),
                    "excluded_from": days(self._issued).isoformat(),
                    "excluded_until": days(offset - 1).isoformat(),
                }
            case "record_unanswered":
                return {"note": self._rng.choice(notes["unanswered"])}
        return {}

    def _said(self, text: str) -> str:
        return text.format(**self._words)
