"""Writing tables: templates to be filled in, and tables that go out, as xlsx or csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.sheets.reading import MOST_ROWS
from concord.rules.errors import Said
from concord.rules.sheets import Column, ColumnType, defused

Cell: TypeAlias = str | int | Decimal | date | datetime | None

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
MEDIA_TYPES: Final = {"xlsx": XLSX, "csv": CSV}
HEAD_FILL: Final = PatternFill("solid", fgColor="E8EEF7")
EXAMPLE_FONT: Final = Font(italic=True, color="6B7280")
DAY_FORMAT: Final = "yyyy-mm-dd"
INSTANT_FORMAT: Final = "yyyy-mm-dd hh:mm"
SUM_FORMAT: Final = "#,##0.00"
TEXT_FORMAT: Final = "@"
NARROWEST, WIDEST = 10, 44
KINDS_OF_CELLS: Final = {
    ColumnType.TEXT: Said("文字", "text"),
    ColumnType.LONGTEXT: Said("文字，可分行", "text, several lines"),
    ColumnType.DATE: Said("日期", "date"),
    ColumnType.CHOICE: Said("从下拉框选择", "choose from the list"),
    ColumnType.MONEY: Said("金额", "amount"),
    ColumnType.INTEGER: Said("整数", "whole number"),
    ColumnType.CREDIT_CODE: Said("统一社会信用代码", "credit code"),
    ColumnType.RIGHT_NUMBER: Said("商标注册号或专利号", "mark or patent number"),
}


def write_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, form: str) -> bytes:
    """A table as ``xlsx`` or ``csv``: dates as dates, texts as texts that no program takes for formulas."""
    return _as_xlsx(title, headings, rows) if form == "xlsx" else _as_csv(headings, rows)


def _as_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow([defused(heading) for heading in headings])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    # Spreadsheet programs know UTF-8 by its mark only.
    return made.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return defused(cell)
        case datetime():
            return f"{cell.astimezone(LEGAL_ZONE):%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
    return str(cell)


def _as_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_tab(title))
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(heading, 18)
    sheet.append([_head_cell(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, cell) for cell in row])
    return _saved(book)


def _cell(sheet: Any, value: Cell) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=defused(value))
        cell.data_type = "s"
        cell.number_format = TEXT_FORMAT
        return cell
    if isinstance(value, datetime):
        value = value.astimezone(LEGAL_ZONE).replace(tzinfo=None)
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, date):
        cell.number_format = INSTANT_FORMAT if isinstance(value, datetime) else DAY_FORMAT
    elif isinstance(value, Decimal):
        cell.number_format = SUM_FORMAT
    return cell


def _head_cell(sheet: Any, heading: str) -> Any:
    cell = WriteOnlyCell(sheet, value=defused(heading))
    cell.font, cell.fill = Font(bold=True), HEAD_FILL
    return cell


def write_template(kind: Said, columns: Sequence[Column], *, language: str) -> bytes:
    """A workbook to be filled in: headings, an example, lists to choose from, and a page that explains each column."""
    book = Workbook()
    sheet, notes, lists = (
        book.active,
        book.create_sheet(Said("填写说明", "How to fill in").in_language(language)),
        book.create_sheet("lists"),
    )
    lists.sheet_state = "hidden"
    sheet.title = _tab(kind.in_language(language))
    sheet.freeze_panes = "A2"
    notes.append([said.in_language(language) for said in NOTES_HEAD])
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        heading = column.said.in_language(language)
        head = sheet.cell(1, place, f"*{heading}" if column.required else heading)
        head.font, head.fill = Font(bold=True), HEAD_FILL
        sheet.column_dimensions[letter].width = _width(heading, 18)
        example = sheet.cell(2, place, defused(example_of(column, language)))
        example.data_type, example.font = "s", EXAMPLE_FONT
        # As texts, so that no program turns numbers into other numbers, nor days into other days.
        sheet.column_dimensions[letter].number_format = TEXT_FORMAT
        example.number_format = TEXT_FORMAT
        if column.options:
            _offer(sheet, lists, column, place, language)
        notes.append(_note(column, language))
    _lay_out(notes)
    return _saved(book)


NOTES_HEAD: Final = (
    Said("栏目", "Column"),
    Said("必填", "Required"),
    Said("填写内容", "Holds"),
    Said("示例", "Example"),
    Said("说明", "Remark"),
)


def example_of(column: Column, language: str) -> str:
    """The example of a column as the template of that language shows it."""
    option = next((option for option in column.options if column.example in {option.id, option.zh}), None)
    return option.said.in_language(language) if option else column.example


def _offer(sheet: Any, lists: Any, column: Column, place: int, language: str) -> None:
    for n, option in enumerate(column.options, start=1):
        lists.cell(n, place, defused(option.said.in_language(language)))
    letter = get_column_letter(place)
    choice = DataValidation("list", f"=lists!${letter}$1:${letter}${len(column.options)}", allow_blank=True)
    # Another spelling is taken too, and told about at the import.
    choice.showErrorMessage = False
    choice.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
    sheet.add_data_validation(choice)


def _note(column: Column, language: str) -> list[str]:
    required = Said("是", "yes") if column.required else Said("否", "no")
    holds = KINDS_OF_CELLS[column.type].in_language(language)
    if column.type in {ColumnType.TEXT, ColumnType.LONGTEXT}:
        holds += Said(f"，最多 {column.longest} 字", f", at most {column.longest} characters").in_language(language)
    texts = (column.said, required)
    return [
        *(said.in_language(language) for said in texts),
        holds,
        defused(example_of(column, language)),
        column.help.in_language(language),
    ]


def _lay_out(notes: Any) -> None:
    for letter, width in zip("ABCDE", (24, 10, 28, 34, 52), strict=True):
        notes.column_dimensions[letter].width = width
    for row in notes.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.row == 1:
                cell.font, cell.fill = Font(bold=True), HEAD_FILL


def _width(heading: str, least: int) -> int:
    return min(WIDEST, max(NARROWEST, least, sum(2 if ord(char) > 0x2E80 else 1 for char in heading) + 4))  # noqa: PLR2004  the first of the wide characters


def _tab(title: str) -> str:
    """A worksheet's name: at most 31 characters, none of which means something to a reference."""
    return "".join("_" if char in "[]:*?/\\'" else char for char in title)[:31] or "1"


def _saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
