"""``concord verify`` and ``concord trust update`` from outside: what they print, how they end, what they need."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from concord.entrypoints.cli import main
from concord.proofs import files
from concord.proofs.canonical import decode_table
from concord.rules.errors import InvalidInput
from tests.support.package_cases import CASES
from tests.support.packages import LATER, MEMBERS, OVER, Alliance, packed

STARTED = """
import sys
from concord.entrypoints.cli import main
code = main(sys.argv[1:])
print(code, *sorted(name for name in sys.modules if name.partition(".")[0] in ("django", "concord")))
"""


def laid_out(folder: Path, name: str) -> list[str]:
    """The words of a command on a case, whose files are put into ``folder``."""
    case = CASES[name].make(Alliance())
    (folder / "package.evp").write_bytes(case.package)
    (folder / "trust.json").write_bytes(case.trust)
    words = ["verify", str(folder / "package.evp"), "--trust", str(folder / "trust.json"), "--at", case.at.isoformat()]
    if case.policy is not None:
        (folder / "policy.json").write_bytes(case.policy)
        words += ["--policy", str(folder / "policy.json")]
    return words


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("good_l2t", 0),
        ("good_l2t_for_a_court", 0),
        ("good_l0_queued", 0),
        ("one_bit_of_a_file_fail_c01_c03_c04", 1),
        ("key_revoked_before_fail_c07", 1),
        ("not_a_package_fail_c01", 1),
        ("too_few_witnesses_indeterminate_c12", 2),
        ("expired_trust_indeterminate_c14", 2),
        ("queued_below_the_level_asked", 2),
    ],
)
def test_it_ends_with_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, code: int) -> None:
    assert main([*laid_out(tmp_path, name), "--json"]) == code
    report = decode_table(capsys.readouterr().out.rstrip("\n").encode())
    assert report["verdict"] == {0: "pass", 1: "fail", 2: "indeterminate"}[code]


def test_it_prints_a_page_in_the_language_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = laid_out(tmp_path, "good_l2t")
    assert main([*words, "--lang", "zh"]) == 0
    assert "核验结果    通过" in capsys.readouterr().out
    assert main([*words, "--lang", "en"]) == 0
    assert "verdict    passed" in capsys.readouterr().out


def test_a_flipped_bit_names_the_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = laid_out(tmp_path, "good_l2t")
    package = tmp_path / "package.evp"
    data = bytearray(package.read_bytes())
    data[data.index(b"<h1>Shop") + 5] ^= 1
    package.write_bytes(data)
    assert main([*words, "--lang", "en"]) == 1
    failed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "  FAIL  " in line]
    assert failed == ["C01", "C03", "C04"]


def test_without_a_time_the_trust_file_must_be_in_force_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alliance = Alliance()
    expired = alliance.trust(expires_at=LATER - timedelta(days=3000), issued_at=LATER - timedelta(days=4000))
    (tmp_path / "trust.json").write_bytes(expired)
    files.save_package(tmp_path / "package.evp", alliance.sealed())
    words = ["verify", str(tmp_path / "package.evp"), "--trust", str(tmp_path / "trust.json")]
    assert main([*words, "--at", "2018-01-01T00:00Z", "--json"]) == 0
    assert '"reason":"in_force"' in capsys.readouterr().out
    assert main([*words, "--json"]) == 2
    assert '"reason":"expired"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--trust", "none.json"], "proofs.no_file"),
        (["--policy", "none.json"], "proofs.no_file"),
        (["--policy", "broken.json"], "proofs.shape"),
        (["--trust", "broken.json"], "proofs.not_canonical"),
        (["--trust", "."], "proofs.no_file"),
        (["--at", "2026-11-23"], "cli.bad_at"),
        (["--at", "2026-11-31T00:00Z"], "cli.bad_at"),
        (["--lang", "fr"], "cli.usage"),
        (["--more"], "cli.usage"),
    ],
)
def test_what_cannot_be_asked_ends_with_three(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, change: list[str], code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{")
    assert main([*laid_out(tmp_path, "good_l2t"), *change, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_missing_package_ends_with_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = laid_out(tmp_path, "good_l2t")
    Path(words[1]).unlink()
    assert main(words) == 3
    assert "没有文件" in capsys.readouterr().err


def test_a_trust_file_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(laid_out(tmp_path, "good_l2t")[:2]) == 3
    assert "--trust" in capsys.readouterr().err


def test_it_needs_neither_django_nor_the_application(tmp_path: Path) -> None:
    words = laid_out(tmp_path, "good_l2t")
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", STARTED, *words, "--json"], capture_output=True, text=True, check=True
    )
    code, *loaded = ran.stdout.splitlines()[-1].split()
    assert code == "0"
    rooms = {tuple(name.split(".")[:3]) for name in loaded}
    assert not any(name.startswith("django") for name in loaded)
    assert {room[1] for room in rooms if len(room) > 1} <= {"entrypoints", "foundation", "proofs", "rules", "charters"}
    # The clock is all that it takes from there.
    assert {name for name in loaded if name.startswith("concord.foundation")} <= {
        "concord.foundation",
        "concord.foundation.database",
        "concord.foundation.database.clock",
    }


@pytest.mark.slow
def test_it_takes_less_than_half_a_second_of_a_processor(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "concord.entrypoints.cli", *laid_out(tmp_path, "good_l2t")]
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, capture_output=True, check=True)  # noqa: S603 - our own interpreter
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.5


class TestFiles:
    def test_a_package_shows_once_it_is_whole(self, tmp_path: Path) -> None:
        parts = Alliance().sealed()
        files.save_package(tmp_path / "a.evp", parts)
        assert (tmp_path / "a.evp").read_bytes() == packed(parts)
        assert [path.name for path in tmp_path.iterdir()] == ["a.evp"]

    def test_a_package_that_cannot_be_made_leaves_nothing(self, tmp_path: Path) -> None:
        alliance = Alliance()
        parts = alliance.sealed()
        (tmp_path / "page").write_bytes(b"other")
        wrong = {path: files.opener(tmp_path / "page") for path in parts.files or {}}
        with pytest.raises(InvalidInput):
            files.save_package(tmp_path / "a.evp", type(parts)(parts.manifest, parts.events, files=wrong))
        assert [path.name for path in tmp_path.iterdir()] == ["page"]

    def test_a_file_of_a_package_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput) as caught:
            files.opener(tmp_path / "none")()
        assert caught.value.code == "proofs.no_file"


class TestTrustUpdate:
    @staticmethod
    def words(folder: Path, new: bytes) -> list[str]:
        (folder / "old.json").write_bytes(Alliance().trust())
        (folder / "new.json").write_bytes(new)
        return ["trust", "update", str(folder / "old.json"), str(folder / "new.json")]

    def test_a_newer_one_may(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        new = Alliance().trust(version=2, expires_at=OVER + timedelta(days=300))
        assert main([*self.words(tmp_path, new), "--lang", "en"]) == 0
        assert "version 1 by 2" in capsys.readouterr().out

    def test_an_older_one_may_not_and_it_says_why(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = json.loads(Alliance().trust())
        assert len(file["sigs"]) == 2 * len(MEMBERS)
        short = json.dumps(
            {**file, "sigs": file["sigs"][:6]}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert main([*self.words(tmp_path, short.encode()), "--lang", "zh"]) == 1
        printed = capsys.readouterr().out
        assert "不能替换" in printed
        assert printed.count("·") == 3

    def test_a_broken_one_is_bad_input(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(self.words(tmp_path, b"{}")) == 2
        assert capsys.readouterr().err
