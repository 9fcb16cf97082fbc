"""How dates, sizes, sums, time limits and fields are shown to the reader, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.template import engines
from django.utils import translation
from jinja2 import Environment, UndefinedError

from concord.entrypoints.workspace import jinja

THURSDAY = date(2026, 3, 5)


@pytest.fixture(params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def environment() -> Environment:
    return cast("Environment", engines["jinja2"].env)  # type: ignore[attr-defined]  # the Jinja2 backend keeps it there


def shown(module: str, macro: str, *given: Any, **named: Any) -> str:
    template = environment().get_template(module)
    return " ".join(str(getattr(template.module, macro)(*given, **named)).split())


def field(**said: Any) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "id": "reason",
        "kind": "text",
        "label": "协查事由",
        "value": "",
        "options": [],
        "required": True,
        "max": None,
        "min": None,
        "problems": [],
        "help": "",
        "items": [],
        "kept": [],
    }
    return {**blank, **said}


def due(days: int | None, **said: Any) -> dict[str, Any]:
    return {"date": THURSDAY, "days_left": days, **said}


def test_a_day_names_its_weekday(language: str) -> None:
    assert jinja.day(THURSDAY) == {"zh-hans": "2026年3月5日（周四）", "en": "Thu 5 Mar 2026"}[language]


def test_an_instant_is_shown_on_the_clock_of_shanghai(language: str) -> None:
    late = datetime(2026, 3, 5, 16, 3, tzinfo=UTC)
    assert jinja.instant(late) == {"zh-hans": "2026年3月6日 00:03", "en": "6 Mar 2026, 00:03"}[language]
    assert jinja.day(late) == {"zh-hans": "2026年3月6日（周五）", "en": "Fri 6 Mar 2026"}[language]


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (48_213, "48 kB"), (3_140_000, "3.1 MB")]
)
def test_sizes_are_decimal(octets: int, words: str) -> None:
    assert jinja.filesize(octets) == words


@pytest.mark.parametrize(("fen", "words"), [(0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89"), (-105, "-1.05")])
def test_sums_are_exact_to_the_fen(fen: int, words: str) -> None:
    assert jinja.yuan(fen) == words


def test_names_fall_back_to_chinese(language: str) -> None:
    both, only = SimpleNamespace(zh="甲局", en="Bureau A"), SimpleNamespace(zh="乙局", en="")
    assert jinja.named(both) == {"zh-hans": "甲局", "en": "Bureau A"}[language]
    assert jinja.named(only) == "乙局"


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody_said_this }}").render()


def test_what_was_typed_is_escaped() -> None:
    html = shown("ui/form.html", "field", field(value='"><script>alert(1)</script>'))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("said", "tone", "zh", "en"),
    [
        ({"days_left": -2}, "due-over", "已超期 2 个工作日", "2 working days over"),
        ({"days_left": 0, "over": True}, "due-over", "已超期", "Overdue"),
        ({"days_left": 0}, "due-urgent", "今天到期", "Due today"),
        ({"days_left": 1}, "due-urgent", "剩 1 个工作日", "1 working day left"),
        ({"days_left": 5}, "due-soon", "剩 5 个工作日", "5 working days left"),
        ({"days_left": 6}, "due-calm", "剩 6 个工作日", "6 working days left"),
    ],
)
def test_a_time_limit_says_how_long(said: dict[str, Any], tone: str, zh: str, en: str) -> None:
    for language, words in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            html = shown("ui/due.html", "due", {"date": THURSDAY, **said})
        assert tone in html
        assert f"</i>{words} </span>" in html or f"</i>{words}</span>" in html


def test_a_time_limit_names_its_ground_and_what_is_not_settled() -> None:
    settled = shown("ui/due.html", "due", due(9, source="法定", article="第四十五条"))
    assert "法定" in settled
    assert "第四十五条" in settled
    assert "拟议" not in settled
    open_yet = shown("ui/due.html", "due", due(9, source="约定", proposed=True, provisional=True))
    assert "拟议" in open_yet
    assert "暂定" in open_yet


def test_an_ended_clock_shows_its_date_only() -> None:
    html = shown("ui/due.html", "due", due(None))
    assert "2026年3月5日" in html
    assert "工作日" not in html


def test_without_a_limit_none_is_made_up() -> None:
    assert "无期限" in shown("ui/due.html", "due", None)


def test_a_problem_is_tied_to_its_field() -> None:
    html = shown("ui/form.html", "field", field(problems=["请写明事由。"]))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby=" f-reason-problem"' in html
    assert 'id="f-reason-problem"' in html
    assert 'aria-invalid="true"' not in shown("ui/form.html", "field", field())


def test_items_offer_spare_rows_within_the_limit() -> None:
    few = shown("ui/form.html", "field", field(kind="items", value=["甲", "乙"], max=20))
    assert few.count("<textarea") == 5
    assert ">甲</textarea>" in few
    assert shown("ui/form.html", "field", field(kind="items", value=["甲", "乙"], max=3)).count("<textarea") == 3
    assert shown("ui/form.html", "field", field(kind="items", value=["甲"] * 4, max=3)).count("<textarea") == 4


def test_each_question_keeps_its_own_answer() -> None:
    html = shown("ui/form.html", "field", field(kind="answers", items=["问一", "问二"], value=["答一"]))
    assert html.index("问一") < html.index("答一") < html.index("问二")
    assert html.count("<textarea") == 2


@pytest.mark.parametrize(
    ("kind", "count", "marked"), [("choice", 2, "checked"), ("choice", 5, "checked"), ("choice", 6, "selected")]
)
def test_the_chosen_option_stays_chosen(kind: str, count: int, marked: str) -> None:
    options = [(str(n), f"选项 {n}", "") for n in range(count)]
    html = shown("ui/form.html", "field", field(kind=kind, options=options, value="1"))
    assert html.count(f" {marked}") == 1
    assert f'value="1" {marked}' in html


def test_files_brought_before_stay_offered() -> None:
    html = shown("ui/form.html", "field", field(kind="files", kept=[("0198", "照片.zip")], value=["0198"]))
    assert 'value="0198" checked' in html
    assert "照片.zip" in html


def test_every_kind_of_field_is_drawn() -> None:
    single = ("text", "longtext", "choice", "code", "date", "datetime", "integer", "money", "files")
    for kind in (*single, "organisation", "person", "matter"):
        html = shown(
            "ui/form.html", "field", field(kind=kind, options=[("a", "甲", "")], value=[] if kind == "files" else "a")
        )
        assert 'name="reason"' in html, kind
