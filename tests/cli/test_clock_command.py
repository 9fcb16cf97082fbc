"""``concord clock`` from outside: what it prints, how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from concord.entrypoints.cli import main

NOTICE = Path(__file__).parents[1] / "support" / "notices" / "2027.toml"


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["clock", *words, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    return found


def dates(found: dict[str, Any]) -> list[str]:
    return [found["nominal"], found["legal_due"], found["safe_due"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["2026-02-06", "15WD"], ["2026-03-05"] * 3),
        (["2026-09-17", "15WD"], ["2026-10-14"] * 3),
        (["2026-03-01T17:00:00Z", "1CD"], ["2026-03-03"] * 3),
        (["2025-11-30", "3M"], ["2026-02-28"] * 3),
        (["2025-08-20", "30CD", "--exclude", "2025-09-01..2025-09-20"], ["2025-10-09"] * 3),
        (
            ["2026-03-02", "3M", "--exclude-days", "100", "--exclude-days", "22"],
            ["2026-10-02", "2026-10-08", "2026-09-30"],
        ),
        (["2025-09-18", "15WD", "--extend", "15WD"], ["2025-11-05"] * 3),
        (["2025-10-16", "3WD", "--before"], ["2025-10-13", "2025-10-13", "2025-10-11"]),
        (["2025-08-17", "90CD", "--reading", "strict"], ["2025-11-15", "2025-11-15", "2025-11-14"]),
        (["2026-03-02T12:00", "24h"], ["2026-03-03T12:00:00+08:00"] * 3),
    ],
)
def test_the_dates_as_json(capsys: pytest.CaptureFixture[str], words: list[str], expected: list[str]) -> None:
    found = as_json(capsys, *words)
    assert dates(found) == expected
    assert found["provisional"] is False


def test_the_steps_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    steps = as_json(capsys, "2026-02-06", "15WD")["steps"]
    assert len([step for step in steps if step["counted"]]) == 15
    assert {
        "date": "2026-02-14",
        "counted": True,
        "zh": "2026-02-14（周六）调休上班，第6个工作日",
        "en": "Sat 14 Feb 2026, make-up working day: day 6",
    } in steps


def test_a_notice_of_another_year_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    provisional = as_json(capsys, "2026-12-14", "15WD")
    assert (provisional["legal_due"], provisional["provisional"]) == ("2027-01-05", True)
    settled = as_json(capsys, "2026-12-14", "15WD", "--notice", str(NOTICE))
    assert (settled["legal_due"], settled["provisional"]) == ("2027-01-06", False)


PAGE_ZH = """\
3个工作日，自2026-02-12（周四）

     ·  2026-02-12（周四）起算日，不计入
     1  2026-02-13（周五）第1个工作日
     2  2026-02-14（周六）调休上班，第2个工作日
"""
PAGE_EN = """\
  nominal    Sun 3 May 2026 15:00   the last day as counted
  legal due  Sun 3 May 2026 15:00   protects the party, decides what is overdue
  safe due   Thu 30 Apr 2026 23:59  binds the authority, drives warnings
