"""The handbook (手册) of a charter: an official book in Chinese, as PDF/A, made from the charter's files alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from concord.casework.papers import Template, compiled
from concord.entrypoints.handbook.contents import contents
from concord.rules.charter import Charter, load

TEMPLATE = Path(__file__).parent / "handbook.typ"


def made_from(texts: Mapping[str, str], charter_id: str, *, fonts: Path) -> bytes:
    """The handbook of the charter in ``texts``; the same texts give the same bytes.

    ``fonts`` is the folder with the fonts of the papers. Raises DefinitionError ``charter.faulty`` as ``load`` does,
    and Unavailable ``paper.no_fonts``.
    """
    charter = load(texts, charter_id)
    template = Template(path="handbook.typ", source=TEMPLATE.read_text(encoding="utf-8"), parts={})
    book = json.dumps(contents(charter, texts), ensure_ascii=False, allow_nan=False)
    return compiled(template, {"book": book}, on=charter.version, fonts=fonts)


def file_name(charter: Charter) -> str:
    """What the file is called where it is saved: 章程手册-g60-2026-01-01.pdf."""
    return f"章程手册-{charter.id}-{charter.version.isoformat()}.pdf"
