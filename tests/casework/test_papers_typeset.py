"""Letters as PDF/A: what stands in them, what is refused, and that the same letter gives the same bytes."""

import hashlib
import io
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.casework.papers import Contact, Letter, Typeset, template_in, typeset, urn, word
from concord.casework.papers.typeset import ENGINE, engine_with, lines
from concord.rules.errors import DefinitionError, InvalidInput, Unavailable
from tests.support.letters import ANSWERS, FILES, FONTS, PROJECT, QUESTIONS, REPLY, REQUEST, template_of, with_facts
from tests.support.pdf_text import text_of_pages

MARKUP = (
    '#import "x.typ": y *bold* _it_ $x^2$ `raw` \\ #panic("no") [ ] <label> @ref // c /* d */ = https://a.b {{ 1 }}'
)
LETTERHEAD = "cn/papers/letterhead.typ"
LINES = "cn/papers/lines.typ"
REQUEST_PATH = "cn/papers/assistance/request_letter.typ"


def made(letter: Letter) -> Typeset:
    return typeset(letter, template=template_of(letter), fonts=FONTS)


def text_of(letter: Letter) -> str:
    return "".join(text_of_pages(made(letter).pdf))


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module", params=[REQUEST, REPLY], ids=["request", "reply"])
def letter(request: pytest.FixtureRequest) -> Letter:
    chosen: Letter = request.param
    return chosen


def test_the_paper_says_what_it_was_made_with(letter: Letter) -> None:
    paper = made(letter)
    assert paper.template_digest == template_of(letter).digest
    assert paper.engine == engine_with(FONTS)
    assert re.fullmatch(re.escape(ENGINE) + ", fonts [0-9a-f]{12}", paper.engine)
    assert ENGINE.startswith("typst 0.15.")
    assert paper.pages == len(text_of_pages(paper.pdf)) == 2


def test_the_original_is_tagged_pdf_a_2b(letter: Letter) -> None:
    with pikepdf.open(io.BytesIO(made(letter).pdf)) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "B"
            assert metadata["dc:title"] == f"{letter.title} {letter.number}"
            assert metadata["xmp:CreateDate"].startswith(letter.issued_date.isoformat())
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("zh")
        assert "/StructTreeRoot" in pdf.Root
        assert "/Encrypt" not in pdf.trailer


def test_every_font_is_embedded(letter: Letter) -> None:
    with pikepdf.open(io.BytesIO(made(letter).pdf)) as pdf:
        descriptors = [
            obj for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and obj.get("/Type") == "/FontDescriptor"
        ]
        assert len(descriptors) >= 2
        for descriptor in descriptors:
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
            assert "NotoSerifSC" in str(descriptor.FontName)


def test_the_qr_code_has_its_text_as_alternative(letter: Letter) -> None:
    with pikepdf.open(io.BytesIO(made(letter).pdf)) as pdf:
        figures = [obj for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and obj.get("/S") == "/Figure"]
        assert [urn(letter) in str(figure.Alt) for figure in figures] == [True]


@pytest.mark.parametrize(
    "said",
    [
        REQUEST.sender,
        REQUEST.number,
        REQUEST.addressee + "：",
        str(REQUEST.facts["case_ref"]),
        "（办案阶段：已立案）",
        *(f"{at + 1}.{question}" for at, question in enumerate(QUESTIONS)),
        "《中华人民共和国行政处罚法》第二十六条，《市场监督管理行政处罚程序规定》第四十五条",
        "请自收到本函之日起十五个工作日内（2026年3月5日前，含当日）完成",
        "加盖公章，并附相关证据材料。需要延期完成的，请在期限届满前告知我局。",
        "我局希望于2026年2月27日前收到答复",
        "使用限制：仅限本案使用。",
        "附件：立案审批表.pdf（SHA-2569f86d081884c）",
        "（印章）2026年2月6日",
        "（联系人：王晓明；联系电话：021-55500000；联系地址：西岭市荣乐路1号）",
        "抄送：西岭市人民政府办公室，知识产权行政保护协作中心。",
        "签发：李建国",
        "文书格式：协助调查函（2021范本17）",
    ],
)
def test_a_request_says(said: str) -> None:
    assert without_space(said) in text_of(REQUEST)


