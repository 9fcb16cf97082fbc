"""Writes: putting a version of the charter into force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from concord.capabilities.governance import policy
from concord.capabilities.governance.queries import faults_of
from concord.casework import definitions
from concord.casework.models import ProcedureVersion
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import CharterVersion, Kind, Organisation
from concord.rules.charter import Charter, load
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.procedure.reading import wrong_definition

LONGEST_RESOLUTION = 80


def adopt(
    *,
    texts: Mapping[str, str],
    charter_id: str,
    resolution: str,
    effective_from: date,
    by: Actor | None,
    at: datetime,
    draft: UUID | None = None,
) -> CharterVersion:
    """Put a version into force from a day on, by resolution.

    ``by`` is None when the operator's command does it; ``draft`` is what it was written as, if there was a draft.
    Running clocks keep the rule they started under; what begins from that day on follows the new version. Raises
    NotAllowed, InvalidInput for the resolution's number or the day, DefinitionError with every fault of every file
    (published procedures that were changed among them), Conflict ``charter.other_charter`` or
    ``charter.already_adopted``. Nothing is changed then.
    """
    if by is not None:
        policy.require_adopter(by)
    number = _number(resolution)
    with writing():
        # Two adoptions at once come one after the other: whoever is second sees what the first has adopted.
        list(locked(Organisation.objects.filter(kind=Kind.CENTRE)))
        faults = faults_of(texts, charter_id)
        if faults:
            raise wrong_definition("charter.faulty", list(faults))
        charter = load(texts, charter_id)
        before = list(CharterVersion.objects.defer("texts").order_by("effective_from", "id"))
        _require_new(charter, before)
        _require_ahead(effective_from, before, today=legal_date(at))
        known = set(ProcedureVersion.objects.values_list("digest", flat=True))
        version = definitions.adopt(
            texts=texts,
            charter_id=charter_id,
            resolution=number,
            effective_from=effective_from,
            at=at,
        )
        journal.record(
            event="charter.adopt",
            at=at,
            by=by,
            subject=number,
            details={
                "charter": charter_id,
                "digest": charter.digest,
                "replaces": before[-1].digest if before else "",
                "effective_from": effective_from.isoformat(),
                **({"draft": str(draft)} if draft else {}),
                "procedures": [
                    f"{one.id}@{one.in_force_from}"
                    for listed in charter.procedures.values()
                    for one in listed
                    if one.digest not in known
                ],
            },
        )
    return version


def _number(resolution: str) -> str:
    number = resolution.strip()
    if not number:
        said = Said(
            "请写明协调小组决议的编号；章程只凭决议生效。",
            "Give the number of the resolution; a charter comes into force by resolution only.",
        )
        raise InvalidInput("charter.no_resolution", said, problems=(Problem("resolution", "missing", said),))
    if len(number) > LONGEST_RESOLUTION or not number.isprintable():
        said = Said(
            f"决议编号最多 {LONGEST_RESOLUTION} 个字，写在一行内。",
            f"The number of a resolution has at most {LONGEST_RESOLUTION} characters, on one line.",
        )
        raise InvalidInput("charter.bad_resolution", said, problems=(Problem("resolution", "too_long", said),))
    return number


def _require_new(charter: Charter, before: list[CharterVersion]) -> None:
    """The installation's own charter, in a version that it has not adopted yet."""
    if before and before[-1].charter != charter.id:
        raise Conflict(
            "charter.other_charter",
            Said(
                f"本系统运行的是章程“{before[-1].charter}”，不能换成“{charter.id}”。请另行安装。",
                f"This installation runs the charter “{before[-1].charter}”; “{charter.id}” needs one of its own.",
            ),
        )
    same = next((version for version in before if version.digest == charter.digest), None)
    if same is not None:
        raise Conflict(
            "charter.already_adopted",
            Said(
                f"这一版章程已自 {same.effective_from} 起施行（{same.resolution or '首次导入'}），内容完全相同。",
                f"This very version has been adopted: in force from {same.effective_from}"
                f" ({same.resolution or 'first import'}).",
            ),
            details={"effective_from": same.effective_from.isoformat()},
        )


def _require_ahead(day: date, before: list[CharterVersion], *, today: date) -> None:
    """Nothing comes into force backwards: not before today, and after the newest version."""
    if any(version.effective_from <= today for version in before) and day < today:
        said = Said(
            f"施行日期 {day} 已经过去。请选择今天（{today}）或者以后的日期。",
            f"The day {day} has passed. Choose today ({today}) or a later day.",
        )
        raise InvalidInput("charter.date_past", said, problems=(Problem("from", "too_early", said),))
    if before and day <= before[-1].effective_from:
        newest = before[-1].effective_from
        said = Said(
            f"最新一版章程自 {newest} 起施行，新版本的施行日期必须晚于这一天。",
            f"The newest version is in force from {newest}; a new one must come into force after that day.",
        )
        raise InvalidInput("charter.date_not_after", said, problems=(Problem("from", "too_early", said),))
