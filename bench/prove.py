"""``python -m bench.prove``: the large counts, by hand; what was run and found lands in docs/reference/proofs.md.

Every part is bounded in time; a part that did not get to its end says so.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = PROJECT / "docs" / "reference" / "proofs.md"
PARTS: Final = ("floors", "packages", "large", "visibility", "faults", "mutants")
VISIBILITY: Final = ("tests/casework/test_visibility.py", "tests/casework/test_row_level_security.py")
PACKAGES: Final = (
    ("tests/proofs/test_bit_flips.py", 10, "5,000 flipped bits anywhere, 5,000 inside with the check sums put right"),
    (
        "tests/proofs/test_differential.py",
        10,
        "packages, histories, trust files, policies and tokens changed at random",
    ),
    ("tests/proofs/test_container_attacks.py", 1, "attacks on the container"),
    ("tests/conformance/test_packages.py", 1, "named packages, good and bad"),
)
FAULTS: Final = ("tests/faults", "tests/foundation/test_jobs_killed.py")
ROUNDS: Final = 20
LARGE: Final = 10 << 30
DATABASES: Final = ("sqlite", "postgres")
KILLED, SURVIVED, UNTESTED, SLOW = "🎉", "🙁", "🫥", "⏰"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its last words, its seconds, whether it was stopped for time, and its code."""

    output: str
    seconds: float
    stopped: bool
    code: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the summary."""

    part: str
    what: str
    outcome: str
    seconds: float
    sound: bool
    details: tuple[str, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts named, or all; 1 when one of them found a fault."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=7200, help="the most that one command of a part may take")
    asked = parser.parse_args(arguments)
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    runs = {
        "floors": floors,
        "packages": packages,
        "large": large,
        "visibility": visibility,
        "faults": faults,
        "mutants": mutants,
    }
    proofs: list[Proof] = []
    for part in asked.parts or PARTS:
        found = runs[part](asked.seconds)
        _keep(part, found)
        for proof in found:
            sys.stdout.write(f"{proof.part}: {proof.what}: {proof.outcome} ({proof.seconds:.0f} s)\n")
            sys.stdout.flush()
        proofs += found
    return 0 if all(proof.sound for proof in proofs) else 1


def floors(seconds: int) -> list[Proof]:
    """Every property of the pure floors with 10,000 examples."""
    ended = _pytest(["tests/rules", "tests/proofs", "--hypothesis-profile=prove", *_in_parallel()], {}, seconds)
    return [
        _tested(
            "floors",
            "`tests/rules` and `tests/proofs`, 10,000 examples for each property that names no number of its own",
            ended,
        )
    ]


def packages(seconds: int) -> list[Proof]:
    """Two verifiers written apart: neither accepts what was tampered with, and both say the same of every check."""
    return [
        _tested("packages", what, _pytest([path, f"--rounds={rounds}", *_in_parallel()], {}, seconds))
        for path, rounds, what in PACKAGES
    ]


def large(seconds: int) -> list[Proof]:
    """A package with one file of 10 GiB, sealed and verified in memory that does not grow with it."""
    ended = _run([sys.executable, "-m", "bench.large_file", str(LARGE)], {}, seconds, cwd=PROJECT)
    what = "a package with a file of 10 GiB, sealed and verified"
    return [Proof("large", what, _last(ended.output), ended.seconds, sound=not ended.stopped and not ended.code)]


def visibility(seconds: int) -> list[Proof]:
    """Who sees what, on random matters, in many rounds, on both databases."""
    return [
        _tested(
            "visibility",
            f"random matters, {ROUNDS} rounds, {database}",
            _pytest(
                [*_there(VISIBILITY), f"--rounds={ROUNDS}", *_in_parallel()],
                {"CONCORD_TEST_DATABASE": database},
                seconds,
            ),
        )
        for database in DATABASES
    ]


def faults(seconds: int) -> list[Proof]:
    """Killed processes and races, in many rounds, on both databases; not in parallel, for they keep time."""
    return [
        _tested(
            "faults",
            f"killed processes and races, {ROUNDS} rounds, {database}",
            _pytest([*_there(FAULTS), f"--rounds={ROUNDS}"], {"CONCORD_TEST_DATABASE": database}, seconds),
        )
        for database in DATABASES
    ]


def mutants(seconds: int) -> list[Proof]:
    """Small faults put into the rules: the tests must find each."""
    what = "faults put into `concord.rules` (see `[tool.mutmut]`)"
    if find_spec("mutmut") is None:
        return [Proof("mutants", what, "not run: mutmut is not installed", 0.0, sound=False)]
    with tempfile.TemporaryDirectory(prefix="concord-mutants-") as place:
        copy = Path(place)
        unwanted = shutil.ignore_patterns("__pycache__", "node_modules", "dist")
        for folder in ("src", "tests"):
            shutil.copytree(PROJECT / folder, copy / folder, ignore=unwanted)
        shutil.copy(PROJECT / "pyproject.toml", copy)
        # An editable installation would hide the mutated modules: -S leaves it out, the path names the packages alone.
        packages = [entry for entry in sys.path if entry and not Path(entry).is_relative_to(PROJECT / "src")]
        packages = [entry for entry in packages if Path(entry) != PROJECT]
        environment = {"PYTHONPATH": os.pathsep.join(packages), "CONCORD_HOME": str(copy / "home")}
        words = [sys.executable, "-S", "-m", "mutmut"]
        ended = _run([*words, "run"], environment, seconds, cwd=copy)
        listed = _run([*words, "results"], environment, seconds, cwd=copy)
    counts = re.findall(
        rf"(\d+)/(\d+)\s+{KILLED} (\d+) {UNTESTED} (\d+)\s+{SLOW} (\d+).*?{SURVIVED} (\d+)", ended.output
    )
    if not counts:
        return [Proof("mutants", what, f"did not run: {_last(ended.output)}", ended.seconds, sound=False)]
    tried, made, killed, untested, slow, survived = map(int, counts[-1])
    outcome = (
        f"{tried} of {made} tried{' (stopped for time)' if ended.stopped else ''}: {killed + slow} found, "
        f"{survived} survived, {untested} touched by no test"
    )
    alive = re.findall(r"(concord\.rules\.[\w.ǁ]+)__mutmut_\d+: survived", listed.output)
    per_module: dict[str, int] = {}
    for name in alive:
        module = re.split(r"\.x[_ǁ]", name)[0]
        per_module[module] = per_module.get(module, 0) + 1
    details = tuple(f"`{module}`: {count} survived" for module, count in sorted(per_module.items()))
    return [Proof("mutants", what, outcome, ended.seconds, not ended.stopped and tried == made, details)]


def _tested(part: str, what: str, ended: Ended) -> Proof:
    """Stopped for time is no proof; what failed until then is said all the same."""
    if not ended.stopped:
        return Proof(part, what, _last(ended.output), ended.seconds, sound=not ended.code)
    ticked = "".join(re.findall(r"^([.sxXFE]+)(?:\s|$)", ended.output, re.MULTILINE))
    counts = {"passed": ".", "skipped": "s", "failed": "F", "in error": "E"}
    told = ", ".join(f"{ticked.count(sign)} {word}" for word, sign in counts.items() if sign in ticked)
    return Proof(part, what, f"stopped for time: {told or 'nothing'} until then", ended.seconds, sound=False)


def _last(output: str) -> str:
    """The last line that says something, without pytest's frame and time."""
    lines = [line.strip("= ") for line in output.splitlines() if line.strip("= ")]
    return re.sub(r" in [\d.]+s.*", "", lines[-1]) if lines else "nothing was said"


