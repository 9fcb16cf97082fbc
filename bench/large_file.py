"""A package with one file of many gigabytes, sealed and verified: how fast, and in how much memory.

``python -m bench.large_file BYTES`` says in a line what it took beside a file of 1 MiB, and exits with 1 when memory
did not stay flat; with a FOLDER it does it once in its own process and prints the figures as JSON.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

from bench.measuring import Table
from concord.proofs.digests import digested
from concord.proofs.package import Parts, write_package
from concord.proofs.statements import CHUNK_SIZE
from concord.proofs.trust import directory, read_trust
from concord.proofs.verifying import verify
from tests.support.packages import LOOKED_AT, Alliance

GIB = 1 << 30
SIZES = (1 << 20, 1 * GIB)
BLOCK = bytes(range(256)) * 4096
MOST_GROWTH = 48 << 20
"""Bytes by which the memory may grow from a file of 1 MiB to one of many GiB: some blocks in flight."""


class Generated(io.RawIOBase):
    """A file of so many bytes that lies nowhere."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, count: int = -1, /) -> bytes:
        """The next bytes."""
        taken = min(self._left, len(BLOCK) if count < 0 else count, len(BLOCK))
        self._left -= taken
        return BLOCK[:taken]


def run(sizes: tuple[int, ...] = SIZES) -> list[Table]:
    """The table for ``sizes``, smallest first; whether memory stays flat is judged against the smallest."""
    found = [measured(size) for size in sizes]
    rows = []
    for size, one in zip(sizes, found, strict=True):
        growth = one["peak"] - found[0]["peak"]
        flat = "-" if one is found[0] else f"{growth >> 20} MiB: {'flat' if growth <= MOST_GROWTH else 'not flat'}"
        rows.append(
            [
                f"{size >> 20:,} MiB",
                *(f"{one[step]:.1f} s, {size / one[step] / 1e9:.2f} GB/s" for step in ("digest", "write", "verify")),
                f"{one['bound']:.1f} s, {size / one['bound'] / 1e9:.2f} GB/s",
                f"{one['bound'] / one['verify']:.0%}",
                f"{one['peak'] >> 20} MiB",
                flat,
            ]
        )
    columns = [
        "file",
        "digest for sealing",
        "write the package",
        "verify it",
        "the same digests alone",
        "verify : digests alone",
        "peak memory",
        "more than the smallest",
    ]
    note = (
        "Each size in a process of its own. The file is generated while it is read; the package lies on disk. Sealing "
        "digests twice, whole and by 4 MiB chunks; verifying checks both, the CRC and every byte of the container. The "
        "digests alone are those four, each in a thread."
    )
    return [Table("Large files", columns, rows, [note])]


def measured(size: int) -> dict[str, Any]:
    """What one file of ``size`` bytes takes, from a process of its own: seconds of each step, peak bytes."""
    with tempfile.TemporaryDirectory(prefix="concord-large-") as folder:
        command = [sys.executable, "-m", "bench.large_file", str(size), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  our own program
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _once(size: int, folder: Path) -> dict[str, float]:
    alliance = Alliance()
    trust = read_trust(alliance.trust())
    path, package = "payload/video.mp4", folder / "large.evp"
    times = [time.perf_counter()]
    digests = digested(_blocks(size), chunk_size=CHUNK_SIZE)
    times.append(time.perf_counter())
    made, chunks = alliance.manifest({path: digests})
    events = alliance.events(made)
    token = (alliance.stamp(events[1]), False)
    parts = Parts(
        made,
        events,
        files={path: lambda: cast("BinaryIO", Generated(size))},
        seal=alliance.sealing(made, events, tokens=[token]),
        tokens=[token],
        directory=directory([alliance.entry()]),
        chunks=chunks,
    )
    with package.open("wb") as out:
        write_package(out, parts)
    times.append(time.perf_counter())
    with package.open("rb") as file:
        report = verify(file, trust=trust, at=LOOKED_AT)
    times.append(time.perf_counter())
    if (report.verdict, report.level) != ("pass", "L2T"):
        raise AssertionError(report.as_json().decode())
    peak = _peak()
    _bare(size)
    times.append(time.perf_counter())
    steps = ("digest", "write", "verify", "bound")
    return dict(zip(steps, (end - begun for begun, end in pairwise(times)), strict=True)) | {"peak": peak}


def _blocks(size: int) -> Iterator[bytes]:
    file = Generated(size)
    while block := file.read():
        yield block


def _peak() -> int:
    """The most memory this process ever held, in bytes; what getrusage tells begins with that of the process before."""
    (line,) = (
        one for one in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if one.startswith("VmHWM:")
    )
    return int(line.split()[1]) * 1024


def _bare(size: int) -> None:
    """The digests that the format asks for and nothing else: SHA-256 and SM3, of the whole and of each chunk."""
    whole: list[Callable[[bytes], None]] = [hashlib.sha256().update, hashlib.new("sm3").update]
    with ThreadPoolExecutor(4) as threads:
        before: list[Future[Any]] = []
        for block in _batches(size):
            now: list[Future[Any]] = [threads.submit(one, block) for one in whole]
            now += [threads.submit(hashlib.new, name, block) for name in ("sha256", "sm3")]
            wait(before)
            before = now


def _batches(size: int) -> Iterator[bytes]:
    left = size
    chunk = BLOCK * (CHUNK_SIZE // len(BLOCK))
    while left:
        yield chunk[:left]
        left -= min(left, CHUNK_SIZE)


def judged(size: int) -> int:
    """Say in one line what a file of ``size`` bytes took; 1 when memory did not stay flat."""
    small, large = measured(SIZES[0]), measured(size)
    growth = large["peak"] - small["peak"]
    sys.stdout.write(
        f"digested in {large['digest']:.0f} s, written in {large['write']:.0f} s, verified in {large['verify']:.0f} s, "
        f"the digests alone {large['bound']:.0f} s; peak {large['peak'] >> 20} MiB, {growth >> 20} MiB more than for "
        "1 MiB\n"
    )
    return int(growth > MOST_GROWTH)


if __name__ == "__main__":
    if len(sys.argv) == 2:  # noqa: PLR2004  the size alone
        sys.exit(judged(int(sys.argv[1])))
    sys.stdout.write(json.dumps(_once(int(sys.argv[1]), Path(sys.argv[2]))))
