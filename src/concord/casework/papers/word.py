"""The Word copy of a letter, for reading and quoting; the PDF/A stays the original.

It is built line by line from what the typst template says, not from a second template: the wording stands in one
place, the charter's ``.typ`` text file, where officers of another alliance adapt it and see the change in a diff. A
binary ``.docx`` template would repeat every sentence and drift. Styles are named in Chinese, so that the copy can be
restyled in Word. It bears no QR code: a copy that can be edited must not look verifiable.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from pathlib import Path
from typing import cast

from docx import Document
from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from concord.casework.papers.letter import Letter, texts
from concord.casework.papers.typeset import Line, Template, lines, refusal
from concord.casework.papers.word_tables import CELL, WRITERS, write_form
from concord.rules.errors import DefinitionError, Said

_RED = RGBColor(0xC8, 0x16, 0x1D)
_LATIN = "Times New Roman"
_PITCH = Pt(28.9)
# What XML cannot carry: control characters and two non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# The schema's order within paragraph properties: borders stand before all of these.
_AFTER_BORDERS = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")


@dataclass(frozen=True, slots=True)
class _Look:
    """One paragraph style; sizes and spaces in points, ``indent`` in characters, ``exact`` keeps the 22-line grid."""

    name: str
    font: str = "仿宋_GB2312"
    size: float = 16
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY
    indent: int = 0
    right: int = 0
    before: float = 0
    after: float = 0
    exact: bool = True
    keep: bool = False
    colour: RGBColor | None = None
    border: tuple[str, str, str, str] | None = None


_TEXT = _Look("公文正文", indent=2)
_DATED = _Look("成文日期", align=WD_ALIGN_PARAGRAPH.RIGHT, right=2, keep=True)
_IMPRINT = _Look("版记", size=14, exact=False, border=("top", "single", "6", "000000"))
_LOOKS = {
    "sender": _Look(
        "发文机关标志",
        font="方正小标宋简体",
        size=30,
        align=WD_ALIGN_PARAGRAPH.CENTER,
        after=6,
        exact=False,
        colour=_RED,
        border=("bottom", "thickThinSmallGap", "24", "C8161D"),
    ),
    "office": _Look("制作机关", size=17, align=WD_ALIGN_PARAGRAPH.CENTER, exact=False),
    "number": _Look("发文字号", align=WD_ALIGN_PARAGRAPH.RIGHT),
    "serial": _Look("发文字号（居中）", align=WD_ALIGN_PARAGRAPH.CENTER),
    "title": _Look(
        "公文标题", font="方正小标宋简体", size=22, align=WD_ALIGN_PARAGRAPH.CENTER, before=20, after=20, exact=False
    ),
    "addressee": _Look("主送机关"),
    "heading": _Look("公文小标题", font="黑体", indent=2, keep=True),
    "subheading": _Look("公文二级标题", font="楷体_GB2312", indent=2, keep=True),
    "paragraph": _TEXT,
    "item": _TEXT,
    "answer": _TEXT,
    "article": _TEXT,
    "party": _TEXT,
    "detail": _TEXT,
    "attachment": _Look("附件说明", indent=2, align=WD_ALIGN_PARAGRAPH.LEFT),
    "signature": _Look("发文机关署名", align=WD_ALIGN_PARAGRAPH.RIGHT, right=2, before=28.9, keep=True),
    "seal": _DATED,
    "date": _DATED,
    "contact": _Look("附注", indent=2, before=14, after=28.9),
    "copies": _IMPRINT,
    "imprint": _IMPRINT,
    "note": _Look("文书说明", size=9, exact=False, before=6),
}
_CELL = _Look(CELL, size=12, align=WD_ALIGN_PARAGRAPH.LEFT, exact=False, before=3, after=3)
_BOLD_LABELS = ("answer", "article", "party")
_FORM = ("grid", "sign")


def word(letter: Letter, *, template: Template, fonts: Path) -> bytes:
    """The letter as DOCX, the same bytes every time; says word for word what ``typeset`` prints.

    Raises InvalidInput (``paper.missing_glyph``) for a character that a document cannot hold, and DefinitionError
    (``paper.template_failed``) as ``typeset`` does, also for a kind of line that has no style.
    """
    unwritable = {found for _, text in texts(letter) for found in _UNWRITABLE.findall(text)}
    refused = refusal(letter, unwritable)
    if refused:
        raise refused
    said = lines(letter, template=template, fonts=fonts)
    paper = Document()
    _lay_out(paper, letter)
    for formed, group in groupby(said, key=lambda line: line.kind in _FORM):
        if formed:
            write_form(paper, list(group))
            continue
        for line in group:
            _write(paper, line, template)
    foot = paper.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES"), (" 页", "")):
        foot.add_run(text)
        if field:
            foot._p.append(_element("w:fldSimple", instr=field))  # noqa: SLF001 - python-docx offers no fields
    raw = io.BytesIO()
    paper.save(raw)
    return _undated(raw)


def _lay_out(paper: Paper, letter: Letter) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(34), Mm(32)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(15)
    about = paper.core_properties
    about.title, about.author, about.last_modified_by = f"{letter.title} {letter.number}", letter.sender, letter.sender
    about.comments, about.language = "", "zh-CN"
    about.created = about.modified = datetime.combine(letter.issued_date, time())  # naive: the library writes it as UTC
    for look in dict.fromkeys([*_LOOKS.values(), _CELL]):
        _make(paper, look)


def _make(paper: Paper, look: _Look) -> None:
    style = cast("ParagraphStyle", paper.styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH))
    shape = style.paragraph_format
    shape.alignment, shape.keep_with_next, shape.widow_control = look.align, look.keep, True
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.first_line_indent, shape.right_indent = Pt(look.size * look.indent), Pt(look.size * look.right)
    if look.exact:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, _PITCH
    style.font.name, style.font.size, style.font.color.rgb = _LATIN, Pt(look.size), look.colour
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), look.font)
    if look.border:
        side, kind, eighths, colour = look.border
        borders = _element("w:pBdr")
        borders.append(_element(f"w:{side}", val=kind, sz=eighths, space="6", color=colour))
        style.element.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDERS)


def _write(paper: Paper, line: Line, template: Template) -> None:
    if line.kind in WRITERS:
        WRITERS[line.kind](paper, line)
        return
    if line.kind not in _LOOKS:
        known = [*_LOOKS, *WRITERS, *_FORM]
        raise DefinitionError(
            "paper.template_failed",
            Said(
                f"文书模板 {template.path} 用了未知的行类别“{line.kind}”；可用的有：{'、'.join(known)}。",
                f"The template {template.path} uses an unknown kind of line, “{line.kind}”; the known ones are "
                f"{', '.join(known)}.",
            ),
        )
    paragraph = paper.add_paragraph(style=_LOOKS[line.kind].name)
    if line.label:
        paragraph.add_run(line.label).bold = line.kind in _BOLD_LABELS
    paragraph.add_run(line.text)


def _element(tag: str, **attributes: str) -> BaseOxmlElement:
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def _undated(raw: io.BytesIO) -> bytes:
    """The same package with fixed member dates and order, so that equal letters give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
