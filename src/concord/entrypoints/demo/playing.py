"""Playing steps through the same commands that pages and programs use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from concord.casework import commands
from concord.casework.desk import receipts
from concord.casework.desk.cases import open_case
from concord.casework.models import Act, Case, Matter
from concord.entrypoints.demo import steps
from concord.entrypoints.demo.around import AROUND, Stage
from concord.entrypoints.demo.evidence import made
from concord.entrypoints.demo.steps import Step
from concord.foundation.access.actor import Actor
from concord.foundation.files import commands as files
from concord.foundation.notices import commands as notices
from concord.rules.identifiers import uuid7

if TYPE_CHECKING:
    from concord.foundation.ledger.sealing import Equipment

UID_BYTES = 10


class Player:
    """Plays steps in the order of their time; remembers what they made by its name in the demo.

    ``equipment`` seals items of evidence; without it no step may ask for that.
    """

    def __init__(
        self, *, actors: Mapping[str, Actor], codes: Mapping[int, str], equipment: Equipment | None = None
    ) -> None:
        self._equipment = equipment
        self._items: dict[str, str] = {}
        self._actors = actors
        self._codes = codes
        self._cases: dict[str, Case] = {}
        self._matters: dict[str, Matter] = {}
        self._acts: dict[str, list[Act]] = {}

    def play(self, step: Step) -> None:
        """Do one step; raises what the command raises."""
        if step.do in AROUND:
            AROUND[step.do](step, Stage(self._actors, self._codes, self._matters))
            return
        by = self._actors[step.by]
        match step.do:
            case steps.OPEN_CASE:
                case = open_case(**step.answers, by=by, at=step.at, entropy=entropy(step.key))
                self._cases[step.case] = case
            case steps.READ:
                receipts.acknowledge(matter=self._matters[step.matter], by=by, at=step.at)
            case steps.READ_NOTICES:
                notices.mark_read(by=by, at=step.at)
            case steps.SEAL_ITEM if self._equipment is not None:
                from concord.entrypoints.demo.collecting import seal_item  # noqa: PLC0415  needed where keys are

                known = self._cases.get(step.case)
                number = seal_item(step, by, case=known, equipment=self._equipment, entropy=entropy)
                self._items[f"{steps.ITEM}{step.case}-{step.answers['item']}"] = number
            case _:
                self._act(step, by)

    def _act(self, step: Step, by: Actor) -> None:
        answers = {
            name: [self._stored(one, f"{step.key}-{name}-{n}", by=by, at=step.at) for n, one in enumerate(value)]
            if _are_files(value)
            else self._named(step, value)
            for name, value in step.answers.items()
        }
        if step.parties is not None:
            matter = commands.begin(
                procedure=step.procedure,
                act=step.do,
                parties={role: [self._codes[place] for place in places] for role, places in step.parties.items()},
                answers=answers,
                by=by,
                at=step.at,
                key=_key(step),
                entropy=entropy(step.key),
                case=self._cases.get(step.case),
            )
            self._matters[step.matter] = matter
            self._acts[step.matter] = list(matter.acts.all())
            return
        done = commands.perform(
            matter=self._matters[step.matter].uid,
            act=step.do,
            answers=answers,
            by=by,
            at=step.at,
            version=self._known(step.matter, by),
            key=_key(step),
            entropy=entropy(step.key),
        )
        self._acts[step.matter].append(done)

    def _known(self, matter: str, by: Actor) -> int:
        """The last act that the actor's side knows of."""
        acts = self._acts[matter]
        return max(act.seq for act in acts if not act.internal or act.organisation_id == by.organisation.id)

    def _named(self, step: Step, value: Any) -> Any:
        """Items of evidence are told by their names in the story, everything else by itself."""
        if not isinstance(value, list):
            return value
        return [self._items.get(f"{steps.ITEM}{step.case}-{str(one).removeprefix(steps.ITEM)}", one) for one in value]

    def _stored(self, wanted: Mapping[str, Any], name: str, *, by: Actor, at: datetime) -> str:
        content = made(wanted, at=at)
        uid = uuid7(at, entropy(name)[:UID_BYTES])
        return str(files.store(content=content, name=wanted["name"], by=by, at=at, uid=uid).uid)


def _are_files(value: Any) -> bool:
    """Files are told as tables of what to make; no other answer is."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def entropy(name: str) -> bytes:
    """Thirty-two bytes that stand for randomness, the same for the same name."""
    return hashlib.sha256(f"demo:{name}".encode()).digest()


def _key(step: Step) -> str:
    return f"demo-{step.key}"
