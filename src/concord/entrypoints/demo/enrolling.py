"""The people of the demo: their bureaus' departments, and the posts that they hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from concord.entrypoints.demo.personas import PERSONAS
from concord.foundation.organisations import commands as organisations
from concord.foundation.organisations.departments import give_competence, open_department
from concord.foundation.organisations.models import Department, Organisation, Person

PEOPLE = Path(__file__).parent / "people.toml"


def enrol_everybody(*, held_from: date) -> list[str]:
    """The personas and the people beside them with departments and posts; returns the names they sign in with.

    The bureaus' telephones and addresses are set too.
    """
    written = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))
    places = {row.position: row for row in Organisation.objects.all()}
    hall = _Hall(places, written["departments"], held_from)
    for persona in PERSONAS:
        columns = {"username": persona.username, "zh": persona.zh, "en": persona.en, "telephone": persona.telephone}
        hall.appoint(organisations.enrol(**columns), persona.place, persona.post, persona.group, home=persona.home)
    for told in written["places"]:
        place = places[told["place"]]
        place.telephone, place.address = told["telephone"], told["address"]
        place.save(update_fields=["telephone", "address"])
        for one in told["people"]:
            person = organisations.enrol(**{name: one[name] for name in ("username", "zh", "en", "telephone")})
            hall.appoint(person, told["place"], one["post"], one.get("group", ""), home=one.get("home"))
    for second in written["second_posts"]:
        hall.appoint(Person.objects.get(username=second["username"]), second["place"], second["post"])
    return list(Person.objects.order_by("id").values_list("username", flat=True))


class _Hall:
    """The bureaus with their departments; a post goes into the one where such posts are."""

    def __init__(self, places: Mapping[int, Organisation], departments: list[dict[str, Any]], held_from: date) -> None:
        self._places, self._held_from = places, held_from
        self._rooms: dict[tuple[int, str], Department] = {}
        for position in sorted(set(places) - {0}):
            for told in departments:
                self._open(position, told)

    def _open(self, position: int, told: Mapping[str, Any]) -> None:
        made = open_department(
            organisation=self._places[position],
            zh=told["zh"],
            en=told["en"],
            desk=told.get("desk", False),
            valid_from=self._held_from,
        )
        for area in told["areas"]:
            give_competence(department=made, area=area, valid_from=self._held_from)
        self._rooms |= {(position, kind): made for kind in told["posts"]}

    def appoint(self, person: Person, place: int, kind: str, group: str = "", *, home: int | None = None) -> None:
        organisations.appoint(
            person=person,
            organisation=self._places[place],
            kind=kind,
            group=group,
            held_from=self._held_from,
            department=self._rooms.get((place, kind)),
            home=None if home is None else self._places[home],
        )
