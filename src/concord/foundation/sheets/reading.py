"""Reading a table out of a file that somebody brought: bounded in size, nothing computed, nothing followed."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from openpyxl import load_workbook

from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.sheets import undefused

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 2_000
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 4_000
# A workbook of 2,000 rows and 60 columns stays well below these; an archive made to burst does not.
MOST_PARTS: Final = 500
MOST_UNPACKED: Final = 40 * 1024 * 1024
MOST_TAGS: Final = 3_000_000
# Rows that were once formatted are empty and count nothing, up to here.
MOST_LINES: Final = 50_000
WIDTH_LOOKED_AT: Final = MOST_COLUMNS * 2
OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
ARCHIVE: Final = b"PK\x03\x04"
ACTIVE: Final = ("vbaproject", "externallinks", "activex", "embeddings", "macrosheets", "connections", "ctrlprops")
DOCTYPES: Final = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
# Excel counts to 15 digits; what follows is noise of the binary number.
DIGITS: Final = ".15g"

# The lines of one table: number as the spreadsheet shows it, and the texts of its cells.
Lines = list[tuple[int, list[str]]]


def read_tables(content: bytes, name: str) -> list[Lines]:
    """The tables of an xlsx file (one per worksheet) or of a csv file (UTF-8, UTF-16 or GB 18030).

    Formulas come as their text. Raises InvalidInput ``sheets.empty``, ``sheets.too_large``, ``sheets.not_a_sheet``,
    ``sheets.old_or_locked``, ``sheets.active_content``, ``sheets.suspicious``, ``sheets.too_many_rows``,
    ``sheets.too_many_columns``.
    """
    if not content:
        raise refused("sheets.empty", "文件是空的，请检查后重新上传。", "The file is empty; check it and try again.")
    if len(content) > MOST_BYTES:
        raise refused(
            "sheets.too_large",
            f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请拆分后分别上传。",
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB; split it and bring the parts one by one.",
        )
    if content.startswith(OLD_OR_LOCKED):
        raise refused(
            "sheets.old_or_locked",
            "这是加密的文件或旧的 .xls 格式，无法读取。请去掉密码，另存为 .xlsx 后重新上传。",
            "The file is locked by a password or in the old .xls form; save it as .xlsx without one and try again.",
        )
    if content.startswith(ARCHIVE):
        return _workbook(content)
    if name.lower().endswith((".xlsx", ".xlsm")):
        raise _not_a_sheet()
    return [_bounded(_csv(content))]


def _workbook(content: bytes) -> list[Lines]:
    _inspect(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that only concern how the file looks
            book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            return [_bounded(_lines(sheet)) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except InvalidInput:
        raise
    except Exception:  # noqa: BLE001  a file can be broken in any way; each means the same to whoever brought it
        raise _not_a_sheet() from None


def _inspect(content: bytes) -> None:
    """Refuse archives that would burst, and whatever runs, points elsewhere or defines entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _suspicious()
            if any(word in part.filename.lower() for part in parts for word in ACTIVE):
                raise refused(
                    "sheets.active_content",
                    "文件含有宏、外部链接或嵌入对象，不予接收。请把内容“粘贴为数值”到新的 .xlsx 文件后重新上传。",
                    "The file holds macros, links to other files or embedded objects and is not taken; "
                    "paste the values into a new .xlsx file and bring that.",
                )
            tags = 0
            for part in parts:
                # No more than it declares is ever unpacked, so the sum above holds.
                body = archive.read(part)
                tags += body.count(b"<")
                if tags > MOST_TAGS or any(mark in body for mark in DOCTYPES):
                    raise _suspicious()
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError):
        raise _not_a_sheet() from None


def _lines(sheet: object) -> Iterator[tuple[int, list[str]]]:
    # The package has no types: a read-only worksheet yields its rows as tuples of cells.
    rows = sheet.iter_rows(max_col=WIDTH_LOOKED_AT)  # type: ignore[attr-defined]
    for number, row in enumerate(rows, start=1):
        yield number, [_text(cell.value) for cell in row]


def _text(value: object) -> str:
    """A cell as its text; a formula as it is written."""
    if value is None:
        return ""
    if isinstance(value, str):
        return undefused(value)
    if isinstance(value, float):
        return format(value, DIGITS)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes").removesuffix(" 00:00")
    # Formulas over several cells come as objects that hold their text.
    formula = getattr(value, "text", None) or getattr(value, "ref", None)
    return f"={str(formula).removeprefix('=')}" if formula else str(value).upper()


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [undefused(cell) for cell in row]
    except csv.Error:
        raise _not_a_sheet() from None


def _decoded(content: bytes) -> str:
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _not_a_sheet()


def _bounded(lines: Iterable[tuple[int, list[str]]]) -> Lines:
    """The lines that hold anything, within the bounds."""
    kept: Lines = []
    for number, cells in lines:
        if number > MOST_LINES:
            raise too_many_rows()
        last = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
        if not last:
            continue
        if last > MOST_COLUMNS:
            raise refused(
                "sheets.too_many_columns",
                f"表格超过 {MOST_COLUMNS} 列，请删去多余的列后重新上传。",
                f"The table has more than {MOST_COLUMNS} columns; remove what is not needed and try again.",
            )
        # The headings come on top of the rows, perhaps with a title and a remark.
        if len(kept) >= MOST_ROWS + 10:
            raise too_many_rows()
        kept.append((number, [cell[:LONGEST_CELL] for cell in cells[:last]]))
    return kept


def too_many_rows() -> InvalidInput:
    """The error for a table with more rows than are taken at once."""
    return refused(
        "sheets.too_many_rows",
        f"表格超过 {MOST_ROWS:,} 行，请拆分后分别上传。",
        f"The table has more than {MOST_ROWS:,} rows; split it and bring the parts one by one.",
    )


def _suspicious() -> InvalidInput:
    return refused(
        "sheets.suspicious",
        "文件展开后过大或结构异常，不予接收。请把内容粘贴到新的 .xlsx 文件后重新上传。",
        "The file is far larger unpacked than packed, or oddly built, and is not taken; "
        "paste its content into a new .xlsx file and bring that.",
    )


def _not_a_sheet() -> InvalidInput:
    return refused(
        "sheets.not_a_sheet",
        "无法读取该文件：应为 .xlsx，或 UTF-8、GB18030 编码的 .csv。请检查后重新上传。",
        "The file cannot be read: an .xlsx, or a .csv in UTF-8 or GB 18030, is expected. Check it and try again.",
    )


def refused(code: str, zh: str, en: str) -> InvalidInput:
    """The error for a file that is not taken."""
    said = Said(zh, en)
    return InvalidInput(code, said, problems=(Problem("file", code.partition(".")[2], said),))
