"""Writes: putting a charter version into force; people and their posts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from concord.foundation.database.clock import legal_date
from concord.foundation.database.memory import forget
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import (
    CharterVersion,
    Department,
    Hat,
    HolidayText,
    Kind,
    Organisation,
    Person,
    Post,
)
from concord.foundation.organisations.queries import charter_of, charter_on
from concord.foundation.organisations.safeguards import require_separate
from concord.rules.calendar import HolidayNotice, parse_notice
from concord.rules.coverage import Span
from concord.rules.errors import InvalidInput, Problem, Said

CENTRE_CODE = "centre"
CENTRE_MARK = "协作"


def put_charter_into_force(
    *, texts: Mapping[str, str], charter_id: str, resolution: str, effective_from: date, at: datetime
) -> CharterVersion:
    """Check the charter and keep its texts by digest; organisations follow it once it is in force.

    The same texts twice are one version. Raises DefinitionError with every fault.
    """
    charter = charter_of(texts, charter_id)
    with writing():
        version, made = CharterVersion.objects.get_or_create(
            digest=charter.digest,
            defaults={
                "charter": charter_id,
                "effective_from": effective_from,
                "resolution": resolution,
                "texts": dict(texts),
                "adopted_at": at,
            },
        )
        forget()
        if made and effective_from <= legal_date(at):
            follow_charter(on=legal_date(at))
    return version


def follow_charter(*, on: date) -> int:
    """Bring organisations and hats in line with the charter in force on the day; returns how many it made or renamed.

    Contacts stay as they are, and so do the organisations of former members.
    """
    charter = charter_on(on)
    middle = Organisation(
        code=CENTRE_CODE, kind=Kind.CENTRE, zh="协作中心", en="Collaboration centre", mark=CENTRE_MARK, position=0
    )
    wanted = [(middle, {"market": f"{charter.zh}中心"})]
    for position, member in enumerate(charter.members, start=1):
        organisation = Organisation(
            code=member.code, kind=Kind.MEMBER, zh=member.zh, en=member.en, mark=member.mark, position=position
        )
        wanted.append((organisation, {"market": member.market, "patent": member.patent}))
    with writing():
        return sum(_organise(organisation, names) for organisation, names in wanted)


def _organise(wanted: Organisation, names: Mapping[str, str]) -> bool:
    """Make or rename an organisation after the charter; whether anything was to be done."""
    columns = {name: getattr(wanted, name) for name in ("kind", "zh", "en", "mark", "position")}
    there = Organisation.objects.filter(code=wanted.code, **columns).first()
    if there is not None and {hat.line: hat.zh for hat in there.hats.all()} == names:
        return False
    organisation, _ = Organisation.objects.update_or_create(code=wanted.code, defaults=columns)
    for line, name in names.items():
        Hat.objects.update_or_create(organisation=organisation, line=line, defaults={"zh": name})
    return True


def keep_holiday_notice(*, text: str, file: str, at: datetime) -> HolidayNotice:
    """Keep a holiday notice that an operator loads; raises DefinitionError naming its faults."""
    notice = parse_notice(text, file=file)
    digest = hashlib.sha256(text.encode()).hexdigest()
    HolidayText.objects.get_or_create(digest=digest, defaults={"year": notice.year, "text": text, "loaded_at": at})
    forget()
    return notice


def enrol(
    *, username: str, zh: str, en: str, telephone: str = "", email: str = "", password: str | None = None
) -> Person:
    """Make a person; without a password the person cannot sign in by form."""
    person = Person(username=username, zh=zh, en=en, telephone=telephone, email=email)
    person.set_password(password)
    person.save()
    return person


def appoint(
    *,
    person: Person,
    organisation: Organisation,
    kind: str,
    held_from: date,
    held_until: date | None = None,
    group: str = "",
    department: Department | None = None,
    home: Organisation | None = None,
    effective: bool = True,
) -> Post:
    """Give ``person`` a post; not ``effective`` until it is confirmed.

    Raises InvalidInput ``organisations.unknown_post`` for a kind that the charter does not know on the first day and
    ``organisations.bad_term``, Conflict ``people.duties_apart`` (三员分立).
    """
    kinds = {post.id for post in charter_on(held_from).posts}
    if kind not in kinds:
        said = Said(f"章程中没有岗位“{kind}”。", f"The charter knows no post {kind!r}.")
        raise InvalidInput("organisations.unknown_post", said, problems=(Problem("kind", "unknown", said),))
    if held_until is not None and held_until <= held_from:
        said = Said("任期末日不能早于首日。", "The last day of a term must not precede its first.")
        raise InvalidInput("organisations.bad_term", said, problems=(Problem("last", "before_first", said),))
    require_separate(person, organisation.id, kind, Span(held_from, held_until), on=held_from)
    made = Post.objects.create(
        person=person,
        organisation=organisation,
        kind=kind,
        group=group,
        held_from=held_from,
        held_until=held_until,
        department=department,
        home=home,
        effective=effective,
    )
    forget()
    return made
