"""Letters between two made-up authorities, the shipped templates and the fonts they are set in."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from concord.casework.papers import Contact, Letter, Template, template_in
from concord.rules.canonical import JSON

PROJECT = Path(__file__).resolve().parents[2]
FONTS = PROJECT / "node_modules" / ".paper-fonts"
CHARTERS = PROJECT / "src" / "concord" / "charters"
FILES = {
    path.relative_to(CHARTERS).as_posix(): path.read_text(encoding="utf-8")
    for path in (CHARTERS / "cn" / "papers").rglob("*.typ")
}
QUESTIONS = (
    "核实当事人东湾某某服饰有限公司在你辖区的实际经营地址、仓储地址及经营状况，并提取其营业执照。",
    "调取该公司2025年9月1日至12月31日销售涉案服装的进货台账、销售记录和物流单据。",
    "对该公司负责人进行询问，了解涉案标识的来源和授权情况。",
)
ANSWERS = (
    "经现场核查，该公司经营地址与登记住所一致，目前正常经营。",
    "已调取进货台账3册、销售记录1份，货值金额人民币107,100元。",
    "已制作询问笔录。\n其未能出示商标注册人的授权文件。",
)
REQUEST = Letter(
    form="协助调查函（2021 范本 17）",
    kind="request_letter",
    number="西岭市监协查〔2026〕12号",
    sender="西岭市市场监督管理局",
    addressee="东湾市市场监督管理局",
    issued_date=date(2026, 2, 6),
    title="协助调查函",
    facts={
        "case_ref": "西岭某某商贸有限公司涉嫌销售侵犯注册商标专用权商品案（西岭市监案字〔2026〕第317号）",
        "case_stage": "filed",
        "reason": "当事人称涉案服装均购自东湾某某服饰有限公司。\n为查清来源和货值金额，需核实有关情况。",
        "questions": list(QUESTIONS),
        "wanted_date": "2026-02-27",
        "handling": "case_only",
    },
    labels={"case_stage": "已立案", "handling": "仅限本案使用"},
    limit_days=15,
    due_date=date(2026, 3, 5),
    contact=Contact(person="王晓明", telephone="021-55500000", address="西岭市荣乐路1号"),
    signed_by="李建国",
    copies=("西岭市人民政府办公室", "知识产权行政保护协作中心"),
    attachments=("立案审批表.pdf（SHA-256 9f86d081884c）",),
    reference=None,
)
REPLY = replace(
    REQUEST,
    form="协助调查复函（自拟）",
    kind="reply_letter",
    number="东湾市监协查复〔2026〕7号",
    sender=REQUEST.addressee,
    addressee=REQUEST.sender,
    issued_date=date(2026, 3, 3),
    title="协助调查复函",
    facts={**REQUEST.facts, "answers": list(ANSWERS)},
    limit_days=None,
    due_date=None,
    signed_by=None,
    copies=(),
    attachments=("询问笔录.pdf（SHA-256 60303ae22b99）", "销售记录.xlsx（SHA-256 fd61a03af4f7）"),
    reference=REQUEST.number,
)


def template_of(letter: Letter) -> Template:
    """The shipped template of the letter's kind."""
    return template_in(FILES, f"cn/papers/assistance/{letter.kind}.typ")


def with_facts(letter: Letter, **facts: JSON) -> Letter:
    """The letter with some facts replaced; a fact given as None is left out."""
    merged = {**letter.facts, **facts}
    return replace(letter, facts={name: value for name, value in merged.items() if value is not None})
