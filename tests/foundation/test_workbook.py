"""Files of tables: what is read, what is refused, what goes out."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from concord.foundation.sheets import reading
from concord.foundation.sheets.reading import MOST_COLUMNS, MOST_LINES, MOST_ROWS, read_tables
from concord.foundation.sheets.workbook import write_table, write_template
from concord.rules.case_files import case_columns
from concord.rules.errors import InvalidInput, Said
from concord.rules.sheets import Option

COLUMNS = case_columns([Option("trademark_infringement", "侵犯注册商标专用权", "Trademark infringement")])


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_part(name: str, body: bytes) -> bytes:
    made = io.BytesIO(workbook(("编号",), ("1",)))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return made.getvalue()


def code_of(content: bytes, name: str = "线索.xlsx") -> str:
    with pytest.raises(InvalidInput) as refused:
        read_tables(content, name)
    assert refused.value.problems[0].field == "file"
    return refused.value.code


def test_cells_come_as_people_would_write_them() -> None:
    content = workbook(
        ("编号", "日期", "金额", "说明"),
        (2026001, date(2026, 1, 5), 0.1 + 0.2, True),
        (None, None, None, None),
        ("'=甲", datetime(2026, 1, 5, 14, 30), 1e3, None),  # noqa: DTZ001  as spreadsheets keep it
    )
    assert read_tables(content, "a.xlsx") == [
        [
            (1, ["编号", "日期", "金额", "说明"]),
            (2, ["2026001", "2026-01-05", "0.3", "TRUE"]),
            (4, ["=甲", "2026-01-05 14:30", "1000"]),
        ]
    ]


def test_a_formula_comes_as_its_text_and_is_not_computed() -> None:
    content = workbook(("编号",), ("=1+1",), ('=HYPERLINK("http://x","y")',))
    assert [cells for _, cells in read_tables(content, "a.xlsx")[0]] == [
        ["编号"],
        ["=1+1"],
        ['=HYPERLINK("http://x","y")'],
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_the_usual_encodings(encoding: str, delimiter: str) -> None:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=delimiter).writerows([["编号", "名称"], ["1", "第一行\n第二行，“引号”"]])
    found = read_tables(made.getvalue().encode(encoding), "线索.csv")
    assert found == [[(1, ["编号", "名称"]), (2, ["1", "第一行\n第二行，“引号”"])]]


def test_every_visible_worksheet_is_a_table() -> None:
    book = Workbook()
    book.active.append(("说明",))
    book.create_sheet("二").append(("编号",))
    book.create_sheet("藏").sheet_state = "hidden"
    assert [lines[0][1] for lines in read_tables(saved(book), "a.xlsx")] == [["说明"], ["编号"]]


def large(rows: int, columns: int = 1) -> bytes:
    return "\n".join(",".join(["1"] * columns) for _ in range(rows)).encode()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (lambda: b"", "a.xlsx", "sheets.empty"),
        (lambda: b"1" * (5 * 1024 * 1024 + 1), "a.csv", "sheets.too_large"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "sheets.old_or_locked"),
        (lambda: b"PK\x03\x04broken", "a.xlsx", "sheets.not_a_sheet"),
        (lambda: b"not an archive", "a.xlsx", "sheets.not_a_sheet"),
        (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\xff\xff", "a.csv", "sheets.not_a_sheet"),
        (lambda: with_part("xl/vbaProject.bin", b"x"), "a.xlsm", "sheets.active_content"),
        (lambda: with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), "a.xlsx", "sheets.active_content"),
        (lambda: with_part("xl/embeddings/oleObject1.bin", b"x"), "a.xlsx", "sheets.active_content"),
        (lambda: with_part("xl/media/a.xml", b"0" * (41 * 1024 * 1024)), "a.xlsx", "sheets.suspicious"),
        (lambda: with_part("xl/a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]>'), "a.xlsx", "sheets.suspicious"),
        (
            lambda: with_part("xl/a.xml", '<!DOCTYPE a [<!ENTITY b "c">]>'.encode("utf-16")),
            "a.xlsx",
            "sheets.suspicious",
        ),
        (lambda: with_part("xl/a.xml", b"<c/>" * 3_000_001), "a.xlsx", "sheets.suspicious"),
        (lambda: large(MOST_ROWS + 11), "a.csv", "sheets.too_many_rows"),
        (lambda: b"1" + b"\n" * (MOST_LINES + 1) + b"1", "a.csv", "sheets.too_many_rows"),
        (lambda: large(2, MOST_COLUMNS + 1), "a.csv", "sheets.too_many_columns"),
        (lambda: workbook(tuple(range(MOST_COLUMNS + 1))), "a.xlsx", "sheets.too_many_columns"),
    ],
)
def test_what_is_not_taken_is_refused_with_its_reason(content: Callable[[], bytes], name: str, code: str) -> None:
    assert code_of(content(), name) == code


def test_an_archive_of_too_many_parts_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n in range(reading.MOST_PARTS + 1):
            archive.writestr(f"{n}.xml", b"")
    assert code_of(made.getvalue()) == "sheets.suspicious"


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    made = bytearray(with_part("xl/a.xml", b"0" * 100_000))
    sizes = (100_000).to_bytes(4, "little")
    at = made.rfind(sizes)
    made[at : at + 4] = (10).to_bytes(4, "little")
    assert code_of(bytes(made)) == "sheets.not_a_sheet"


def test_rows_formatted_and_left_empty_count_nothing() -> None:
    book = Workbook()
    book.active.append(("编号",))
    book.active.cell(30_000, 3).value = " "
    assert read_tables(saved(book), "a.xlsx") == [[(1, ["编号"])]]


ROWS = (
    ("0012", date(2026, 1, 5), datetime(2026, 1, 5, 6, 3, tzinfo=UTC), Decimal("12800.50"), 3, None),
    ("=1+1", None, None, None, None, "@SUM(A1)"),
    ("+86", None, None, None, None, "a\x01b"),
)
HEADINGS = ("编号", "日期", "时间", "金额（元）", "件数", "=备注")


def test_a_workbook_goes_out_with_real_dates_and_texts_that_are_no_formulas() -> None:
    sheet = load_workbook(io.BytesIO(write_table("事项[1]", HEADINGS, ROWS, form="xlsx"))).active
    assert sheet.title == "事项_1_"
    assert [cell.value for cell in sheet[1]] == [*HEADINGS[:5], "'=备注"]
    number, day, instant, amount, count, _ = sheet[2]
    assert (number.value, number.data_type) == ("0012", "s")
    assert day.value == datetime(2026, 1, 5)  # noqa: DTZ001  as spreadsheets keep it
    assert (instant.value.hour, instant.value.minute) == (14, 3)
    assert (amount.value, count.value) == (12800.5, 3)
    assert [cell.value for cell in sheet["A"]][2:] == ["'=1+1", "'+86"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet["F3"].value == "'@SUM(A1)"
    assert sheet["F4"].value == "ab"


def test_csv_goes_out_as_spreadsheet_programs_read_it() -> None:
    made = write_table("事项", HEADINGS, ROWS, form="csv")
    assert made.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    assert rows[1] == ["0012", "2026-01-05", "2026-01-05 14:03", "12800.50", "3", ""]
    assert rows[2][0] == "'=1+1"


@pytest.mark.parametrize(
    ("language", "heading", "example"),
    [("zh", "*案件（线索）编号", "立案前核查"), ("en", "*Number", "Verification before filing")],
)
def test_a_template_offers_choices_and_explains_itself(language: str, heading: str, example: str) -> None:
    book = load_workbook(io.BytesIO(write_template(Said("线索", "Leads"), COLUMNS, language=language)))
    sheet, notes, lists = book.worksheets
    assert sheet["A1"].value == heading
    assert sheet["C2"].value == example
    assert lists.sheet_state == "hidden"
    offered = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert offered[f"C2:C{MOST_ROWS + 1}"] == "=lists!$C$1:$C$2"
    assert notes.max_row == len(COLUMNS) + 1
    assert notes["E2"].value
