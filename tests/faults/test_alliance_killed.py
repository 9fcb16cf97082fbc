"""The whole alliance as processes, killed at any time while cities seal: no package is lost, nothing is wrong after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fitness.sources import PROJECT

SEALS = 20


@pytest.mark.slow
def test_every_package_is_proven_whatever_is_killed(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")} | {
        "CONCORD_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "concord.config.settings",
    }
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "tests.faults.alliance_process", str(tmp_path), str(SEALS)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("kills") >= SEALS // 2
    assert found == {"levels": {"pass L2T": SEALS}, "wrong": [], "lost": 0}
