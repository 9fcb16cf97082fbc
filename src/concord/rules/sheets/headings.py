"""Which column each heading of a sheet means: in either language, in any order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from concord.rules.sheets.columns import Column

# What templates and people put around a heading: a star, or a remark, for what must be filled in.
AROUND: Final = re.compile(r"[*\s]|\((?:必填|选填|required|optional)\)")
BRACKETS: Final = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Headings:
    """Where each known column stands in the sheet, which headings nobody knows, which required columns are missing."""

    places: dict[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


def match_headings(written: Sequence[str], columns: Sequence[Column]) -> Headings:
    """Match headings with columns by Chinese, English or identifier; of two alike the first counts."""
    names: dict[str, str] = {}
    for column in columns:
        for name in (column.zh, column.en, column.id):
            names.setdefault(_bare(name), column.id)
            # Without its own brackets too; brackets that people write, such as another unit, are never passed over.
            names.setdefault(BRACKETS.sub("", _bare(name)), column.id)
    places: dict[str, int] = {}
    unknown: list[str] = []
    for place, text in enumerate(written):
        if not text.strip():
            continue
        found = names.get(_bare(text))
        if found is None or found in places:
            unknown.append(text.strip())
        else:
            places[found] = place
    missing = tuple(column.id for column in columns if column.required and column.id not in places)
    return Headings(places, tuple(unknown), missing)


def _bare(text: str) -> str:
    return AROUND.sub("", unicodedata.normalize("NFKC", text)).casefold()
