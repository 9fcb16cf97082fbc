"""Matters to act on: the nine cities with people in every post, driven on the usual way up to this day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import typst
from django.conf import settings

from concord.casework import commands, letters, queries
from concord.casework.models import Matter, Paper
from concord.casework.papers import Letter, Template, template_in
from concord.foundation.database.clock import now
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.organisations.queries import texts_of
from tests.support.worlds import TO_SUBMITTED, WAYS, World, g60_world, time

# The day of the ways in tests/support that is made the present one.
USUAL = time("2026-02-10T09:00")


def letter_and_template(matter: Matter) -> tuple[Letter, Template, Path]:
    """The letter of the matter's only paper, the template it was set with, the fonts."""
    paper = Paper.objects.get(matter=matter)
    path = f"cn/papers/{paper.matter.procedure}/{paper.kind}.typ"
    return letters.letter_of(paper), template_in(texts_of(paper.charter_digest), path), settings.FONTS


class Deeds:
    """A world whose matters are of these days, so that its clocks are running."""

    def __init__(self, world: World | None = None) -> None:
        enter(SYSTEM)
        self.world: World = world or g60_world()
        self._shift = timedelta(days=(now() - USUAL).days)

    def in_state(self, state: str) -> Matter:
        """A request for assistance brought on the usual way into ``state``, as of these days."""
        matter = self.world.begin(at=self._at("2026-02-05T10:00"), case_ref=f"某某案 {uuid4().hex[:8]}")
        for act, by, at, given in WAYS[state]:
            self.world.do(matter, act, by=by, at=self._at(at), **given)
        matter.refresh_from_db()
        return matter

    def submitted(self) -> Matter:
        """A matter whose letter waits to be signed."""
        matter = self.world.begin(at=self._at("2026-02-05T10:00"), case_ref=f"某某案 {uuid4().hex[:8]}")
        for act, by, at, given in TO_SUBMITTED:
            self.world.do(matter, act, by=by, at=self._at(at), **given)
        return matter

    def ready(self, matter: Matter, act: str, *, by: str) -> Callable[[], object]:
        """The act, prepared down to the call that is measured."""
        at = now()
        actor = self.world.actor(by, at=at.isoformat())
        entropy = self.world.random_bytes()
        enter(str(actor.scope_id))
        version = queries.matter_for(uid=matter.uid, by=actor).version

        def perform() -> None:
            commands.perform(
                matter=matter.uid,
                act=act,
                answers={},
                by=actor,
                at=at,
                version=version,
                key=entropy.hex(),
                entropy=entropy,
            )
            enter(SYSTEM)

        return perform

    def fonts(self) -> typst.Fonts:
        """The fonts of the papers, loaded once."""
        return self._fonts

    @cached_property
    def _fonts(self) -> typst.Fonts:
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.FONTS])

    def _at(self, text: str) -> str:
        moment: datetime = time(text) + self._shift
        return moment.isoformat()
