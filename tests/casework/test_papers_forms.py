"""The other faces of papers: tables, sheets, agreements, red-head documents, briefings, in print and in Word."""

import io
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table

from concord.casework.papers import Letter, Template, template_in, typeset, word
from concord.casework.papers.typeset import Line, lines
from concord.rules.errors import DefinitionError
from tests.support.letters import FILES, FONTS, REQUEST
from tests.support.pdf_text import places_of_text, text_of_pages

PATH = "toy/papers/errand/paper.typ"
MARKUP = '#panic("no") *bold* $x$ <label> @ref // c'
HEADED = '#import "/cn/papers/letterhead.typ": *\n#official(({body}))'
FORMED = '#import "/cn/papers/forms.typ": *\n{body}'
SHEET = """#sheet((
  field-row("案由", letter.facts.reason),
  field-row("时间", "2026年3月2日", "方式", "直接送达"),
  sign-row("收件人", by-hand),
  sign-row("送达人", by-hand, "见证人", by-hand),
  ..paragraphs("以上内容已当场宣读。"),
  field-row("备注", "无"),
))"""
AGREEMENT = """#agreement(
  (
    ..party("甲方", "西岭某某公司", ("住所", "西岭市荣乐路1号"), ("代表人", none), ("电话", "")),
    ..party("乙方", "东湾某某公司"),
  ),
  (..range(1, 20).map(at => article(at, "乙方停止销售涉案商品，并于十日内拆除涉案标识。")).flatten(),),
  signers(
    signer("甲方", "西岭某某公司"), signer("乙方", "东湾某某公司"), signer("调解员", "周某", mark: "（签名）"),
  ),
)"""
PLAN = """#plan("关于开展联合行动的方案", (
  chapter(1, "目标"), ..paragraphs("维护秩序。"),
  chapter(2, "分工"), section(1, "主办机关"), ..paragraphs("负责统筹。"),
){more})"""
BRIEFING = '#briefing("三地联合开展商标保护行动", (..paragraphs("行动取得成效。"),))'


def template(source: str) -> Template:
    return template_in({**FILES, PATH: source}, PATH)


def headed(body: str) -> Template:
    return template(HEADED.replace("{body}", body))


def formed(body: str) -> Template:
    return template(FORMED.replace("{body}", body))


def said(made: Template, letter: Letter = REQUEST) -> tuple[Line, ...]:
    return lines(letter, template=made, fonts=FONTS)


def pages(made: Template, letter: Letter = REQUEST) -> list[str]:
    return text_of_pages(typeset(letter, template=made, fonts=FONTS).pdf)


def tables(made: Template, letter: Letter = REQUEST) -> list[Table]:
    return list(Document(io.BytesIO(word(letter, template=made, fonts=FONTS))).tables)


def texts_of(table: Table) -> list[list[str]]:
    return [list(dict.fromkeys(cell.text for cell in row.cells)) for row in table.rows]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("yuan(0)", "0.00元"),
        ("yuan(5)", "0.05元"),
        ("yuan(10710050)", "107,100.50元"),
        ("yuan(123456789012)", "1,234,567,890.12元"),
        ('moment("2026-02-28T16:30:00Z")', "2026年3月1日0时30分"),
        ('moment("2026-12-31T01:00:00.500000Z")', "2026年12月31日9时"),
        ('moment("2027-03-05T01:05:09Z")', "2027年3月5日9时05分"),
        ('day("2026-03-05")', "2026年3月5日"),
        ('cells-of("a\uff5cb | c", 3).join("/")', "a/b/c"),
        ('cells-of("a", 3).join("/")', "a//"),
        ('cells-of("a|b|c|d", 3).join("/")', "a/b/c\uff5cd"),
    ],
)
def test_words_of_papers(expression: str, expected: str) -> None:
    (line,) = (line for line in said(headed(f"..paragraphs({expression}),")) if line.kind == "paragraph")
    assert line.text == expected


