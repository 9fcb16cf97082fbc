"""``concord charter check`` says that a charter is sound, or where it is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from concord.charters.folder import shipped
from concord.entrypoints.cli import main
from tests.support.toy_charter import TOY_FOLDER


def broken(root: Path, old: str, new: str) -> Path:
    copy = root / "toy"
    shutil.copytree(TOY_FOLDER, copy)
    text = (copy / "charter.toml").read_text(encoding="utf-8")
    assert old in text
    (copy / "charter.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            [
                "章程正确。",
                "成员 3：云泽、岚桥、麦屿",
                "约定 8、内部 ",
                "（拟议 2）",
                "协助调查 assistance@2026-01-01",
            ],
        ),
        (
            "en",
            [
                "The charter is sound.",
                "members 3: Yunze, Lanqiao, Maiyu",
                "Agreed 8, Internal ",
                "(Proposed 2)",
            ],
        ),
    ],
)
def test_a_sound_charter_is_summed_up(capsys: pytest.CaptureFixture[str], language: str, words: list[str]) -> None:
    assert main(["charter", "check", str(TOY_FOLDER), "--lang", language]) == 0
    printed = capsys.readouterr().out
    for word in words:
        assert word in printed


@pytest.mark.parametrize("name", ["cn", "g60"])
def test_the_shipped_charters_pass(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["charter", "check", str(shipped() / name), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["sound"] is True
    assert answer["faults"] == []
    assert (answer["id"], len(answer["digest"])) == (name, 64)


def test_every_fault_is_printed_in_both_languages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = broken(tmp_path, 'seat = "990100"', 'seat = "990109"')
    assert main(["charter", "check", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "toy/charter.toml:11: [seat] 没有成员“990109” / there is no member “990109”" in printed
    assert "→ 是否想写“990100”？ / did you mean “990100”?" in printed
    assert "1 处错误 / 1 fault(s)" in printed


def test_faults_come_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = broken(tmp_path, 'term = "12M"\n', 'term = "soon"\n')
    assert main(["charter", "check", str(folder), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["sound"] is False
    assert [(fault["code"], fault["rule"]) for fault in answer["faults"]] == [("procedure.bad_limit", "rotation.term")]
    assert set(answer["faults"][0]) == {"file", "line", "rule", "code", "zh", "en", "advice_zh", "advice_en"}


def test_an_unreadable_file_is_a_fault_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = broken(tmp_path, "format", "format")
    (folder / "charter.toml").write_bytes(b"\xff")
    assert main(["charter", "check", str(folder)]) == 1
    assert "toy/charter.toml:1: [file] 不是 UTF-8 文本 / not UTF-8 text" in capsys.readouterr().out


def test_a_missing_folder_is_bad_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["charter", "check", str(tmp_path / "nothing"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.no_such_folder"


def test_it_runs_without_django() -> None:
    code = (
        "import sys; from concord.entrypoints.cli import main; "
        f"code = main(['charter', 'check', {str(TOY_FOLDER)!r}]); "
        "sys.exit(code or 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr
