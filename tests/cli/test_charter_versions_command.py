"""``concord charter adopt | diff | list | show``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from concord.charters.folder import read_charter
from concord.entrypoints.cli import main
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import CharterVersion
from tests.support.toy_charter import TOY_FOLDER
from tests.support.worlds import World, everything, time

NUMBER = "东泽协调决〔2026〕1号"
ASSISTANCE = "procedures/assistance/2026-01-01.toml"


def changed(root: Path, old: str, new: str, *, file: str = "charter.toml") -> Path:
    """A copy of the toy folder with one replacement."""
    copy = root / "toy"
    shutil.copytree(TOY_FOLDER, copy, dirs_exist_ok=True)
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def other(root: Path) -> Path:
    return changed(root, "Alliance of the three lakes", "Alliance of the four lakes")


@pytest.fixture
def morning() -> Iterator[None]:
    """It is 6 February 2026."""
    with time_machine.travel(time("2026-02-06T09:30"), tick=False):
        yield


@pytest.fixture
def installed(toys: World, morning: None) -> World:  # noqa: ARG001  it must be morning
    """The toy alliance runs here."""
    return toys


def run(*words: str | Path) -> int:
    """The exit code; the connection speaks for the system again afterwards."""
    try:
        return main(["charter", *map(str, words)])
    finally:
        enter(SYSTEM)


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("zh", "自 2026-03-01 起施行"), ("en", "in force from 2026-03-01")])
def test_adopting_says_number_day_and_digest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str, words: str
) -> None:
    assert run("adopt", other(tmp_path), "--resolution", NUMBER, "--from", "2026-03-01", "--lang", language) == 0
    printed = capsys.readouterr().out
    version = CharterVersion.objects.get(resolution=NUMBER)
    for part in (words, NUMBER, version.digest):
        assert part in printed
    assert Entry.objects.get(event="charter.adopt").subject == NUMBER


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
def test_adopting_a_faulty_folder_lists_every_fault_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    changed(tmp_path, 'id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"', file=ASSISTANCE)
    before = everything()
    folder = tmp_path / "toy"
    text = (folder / "charter.toml").read_text(encoding="utf-8").replace('seat = "990100"', 'seat = "990109"')
    (folder / "charter.toml").write_text(text, encoding="utf-8")
    assert run("adopt", folder, "--resolution", NUMBER, "--from", "2026-03-01") == 1
    printed = capsys.readouterr().out
    assert "toy/charter.toml:11: [seat]" in printed
    assert f"toy/{ASSISTANCE}:44: [clocks.receipt]" in printed
    assert "→ 恢复原文" in printed
    assert "2 处错误" in printed
    assert run("adopt", folder, "--resolution", NUMBER, "--from", "2026-03-01", "--json") == 1
    assert [fault["code"] for fault in said(capsys)["faults"]] == ["charter.unknown_member", "charter.version_changed"]
    assert everything() == before


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--resolution", " ", "--from", "2026-03-01"), "charter.no_resolution"),
        (("--resolution", NUMBER, "--from", "2026-02-05"), "charter.date_past"),
        (("--resolution", NUMBER, "--from", "soon"), "cli.bad_day"),
        (("--resolution", NUMBER), "cli.usage"),
        (("--from", "2026-03-01"), "cli.usage"),
    ],
)
def test_adoptions_that_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    assert run("adopt", other(tmp_path), *words, "--json") == 2
    assert said(capsys)["error"]["code"] == code
    assert not CharterVersion.objects.filter(resolution=NUMBER).exists()


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
def test_the_adopted_versions_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run("adopt", other(tmp_path), "--resolution", NUMBER, "--from", "2026-03-01")
    capsys.readouterr()
    assert run("list", "--json") == 0
    rows = said(capsys)
    assert [(row["effective_from"], row["resolution"], row["in_force"]) for row in rows] == [
        ("2026-03-01", NUMBER, False),
        ("2019-01-01", "", True),
    ]
    assert run("list", "--lang", "zh") == 0
    assert "首次导入" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
def test_a_version_is_shown_and_taken_out_and_is_the_same_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("show", "--out", out, "--json") == 0
    row = said(capsys)
    assert (row["in_force"], row["written_to"]) == (True, str(out))
    charter_id, texts = read_charter(out / "toy")
    assert charter_id == "toy"
    kept = CharterVersion.objects.get(digest=row["digest"]).texts
    assert texts == {path: text for path, text in kept.items() if path in texts}
    assert run("diff", "--from-force", out / "toy") == 0
    assert "没有变化" in capsys.readouterr().out
    assert run("show", row["digest"][:10], "--lang", "en") == 0
    assert "The charter is sound." in capsys.readouterr().out
    assert run("show", "--out", out, "--json") == 2
    assert said(capsys)["error"]["code"] == "cli.folder_not_empty"
    assert run("show", "nonsense", "--json") == 2
    assert said(capsys)["error"]["code"] == "charter.no_such_version"


@pytest.mark.usefixtures("installed")
@pytest.mark.django_db
def test_a_folder_differs_from_what_is_in_force(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("diff", "--from-force", other(tmp_path), "--lang", "zh") == 0
    assert "[en] 英文名称：Alliance of the three lakes → Alliance of the four lakes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["修改", "[clocks.receipt] 期限：2个工作日 → 1个工作日", "1 个文件、1 处有变化"]),
        ("en", ["changed", "[clocks.receipt] limit: 2 working days → 1 working day", "1 file(s), 1 change(s)"]),
    ],
)
def test_two_folders_are_compared_without_an_installation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str, words: list[str]
) -> None:
    copy = changed(tmp_path, 'id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"', file=ASSISTANCE)
    assert main(["charter", "diff", str(TOY_FOLDER), str(copy), "--lang", language]) == 0
    printed = capsys.readouterr().out
    for word in words:
        assert word in printed
    assert "    -44   " in printed
    assert main(["charter", "diff", str(TOY_FOLDER), str(copy), "--json"]) == 0
    (file,) = said(capsys)
    assert (file["file"], file["kind"]) == (f"toy/{ASSISTANCE}", "changed")
    assert [(rule["rule"], rule["said"][0]["en"]) for rule in file["rules"]] == [
        ("clocks.receipt", "limit: 2 working days → 1 working day")
    ]


@pytest.mark.parametrize("words", [["diff", str(TOY_FOLDER)], ["diff", "--from-force", "a", "b"]])
def test_comparing_needs_two_sides(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["charter", *words, "--json"]) == 2
    assert said(capsys)["error"]["code"] == "cli.usage"


def test_a_missing_folder_is_bad_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["charter", "diff", str(TOY_FOLDER), str(tmp_path / "none"), "--json"]) == 2
    assert said(capsys)["error"]["code"] == "cli.no_such_folder"


def test_comparing_runs_without_django() -> None:
    code = (
        "import sys; from concord.entrypoints.cli import main; "
        f"code = main(['charter', 'diff', {str(TOY_FOLDER)!r}, {str(TOY_FOLDER)!r}]); "
        "sys.exit(code or 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_installation_that_was_never_prepared_says_so(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")}
    done = subprocess.run(
        [sys.executable, "-m", "concord.entrypoints.cli", "charter", "list", "--json"],
        check=False,
        capture_output=True,
        env={**environment, "CONCORD_HOME": str(tmp_path)},
    )
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "cli.not_prepared"