def test_a_table_stands_in_print_and_in_word() -> None:
    made = headed('..paragraphs("见下表："), item-table(("名称", "数量"), ("鞋|120双", "帽")), ..paragraphs("完。"),')
    (line,) = (line for line in said(made) if line.kind == "table")
    assert line.cells == (("序号", "名称", "数量"), ("1", "鞋", "120双"), ("2", "帽", ""))
    assert "见下表：序号名称数量1鞋120双2帽完。" in pages(made)[0]
    (table,) = tables(made)
    assert [[cell.text for cell in row.cells] for row in table.rows] == [list(row) for row in line.cells]
    assert len(list(table.rows[0]._tr.iter(qn("w:tblHeader")))) == 1


def test_a_long_table_repeats_its_head_on_every_page() -> None:
    made = headed(
        'table-line(("名称", "说明"), range(80).map(at => ("第" + str(at) + "项", "依法提取"))), ..paragraphs("完。"),'
    )
    holding = [page for page in pages(made) if "依法提取" in page]
    assert len(holding) > 2
    assert all("名称说明" in page for page in holding)


def test_a_run_that_is_wider_than_its_cell_breaks_inside_it() -> None:
    made = headed('table-line(("甲", "乙"), (("W" * 90, "x"),)),')
    places = list(places_of_text(typeset(REQUEST, template=made, fonts=FONTS).pdf))
    middle = (28 + 156 / 2) / 25.4 * 72
    cells = [(left, right) for left, right, height in places if 450 < height < 550]
    assert len(cells) > 60
    assert not [(left, right) for left, right in cells if left < middle < right]
    assert "W" * 90 in "".join(pages(made))


def test_what_people_typed_in_a_cell_stays_text() -> None:
    letter = replace(REQUEST, facts={"rows": [MARKUP + "|二"]})
    made = headed('item-table(("内容", "备注"), letter.facts.rows),')
    assert "".join(MARKUP.split()) in "".join(pages(made, letter))
    assert tables(made, letter)[0].rows[1].cells[1].text == MARKUP


@pytest.mark.parametrize(
    "body",
    ['table-line(("甲", "乙"), (("一",),)),', 'table-line(("甲", "乙"), (), widths: (1,)),'],
    ids=["row", "widths"],
)
def test_a_table_that_does_not_fit_its_head_is_a_fault_of_the_template(body: str) -> None:
    with pytest.raises(DefinitionError, match=r"paper\.template_failed"):
        said(headed(body))


def test_a_sheet_has_its_rows_in_one_table_and_stays_on_one_page() -> None:
    made = formed(SHEET)
    assert len(pages(made)) == 1
    assert [line.kind for line in said(made)][:7] == ["office", "title", "number", "grid", "grid", "sign", "sign"]
    first, second = tables(made)
    assert texts_of(first)[1] == ["时间", "2026年3月2日", "方式", "直接送达"]
    assert len({id(cell._tc) for cell in first.rows[0].cells}) == 2
    assert [cell.text for cell in second.rows[0].cells][:2] == ["备注", "无"]


def test_a_sheet_takes_long_answers_over_pages() -> None:
    letter = replace(REQUEST, facts={"reason": "经查明的情况。" * 300})
    found = pages(formed(SHEET), letter)
    assert len(found) > 1
    assert "".join(found).count("经查明的情况。") >= 298
    assert "文书核验码" in found[-1]


@pytest.mark.parametrize("sealed", ["true", "false"])
def test_a_sheet_may_go_without_seal(sealed: str) -> None:
    made = formed(SHEET.replace("))\n", "))\n")[:-1] + f", sealed: {sealed})")
    assert ("（印章）" in "".join(pages(made))) is (sealed == "true")


def test_a_row_of_three_texts_is_a_fault_of_the_template() -> None:
    with pytest.raises(DefinitionError, match=r"paper\.template_failed"):
        said(formed('#sheet((field-row("甲", "乙", "丙"),))'))


