"""``concord witness`` as it is run: keys, a comparison, a whole fleet of processes, an orderly end."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from concord.entrypoints.cli import main
from concord.proofs import notes
from concord.witness import fleet, keys
from tests.support.witnessing import LOG_KEY, ORIGIN, TOKEN, City, ToyLog, ask, cities, hosted, opened


def write(city: City) -> Path:
    """The city's folder as set-up would leave it; returns its witness.toml."""
    city.folder.mkdir(exist_ok=True)
    kept = city.keys.private.as_json()
    key = city.folder / "key.json"
    key.write_text(json.dumps({"name": kept["key"], "ed25519": kept["ed25519"], "sm2": kept["sm2"]}), encoding="utf-8")
    key.chmod(0o600)
    lines = [f'name = "{city.name}"', 'key = "key.json"', 'state = "state.sqlite3"', 'mirror = "mirror"']
    lines += [f'listen = "127.0.0.1:{city.port}"', "mirror_every = 0"]
    lines += ["[[log]]", f'origin = "{ORIGIN}"', f'vkey = "{LOG_KEY.vkey_text()}"']
    lines += [f'tiles = "{city.tiles}"', f'token = "{TOKEN}"'] if city.tiles else []
    for peer in city.peers:
        lines += ["[[peer]]", f'name = "{peer.name}"', f'url = "{peer.url}"', f'vkey = "{peer.key.vkey_text()}"']
    file = city.folder / "witness.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def until(happened: Callable[[], bool]) -> None:
    """Wait for it, not for ever."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if happened():
                return
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.05)
    pytest.fail("it did not happen within a minute")


def status(city: City) -> dict[str, object]:
    found: dict[str, object] = json.loads(ask(city.url, "GET", "/status").body)
    return found


class TestMakeKey:
    def test_it_prints_both_public_keys(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "key.json"
        assert main(["witness", "--make-key", str(file), "--name", "witness.a.example"]) == 0
        ed25519, sm2 = (notes.parse_vkey(line) for line in capsys.readouterr().out.splitlines())
        made = keys.read(file, name="witness.a.example")
        assert (ed25519, sm2) == (made.verifier, made.sm2_verifier)

    def test_two_keys_are_never_the_same(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("one", "two"):
            main(["witness", "--make-key", str(tmp_path / name), "--name", "witness.a.example"])
        assert len(set(capsys.readouterr().out.splitlines())) == 4

    def test_an_existing_file_stays(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "key.json"
        file.write_text("kept", encoding="utf-8")
        assert main(["witness", "--make-key", str(file), "--name", "witness.a.example"]) == 2
        assert file.read_text(encoding="utf-8") == "kept"
        assert "不会被覆盖" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--name", "x"],
        ["--make-key", "key.json"],
        ["--compare-now"],
        ["--config", "witness.toml", "--name", "x"],
        ["--config", "witness.toml", "--make-key", "key.json", "--name", "x"],
        ["--make-key", "key.json", "--name", "x", "--compare-now"],
    ],
)
def test_words_that_do_not_go_together(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["witness", *words]) == 2
    assert "--make-key FILE --name NAME" in capsys.readouterr().err


def test_settings_that_cannot_be_read_are_said_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "witness.toml"
    file.write_text("colour = 3\n", encoding="utf-8")
    assert main(["witness", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert "见证方的设置有误" in said
    assert "The settings of the witness are wrong" in said


class TestCompareNow:
    @pytest.fixture
    def two(self, tmp_path: Path) -> Iterator[Sequence[City]]:
        """One city to run the command for; the other answers."""
        made = cities(tmp_path, 2)
        made[1].start()
        yield made
        made[1].stop()

    def signed(self, city: City, log: ToyLog) -> None:
        city.start()
        city.submit(log.request())
        city.stop()

    def test_agreement_is_printed_and_ends_well(self, two: Sequence[City], capsys: pytest.CaptureFixture[str]) -> None:
        log = ToyLog().grow(3)
        for city in two:
            city.submit(log.request()) if city is two[1] else self.signed(city, log)
        assert main(["witness", "--config", str(write(two[0])), "--compare-now"]) == 0
        assert capsys.readouterr().out.split() == [ORIGIN, two[1].name, "3", "agrees"]

    def test_a_fork_ends_with_one(self, two: Sequence[City], capsys: pytest.CaptureFixture[str]) -> None:
        self.signed(two[0], ToyLog().grow(3))
        two[1].submit(ToyLog([b"another"] * 3).request())
        assert main(["witness", "--config", str(write(two[0])), "--compare-now"]) == 1
        captured = capsys.readouterr()
        assert captured.out.split()[-1] == "fork"
        assert json.loads(captured.err.splitlines()[0])["event"] == "alarm"


def test_a_city_needs_nothing_of_the_web_server() -> None:
    loaded = "import sys, concord.entrypoints.cli.witness, concord.witness.running; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, text=True)  # noqa: S603 - our own words
    assert {"django", "ninja", "psycopg", "granian", "typst"}.isdisjoint(answer.stdout.split())


@pytest.mark.slow
class TestProcesses:
    def test_a_fleet_of_nine_signs_mirrors_and_ends(self, tmp_path: Path) -> None:
        log = ToyLog().grow(300)
        with hosted(log) as host:
            nine = cities(tmp_path, 9, tiles=host.url)
            for city in nine:
                write(city)
            processes = fleet.start(tmp_path)
            try:
                until(lambda: all(status(city)["ready"] for city in nine))
                replies = [city.submit(log.request()) for city in nine]
                note = log.note() + b"".join(reply.body for reply in replies)
                assert opened(note, *nine).cosigners.keys() == {city.name for city in nine}
                log.publish(note)
                until(lambda: all(b'"mirrored": 300' in ask(city.url, "GET", "/status").body for city in nine))
            finally:
                fleet.stop(processes)
        assert [process.returncode for process in processes] == [0] * 9
        record = (nine[0].folder / "witness.log").read_text(encoding="utf-8")
        events = [json.loads(line)["event"] for line in record.splitlines()]
        assert events[0] == "listening"
        assert {"ready", "cosigned", "mirrored"} <= set(events)
        assert events[-1] == "ended"
        assert not re.search(TOKEN, record)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_ends_when_told_to_and_remembers(self, tmp_path: Path, number: signal.Signals) -> None:
        (city,) = cities(tmp_path, 1)
        log = ToyLog().grow(3)
        file = write(city)
        for size in (0, 3):
            process = fleet.start_one(file)
            until(lambda: bool(status(city)["ready"]))
            assert city.submit(log.request(size)).status == 200
            process.send_signal(number)
            assert process.wait(10) == 0

    def test_killed_at_any_moment_it_never_signs_less_than_it_did(self, tmp_path: Path) -> None:
        (city,) = cities(tmp_path, 1)
        file = write(city)
        log = ToyLog()
        signed = 0
        for _ in range(5):
            process = fleet.start_one(file)
            until(lambda: bool(status(city)["ready"]))
            for _ in range(3):
                log.grow(2)
                assert city.submit(log.request(signed)).status == 200
                signed = log.size
            process.kill()
            process.wait()
        process = fleet.start_one(file)
        until(lambda: bool(status(city)["ready"]))
        assert city.submit(ToyLog().grow(4).request()).body == b"%d\n" % signed
        fleet.stop([process])

    def test_who_does_not_end_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fleet, "PATIENCE", 0.2)
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
        stubborn = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)  # noqa: S603 - our own words
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        fleet.stop([stubborn])
        assert stubborn.returncode == -signal.SIGKILL
        stubborn.stdout.close()
