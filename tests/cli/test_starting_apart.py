"""The web process, the verifiers and the witness start without what only the others need."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from concord.proofs.time_authority import LocalAuthority
from tests.fitness.sources import PROJECT
from tests.support.packages import LOOKED_AT, Alliance, packed

SECOND = PROJECT / "verifier" / "concord_verify.py"
FRAMEWORKS = {"django", "granian", "ninja", "psycopg", "structlog", "typst"}
FLOORS = {f"concord.{floor}" for floor in ("capabilities", "casework", "config")}
NETWORK = {"http.client", "ssl", "urllib.request"}
# What time-stamps, devices and packages need is loaded by the page, the job or the command that needs it.
NOT_FOR_PAGES = {
    "boto3",
    "concord.foundation.keys.setting_up",
    "concord.foundation.keys.stamping",
    "concord.proofs.time_authority",
    "concord.proofs.timestamps",
    "concord.proofs.verifying",
    "concord.witness",
    "numba",
    "pkcs11",
    "rfc3161_client",
}
RUN = "import sys; from concord.entrypoints.cli import main; code = main(sys.argv[1:]); {}; sys.exit(code)"
TELL = "sys.stderr.write(' '.join(sys.modules))"


def answered(*words: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """A program run to its end in an environment of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "DJANGO_"))}
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)  # noqa: S603  our own programs


def loaded(found: str, unwanted: set[str]) -> list[str]:
    """Which of ``unwanted``, or what is below them, is among the modules."""
    return sorted(one for one in found.split() if any(one == bad or one.startswith(f"{bad}.") for bad in unwanted))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """A good package and what it is verified with, as words of either command line."""
    folder = tmp_path_factory.mktemp("package")
    alliance = Alliance()
    (folder / "good.evp").write_bytes(packed(alliance.sealed()))
    (folder / "trust.json").write_bytes(alliance.trust())
    at = LOOKED_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(folder / "good.evp"), "--trust", str(folder / "trust.json"), "--at", at, "--json"


@pytest.mark.parametrize(
    "served",
    [
        "import sys, concord.config.wsgi, concord.config.urls",
        # The operator's command makes the web processes from itself.
        "import sys, concord.config.wsgi, concord.entrypoints.manage, concord.entrypoints.operating",
    ],
    ids=["alone", "by the operator's command"],
)
def test_the_web_process_loads_nothing_that_only_proofs_need(served: str) -> None:
    done = answered("-c", f"{served}; {TELL}")
    assert done.returncode == 0, done.stderr
    assert loaded(done.stderr, NOT_FOR_PAGES) == []
    assert loaded(done.stderr, {"concord.foundation.ledger.queries"})  # the list of modules is a real one


def test_the_verifier_knows_no_framework_no_database_and_no_network(files: Sequence[str]) -> None:
    done = answered("-c", RUN.format(TELL), "verify", *files)
    assert done.returncode == 0, done.stderr + done.stdout
    below = {one for one in loaded(done.stderr, {"concord.foundation"}) if one.count(".") > 2}
    assert below == {"concord.foundation.database.clock"}
    assert loaded(done.stderr, FRAMEWORKS | FLOORS | {"concord.witness", "concord.foundation.ledger"}) == []
    assert loaded(done.stderr, {"http.client", "urllib.request"}) == []
    assert loaded(done.stderr, {"concord.proofs.verifying"})


def test_the_second_verifier_needs_one_file_and_python_alone(files: Sequence[str], tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    alone.write_bytes(SECOND.read_bytes())
    done = answered("-I", "-S", str(alone), *files, cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["level"] == "L2T"


def test_the_second_verifier_opens_no_connection(files: Sequence[str]) -> None:
    second = f"import runpy, sys; sys.argv = sys.argv[1:]\ntry: runpy.run_path({str(SECOND)!r}, run_name='__main__')\n"
    done = answered("-I", "-S", "-c", f"{second}finally: {TELL}", "verify", *files)
    assert done.returncode == 0, done.stderr + done.stdout
    assert loaded(done.stderr, NETWORK | {"socket", "subprocess", "ctypes"}) == []


def test_a_witness_knows_no_framework_and_nothing_of_the_house_above(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    done = answered("-c", RUN.format(TELL), "witness", "--make-key", str(key), "--name", "witness.c1.example")
    assert (done.returncode, key.is_file()) == (0, True), done.stderr
    serving = answered("-c", f"import sys, concord.witness.running; {TELL}")
    assert loaded(serving.stderr, FRAMEWORKS | FLOORS | {"concord.foundation", "rfc3161_client", "pkcs11"}) == []
    assert loaded(done.stderr, FRAMEWORKS | FLOORS | {"concord.foundation.ledger", "concord.foundation.keys"}) == []


def test_no_command_of_the_verifier_or_the_witness_waits_for_the_others() -> None:
    done = answered("-c", f"import sys; from concord.entrypoints.cli import _parser; _parser(); {TELL}")
    assert done.returncode == 0, done.stderr
    assert loaded(done.stderr, FRAMEWORKS | {"cryptography", "rfc3161_client", LocalAuthority.__module__}) == []


def test_both_verify_where_there_is_no_network_at_all(files: Sequence[str]) -> None:
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:  # noqa: S603  the system's own program
        pytest.skip("this system lets nobody take the network away from a program")
    for words in (["-m", "concord.entrypoints.cli", "verify"], ["-I", "-S", str(SECOND)]):
        command = [*alone, sys.executable, *words, *files]
        done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)  # noqa: S603  our own programs
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["verdict"] == "pass"


def test_what_stays_out_is_not_installed_with_it_either() -> None:
    """Libraries that sign with predictable numbers, or wrongly: see the contract on imports."""
    contract = configparser.ConfigParser()
    contract.read(PROJECT / ".importlinter", encoding="utf-8")
    kept_out = set(contract["importlinter:contract:stay-out"]["forbidden_modules"].split())
    assert {"gmssl", "Crypto", "tongsuopy"} <= kept_out
    installed = re.findall(
        r"^([A-Za-z0-9._-]+)==", (PROJECT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert "cryptography" in installed
    named = {name.lower().replace("-", "_") for name in installed}
    also = {"pycryptodome", "pycryptodomex", "snowland_smx", "sm_py_bc"}
    assert named & ({name.lower() for name in kept_out} | also) == set()
