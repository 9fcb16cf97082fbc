"""Tables of the Word copy: item tables, the rows of a form, and texts that stand side by side without lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.parser import OxmlElement
from docx.shared import Length, Mm
from docx.table import Table, _Cell

from concord.casework.papers.typeset import Line

CELL = "表格文字"
_WIDTH = Mm(156)
_TALL = Mm(19)
_LABELLED = (Mm(29), Mm(49), Mm(29), Mm(49))
_PAIR = 2


def write_item_table(paper: Paper, line: Line) -> None:
    """A table with lines whose head is repeated on every page."""
    whole = sum(line.widths)
    widths = [Length(int(_WIDTH * share / whole)) for share in line.widths]
    table = _table(paper, len(line.cells), widths, lined=True)
    for at, (row, made) in enumerate(zip(line.cells, table.rows, strict=True)):
        for cell, text in zip(made.cells, row, strict=True):
            _say(cell, text, bold=at == 0, align=WD_ALIGN_PARAGRAPH.CENTER if at == 0 else WD_ALIGN_PARAGRAPH.LEFT)
        if at == 0:
            made._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - python-docx offers no repeated heads


def write_form(paper: Paper, lines: Sequence[Line]) -> None:
    """The rows of a form, label and text once or twice in a row; rows left open for a signature are tall."""
    table = _table(paper, len(lines), _LABELLED, lined=True)
    for line, made in zip(lines, table.rows, strict=True):
        texts, cells = line.cells[0], made.cells
        places = [cells[0], cells[1].merge(cells[3])] if len(texts) == _PAIR else list(cells)
        signed = line.kind == "sign"
        if signed:
            made.height = _TALL
        for at, (cell, text) in enumerate(zip(places, texts, strict=True)):
            value = at % _PAIR
            align = WD_ALIGN_PARAGRAPH.RIGHT if signed and value else WD_ALIGN_PARAGRAPH.LEFT
            _say(cell, text, bold=not value, align=align if value else WD_ALIGN_PARAGRAPH.CENTER)


def write_side_by_side(paper: Paper, line: Line) -> None:
    """Texts beside each other without lines: who issues and when; the blocks of those who sign."""
    texts = line.cells[0] if line.kind == "pair" else tuple("\n".join(block) for block in line.cells)
    table = _table(paper, 1, [Length(_WIDTH // _PAIR)] * len(texts), lined=False)
    for at, (cell, text) in enumerate(zip(table.rows[0].cells, texts, strict=True)):
        pushed = line.kind == "pair" and at
        _say(cell, text, bold=False, align=WD_ALIGN_PARAGRAPH.RIGHT if pushed else WD_ALIGN_PARAGRAPH.LEFT)


WRITERS: dict[str, Callable[[Paper, Line], None]] = {
    "table": write_item_table,
    "pair": write_side_by_side,
    "seals": write_side_by_side,
}


def _table(paper: Paper, rows: int, widths: Sequence[Length], *, lined: bool) -> Table:
    table = cast("Table", paper.add_table(rows=rows, cols=len(widths), style="Table Grid" if lined else None))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    return table


def _say(cell: _Cell, text: str, *, bold: bool, align: WD_ALIGN_PARAGRAPH) -> None:
    for at, part in enumerate(text.split("\n")):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.style = CELL
        paragraph.alignment = align
        paragraph.add_run(part).bold = bold
