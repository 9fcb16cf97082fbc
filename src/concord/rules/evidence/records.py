"""What the collection record of an item holds (采集记录), by its kind, and how typed values become one.

Electronic data follow form 12 (电子数据证据提取笔录) and 市场监督管理行政处罚程序规定 第二十六条, on-site and inquiry
records articles 28 and 29, documents article 24 (law rows X01 to X06, P49). Values are canonical JSON: texts in NFC,
instants as ISO 8601 with an offset, lists of texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from concord.rules.canonical import JSON
from concord.rules.errors import InvalidInput, Problem, Said

TEXT, LONGTEXT, CHOICE, DATETIME, BOOLEAN, ITEMS = "text", "longtext", "choice", "datetime", "boolean", "items"
LONGEST: Final[Mapping[str, int]] = {TEXT: 200, LONGTEXT: 4000, ITEMS: 300}
MOST_ITEMS: Final = 200
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Option(NamedTuple):
    """One value of a choice with its words."""

    id: str
    zh: str
    en: str

    @property
    def said(self) -> Said:
        """The words."""
        return Said(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a record; ``personal`` values identify people and go when the item is erased."""

    id: str
    zh: str
    en: str
    type: str = TEXT
    personal: bool = False
    optional: bool = False
    options: tuple[Option, ...] = ()

    @property
    def said(self) -> Said:
        """What it is called."""
        return Said(self.zh, self.en)


MEDIUM: Final = (
    RecordField("original_medium_name", "原始载体名称", "Original medium"),
    RecordField("original_medium_state", "原始载体状况（是否扣押、封存、存放地点）", "State of the original medium"),
    RecordField(
        "has_original_medium",
        "取得原始载体或者原物、原件",
        "The original medium, thing or paper was taken",
        BOOLEAN,
    ),
)
METHOD: Final = (
    RecordField("method", "提取方法和过程", "Method and course of collection", LONGTEXT),
    RecordField("tool_name", "使用的设备、工具名称", "Device or tool", optional=True),
    RecordField("tool_version", "设备型号、工具版本", "Model or version", optional=True),
)
PEOPLE: Final = (
    RecordField("party", "当事人（被检查人）", "Party inspected", personal=True),
    RecordField("party_signed", "当事人已逐页签名或者盖章", "The party signed or sealed each page", BOOLEAN),
    RecordField(
        "refusal", "当事人拒绝签名的原因", "Why the party did not sign", LONGTEXT, personal=True, optional=True
    ),
    RecordField("witness", "见证人姓名和联系方式", "Witness and how to reach them", personal=True, optional=True),
)
WHAT: Final = RecordField("content", "内容和待证事实", "Content, and what it is to show", LONGTEXT)
SOURCE: Final = RecordField(
    "source", "来源（提供人、取得方式）", "Source: who provided it, how it was obtained", personal=True
)
RIGHTS: Final = RecordField(
    "rights_told", "已出示执法证件并告知权利（含申请回避）", "Credentials shown and rights told", BOOLEAN
)
READ_BACK: Final = RecordField("read_back", "已交当事人核对或者向其宣读", "Read by or to the party", BOOLEAN)
VIDEO: Final = RecordField("continuous_video", "全程不间断录音录像", "Recorded continuously throughout", BOOLEAN)
ENVIRONMENT: Final = (
    RecordField(
        "environment_check", "取证环境清洁性检查情况", "Check that the environment is clean", LONGTEXT, optional=True
    ),
    RecordField("clean_check", "取证前已检查环境并留有记录", "Checked before collection, on record", BOOLEAN),
    RecordField("screen_recorded", "提取过程已录屏", "The screen was recorded", BOOLEAN),
)
FIELDS: Final[Mapping[str, tuple[RecordField, ...]]] = {
    "photo": (WHAT, *MEDIUM, *METHOD, *PEOPLE),
    "video": (WHAT, *MEDIUM, *METHOD, *PEOPLE, VIDEO),
    "document": (WHAT, SOURCE, *MEDIUM, *METHOD, *PEOPLE),
    "onsite_record": (
        *PEOPLE,
        RIGHTS,
        RecordField("scene", "现场情况", "What was found on site", LONGTEXT, personal=True),
        RecordField("things_found", "现场发现的物品", "Things found", ITEMS, optional=True),
        RecordField("measures", "现场采取的措施及依据", "Measures taken, and their basis", LONGTEXT, optional=True),
        RecordField("statement", "当事人陈述和申辩", "What the party said", LONGTEXT, personal=True, optional=True),
        READ_BACK,
        VIDEO,
    ),
    "inquiry_record": (
        RecordField("person_asked", "被询问人", "Person questioned", personal=True),
        RecordField("person_identity", "身份证件和联系方式", "Identity paper and contact", personal=True),
        RecordField("times_asked", "第几次询问", "Which time"),
        RIGHTS,
        RecordField("questions_answers", "询问内容（问与答）", "Questions and answers", LONGTEXT, personal=True),
        READ_BACK,
        RecordField("party_signed", "被询问人已逐页签名", "The person signed each page", BOOLEAN),
        RecordField("refusal", "拒绝签名的原因", "Why the person did not sign", LONGTEXT, personal=True, optional=True),
        RecordField("witness", "见证人", "Witness", personal=True, optional=True),
        VIDEO,
    ),
    "e_data": (
        WHAT,
        RecordField(
            "data_location", "电子数据所在的网址、账号、存储位置", "Where the data were: address, account, storage"
        ),
        *MEDIUM,
        *METHOD,
        *ENVIRONMENT,
        *PEOPLE,
        RecordField("notarised", "经公证", "Notarised", BOOLEAN, optional=True),
    ),
    "sample": (
        WHAT,
        SOURCE,
        RecordField("sampling", "抽样方法和数量", "How and how many were sampled", LONGTEXT),
        RecordField("sample_sealed", "样品已加封并由当事人确认", "Sealed, and confirmed by the party", BOOLEAN),
        RecordField("duplicate_sample", "留有备份样品", "A duplicate is kept", BOOLEAN),
        RecordField("right_holder_opinion", "权利人辨认意见已附", "The right holder's opinion is attached", BOOLEAN),
        *PEOPLE,
    ),
    "appraisal": (
        WHAT,
        RecordField("expert_body", "鉴定、检验机构或者出具人", "Who gave the opinion"),
        RecordField("expert_number", "意见书编号和日期", "Number and date of the opinion"),
        RecordField("entrusted_by", "委托机关和委托书文号", "Entrusting authority and number"),
        RecordField(
            "opinion_kind",
            "意见种类",
            "Kind of opinion",
            CHOICE,
            options=(
                Option("laboratory", "检验、检测报告", "Laboratory report"),
                Option("appraisal", "鉴定意见", "Appraisal"),
                Option("right_holder", "权利人辨认、鉴别意见", "Right holder's identification"),
            ),
        ),
        RecordField("result", "结论", "Conclusion", LONGTEXT),
        RecordField("has_original_medium", "取得意见书原件", "The original paper was taken", BOOLEAN),
    ),
}


