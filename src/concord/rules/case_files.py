"""What a case or lead (案件、线索) of one organisation is registered with."""

from __future__ import annotations

from typing import Final

from concord.rules.errors import Problem, Said

LONGEST: Final = {"number": 80, "name": 160}
STAGES: Final = ("filed", "verification")


def faults_of_case(*, number: str, name: str, stage: str) -> list[Problem]:
    """What is wrong with number, name and stage, a problem per field: missing, too_long, unknown."""
    problems: list[Problem] = []
    for field, value in (("number", number), ("name", name)):
        most = LONGEST[field]
        if not value:
            problems.append(Problem(field, "missing", Said("请填写。", "Please fill in.")))
        elif len(value) > most:
            said = Said(f"最多 {most} 个字。", f"At most {most} characters.")
            problems.append(Problem(field, "too_long", said))
    if stage not in STAGES:
        problems.append(Problem("stage", "unknown", Said("请选择办案阶段。", "Choose the stage.")))
    return problems
