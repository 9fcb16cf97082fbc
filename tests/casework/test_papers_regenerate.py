"""Every shipped paper can be made, says in Word what it says in print, and comes back byte for byte."""

import hashlib
import io
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from docx.document import Document as Paper
from docx.table import Table

from concord.capabilities.evidence.papers import CATALOGUE, KINDS
from concord.casework.papers import Letter, digest, template_in, typeset, word
from concord.casework.papers.letter import spoken
from concord.casework.papers.typeset import Line, Typeset, lines
from tests.support.letters import FONTS, PROJECT
from tests.support.pdf_text import places_of_text, text_of_pages
from tests.support.plausible import Case, cases, charter, texts

CASES = {case.name: case for case in cases()}
A4 = (595.3, 841.9)
NARROWEST = 20  # points of white that every paper keeps on each side


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@cache
def made(name: str) -> Typeset:
    return typeset(CASES[name].letter, template=CASES[name].template, fonts=FONTS)


@cache
def said_by(name: str) -> tuple[Line, ...]:
    return lines(CASES[name].letter, template=CASES[name].template, fonts=FONTS)


def without_space(text: str) -> str:
    return "".join(text.split())


def running_text(case: Case, pdf: bytes) -> str:
    """The text of all pages without running heads, page numbers and repeated heads of tables."""
    pages = text_of_pages(pdf)
    heads = [without_space("".join(line.cells[0])) for line in said_by(case.name) if line.kind == "table"]
    running = []
    for at, page in enumerate(pages, start=1):
        body = page.replace(f"第{at}页共{len(pages)}页", "")
        if at > 1:
            body = body.replace(without_space(case.letter.number), "", 1)
            for head in heads:
                body = body.removeprefix(head)
        running.append(body)
    return "".join(running)


def copied_text(copy: Paper) -> str:
    """The words of a Word document in reading order: paragraphs, and tables cell by cell."""
    said = []
    for part in copy.iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                cells = dict.fromkeys(cell._tc for cell in row.cells)
                said += ["".join(text.text or "" for text in cell.iter("{*}t")) for cell in cells]
        else:
            said.append(part.text)
    return without_space("".join(said))


def test_it_is_pdf_a_2b_with_the_words_of_all_its_lines_inside_the_page(case: Case) -> None:
    paper = made(case.name)
    with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
            assert case.letter.number in metadata["dc:title"]
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert paper.pages == len(pdf.pages)
    printed = running_text(case, paper.pdf)
    for line in said_by(case.name):
        for text in line.words():
            assert without_space(text) in printed, line.kind
    for left, right, height in places_of_text(paper.pdf):
        assert NARROWEST <= left <= right <= A4[0] - NARROWEST
        assert NARROWEST <= height <= A4[1] - NARROWEST


@pytest.mark.slow
def test_its_word_copy_says_the_same(case: Case) -> None:
    said = "".join(without_space(text) for line in said_by(case.name) for text in line.words())
    copy = Document(io.BytesIO(word(case.letter, template=case.template, fonts=FONTS)))
    assert copied_text(copy) == said


def test_it_comes_back_from_what_is_stored(case: Case) -> None:
    stored = json.loads(json.dumps(spoken(case.letter)))
    letter = Letter.from_spoken(stored)
    again = typeset(letter, template=case.template, fonts=FONTS)
    assert digest(letter) == digest(case.letter)
    assert again == made(case.name)


PRINT_DIGESTS = """
import hashlib, json
from concord.casework.papers import typeset, word
from tests.support.letters import FONTS
from tests.support.plausible import cases
made = {}
for case in cases():
    paper = typeset(case.letter, template=case.template, fonts=FONTS)
    made[case.name] = [hashlib.sha256(paper.pdf).hexdigest(), paper.engine, paper.template_digest]
print(json.dumps(made))
"""


@pytest.mark.slow
def test_another_process_elsewhere_makes_the_same_bytes(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "11", "TZ": "Pacific/Apia"}
    done = subprocess.run(  # noqa: S603  our own interpreter and text
        [sys.executable, "-c", PRINT_DIGESTS], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    here = {}
    for name in CASES:
        paper = made(name)
        here[name] = [hashlib.sha256(paper.pdf).hexdigest(), paper.engine, paper.template_digest]
    assert json.loads(done.stdout) == here


def test_every_template_is_some_papers() -> None:
    used = {case.template.path for case in CASES.values()} | {
        part for case in CASES.values() for part in case.template.parts
    }
    used |= {path for name in (*KINDS, CATALOGUE) for path in _files(f"cn/papers/evidence/{name}.typ")}
    assert {path for path in texts() if path.endswith(".typ")} == used


def _files(path: str) -> set[str]:
    return {path, *template_in(texts(), path).parts}


def test_every_paper_of_the_charter_is_made() -> None:
    named = {
        f"{version.id}-{version.in_force_from}-{act.id}-{act.paper}-full"
        for versions in charter().procedures.values()
        for version in versions
        for act in version.acts
        if act.paper
    }
    assert {name for name in CASES if name.endswith("-full")} == named