def _there(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if list((PROJECT / path).glob("test_*.py")) or (PROJECT / path).is_file()]


def _in_parallel() -> list[str]:
    return [f"--numprocesses={os.cpu_count() or 1}"]


def _pytest(words: Sequence[str], environment: Mapping[str, str], seconds: int) -> Ended:
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *words]
    return _run(command, environment, seconds, cwd=PROJECT)


def _run(command: Sequence[str], environment: Mapping[str, str], seconds: int, *, cwd: Path) -> Ended:
    """Run to the end or until the time is over; then the whole group of processes is stopped."""
    begun = time.monotonic()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  our own words
            command,
            cwd=cwd,
            env=plain | dict(environment),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout=seconds)
            stopped = False
        except subprocess.TimeoutExpired:
            stopped = True
            _stop(process)
        said.seek(0)
        output = said.read().decode(errors="replace").replace("\r", "\n")
    return Ended(output, time.monotonic() - begun, stopped, process.returncode)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the group first, so that databases are removed; then without mercy."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _keep(part: str, proofs: Sequence[Proof]) -> None:
    """Replace the section of this part in the reference."""
    commit = subprocess.run(
        ["git", "-c", "safe.directory=*", "describe", "--always", "--dirty"],  # noqa: S607  the git on PATH
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    at = datetime.now(tz=UTC)  # noqa: TID251  an edge: the date of the proof
    lines = [f"{at:%Y-%m-%d %H:%M} UTC, commit {commit}, {os.cpu_count()} cores", "", "| what | outcome | seconds |"]
    lines += ["|---|---|---|", *(f"| {one.what} | {one.outcome} | {one.seconds:.0f} |" for one in proofs)]
    lines += [f"\n{'; '.join(one.details)}." for one in proofs if one.details]
    section = f"<!-- {part} -->\n\n{chr(10).join(lines)}\n\n<!-- end of {part} -->"
    page = PAGE.read_text(encoding="utf-8")
    found = re.sub(rf"<!-- {part} -->.*?<!-- end of {part} -->", lambda _: section, page, count=1, flags=re.DOTALL)
    PAGE.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
