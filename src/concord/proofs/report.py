"""What verification found: a status for each check, the verdict, the level, and the same for machines.

Source: docs/reference/evidence-format.md §11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from concord.proofs.canonical import JSON, encode
from concord.proofs.trust import LEVELS, Asked
from concord.rules.canonical import LARGEST_INTEGER

PASS, FAIL, INDETERMINATE, NOT_APPLICABLE = "pass", "fail", "indeterminate", "not_applicable"
CHECKS = tuple(f"C{number:02}" for number in range(1, 18))
EXIT_CODES = {PASS: 0, FAIL: 1, INDETERMINATE: 2}

_UNFIT = {PASS: 0, NOT_APPLICABLE: 0, INDETERMINATE: 1, FAIL: 2}
_FOR_LEVEL = (("C01", "C02", "C05", "C06", "C07", "C14"), ("C09", "C10", "C11"), ("C12",), ("C15",))
_OR_ABSENT = ("C03", "C04")


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check: its status, a stable reason, and what was found in names, times and counts."""

    id: str
    status: str
    reason: str
    facts: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks on one package."""

    package: str
    asked: Asked
    checks: tuple[Check, ...]
    trust_version: int
    trust_fingerprint: str
    facts: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each check by its id."""
        return {check.id: check.status for check in self.checks}

    @property
    def level(self) -> str:
        """L0 to L3, with T when a time-stamp verifies; empty when not even L0 is reached."""
        statuses = self.statuses
        reached = ""
        if all(statuses[one] in {PASS, NOT_APPLICABLE} for one in _OR_ABSENT):
            for level, needed in zip(LEVELS, _FOR_LEVEL, strict=True):
                if any(statuses[one] != PASS for one in needed):
                    break
                reached = level
        return reached + "T" if reached and statuses["C08"] == PASS else reached

    @property
    def verdict(self) -> str:
        """The worst of fail, indeterminate and pass; indeterminate below the level asked for."""
        worst = max(self.statuses.values(), key=_UNFIT.__getitem__)
        if worst in {FAIL, INDETERMINATE}:
            return worst
        return PASS if self.level[:2] >= self.asked.level else INDETERMINATE

    @property
    def exit_code(self) -> int:
        """What a command that verifies leaves with."""
        return EXIT_CODES[self.verdict]

    def as_json(self) -> bytes:
        """The report as canonical JSON."""
        checks: Sequence[JSON] = [
            {"id": one.id, "status": one.status, "reason": one.reason, "facts": _plain(one.facts)}
            for one in self.checks
        ]
        return encode(
            {
                "schema": "report/1",
                "package": self.package,
                "verdict": self.verdict,
                "level": self.level,
                "asked": self.asked.as_json(),
                "checks": checks,
                "trust": {"version": self.trust_version, "fingerprint": self.trust_fingerprint},
                "facts": _plain(self.facts),
            }
        )


def _plain(value: JSON) -> JSON:
    """The value as canonical JSON can hold it: what a hostile package put in may be in no normal form, or too large."""
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
