"""What an alliance is: members, groups, seats, posts, permissions and the procedures in force, as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from concord.rules.errors import NotFound, Said
from concord.rules.evidence.requirements import EvidenceRules
from concord.rules.law import Laws
from concord.rules.limits import Unit
from concord.rules.procedure import Line, Procedure, Source


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority of the superior tree, with the names of its two bodies.

    ``up`` is the code of the next higher authority, on both lines. On a line of ``designates_only`` it is nobody's
    common superior: it only designates who is competent.
    """

    code: str
    zh: str
    en: str
    market: str
    patent: str
    up: str | None
    designates_only: frozenset[Line] = frozenset()
    source: str | None = None
    line: int = dataclasses.field(default=0, compare=False)

    def name(self, line: Line) -> str:
        """The name (Chinese) of the body that acts on ``line``."""
        return self.market if line is Line.MARKET else self.patent


@dataclass(frozen=True, slots=True)
class Superior:
    """A common superior as two authorities meet it on one line.

    ``designates_only``: it is no superior of theirs on that line, it only designates who is competent
    (专利法实施细则 第九十七条第三款).
    """

    authority: Authority
    name: str
    designates_only: bool


@dataclass(frozen=True, slots=True)
class Member(Authority):
    """One member of the alliance; ``mark`` is the letter mark (机关代字) of its papers, unique among the members."""

    level: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One working group of the centre and what it is charged with."""

    id: str
    zh: str
    en: str
    duties: tuple[str, ...]
    source: str | None
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat: it belongs to an office (``held_by``), not to a person. ``city``: whose office, if not its own turn."""

    id: str
    zh: str
    en: str
    held_by: str
    count: int
    city: str | None
    source: str | None
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Staffing:
    """One way people come to the centre. Without powers nobody signs, collects evidence or enters premises."""

    id: str
    zh: str
    en: str
    may_hold_powers: bool
    per_member: int | None
    term: str | None
    sponsor: str | None
    needs: tuple[str, ...]
    source: str | None
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How the seats go round: member codes in ``order``, each for ``term``, from ``first_term_from``."""

    seats: tuple[str, ...]
    order: tuple[str, ...]
    first_term_from: date
    term: str
    exchange: str
    hand_over: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post a person holds. ``staffing`` None: an officer of a member's own bureau."""

    id: str
    zh: str
    en: str
    powers: bool
    staffing: str | None
    source: str | None
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """What the holders of ``posts`` may do. ``power``: it exercises public power."""

    id: str
    zh: str
    en: str
    power: bool
    posts: tuple[str, ...]
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a code list, with what it means."""

    id: str
    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def said(self) -> Said:
        """The code's words."""
        return Said(self.zh, self.en)

    @property
    def meaning(self) -> Said:
        """What the code binds its receiver to."""
        return Said(self.meaning_zh, self.meaning_en)


@dataclass(frozen=True, slots=True)
class Escalation:
    """One rung: whom a clock tells, so many working days after it ran out.

    ``to`` is ``role.post``, ``centre.group`` or ``agenda``; ``after`` is written ``0WD``, ``3WD``.
    """

    procedure: str
    clock: str
    after: str
    to: str
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def working_days(self) -> int:
        """How many working days after the clock ran out; 0: at once."""
        return int(self.after.removesuffix(Unit.WORKING_DAYS))


@dataclass(frozen=True, slots=True)
class Agreement:
    """The founding agreement."""

    zh: str
    signed: date
    source: str | None


@dataclass(frozen=True, slots=True)
class Charter:
    """An alliance with everything it inherits. ``digest`` is over all texts it was read from."""

    id: str
    version: date
    zh: str
    en: str
    extends: str | None
    founded: date | None
    seat: str | None
    time_zone: str
    languages: tuple[str, ...]
    agreement: Agreement | None
    members: tuple[Member, ...]
    authorities: tuple[Authority, ...]
    groups: tuple[Group, ...]
    seats: tuple[Seat, ...]
    staffing: tuple[Staffing, ...]
    rotation: Rotation | None
    sources: tuple[Source, ...]
    posts: tuple[Post, ...]
    permissions: tuple[Permission, ...]
    code_lists: Mapping[str, Mapping[str, Code]]
    escalation: tuple[Escalation, ...]
    in_force: Mapping[str, date]
    procedures: Mapping[str, tuple[Procedure, ...]]
    laws: Laws
    evidence: EvidenceRules
    digest: str

    @property
    def said(self) -> Said:
        """The alliance's name."""
        return Said(self.zh, self.en)

    def procedure(self, name: str, *, on: date) -> Procedure:
        """The version of ``name`` in force ``on`` that day: the newest adopted one that had begun.

        Raises NotFound ``charter.no_procedure_in_force``.
        """
        adopted = self.in_force.get(name, date.min)
        begun = [version for version in self.procedures.get(name, ()) if version.in_force_from <= min(on, adopted)]
        if not begun:
            raise NotFound(
                "charter.no_procedure_in_force",
                Said(
                    f"{on.isoformat()} 没有施行中的程序“{name}”。请查看章程的施行清单。",
                    f"No procedure “{name}” was in force on {on.isoformat()}. See the charter's list.",
                ),
            )
        return begun[-1]

    def source(self, name: str) -> Source:
        """The source with this id (NotFound ``charter.no_such_source``)."""
        for source in self.sources:
            if source.id == name:
                return source
        raise NotFound(
            "charter.no_such_source",
            Said(f"章程中没有来源“{name}”。", f"The charter has no source “{name}”."),
        )

    def member(self, code: str) -> Member:
        """The member with this code (NotFound ``charter.no_such_authority``)."""
        for member in self.members:
            if member.code == code:
                return member
        raise _no_such_authority(code)

    def authority(self, code: str) -> Authority:
        """The member or superior with this code (NotFound ``charter.no_such_authority``)."""
        for authority in (*self.members, *self.authorities):
            if authority.code == code:
                return authority
        raise _no_such_authority(code)

    def permissions_of(self, post: str) -> frozenset[str]:
        """The ids of everything the holder of ``post`` may do."""
        return frozenset(permission.id for permission in self.permissions if post in permission.posts)

    def superiors(self, code: str) -> Iterator[Authority]:
        """The authorities above ``code``, the next one first."""
        up = self.authority(code).up
        while up:
            superior = self.authority(up)
            yield superior
            up = superior.up

    def common_superior(self, first: str, second: str, line: Line) -> Superior | None:
        """The lowest authority above both codes, as it stands to them on ``line``; None where the tree has none."""
        return self.common_superior_of((first, second), line)

    def common_superior_of(self, codes: Collection[str], line: Line) -> Superior | None:
        """The same for any number of codes, of which there is at least one; of one it is the next higher authority."""
        first, *others = codes
        above = [{authority.code for authority in self.superiors(code)} for code in others]
        for authority in self.superiors(first):
            if all(authority.code in codes_above for codes_above in above):
                return Superior(authority, authority.name(line), designates_only=line in authority.designates_only)
        return None


def _no_such_authority(code: str) -> NotFound:
    return NotFound(
        "charter.no_such_authority",
        Said(
            f"章程中没有代码为“{code}”的机关。请从名录中选择。",
            f"The charter knows no authority “{code}”. Choose one from the directory.",
        ),
    )
