"""SM3 and SHA-256 as the browser's worker computes them agree with ours, in whatever portions the bytes come."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from concord.proofs.digests import sm3
from tests.fitness.sources import PROJECT

PARTS = PROJECT / "assets" / "parts"
LENGTHS = [*range(130), 1000, 4096, 65_537]
SCRIPT = """
const found = {};
for (const name of ['sm3', 'sha256']) {
  const made = (await import(`${process.argv[2]}/${name}.js`))[name];
  found[name] = JSON.parse(process.argv[3]).map((length) => {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 7 + length) % 256);
    const one = made();
    const cut = Math.floor(length / 3);
    one.update(bytes.subarray(0, cut));
    one.update(bytes.subarray(cut));
    return one.hex();
  });
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The digests by name, one for each length."""
    folder = tmp_path_factory.mktemp("digests")
    for part in ("blocks", "sm3", "sha256"):
        shutil.copy(PARTS / f"{part}.js", folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    script = folder / "ask.js"
    script.write_text(SCRIPT, encoding="utf-8")
    node = Path(shutil.which("node") or PROJECT / ".venv" / "bin" / "node")
    asked = [str(node), str(script), folder.as_uri(), json.dumps(LENGTHS)]
    out = subprocess.run(asked, capture_output=True, check=True, timeout=60)  # noqa: S603  our own script
    told: dict[str, list[str]] = json.loads(out.stdout)
    return told


def content(length: int) -> bytes:
    return bytes((n * 7 + length) % 256 for n in range(length))


def test_sm3(found: dict[str, list[str]]) -> None:
    assert found["sm3"] == [sm3(content(length)).hexdigest() for length in LENGTHS]


def test_sha256(found: dict[str, list[str]]) -> None:
    assert found["sha256"] == [hashlib.sha256(content(length)).hexdigest() for length in LENGTHS]
