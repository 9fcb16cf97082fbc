"""Items of evidence as officers collect them: registered, described, filled with files, sealed by the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from concord.capabilities.evidence import items, packing
from concord.capabilities.evidence.models import Item
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Organisation
from concord.proofs.report import Report
from concord.rules.evidence.records import FIELDS, RecordField
from tests.support.sealing import Home, written
from tests.support.two_verifiers import both_say
from tests.support.worlds import World, speaking_as

CARDS = ("浙0101", "浙0102")
PLACE = "示例路1号仓库"
SECRET = "张三"
"""A name that stands in everything that people type here."""


def full_record(kind: str) -> dict[str, object]:
    """Something in every field of a kind's record."""
    return {field.id: _value(field) for field in FIELDS[kind]}


def _value(field: RecordField) -> object:
    match field.type:
        case "boolean":
            return True
        case "choice":
            return field.options[0][0]
        case "datetime":
            return "2026-03-05T08:30:00+08:00"
        case "items":
            return [f"{SECRET}的货物"]
        case _:
            return f"{SECRET}在场"


@dataclass
class Collecting:
    """A world whose members have keys and a ledger, and the clock of that ledger."""

    world: World
    home: Home

    def actor(self, name: str = "asking.case_officer") -> Actor:
        """Somebody, now."""
        return self.world.actor(name, at=self.home.at.isoformat())

    def registered(self, *, by: str = "asking.case_officer", **changed: Any) -> Item:
        """An item that somebody begins to collect."""
        actor = self.actor(by)
        told: dict[str, Any] = {
            "kind": "photo",
            "title": "张三仓库照片",
            "handling": "case_only",
            "cause": "",
            "case": None,
            **changed,
        }
        with speaking_as(actor):
            return items.register(**told, by=actor, at=self.home.at, entropy=self.world.random_bytes())

    def described(self, item: Item, *, by: str = "asking.case_officer", **changed: Any) -> Item:
        """The same, with everything that its record asks for."""
        actor = self.actor(by)
        place = by.partition(".")[0]
        told: dict[str, Any] = {
            "version": self.fresh(item).version,
            "record": full_record(item.kind),
            "officers": self.officers(place),
            "place": PLACE,
            "started_at": self.home.at - timedelta(hours=1),
            "ended_at": self.home.at - timedelta(minutes=30),
            **changed,
        }
        with speaking_as(actor):
            return items.describe(item=item.uid, **told, by=actor, at=self.home.at)

    def officers(self, place: str = "asking") -> Sequence[tuple[UUID, str]]:
        """Two of the place's officers with their cards."""
        names = (f"{place}.case_officer", f"{place}.leader")
        return [(self.world.person(name).uid, card) for name, card in zip(names, CARDS, strict=True)]

    def filled(self, item: Item, *, by: str = "asking.case_officer", name: str = "张三仓库.txt") -> Item:
        """The same, with one more file."""
        file = self.world.upload(name, by=by, at=self.home.at.isoformat())
        actor = self.actor(by)
        with speaking_as(actor):
            items.add_file(
                item=item.uid,
                file=file.uid,
                claimed=file.digest,
                original_location="相机存储卡/DCIM/1.jpg",
                by=actor,
                at=self.home.at,
            )
        return self.fresh(item)

    def closed(self, *, by: str = "asking.case_officer", **changed: Any) -> Item:
        """An item that waits for its package to be signed."""
        item = self.filled(self.described(self.registered(by=by, **changed), by=by), by=by)
        return self.close(item, by=by)

    def close(self, item: Item, *, by: str = "asking.case_officer", without_stamp: bool = False) -> Item:
        """The item, closed."""
        actor = self.actor(by)
        with speaking_as(actor):
            version = self.fresh(item).version
            return items.seal(item=item.uid, version=version, by=actor, at=self.home.at, without_stamp=without_stamp)

    def sign(self) -> None:
        """What the job does."""
        for uid in packing.waiting():
            packing.finish_sealing(uid, equipment=self.home.equipment(), at=self.home.at)

    def sealed(self, *, by: str = "asking.case_officer", **changed: Any) -> Item:
        """An item whose package is signed and proven."""
        item = self.closed(by=by, **changed)
        self.sign()
        self.publish()
        return self.fresh(item)

    def publish(self) -> None:
        """Three seconds later a round publishes, and packages are completed."""
        self.home.later(seconds=3)
        self.home.round()
        sealing.complete(at=self.home.at, stamping=self.home.stamping())

    def fresh(self, item: Item) -> Item:
        """The item as it is now."""
        with writing():
            return Item.objects.select_related("organisation", "holder").get(pk=item.pk)

    def package(self, item: Item) -> Sealed:
        """Its package."""
        found = packing.package_of(self.fresh(item))
        assert found is not None
        return found

    def said(self, item: Item) -> Report:
        """What both verifiers say of its package."""
        content = written(self.package(item)).getvalue()
        return both_say(content, self.home.installation.trust.read_bytes(), at=self.home.at)

    def place(self, name: str) -> Organisation:
        """The organisation at a place."""
        return self.world.places[name]