def take_record(kind: str, typed: Mapping[str, object], *, complete: bool) -> dict[str, JSON]:
    """The record of an item of ``kind`` from what was typed; blank values are left out.

    With ``complete`` every field that is not optional must be there. Raises InvalidInput ``evidence.record`` with a
    Problem per field: ``unknown``, ``missing``, ``not_a_text``, ``too_long``, ``not_an_option``, ``not_an_instant``,
    ``not_yes_or_no``, ``not_a_list``, ``too_many``.
    """
    fields = {field.id: field for field in FIELDS.get(kind, ())}
    problems = [
        Problem(name, "unknown", Said(f"没有“{name}”这一项", f"there is no field {name!r}"))
        for name in typed
        if name not in fields
    ]
    record: dict[str, JSON] = {}
    for name, field in fields.items():
        value = typed.get(name)
        if value is None or value in ("", []):
            if complete and not field.optional:
                problems.append(Problem(name, "missing", Said(f"请填写“{field.zh}”", f"fill in “{field.en}”")))
            continue
        taken, wrong = TAKERS[field.type](field, value)
        if wrong is not None:
            problems.append(wrong)
        elif taken != "":
            record[name] = taken
        elif complete and not field.optional:
            problems.append(Problem(name, "missing", Said(f"请填写“{field.zh}”", f"fill in “{field.en}”")))
    if problems:
        said = Said(
            "采集记录有误或者不完整，请更正标出的项目。", "The record is wrong or not whole; mend the marked fields."
        )
        raise InvalidInput("evidence.record", said, problems=tuple(problems))
    return record


_Taken = tuple[JSON, Problem | None]


def _problem(field: RecordField, code: str, zh: str, en: str) -> Problem:
    return Problem(field.id, code, Said(f"“{field.zh}”{zh}", f"“{field.en}” {en}"))


def _text(field: RecordField, value: object) -> _Taken:
    if not isinstance(value, str) or CONTROLS.search(value):
        return "", _problem(field, "not_a_text", "应为文字", "is not a text")
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    if field.type != LONGTEXT:
        text = " ".join(text.split())
    most = LONGEST[field.type]
    if len(text) > most:
        return "", _problem(
            field, "too_long", f"最多 {most} 字，现有 {len(text)} 字", f"takes {most} characters and has {len(text)}"
        )
    return text, None


def _choice(field: RecordField, value: object) -> _Taken:
    if value in {option.id for option in field.options}:
        return str(value), None
    return "", _problem(field, "not_an_option", "请从所列选项中选择", "takes one of its options")


def _instant(field: RecordField, value: object) -> _Taken:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        return "", _problem(field, "not_an_instant", "应为带时区的日期和时刻", "is a date and time with its offset")
    return instant.isoformat(), None


def _boolean(field: RecordField, value: object) -> _Taken:
    if isinstance(value, bool):
        return value, None
    if value in {"yes", "no"}:
        return value == "yes", None
    return "", _problem(field, "not_yes_or_no", "请选择是或者否", "is yes or no")


def _items(field: RecordField, value: object) -> _Taken:
    if not isinstance(value, list | tuple):
        return "", _problem(field, "not_a_list", "应为逐项列举", "is a list")
    rows: list[JSON] = []
    for one in value:
        text, wrong = _text(field, one)
        if wrong is not None:
            return "", wrong
        if text:
            rows.append(text)
    if len(rows) > MOST_ITEMS:
        return "", _problem(field, "too_many", f"最多 {MOST_ITEMS} 项", f"takes {MOST_ITEMS} at most")
    return rows or "", None


TAKERS: Final[Mapping[str, Callable[[RecordField, object], _Taken]]] = {
    TEXT: _text,
    LONGTEXT: _text,
    CHOICE: _choice,
    DATETIME: _instant,
    BOOLEAN: _boolean,
    ITEMS: _items,
}