def test_a_reply_answers_each_question_under_it() -> None:
    text = text_of(REPLY)
    assert f"你局《协助调查函》（{REQUEST.number}）收悉" in text
    places = [text.index(without_space(part)) for pair in zip(QUESTIONS, ANSWERS, strict=True) for part in pair]
    assert places == sorted(places)
    assert "随函附送证据材料2份" in text
    assert "附件：1.询问笔录.pdf（SHA-25660303ae22b99）2.销售记录.xlsx（SHA-256fd61a03af4f7）" in text


@pytest.mark.parametrize(
    ("changed", "gone", "instead"),
    [
        (replace(REQUEST, limit_days=None, due_date=None), "个工作日", "请依法及时完成上述协查工作"),
        (replace(REQUEST, due_date=None), "含当日", "十五个工作日内完成上述协查工作"),
        (with_facts(REQUEST, wanted_date=None), "希望于", "特此函达"),
        (replace(REQUEST, labels={}), "使用限制", "特此函达"),
        (replace(REQUEST, copies=()), "抄送", "印发"),
        (replace(REQUEST, signed_by=None), "签发", "印发"),
        (replace(REQUEST, attachments=()), "附件：", "（印章）"),
        (replace(REPLY, attachments=()), "附件：", "本次函复未附证据材料。"),
        (replace(REPLY, reference=None), "《协助调查函》", "你局来函收悉"),
    ],
    ids=[
        "no limit",
        "no due date",
        "no wish",
        "no labels",
        "no copies",
        "no signer",
        "bare",
        "no evidence",
        "no number",
    ],
)
def test_what_is_not_there_is_not_spoken_of(changed: Letter, gone: str, instead: str) -> None:
    text = text_of(changed)
    assert gone not in text
    assert instead in text


def test_twenty_long_questions_run_over_pages_in_order() -> None:
    questions = [f"第{at}问：" + QUESTIONS[at % 3] * 4 for at in range(1, 21)]
    paper = made(with_facts(REQUEST, questions=questions))
    pages = text_of_pages(paper.pdf)
    whole = "".join(pages)
    assert len(pages) == paper.pages > 4
    assert all(f"第{at}页共{paper.pages}页" in page for at, page in enumerate(pages, start=1))
    assert all(REQUEST.number in page for page in pages)
    places = [whole.index(f"{at}.第{at}问：") for at in range(1, 21)]
    assert places == sorted(places)


@pytest.mark.parametrize("extra", range(14))
def test_the_signature_never_stands_on_a_page_without_text(extra: int) -> None:
    lengthened = with_facts(REQUEST, reason="事由。\n" * (extra + 1))
    last = text_of_pages(made(lengthened).pdf)[-1]
    assert "附件：" in last
    assert "（印章）" in last
    assert "文书核验码" in last


def test_long_names_wrap() -> None:
    long = "长三角生态绿色一体化发展示范区某某市某某区市场监督管理综合行政执法局知识产权保护支队"
    text = text_of(replace(REQUEST, sender=long, addressee=long + long))
    assert text.count(long) >= 4


def test_a_run_without_spaces_breaks_inside_the_page_and_copies_clean() -> None:
    paper = made(with_facts(REQUEST, questions=["a" * 3000]))
    assert paper.pages >= 4
    assert max(page.count("a") for page in text_of_pages(paper.pdf)) < 1500
    assert "\u200b" not in "".join(text_of_pages(paper.pdf))