def test_an_agreement_names_parties_articles_and_signers() -> None:
    made = formed(AGREEMENT)
    words = [word for line in said(made) for word in line.words()]
    assert words[2:6] == [
        "甲方：西岭某某公司",
        "住所：西岭市荣乐路1号",
        "乙方：东湾某某公司",
        "第一条　乙方停止销售涉案商品，并于十日内拆除涉案标识。",
    ]
    assert "第十九条　乙方停止销售涉案商品，并于十日内拆除涉案标识。" in words
    last = pages(made)[-1]
    assert "第十九条" in last
    assert (
        "甲方：西岭某某公司乙方：东湾某某公司（签名或盖章）（签名或盖章）年月日年月日调解员：周某（签名）年月日" in last
    )
    assert "分送：东湾市市场监督管理局、西岭市人民政府办公室、知识产权行政保护协作中心。" in last
    beside = tables(made)
    assert [len(table.rows[0].cells) for table in beside] == [2, 1]
    assert beside[0].rows[0].cells[0].text.splitlines()[:2] == ["甲方：西岭某某公司", "（签名或盖章）"]


def test_a_plan_has_a_red_head_and_numbered_chapters() -> None:
    made = formed(PLAN.replace("{more}", ""))
    page = pages(made)[0]
    assert page.startswith(
        "西岭市市场监督管理局文件西岭市监协查〔2026〕12号关于开展联合行动的方案东湾市市场监督管理局："
    )
    assert "一、目标维护秩序。" in page
    assert [line.text for line in said(made) if line.kind.endswith("heading")] == [
        "一、目标",
        "二、分工",
        "（一）主办机关",
    ]
    copy = Document(io.BytesIO(word(REQUEST, template=made, fonts=FONTS)))
    assert {"公文小标题", "公文二级标题", "发文字号（居中）"} <= {
        paragraph.style.name for paragraph in copy.paragraphs if paragraph.style
    }


def test_a_plan_may_be_addressed_to_nobody() -> None:
    made = formed(PLAN.replace("{more}", ', addressee: none, suffix: ""'))
    assert pages(made)[0].startswith("西岭市市场监督管理局西岭市监协查")
    assert "addressee" not in {line.kind for line in said(made)}


def test_a_briefing_is_numbered_and_dated_under_its_masthead() -> None:
    letter = replace(REQUEST, number="协作简报〔2026〕3号", issued_date=date(2026, 10, 8))
    made = formed(BRIEFING)
    page = pages(made, letter)[0]
    assert page.startswith("工作简报第3期西岭市市场监督管理局2026年10月8日三地联合开展商标保护行动行动取得成效。")
    assert "发：东湾市市场监督管理局。抄送：" in page
    assert texts_of(tables(made, letter)[0]) == [["西岭市市场监督管理局", "2026年10月8日"]]


def test_nobody_gets_a_copy_of_the_letter_addressed_to_them() -> None:
    letter = replace(REQUEST, copies=(REQUEST.addressee, "西岭市人民政府办公室"))
    copies = [line.text for line in said(headed('..paragraphs("特此函达。"),'), letter) if line.kind == "copies"]
    assert copies == ["西岭市人民政府办公室。"]
    alone = replace(REQUEST, copies=(REQUEST.addressee,))
    assert not [line for line in said(headed('..paragraphs("特此函达。"),'), alone) if line.kind == "copies"]


@pytest.mark.parametrize(("addressee", "you"), [("甲市知识产权局", "你局"), ("甲市知识产权局、乙市知识产权局", "各局")])
def test_a_letter_speaks_to_one_or_to_several(addressee: str, you: str) -> None:
    letter = replace(REQUEST, addressee=addressee)
    assert you + "，请予协助。" in pages(headed('..paragraphs(you + "，请予协助。"),'), letter)[0]
