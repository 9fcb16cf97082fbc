"""Which articles apply: substantive law by the end of the act, powers by the measure, procedure by the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from concord.rules.canonical import JSON
from concord.rules.days import day_said
from concord.rules.errors import NotFound, Said
from concord.rules.law.model import Laws, Provision, Role
from concord.rules.rows import advise

# The fields by which a procedure tells the cause of a matter and when the act ended.
CAUSE_FIELD = "cause"
ACT_ENDED_FIELD = "act_ended_date"


@dataclass(frozen=True, slots=True)
class Note:
    """What whoever applies the law must look at: ``provision`` stands behind it, ``other`` are articles to compare."""

    code: str
    said: Said
    provision: Provision | None = None
    other: tuple[Provision, ...] = ()


@dataclass(frozen=True, slots=True)
class Applicable:
    """The articles for one matter, by what decides their version, and what is to be looked at."""

    cause: str
    substantive: tuple[Provision, ...]
    powers: tuple[Provision, ...]
    procedure: tuple[Provision, ...]
    notes: tuple[Note, ...]


def applicable(laws: Laws, cause: str, *, act_ended: date | None, measured_on: date, begun_on: date) -> Applicable:
    """The articles that apply to ``cause``.

    Substantive law is that of the day the act ended (行政处罚法 第三十七条; for a continuing act its end decides, None
    stands for an act that has not ended when the matter begins), powers those of ``measured_on``, procedure that of
    ``begun_on``. Raises NotFound ``law.no_such_cause``.
    """
    if cause not in laws.causes():
        known = advise(cause, laws.causes())
        said = Said(
            f"没有案由“{cause}”的适用法条。{known.zh}。", f"No articles are known for the cause “{cause}”: {known.en}."
        )
        raise NotFound("law.no_such_cause", said)
    decisive = act_ended or begun_on
    of_cause = [provision for provision in laws.provisions if cause in provision.causes]
    substantive = _holding(of_cause, Role.SUBSTANTIVE, decisive)
    return Applicable(
        cause,
        substantive,
        _holding(of_cause, Role.POWER, measured_on),
        _holding(of_cause, Role.PROCEDURE, begun_on),
        tuple(_notes(laws, of_cause, substantive, act_ended, decisive)),
    )


def applicable_to(laws: Laws, facts: Mapping[str, JSON], *, measured_on: date, begun_on: date) -> Applicable | None:
    """As ``applicable``, from the facts of a matter; None when they name no cause the catalogue knows."""
    cause, ended = facts.get(CAUSE_FIELD), facts.get(ACT_ENDED_FIELD)
    if not isinstance(cause, str) or cause not in laws.causes():
        return None
    act_ended = date.fromisoformat(ended) if isinstance(ended, str) and ended else None
    return applicable(laws, cause, act_ended=act_ended, measured_on=measured_on, begun_on=begun_on)


def _holding(provisions: Iterable[Provision], role: Role, day: date) -> tuple[Provision, ...]:
    return tuple(one for one in provisions if one.role is role and one.version.span.holds(day))


def _notes(
    laws: Laws,
    of_cause: list[Provision],
    substantive: tuple[Provision, ...],
    act_ended: date | None,
    decisive: date,
) -> Iterable[Note]:
    if act_ended is None:
        yield Note(
            "law.act_not_ended",
            Said(
                "行为终了之日未填写，按仍在继续处理；终了后须重新核对适用的法律。",
                "No end of the act is given, so it is taken as continuing; look again once it has ended.",
            ),
        )
    if not substantive:
        yield Note(
            "law.none_in_force",
            Said(
                f"{decisive} 施行的实体法未收录，请查阅当时有效的文本。",
                f"The law in force on {decisive} is not in the catalogue; look up the text of that time.",
            ),
        )
    families = {one.version.family for one in substantive}
    newer = tuple(
        one
        for one in of_cause
        if one.role is Role.SUBSTANTIVE
        and one.version.family in families
        and (one.version.span.begins or date.min) > decisive
    )
    if newer:
        begins = day_said(newer[0].version.span.begins or date.min)
        yield Note(
            "law.newer_may_be_milder",
            Said(
                f"{begins.zh}起施行新法。在该日及以后作出决定的，须比较新法是否处罚较轻或者不认为是违法。",
                f"A newer law is in force from {begins.en}. A decision from that day on must ask whether it is milder.",
            ),
            laws.milder,
            newer,
        )
