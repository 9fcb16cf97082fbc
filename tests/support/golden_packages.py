"""``python -m tests.support.golden_packages`` writes the packages that tests/conformance/packages lacks.

With ``--anew`` it writes all of them. Keys and contents come from a fixed seed, so they stay; SM2 and ECDSA take a new
random number for each signature, so the packages differ in their signatures each time they are written, never in what
is to be said of them.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from concord.proofs.trust import read_trust
from tests.support.package_cases import CASES, Case
from tests.support.packages import Alliance

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "packages"
SEED = 1
TRUST = "trust.json"
NAMED = ("trust", "policy")
BOTH_DIGESTS = "both digests of the content are compared, so other content fails both checks"
# Where one cause must trip two checks, or three.
REASONS = {
    ("C03", "C04"): BOTH_DIGESTS,
    ("C01", "C03", "C04"): f"the container's check sum still is that of the old content; {BOTH_DIGESTS}",
    ("C06", "C07"): "without an entry of the directory nothing is known of the key, nor can its signatures be verified",
    ("C07", "C13"): "what was witnessed before its key was valid was witnessed before the time it claims, too",
    ("C11", "C12"): "the line of a log that is not trusted is also a line by a key that the trust file does not know",
}


class OneTrust(Alliance):
    """An alliance whose trust file, where nothing special is asked of it, is the same each time."""

    def keep(self, trust: bytes) -> None:
        """Take a trust file made before, with the certificates it pins, whose signatures are of that time."""
        self.kept = trust
        certificates = [one.certificate for one in read_trust(trust).authorities]
        self.authority, self.gm_authority = (
            replace(authority, certificate=certificate)
            for authority, certificate in zip((self.authority, self.gm_authority), certificates, strict=True)
        )

    def trust(self, **changes: Any) -> bytes:
        """The trust file."""
        if changes:
            return super().trust(**changes)
        if not hasattr(self, "kept"):
            self.kept = super().trust()
        return self.kept


def made(trust: bytes | None = None) -> dict[str, Case]:
    """Every case, by the name of its file, all by the same alliance, each on a log of its own.

    ``trust`` is the trust file where nothing special is asked of it, made anew when there is none yet.
    """
    alliance = OneTrust(seed=SEED)
    if trust is not None:
        alliance.keep(trust)
    alliance.trust()
    found = {}
    for name, expected in CASES.items():
        own = copy.copy(alliance)
        own.leaves = list(alliance.leaves)
        found[file_name(name)] = expected.make(own)
    return found


def file_name(case: str) -> str:
    """The name of the case's file: checks are written as in the report."""
    return re.sub(r"_c(\d\d)", r"_C\1", case) + ".evp"


def reason_of(statuses: dict[str, str]) -> str:
    """Why more than one check does not pass; empty where one at most does not."""
    return REASONS.get(tuple(name for name, status in statuses.items() if status in {"fail", "indeterminate"}), "")


def write(folder: Path = FOLDER, *, anew: bool = False) -> int:
    """Write packages, trust files, policies and expected.json; the number of packages written.

    Those that are there stay as they are, but for what is expected of them, unless all are written ``anew``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "expected.json"
    before: dict[str, Any] = {} if anew or not listed.exists() else json.loads(listed.read_text(encoding="utf-8"))
    cases = made((folder / TRUST).read_bytes() if before else None)
    shared = {(folder / row[key]).read_bytes(): row[key] for row in before.values() for key in NAMED if key in row}
    table: dict[str, Any] = {}
    for name, expected in CASES.items():
        file = file_name(name)
        row = before.get(file) or _written(folder, shared, file, cases)
        row |= {"verdict": expected.verdict, "level": expected.level, "statuses": expected.statuses}
        row.pop("reason", None)
        table[file] = row | ({"reason": reason_of(expected.statuses)} if reason_of(expected.statuses) else {})
    listed.write_text(json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    used = {listed.name, *table, *(row[key] for row in table.values() for key in NAMED if key in row)}
    for path in folder.iterdir():
        if path.suffix in {".evp", ".json"} and path.name not in used:
            path.unlink()
    return len(table.keys() - before.keys())


def _written(folder: Path, shared: dict[bytes, str], file: str, cases: dict[str, Case]) -> dict[str, Any]:
    """Write the package; under which names trust file and policy stand, and when it is looked at."""
    case, name = cases[file], file.removesuffix(".evp").lower()
    (folder / file).write_bytes(case.package)
    plain = case.trust == cases["good_l2t.evp"].trust
    row = {
        "trust": _kept(folder, shared, TRUST if plain else f"trust-{name}.json", case.trust),
        "at": f"{case.at:%Y-%m-%dT%H:%M:%SZ}",
    }
    if case.policy is not None:
        row["policy"] = _kept(folder, shared, f"policy-{name}.json", case.policy)
    return row


def _kept(folder: Path, shared: dict[bytes, str], name: str, data: bytes) -> str:
    """Write the bytes under the name, or tell under which they stand already."""
    if data not in shared:
        shared[data] = name
        (folder / name).write_bytes(data)
    return shared[data]


if __name__ == "__main__":
    sys.stdout.write(f"{write(anew='--anew' in sys.argv[1:])} packages\n")