"""


def test_the_page_in_chinese_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clock", "2026-02-12", "3WD", "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(PAGE_ZH)
    assert "  届满日    2026-02-24（周二）  按期间算出的最后一日\n  法定期限  2026-02-24（周二）  遇放假顺延" in page
    assert "暂定" not in page


def test_the_page_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clock", "2026-05-02T15:00", "24h", "--lang", "en"]) == 0
    assert PAGE_EN in capsys.readouterr().out


def test_the_page_counts_back_reads_strictly_and_marks_the_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clock", "2027-03-02", "3WD", "--before", "--lang", "en"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("3 working days before Tue 2 Mar 2027\n")
    assert "the lenient last day" in page
    assert "Provisional: the holidays of a year concerned are not loaded" in page
    assert main(["clock", "2025-08-17", "90CD", "--reading", "strict", "--lang", "en"]) == 0
    assert "rolls past statutory festivals only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("locale", "first"), [("en_GB.UTF-8", "1 working day from"), ("zh_CN.UTF-8", "1个工作日"), ("", "1个工作日")]
)
def test_the_language_follows_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, first: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", locale)
    assert main(["clock", "2026-03-02", "1WD"]) == 0
    assert capsys.readouterr().out.startswith(first)


BAD = [
    (["2026-02-30", "15WD"], "cli.bad_start"),
    (["20260206", "15WD"], "cli.bad_start"),
    (["2026-02-06T25:00", "24h"], "cli.bad_start"),
    (["2026-02-06", "15"], "clock.bad_limit"),
    (["2026-02-06", "24h"], "clock.needs_time"),
    (["2026-02-06", "15WD", "--extend", "1Y"], "clock.bad_limit"),
    (["2026-02-06", "15WD", "--exclude", "2026-02-01"], "cli.bad_exclude"),
    (["2026-02-06", "15WD", "--exclude", "2026-02-30..2026-03-01"], "cli.bad_exclude"),
    (["2026-02-06", "15WD", "--exclude", "2026-03-01..2026-02-01"], "clock.bad_exclusion"),
    (["2026-02-06", "15WD", "--exclude-days", "-1"], "cli.bad_exclude_days"),
    (["2026-02-06", "15WD", "--exclude-days", "x"], "cli.bad_exclude_days"),
    (["2026-02-06", "15WD", "--before", "--extend", "1WD"], "clock.before_alone"),
    (["2026-02-06", "15WD", "--notice", "no-such-file"], "cli.bad_notice"),
    (["2026-02-06", "15WD", "--reading", "loose"], "cli.usage"),
    (["2026-02-06", "15WD", "--colour"], "cli.usage"),
    (["2026-02-06"], "cli.usage"),
]


@pytest.mark.parametrize(("words", "code"), BAD)
def test_bad_input_as_json(capsys: pytest.CaptureFixture[str], words: list[str], code: str) -> None:
    assert main(["clock", *words, "--json"]) == 2
    captured = capsys.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["code"] == code
    assert error["zh"]
    assert error["en"]
    assert captured.err == ""


@pytest.mark.parametrize("words", [words for words, _ in BAD])
def test_bad_input_for_people(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["clock", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert " / " in captured.err
    assert captured.err.count("\n") == 1


def test_a_faulty_notice_is_refused_with_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    faulty = tmp_path / "2027.toml"
    faulty.write_text(NOTICE.read_text(encoding="utf-8").replace("2027-01-09", "2027-01-08"), encoding="utf-8")
    words = ["clock", "2026-12-14", "15WD", "--notice", str(faulty)]
    assert main(words) == 2
    assert f"{faulty}:8: [periods.0] 2027-01-08 不是周末" in capsys.readouterr().err
    assert main([*words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["faults"][0]["line"] == 8


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 1_000_001])
def test_a_notice_that_is_no_text_or_too_large_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "2027.toml"
    file.write_bytes(content)
    assert main(["clock", "2026-12-14", "15WD", "--notice", str(file)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_no_command_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_every_command_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    page = capsys.readouterr().out
    assert "clock" in page
    assert "charter" in page


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["clock", "--help"])
    assert caught.value.code == 0
    assert "15WD" in capsys.readouterr().out


def test_as_a_module_it_runs_without_django_and_quickly() -> None:
    code = (
        "import sys, concord.entrypoints.cli as cli; "
        "code = cli.main(['clock', '2026-02-06', '15WD', '--json']); "
        "sys.exit(code or any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0  # noqa: S603 - our own interpreter
    words = [sys.executable, "-m", "concord.entrypoints.cli", "clock", "2026-02-06", "x"]
    begun = time.perf_counter()
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 2
    assert time.perf_counter() - begun < 3  # generous: a busy machine; it takes a tenth of a second
