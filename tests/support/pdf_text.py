"""The text of a PDF, page by page, read back through the fonts' own character maps."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator

import pikepdf

_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_SINGLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


def text_of_pages(pdf: bytes) -> list[str]:
    """The text of each page in the order it is drawn, without white space."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return ["".join("".join(_drawn(page)).split()) for page in opened.pages]


def _drawn(page: pikepdf.Page) -> Iterator[str]:
    """What the page shows; a marked stretch that gives its own text (several glyphs, one sign) is taken at its word."""
    maps = {name: _character_map(font) for name, font in page.resources.get("/Font", {}).items()}
    current: dict[int, str] = {}
    replaced: list[bool] = []
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = list(instruction.operands), str(instruction.operator)
        if operator in {"BMC", "BDC"}:
            given = operands[1].get("/ActualText") if operator == "BDC" and "/ActualText" in operands[1] else None
            replaced.append(given is not None)
            yield str(given or "")
        elif operator == "EMC":
            replaced.pop()
        elif operator == "Tf":
            current = maps[str(operands[0])]
        elif operator == "Tj" and not any(replaced):
            yield _decoded(bytes(operands[0]), current)
        elif operator == "TJ" and not any(replaced):
            yield from (_decoded(bytes(part), current) for part in operands[0] if isinstance(part, pikepdf.String))


def _decoded(codes: bytes, characters: dict[int, str]) -> str:
    return "".join(characters[int.from_bytes(codes[at : at + 2])] for at in range(0, len(codes), 2))


def _character_map(font: pikepdf.Object) -> dict[int, str]:
    table = font.ToUnicode.read_bytes()
    characters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in _SINGLE.findall(block):
            characters[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in _RANGE.findall(block):
            start = int(text, 16)
            for offset in range(int(last, 16) - int(first, 16) + 1):
                characters[int(first, 16) + offset] = chr(start + offset)
    return characters


def places_of_text(pdf: bytes) -> Iterator[tuple[float, float, float]]:
    """Where each run of text begins and ends and how high it stands, in points from the page's lower left corner."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            yield from _placed(page)


def _placed(page: pikepdf.Page) -> Iterator[tuple[float, float, float]]:
    widths = {name: _widths(font) for name, font in page.resources.get("/Font", {}).items()}
    placed, kept = pikepdf.Matrix(), []
    at, font, size = pikepdf.Matrix(), dict[int, float](), 0.0
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = list(instruction.operands), str(instruction.operator)
        if operator == "q":
            kept.append(placed)
        elif operator == "Q":
            placed = kept.pop()
        elif operator == "cm":
            placed = pikepdf.Matrix(*map(float, operands)) @ placed
        elif operator == "Tm":
            at = pikepdf.Matrix(*map(float, operands))
        elif operator == "Tf":
            font, size = widths[str(operands[0])], float(operands[1])
        elif operator in {"Tj", "TJ"}:
            parts = operands[0] if operator == "TJ" else operands
            end = sum(_advance(part, font) for part in parts) * size / 1000
            left, height = (at @ placed).transform((0, 0))
            right, _ = (at @ placed).transform((end, 0))
            yield left, right, height
        assert operator not in {"Td", "TD", "T*", "'", '"', "Tc", "Tw", "Tz"}, "a way of placing text not reckoned here"


def _advance(part: pikepdf.Object, widths: dict[int, float]) -> float:
    """How far a part of a run leads, in thousandths of the size: its glyphs, or a number that draws the next near."""
    if not isinstance(part, pikepdf.String):
        return -float(part)
    codes = bytes(part)
    return sum(widths[int.from_bytes(codes[at : at + 2])] for at in range(0, len(codes), 2))


def _widths(font: pikepdf.Object) -> dict[int, float]:
    described = font.DescendantFonts[0]
    widths: dict[int, float] = defaultdict(lambda: float(described.get("/DW", 1000)))
    rows = list(described.get("/W", []))
    while rows:
        first = int(rows.pop(0))
        given = rows.pop(0)
        if isinstance(given, pikepdf.Array):
            widths.update({first + at: float(width) for at, width in enumerate(given)})
        else:
            width = float(rows.pop(0))
            widths.update(dict.fromkeys(range(first, int(given) + 1), width))
    return widths
