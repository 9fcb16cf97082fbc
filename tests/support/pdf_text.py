"""The text of a PDF, page by page, read back through the fonts' own character maps."""

import io
import re
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
