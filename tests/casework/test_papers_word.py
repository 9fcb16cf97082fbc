"""The Word copy says what the original says, in the same order, and is the same bytes every time."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn

from concord.casework.papers import Letter, template_in, word
from concord.casework.papers.typeset import lines
from concord.rules.errors import DefinitionError, InvalidInput
from tests.support.letters import FILES, FONTS, QUESTIONS, REPLY, REQUEST, template_of, with_facts

MARKUP = "<w:p/> & ]]> {{ x }} {% if %} #panic() \"'"


def copied(letter: Letter) -> bytes:
    return word(letter, template=template_of(letter), fonts=FONTS)


@pytest.mark.parametrize("letter", [REQUEST, REPLY], ids=["request", "reply"])
def test_the_copy_says_line_by_line_what_the_original_says(letter: Letter) -> None:
    said = [line.label + line.text for line in lines(letter, template=template_of(letter), fonts=FONTS)]
    assert [paragraph.text for paragraph in Document(io.BytesIO(copied(letter))).paragraphs] == said
    assert said[0] == letter.sender
    assert any(QUESTIONS[0] in line for line in said)


def test_the_copy_bears_no_code_that_looks_verifiable() -> None:
    with zipfile.ZipFile(io.BytesIO(copied(REQUEST))) as package:
        assert not [name for name in package.namelist() if name.startswith("word/media/")]
        assert b"sha256:" not in package.read("word/document.xml")


def test_the_copy_is_dated_by_the_letter_alone() -> None:
    copy = copied(REQUEST)
    assert copied(REQUEST) == copy
    about = Document(io.BytesIO(copy)).core_properties
    assert (about.author, about.last_modified_by) == (REQUEST.sender, REQUEST.sender)
    assert about.created is not None
    assert about.created.date() == REQUEST.issued_date
    with zipfile.ZipFile(io.BytesIO(copy)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.testzip() is None


def test_styles_name_the_fonts_of_official_papers() -> None:
    styles = Document(io.BytesIO(copied(REQUEST))).styles
    fonts = {
        name: styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) for name in ("公文正文", "公文小标题", "公文标题")
    }
    assert fonts == {"公文正文": "仿宋_GB2312", "公文小标题": "黑体", "公文标题": "方正小标宋简体"}


def test_pages_are_numbered() -> None:
    foot = Document(io.BytesIO(copied(REQUEST))).sections[0].footer.paragraphs[0]
    assert [field.get(qn("w:instr")) for field in foot._p.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_what_people_typed_stays_text() -> None:
    paragraphs = Document(io.BytesIO(copied(with_facts(REQUEST, reason=MARKUP)))).paragraphs
    assert MARKUP in [paragraph.text for paragraph in paragraphs]


def test_a_character_no_document_can_hold_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refused:
        copied(with_facts(REQUEST, questions=["一", "二\x07"]))
    assert refused.value.code == "paper.missing_glyph"
    assert [problem.field for problem in refused.value.problems] == ["questions.1"]
    assert "U+0007" in refused.value.problems[0].said.zh


def test_a_rare_character_may_stand_in_the_copy() -> None:
    assert "𰻝" in "".join(
        paragraph.text for paragraph in Document(io.BytesIO(copied(with_facts(REQUEST, reason="𰻝某")))).paragraphs
    )


def test_a_kind_of_line_without_a_style_is_a_fault_of_the_template() -> None:
    path = "cn/papers/assistance/request_letter.typ"
    source = '#metadata((lines: ((kind: "poem", label: "", text: "x"),), pages: 1)) <paper>'
    with pytest.raises(DefinitionError) as wrong:
        word(REQUEST, template=template_in({**FILES, path: source}, path), fonts=FONTS)
    assert wrong.value.code == "paper.template_failed"
    assert "poem" in wrong.value.said.zh
