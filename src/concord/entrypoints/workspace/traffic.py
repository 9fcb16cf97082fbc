"""What is open between the organisations, for the schematic map and the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk.lists import MOST_BETWEEN, Traffic
from concord.entrypoints.workspace import city_map
from concord.entrypoints.workspace.jinja import named
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Kind, Organisation
from concord.foundation.organisations.queries import organisations


def traffic_map(pairs: Sequence[Traffic], by: Actor) -> dict[str, Any]:
    """The map: members as places, lines with how many are open and late; rows for the table, busiest first."""
    known = {one.id: one for one in organisations()}
    rows = [_row(pair, known, by) for pair in sorted(pairs, key=lambda pair: (-pair.open, pair.origin, pair.target))]
    members = [one for one in known.values() if one.kind == Kind.MEMBER]
    laid = city_map.laid_out([one.code for one in members], city_map.known_places())
    most = max((pair.open for pair in pairs), default=0)
    lines = [
        {**row, "path": path, "width": city_map.width_of(row["open"], most)}
        for row in rows
        if row["from"] in laid and row["to"] in laid
        if (path := city_map.line(laid[row["from"]], laid[row["to"]]))
    ]
    return {
        "width": int(city_map.WIDTH),
        "height": int(city_map.HEIGHT),
        "radius": int(city_map.RADIUS),
        # Late ones are drawn last, above the others.
        "lines": sorted(lines, key=lambda line: bool(line["late"])),
        "nodes": [_node(one, laid[one.code], pairs, by) for one in members],
        "rows": rows,
        "total": _capped(sum(pair.open for pair in pairs), most=most),
    }


def _row(pair: Traffic, known: dict[int, Organisation], by: Actor) -> dict[str, Any]:
    origin, target = known[pair.origin], known[pair.target]
    between = {"from": origin.code, "to": target.code}
    said = _("%(origin)s → %(target)s：未结 %(open)s 件，超期 %(late)s 件") % {
        "origin": named(origin),
        "target": named(target),
        "open": _capped(pair.open, most=pair.open),
        "late": pair.late,
    }
    return {
        **between,
        "origin": named(origin),
        "target": named(target),
        "own": by.organisation.id in {pair.origin, pair.target},
        "open": pair.open,
        "count": _capped(pair.open, most=pair.open),
        "late": pair.late,
        "said": said,
        "url": _list(**between, open="1"),
        "late_url": _list(**between, overdue="1"),
    }


def _node(one: Organisation, place: city_map.Point, pairs: Sequence[Traffic], by: Actor) -> dict[str, Any]:
    own = one.id == by.organisation.id
    touching = [pair for pair in pairs if one.id in {pair.origin, pair.target}]
    count, most = sum(pair.open for pair in touching), max((pair.open for pair in touching), default=0)
    return {
        "name": named(one),
        "x": place.x,
        "y": place.y,
        "own": own,
        "late": any(pair.late for pair in touching),
        "count": _capped(count, most=most),
        "said": _("%(name)s：未结 %(count)s 件") % {"name": named(one), "count": _capped(count, most=most)},
        "url": _list(open="1") if own else _list(other=one.code, open="1"),
    }


def _capped(count: int, *, most: int) -> str:
    """The number, with a sign where one of its parts was counted no further."""
    return f"{count}+" if most >= MOST_BETWEEN else str(count)


def _list(**asked: str) -> str:
    return f"{reverse('workspace:matters')}?{urlencode(asked)}"
