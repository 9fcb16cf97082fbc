"""``concord charter handbook``, ``reference`` and ``schema``: made from the files, the same every time."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

from concord.entrypoints.cli import main
from concord.entrypoints.cli.charter_documents import schema_text
from concord.entrypoints.cli.charter_reference import Term, page, terms_of
from concord.rules.charter import Charter
from tests.support.pdf_text import text_of_pages
from tests.support.toy_charter import TOY_FOLDER, toy_charter, toy_files


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The toy charter's handbook."""
    file = tmp_path_factory.mktemp("handbook") / "handbook.pdf"
    assert main(["charter", "handbook", str(TOY_FOLDER), "--out", str(file)]) == 0
    return file.read_bytes()


def words_of(book: bytes) -> str:
    return "".join("".join(text_of_pages(book)).split())


@pytest.mark.parametrize(
    "said",
    [
        "工作手册",
        f"标识toy@{toy_charter().version}",
        toy_charter().digest,
        "法定（未核对原文）",
        "期间以时、日、月、年计算，开始的时和日不计入。",
        "市场监督管理行政处罚程序规定（2022）第八十条",
        *(member.market for member in toy_charter().members),
        *(member.patent for member in toy_charter().members),
        *(superior.market for superior in toy_charter().superiors(toy_charter().members[0].code)),
        "“●”表示该岗位持有该项权限",
        "“协助调查”程序属市场监管条线",
        "协查完成期限",
        "15个工作日",
        "市场监督管理行政处罚程序规定（2022）第四十五条",
        "约定·拟议",
        "发出《协助调查函（2021范本17）》。",
        "条件：签发人不是起草人。",
        "仅本机关可见。",
        "据以生成的文件",
    ],
)
def test_the_handbook_says(book: bytes, said: str) -> None:
    assert said in words_of(book)


def test_the_handbook_has_a_chapter_and_a_diagram_for_each_procedure_in_force(book: bytes) -> None:
    text = words_of(book)
    charter = toy_charter()
    for name in charter.in_force:
        procedure = charter.procedures[name][-1]
        assert f"章{procedure.zh}" in text
        for state in procedure.states:
            assert text.count(state.zh) >= 2


def test_the_handbook_is_pdf_a_dated_by_the_charter(book: bytes) -> None:
    with pikepdf.open(io.BytesIO(book)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert metadata["xmp:CreateDate"].startswith(toy_charter().version.isoformat())
        assert metadata["dc:title"].endswith("工作手册")


def test_the_same_files_give_the_same_bytes_in_another_process(book: bytes, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    command = [sys.executable, "-m", "concord.entrypoints.cli", "charter", "handbook", str(TOY_FOLDER)]
    subprocess.run([*command, "--out", str(again)], check=True, capture_output=True)  # noqa: S603  our own program
    assert again.read_bytes() == book


@pytest.mark.parametrize("command", ["handbook", "reference"])
def test_a_folder_that_is_not_there_is_named(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "x.pdf")] if command == "handbook" else []
    assert main(["charter", command, str(tmp_path / "none"), *out]) == 2
    assert "没有目录" in capsys.readouterr().err


def test_a_handbook_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charter", "handbook", str(TOY_FOLDER), "--out", str(tmp_path / "none" / "x.pdf")]) == 2
    assert "无法写入" in capsys.readouterr().err


def test_a_faulty_charter_gives_no_handbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "charter.toml").write_text('format = 1\nid = "bad"\n', encoding="utf-8")
    assert main(["charter", "handbook", str(folder), "--out", str(tmp_path / "x.pdf")]) == 2
    assert "bad/charter.toml" in capsys.readouterr().err
    assert not (tmp_path / "x.pdf").exists()


def test_the_reference_lists_every_term_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charter", "reference", str(TOY_FOLDER)]) == 0
    printed = capsys.readouterr().out
    assert printed == page(toy_files(), TOY_FOLDER.as_posix())
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith("| ")]
    listed = {(row[2], row[1].strip("`")) for row in rows if len(row) == 6}
    assert {(term.kind, term.id) for term in terms_of([toy_charter()])} <= listed
    assert "| `assistance.draft` | 协助调查 · 起草 | yes |" in printed
    assert "| `assistance.issue` | 协助调查 · 签发 | no |" in printed


def test_a_term_with_two_words_shows_both() -> None:
    term = Term("field", "reason")
    term.meets("事由", "Why", "one", "")
    term.meets("理由", "Why", "other", "某法第一条")
    assert (term.zh, term.en, term.used, term.sources) == (["事由", "理由"], ["Why"], ["one", "other"], ["某法第一条"])


def test_the_words_of_a_charter_are_sorted_by_kind_and_name() -> None:
    charter: Charter = toy_charter()
    terms = [(term.kind, term.id) for term in terms_of([charter])]
    assert len(terms) == len(set(terms))
    acts = [name for kind, name in terms if kind == "act"]
    assert acts == sorted(acts)
    assert terms[0][0] == "role"


@pytest.mark.parametrize("kind", ["procedure", "charter"])
def test_a_schema_is_printed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charter", "schema", kind]) == 0
    printed = capsys.readouterr().out
    assert printed == schema_text(kind)
    assert json.loads(printed)["title"].lower() == kind


def test_there_is_no_schema_of_anything_else() -> None:
    assert main(["charter", "schema", "letter"]) == 2
