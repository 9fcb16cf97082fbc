"""``concord jurisdiction`` from outside: what it proposes, in which language, and how it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from concord.charters.folder import shipped
from concord.entrypoints.cli import main

G60 = str(shipped() / "g60")
ON = ("--on", "2026-11-22")
MERCHANT = (
    *("--party", "in_platform_merchant", "--business", "金华", "--platform", "Hangzhou"),
    *("--received", "330100=2026-11-02", "--received", "合肥=2026-11-09", "--holder", "合肥", "--arrival", "report"),
)


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["jurisdiction", G60, *ON, *words, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    return found


def test_the_proposal_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, *MERCHANT)
    assert [one["authority"] for one in found["competent"]] == ["330700"]
    assert [one["authority"] for one in found["may_also"]] == ["330100"]
    (step,) = found["steps"]
    assert (step["code"], step["authority"]) == ("tell_reporter", "340100")
    assert step["grounds"][0] == {
        "law_row": "T10",
        "basis": "市场监督管理投诉举报处理办法第三十四条、第四十一条",
        "label": "statutory",
    }
    assert found["dispute"]["superior"]["authority"] == "330000"
    assert [one["field"] for one in found["turning"]] == ["received", "filed"]
    assert found["handles"] is None


def test_the_patent_line_knows_who_accepted_first(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--line", "patent", "--violation", "苏州", "--violation", "芜湖", "--same-party", "yes")
    found = as_json(capsys, *words, "--filed", "苏州=2026-09-03", "--filed", "芜湖=2026-09-08")
    assert found["handles"] == "320500"
    assert found["dispute"]["superior"] == {"authority": "000000", "name": "国家知识产权局", "designates_only": True}


def test_the_page_speaks_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jurisdiction", G60, *ON, *MERCHANT, "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert "金华市市场监督管理局：平台内经营者实际经营地【法定 P07 市场监督管理行政处罚程序规定第十条第二款】" in page
    assert "哪些事实会改变结论" in page
    assert main(["jurisdiction", G60, *ON, *MERCHANT, "--lang", "en"]) == 0
    page = capsys.readouterr().out
    assert "Which fact would change the answer" in page
    assert "Statutory T10" in page


def test_what_is_open_outside_or_without_superior_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--party", "platform_operator", "--domicile", "outside", "--filed", "芜湖=2026-11-01", "--lang", "en")
    assert main(["jurisdiction", G60, *ON, *words]) == 0
    page = capsys.readouterr().out
    assert "outside the alliance" in page
    assert "the charter has no common superior" in page
    assert main(["jurisdiction", G60, *ON, "--lang", "en"]) == 0
    assert "still open" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ((G60, "--on", "22.11.2026"), "cli.bad_fact", "on"),
        ((G60, *ON, "--filed", "苏州"), "cli.bad_fact", "filed"),
        ((f"{G60}x", *ON), "cli.bad_fact", "folder"),
        ((G60, *ON, "--violation", "北京"), "jurisdiction.bad_facts", "violation_places"),
        ((G60, *ON, "--cause", "patent_infringement"), "jurisdiction.bad_facts", "line"),
    ],
)
def test_bad_input_is_refused_by_field(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str, field: str
) -> None:
    assert main(["jurisdiction", *words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], [problem["field"] for problem in error["problems"]]) == (code, [field])


def test_a_day_before_the_catalogue_begins_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["jurisdiction", G60, "--on", "2015-01-01", "--violation", "金华", "--violation", "苏州", "--json"]
    assert main(words) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "law.no_such_row"
