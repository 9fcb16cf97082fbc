"""What runs beside the web server ends with it; the time-stamper answers as a process of its own."""

import secrets
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concord.entrypoints import beside, manage
from concord.entrypoints.beside import Beside
from concord.foundation.keys.installation import StamperAddress
from concord.foundation.keys.setting_up import Member, set_up
from concord.foundation.keys.stamping import HttpStamper, Stamp
from concord.rules.errors import Unavailable

DEAF = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def idle(code: str = "import time; print(flush=True); time.sleep(60)") -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)  # noqa: S603  our own words
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class TestBeside:
    def test_all_end_with_the_server(self) -> None:
        started = [idle(), idle()]
        with Beside() as others:
            others.add(started)
            assert [process.poll() for process in started] == [None, None]
        assert [process.returncode for process in started] == [-signal.SIGTERM] * 2

    def test_also_when_the_server_fails(self) -> None:
        process = idle()

        def serve() -> None:
            with Beside() as others:
                others.add([process])
                raise RuntimeError

        with pytest.raises(RuntimeError):
            serve()
        assert process.returncode == -signal.SIGTERM

    def test_whoever_does_not_listen_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(beside, "SECONDS_TO_END", 0.2)
        deaf = idle(DEAF)
        with Beside() as others:
            others.add([deaf])
        assert deaf.returncode == -signal.SIGKILL


class TestTimeStamper:
    @pytest.mark.slow
    def test_it_answers_and_ends(self, tmp_path: Path) -> None:
        at, port = datetime.now(tz=UTC), free_port()  # noqa: TID251  the process reads the clock, too
        made = set_up(
            tmp_path,
            members=[Member("310117", "松江", "Songjiang")],
            origin="ledger.example/1",
            random_bytes=secrets.token_bytes,
            at=at,
            loopback_port=port,
        )
        stamper = HttpStamper(StamperAddress("local", f"http://127.0.0.1:{port}/gm", "sm3"))
        with Beside() as others:
            others.manage_behind("time-stamper", "--keys", str(made.log_key.parent), "--port", str(port))
            assert self._stamped(stamper).gm
        with pytest.raises(Unavailable):
            stamper.stamp(b"x", nonce=1)

    def test_without_keys_it_says_so(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert manage.main(["time-stamper", "--keys", str(tmp_path), "--port", str(free_port())]) == manage.REFUSED
        assert "keys.no_key" in capsys.readouterr().err

    @staticmethod
    def _stamped(stamper: HttpStamper) -> Stamp:
        end = time.monotonic() + 30
        while True:
            try:
                return stamper.stamp(b"x", nonce=1)
            except Unavailable:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
