"""Run the story in a temporary home on free ports of loopback; 0 when every forgery was caught, 1 when not."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

LOWEST, HIGHEST, STEP = 20000, 60000, 200
BESIDE = range(100, 110)


def main() -> int:
    """Set the scene, tell the story, take everything away again."""
    for setting in [setting for setting in os.environ if setting.startswith("CONCORD_")]:
        del os.environ[setting]
    with tempfile.TemporaryDirectory(prefix="concord-tamper-") as home:
        os.environ |= {
            "CONCORD_HOME": home,
            "CONCORD_BIND": f"127.0.0.1:{free_port()}",
            "DJANGO_SETTINGS_MODULE": "concord.config.settings",
        }
        django.setup()
        from concord.entrypoints.tampering import story  # noqa: PLC0415  models load only once Django is set up

        return 0 if story.told(Path(home), say=_say) else 1


def free_port() -> int:
    """A port for the web server such that those of the time-stamper and the witnesses are free."""
    for port in range(LOWEST, HIGHEST, STEP):
        with ExitStack() as taken:
            try:
                for beside in BESIDE:
                    taken.enter_context(socket.create_server(("127.0.0.1", port + beside)))
            except OSError:
                continue
            return port
    raise SystemExit("没有空闲端口 · no free ports on loopback")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