@pytest.mark.parametrize(
    "text",
    [MARKUP, '"quoted" \'single\' \\"', '#read("/etc/hosts")', "一行\n二行\n\n三行", "中" * 5000, "é ğ Ж Ω ® ™ ① ㎡"],
    ids=["markup", "quotes", "code", "lines", "long", "letters"],
)
def test_what_people_typed_is_printed_and_never_obeyed(text: str) -> None:
    printed = text_of(with_facts(REQUEST, reason=text)).replace("（", "(")
    if len(text) == 5000:
        assert printed.count("中") >= 5000
    else:
        assert without_space(text) in printed


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (with_facts(REQUEST, questions=["核实", "店主𰻝某的身份", "询问"]), [("questions.1", "U+30EDD", "𰻝")]),
        (with_facts(REQUEST, reason="很好😀𰻝"), [("reason", "U+1F600", "😀"), ("reason", "U+30EDD", "𰻝")]),
        (with_facts(REQUEST, reason="私用\ue000"), [("reason", "U+E000", "□")]),
        (with_facts(REQUEST, reason="𠮷某\U0003fffd"), [("reason", "U+3FFFD", "□")]),
        (with_facts(REQUEST, reason="Ĝ0😀"), [("reason", "U+1F600", "😀")]),
        (with_facts(REQUEST, reason="响铃\x07"), [("reason", "U+0007", "□")]),
        (with_facts(REQUEST, questions=["\U0001f3fb"]), [("questions.0", "U+1F3FB", "\U0001f3fb")]),
        (replace(REQUEST, addressee="𰻝市市场监督管理局"), [("addressee", "U+30EDD", "𰻝")]),
        (replace(REQUEST, contact=Contact("𰻝", "1", "一")), [("contact.person", "U+30EDD", "𰻝")]),
        (replace(REPLY, attachments=("𰻝.pdf",)), [("attachments.0", "U+30EDD", "𰻝")]),
    ],
    ids=[
        "question",
        "two",
        "private",
        "unassigned",
        "after a letter of the second face",
        "control",
        "modifier",
        "addressee",
        "contact",
        "attachment",
    ],
)
def test_a_character_the_fonts_lack_is_refused_by_name(changed: Letter, expected: list[tuple[str, str, str]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(changed)
    assert refused.value.code == "paper.missing_glyph"
    assert [problem.field for problem in refused.value.problems] == [field for field, _, _ in expected]
    for problem, (_, point, shown) in zip(refused.value.problems, expected, strict=True):
        assert point in problem.said.zh
        assert point in problem.said.en
        assert f"“{shown}”" in problem.said.zh


@given(text=st.text(max_size=60) | st.text(st.characters(max_codepoint=0x36F), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_printed_or_refused_with_its_field(text: str) -> None:
    try:
        paper = made(with_facts(REQUEST, reason=text, questions=[text, "核实。"]))
    except InvalidInput as refused:
        assert {problem.field for problem in refused.problems} <= {"reason", "questions.0", "facts.reason"}  # noqa: PT017 - both ends are right
        assert refused.problems  # noqa: PT017 - as above
    else:
        printed = "".join(text_of_pages(paper.pdf))
        assert {sign for sign in text if unicodedata.category(sign)[0] not in "CZ"} <= set(printed)


MAKE_BOTH = """
import hashlib, sys
from concord.casework.papers import typeset, word
from tests.support.letters import FONTS, REPLY, REQUEST, template_of
for letter in (REPLY, REQUEST):
    template = template_of(letter)
    print(hashlib.sha256(typeset(letter, template=template, fonts=FONTS).pdf).hexdigest())
    print(hashlib.sha256(word(letter, template=template, fonts=FONTS)).hexdigest())
print("django" in sys.modules)
"""


@pytest.mark.slow
def test_another_process_elsewhere_makes_the_same_bytes_without_django(tmp_path: Path) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "PYTHONPATH": str(PROJECT),
        "PYTHONHASHSEED": "7",
        "TZ": "America/Lima",
        "SOURCE_DATE_EPOCH": "1",
    }
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", MAKE_BOTH], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    here: list[str] = []
    for kind in (REPLY, REQUEST):
        copy = word(kind, template=template_of(kind), fonts=FONTS)
        here += [hashlib.sha256(made(kind).pdf).hexdigest(), hashlib.sha256(copy).hexdigest()]
    assert done.stdout.split() == [*here, "False"]


def test_a_letter_that_differs_in_one_fact_differs_in_its_bytes() -> None:
    assert made(replace(REQUEST, signed_by="李建華")).pdf != made(REQUEST).pdf


def test_a_template_is_found_with_the_parts_it_imports() -> None:
    found = template_in({**FILES, "cn/papers/other.typ": "x"}, REQUEST_PATH)
    assert set(found.parts) == {LETTERHEAD, LINES}
    assert found.digest == template_in(FILES, REQUEST_PATH).digest
    mended = template_in({**FILES, LETTERHEAD: FILES[LETTERHEAD] + "\n"}, REQUEST_PATH)
    assert mended.digest != found.digest


def test_two_parts_that_import_each_other_are_read_once() -> None:
    files = {"a.typ": '#import "/b.typ": y', "b.typ": '#import "/a.typ": x'}
    assert template_in(files, "a.typ").parts == {"b.typ": files["b.typ"]}


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({}, REQUEST_PATH),
        ({REQUEST_PATH: FILES[REQUEST_PATH]}, LETTERHEAD),
        ({REQUEST_PATH: '#import "@preview/cetz:0.1.0"'}, "@preview/cetz:0.1.0"),
    ],
    ids=["template", "part", "package"],
)
def test_a_template_that_is_not_in_the_charter_is_named(files: dict[str, str], missing: str) -> None:
    with pytest.raises(DefinitionError) as wrong:
        template_in(files, REQUEST_PATH)
    assert wrong.value.code == "paper.no_template"
    assert missing in wrong.value.said.zh
    assert missing in wrong.value.said.en


@pytest.mark.parametrize(
    ("path", "source", "file", "line"),
    [
        (REQUEST_PATH, "#let a = 1\n#b", REQUEST_PATH, 2),
        (REQUEST_PATH, '#read("/etc/hosts")', REQUEST_PATH, 1),
        (REQUEST_PATH, "only words", REQUEST_PATH, 0),
        (LETTERHEAD, "#let letter = json(bytes(sys.inputs.letter))\n#let (\n", LETTERHEAD, 2),
    ],
    ids=["unknown name", "reads a file", "no lines", "broken part"],
)
def test_a_wrong_template_is_named_with_file_and_line(path: str, source: str, file: str, line: int) -> None:
    template = template_in({**FILES, path: source}, REQUEST_PATH)
    with pytest.raises(DefinitionError) as wrong:
        typeset(REQUEST, template=template, fonts=FONTS)
    assert wrong.value.code == "paper.template_failed"
    assert [(fault.file, fault.line) for fault in wrong.value.faults] == [(file, line)]


def test_a_fact_that_a_template_needs_and_does_not_get_is_a_fault_of_the_definition() -> None:
    bare = with_facts(REQUEST, case_ref=None)
    with pytest.raises(DefinitionError, match="case_ref"):
        made(bare)
    with pytest.raises(DefinitionError, match="case_ref"):
        lines(bare, template=template_of(bare), fonts=FONTS)


def test_every_question_must_have_its_answer() -> None:
    with pytest.raises(DefinitionError) as wrong:
        made(with_facts(REPLY, answers=list(ANSWERS[:2])))
    assert wrong.value.code == "paper.template_failed"


def test_no_fonts_no_paper(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as missing:
        typeset(REQUEST, template=template_of(REQUEST), fonts=tmp_path)
    assert missing.value.code == "paper.no_fonts"
