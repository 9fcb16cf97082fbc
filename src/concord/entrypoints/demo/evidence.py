"""Evidence of the demo: small real files, invented content, the same bytes every time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

RECORD = """
#let said = json(bytes(sys.inputs.said))
#set page(width: 148mm, height: 210mm, margin: 16mm)
#set text(font: "Noto Serif SC", size: 10.5pt, lang: "zh")
#set par(justify: true, leading: 0.8em, spacing: 1em)
#align(center, text(size: 16pt, weight: 700, said.title))
#v(4mm)
#for line in said.lines { par(line) }
#v(1fr)
#align(right, text(size: 8pt, fill: luma(90), "演示数据，人物、单位、地点均为虚构"))
"""
PICTURE = """
#let said = json(bytes(sys.inputs.said))
#set page(width: 120mm, height: 80mm, margin: 6mm, fill: rgb("#eceff1"))
#set text(font: "Noto Serif SC", size: 9pt)
#grid(columns: (1fr,) * 6, gutter: 2mm, ..range(18).map(n => rect(
  width: 100%, height: 15mm, radius: 1mm, stroke: 0.6pt + luma(80),
  fill: if calc.rem(n * said.step, 7) < 3 { rgb("#8d6e63") } else { rgb("#d7ccc8") },
  align(center + horizon, text(size: 7pt, str(n + 1))))))
#v(1fr)
#text(said.title) #h(1fr) #text(fill: luma(90), "示意图（虚构）")
"""


def made(wanted: Mapping[str, Any], *, at: datetime) -> bytes:
    """The bytes of one piece of evidence: a ``record`` (PDF), a ``table`` (CSV) or a ``picture`` (PNG)."""
    match wanted["kind"]:
        case "table":
            return _table([wanted["head"], *wanted["rows"]])
        case "record":
            return _drawn(RECORD, {"title": wanted["title"], "lines": wanted["lines"]}, form="pdf", at=at)
        case _:
            step = len(wanted["title"]) % 5 + 1
            return _drawn(PICTURE, {"title": wanted["title"], "step": step}, form="png", at=at)


def _table(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    # The mark tells spreadsheets that this is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def _drawn(source: str, said: Mapping[str, Any], *, form: Literal["pdf", "png"], at: datetime) -> bytes:
    return typst.compile(
        source.encode(),
        format=form,
        ppi=96,
        font_paths=_fonts(settings.FONTS),
        ignore_system_fonts=True,
        sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
        timestamp=at.astimezone(UTC),
    )


@lru_cache(maxsize=1)
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
