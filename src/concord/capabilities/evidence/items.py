"""Writes: an item of evidence from its registration until it is sealed.

Only the organisation that collects an item changes it, only while it is being collected, and each change counts its
version up. What ``seal`` asks for is signed a moment later by a job (``packing``), since pages hold no keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from concord.capabilities.evidence import audience, custody_log, recording, refusals, stamping
from concord.capabilities.evidence.background import SEALING
from concord.capabilities.evidence.models import Item, ItemFile, Officer
from concord.capabilities.evidence.policy import COLLECT, require
from concord.capabilities.evidence.queries import item_for
from concord.casework.numbers import lock_series, take_number
from concord.casework.queries import case_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files.models import File
from concord.foundation.files.policy import extension_of
from concord.foundation.jobs.commands import enqueue
from concord.foundation.organisations.models import Organisation, Person
from concord.foundation.organisations.queries import charter_on, posts_with
from concord.rules import numbering
from concord.rules.errors import Conflict, InvalidInput, NotFound, Problem, Said
from concord.rules.evidence.records import take_record
from concord.rules.identifiers import uuid7

SERIES = "evidence_item"
NUMBER = "{mark}证〔{year}〕{n}号"
KINDS, CAUSES, HANDLING = "evidence_kinds", "causes", "handling_codes"
OFFICERS = 2
"""How many officers collect, each with a card (law P49: 行政处罚法 42, 程序规定 21 and 22)."""
MOST_OFFICERS, MOST_FILES = 20, 200
LONGEST_TITLE, LONGEST_PLACE, LONGEST_CARD, LONGEST_LOCATION, LONGEST_KEY = 160, 200, 40, 300, 80
UUID_BYTES = 10

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOLDER = "payload/"


def register(
    *,
    kind: str,
    title: str,
    handling: str,
    cause: str,
    case: UUID | None,
    by: Actor,
    at: datetime,
    entropy: bytes,
    key: str | None = None,
) -> Item:
    """Register an item that the actor's organisation is about to collect, and give it its number.

    With ``key``, a name that the organisation's own system gave it, the same call again returns the first item. Raises
    NotAllowed ``evidence.may_not``, NotFound ``casework.no_case``, InvalidInput ``evidence.bad_item``.
    """
    require(by, COLLECT)
    problems = _problems_of(title=title, at=at, kind=kind, handling=handling, cause=cause)
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        zh, en = f"标识为 1 至 {LONGEST_KEY} 个字符", f"a key has 1 to {LONGEST_KEY} characters"
        problems.append(Problem("key", "length", Said(zh, en)))
    if problems:
        raise refusals.bad_item(*problems)
    known_case = None if case is None else case_for(uid=case, by=by)
    with writing():
        # The lock on the series makes two calls with one key wait for each other.
        lock_series(organisation=by.organisation, kind=SERIES, year=legal_date(at).year)
        known = Item.objects.filter(organisation=by.organisation, key=key).first() if key is not None else None
        if known is not None:
            return known
        item = Item.objects.create(
            uid=uuid7(at, entropy[:UUID_BYTES]),
            number=next_number(by.organisation, at=at),
            organisation=by.organisation,
            holder=by.organisation,
            case=known_case,
            kind=kind,
            cause=cause,
            title=title.strip(),
            handling=handling,
            person=by.person,
            post=by.post,
            registered_at=at,
            key=key,
        )
        audience.show(item, by.organisation, granted_by=None, at=at)
        recording.record(event="evidence.register", item=item, by=by, at=at, kind=kind, handling=handling)
    return item


def describe(
    *,
    item: UUID,
    version: int,
    record: Mapping[str, object],
    officers: Sequence[tuple[UUID, str]],
    place: str,
    started_at: datetime | None,
    ended_at: datetime | None,
    by: Actor,
    at: datetime,
    title: str | None = None,
    cause: str | None = None,
    handling: str | None = None,
) -> Item:
    """Write down how the item was collected: the record of its kind, and each officer with the number of their card.

    What is still missing may be: ``seal`` asks for all of it. ``version`` is the one that was looked at; title, cause
    and handling stay as they are when not given. Raises InvalidInput ``evidence.record``, ``evidence.bad_item``, and as
    ``changing`` does.
    """
    with changing(item, version=version, by=by) as kept:
        kept.title = kept.title if title is None else title.strip()
        kept.cause = kept.cause if cause is None else cause
        kept.handling = kept.handling if handling is None else handling
        problems = _problems_of(title=kept.title, at=at, kind=kept.kind, handling=kept.handling, cause=kept.cause)
        if len(place) > LONGEST_PLACE:
            zh, en = f"地点不超过 {LONGEST_PLACE} 字", f"a place has at most {LONGEST_PLACE} characters"
            problems.append(Problem("place", "length", Said(zh, en)))
        if started_at is not None and ended_at is not None and started_at > ended_at:
            said = Said("结束时间早于开始时间", "it ended before it began")
            problems.append(Problem("ended_at", "order", said))
        people, wrong = _people(officers, kept.organisation, started_at or at)
        if problems or wrong:
            raise refusals.bad_item(*problems, *wrong)
        kept.record = take_record(kept.kind, record, complete=False)
        kept.place, kept.started_at, kept.ended_at = place.strip(), started_at, ended_at
        save(kept)
        Officer.objects.filter(item=kept).delete()
        Officer.objects.bulk_create(Officer(item=kept, person=person, card_number=card) for person, card in people)
        audience.restate(kept)
        recording.record(event="evidence.describe", item=kept, by=by, at=at, version=kept.version)
    return kept


def add_file(
    *,
    item: UUID,
    file: UUID,
    claimed: str,
    original_location: str,
    by: Actor,
    at: datetime,
    redaction_of: int | None = None,
) -> ItemFile:
    """Add a file that the actor's organisation has brought.

    ``claimed`` is the SHA-256 that was computed before the file left the device, empty when none was. In the package
    it stands under a path that says nothing. ``redaction_of`` is the file of the original item from which this one was
    made by taking something away. Raises InvalidInput ``evidence.claim_differs``, ``evidence.too_many_files``,
    NotFound ``evidence.no_file``, Conflict ``evidence.file_taken``, and as ``changing`` does.
    """
    with changing(item, version=None, by=by) as kept:
        brought = File.objects.filter(uid=file, organisation=by.organisation).first()
        if brought is None:
            raise _no_file()
        _check_claim(claimed.strip().lower(), brought)
        if len(original_location) > LONGEST_LOCATION:
            zh, en = f"原始位置不超过 {LONGEST_LOCATION} 字", f"a location has at most {LONGEST_LOCATION} characters"
            raise refusals.bad_item(Problem("original_location", "length", Said(zh, en)))
        original = None
        if redaction_of is not None:
            original = ItemFile.objects.filter(pk=redaction_of, item=kept.derived_from_id).first()
            if original is None:
                raise _no_file()
        added = ItemFile.objects.create(
            item=kept,
            file=brought,
            path=_next_path(kept, brought),
            claimed=claimed.strip().lower(),
            original_location=original_location.strip(),
            redaction_of=original,
        )
        save(kept)
        recording.record(event="evidence.add_file", item=kept, by=by, at=at, path=added.path, sha256=brought.digest)
    return added


def drop_file(*, item: UUID, path: str, by: Actor, at: datetime) -> Item:
    """Take a file off again. Raises NotFound ``evidence.no_file``, and as ``changing`` does."""
    with changing(item, version=None, by=by) as kept:
        dropped = ItemFile.objects.filter(item=kept, path=path).select_related("file").first()
        if dropped is None:
            raise _no_file()
        dropped.delete()
        save(kept)
        recording.record(event="evidence.drop_file", item=kept, by=by, at=at, path=path, sha256=dropped.file.digest)
    return kept


def seal(*, item: UUID, version: int, by: Actor, at: datetime, without_stamp: bool = False) -> Item:
    """Close the collection: from here on nothing of the item changes, and a job signs its package.

    ``without_stamp``: a leader seals though no time-stamper has answered for longer than the charter lets pass; that is
    on record. Raises InvalidInput ``evidence.record`` for an incomplete record, ``evidence.incomplete`` for whatever
    else is missing, Conflict ``evidence.unstamped``, and as ``changing`` does.
    """
    with changing(item, version=version, by=by) as kept:
        # What is derived from an item has its record, or what was left of it.
        kept.record = take_record(kept.kind, kept.record, complete=kept.derived_from_id is None)
        problems = _missing(kept, at=at)
        if problems:
            said = Said("还不能封存，请补齐标出的项目。", "It cannot be sealed yet; complete the marked fields.")
            raise InvalidInput("evidence.incomplete", said, problems=tuple(problems))
        overridden = stamping.require_stamps(by=by, at=at, without_stamp=without_stamp)
        kept.state = Item.State.SEALING
        kept.sealed_at = at
        save(kept)
        audience.restate(kept)
        custody_log.begin(kept, by=by, at=at)
        enqueue(SEALING, payload={})
        if overridden:
            recording.record(event="evidence.sealed_without_stamp", item=kept, by=by, at=at, hours=overridden)
        recording.record(event="evidence.seal", item=kept, by=by, at=at, version=kept.version)
    return kept


def abandon(*, item: UUID, version: int, by: Actor, at: datetime) -> None:
    """Give up an item that was never sealed; its number is used up. Raises as ``changing`` does."""
    with changing(item, version=version, by=by) as kept:
        if kept.moves.exists():
            raise refusals.other_state(kept)
        recording.record(event="evidence.abandon", item=kept, by=by, at=at)
        kept.delete()


def next_number(organisation: Organisation, *, at: datetime) -> str:
    """The organisation's next number of an item in that year, in the caller's transaction."""
    year = legal_date(at).year
    n = take_number(lock_series(organisation=organisation, kind=SERIES, year=year))
    return numbering.render(NUMBER, mark=organisation.mark, year=year, n=n)


@contextmanager
def changing(item: UUID, *, version: int | None, by: Actor) -> Iterator[Item]:
    """One of our own items that is being collected, locked for the transaction around the block.

    Raises NotAllowed ``evidence.may_not`` or ``evidence.not_ours``, NotFound ``evidence.no_item``, Stale
    ``evidence.stale`` when it is no longer at ``version``, Conflict ``evidence.state`` once it is closed.
    """
    require(by, COLLECT)
    shown = item_for(uid=item, by=by)
    if shown.organisation_id != by.organisation.id:
        raise refusals.not_ours()
    with writing():
        kept = locked(Item.objects.filter(pk=shown.pk).select_related("organisation", "derived_from")).get()
        if version is not None and kept.version != version:
            raise refusals.stale()
        if kept.state != Item.State.COLLECTING:
            raise refusals.other_state(kept)
        yield kept


def save(item: Item) -> None:
    """Write a locked item back as its next version."""
    item.version += 1
    item.save()


def _problems_of(*, title: str, at: datetime, kind: str, handling: str, cause: str) -> list[Problem]:
    lists = charter_on(legal_date(at)).code_lists
    problems = []
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.isprintable():
        zh, en = f"名称为一行，1 至 {LONGEST_TITLE} 字", f"a title is one line of 1 to {LONGEST_TITLE} characters"
        problems.append(Problem("title", "length", Said(zh, en)))
    for field, code, listed in (("kind", kind, KINDS), ("handling", handling, HANDLING), ("cause", cause, CAUSES)):
        if (code or field != "cause") and code not in lists.get(listed, {}):
            said = Said("请从现行章程的代码表中选择", "choose one of the charter's codes in force")
            problems.append(Problem(field, "unknown_code", said))
    return problems


def _people(
    officers: Sequence[tuple[UUID, str]], organisation: Organisation, at: datetime
) -> tuple[list[tuple[Person, str]], list[Problem]]:
    """The officers with their cards, each of whom may collect for the organisation on that day; and who may not."""
    posts = posts_with([organisation.id], COLLECT, on=legal_date(at))
    known = {post.person.uid: post.person for post in posts}
    taken: list[tuple[Person, str]] = []
    problems = []
    for at_place, (uid, card) in enumerate(officers):
        person, number = known.get(uid), card.strip()
        if person is None:
            zh, en = "该人员当日不具有采集证据的权限", "this person might not collect evidence on that day"
            problems.append(Problem(f"officers.{at_place}", "may_not", Said(zh, en)))
        elif not 0 < len(number) <= LONGEST_CARD or not number.isprintable():
            zh, en = "请填写执法证号", "give the number of the law-enforcement card"
            problems.append(Problem(f"officers.{at_place}", "card", Said(zh, en)))
        elif any(number == card for _one, card in taken) or any(person == one for one, _card in taken):
            zh, en = "人员或者执法证号重复", "a person or a card stands twice"
            problems.append(Problem(f"officers.{at_place}", "twice", Said(zh, en)))
        else:
            taken.append((person, number))
    if len(officers) > MOST_OFFICERS:
        zh, en = f"人员不超过 {MOST_OFFICERS} 名", f"at most {MOST_OFFICERS} officers are listed"
        problems.append(Problem("officers", "many", Said(zh, en)))
    return taken, problems


def _missing(item: Item, *, at: datetime) -> list[Problem]:
    """What an item lacks to be sealed, besides its record."""
    problems = []

    def lacks(field: str, zh: str, en: str) -> None:
        problems.append(Problem(field, "missing", Said(zh, en)))

    # What is derived from an item collects nothing anew: whoever makes it answers for it.
    wanted = OFFICERS if item.derived_from_id is None else 1
    if item.officers.count() < wanted:
        lacks(
            "officers",
            f"须有 {wanted} 名执法人员并注明执法证号（行政处罚法第四十二条）",
            f"{wanted} officers with the numbers of their cards are wanted (Penalty Law, art. 42)",
        )
    if item.started_at is None or item.ended_at is None:
        lacks("started_at", "请填写起止时间", "say when it began and ended")
    elif item.ended_at > at:
        lacks("ended_at", "结束时间不能晚于现在", "it cannot have ended later than now")
    if not item.place:
        lacks("place", "请填写地点", "say where")
    if not item.files.exists() and not item.lots.exists():
        lacks("files", "请至少附一个文件，或者登记一个批次", "add a file, or enter a lot")
    return problems


def _check_claim(claimed: str, brought: File) -> None:
    """The digest that the device computed must be that of what arrived."""
    if claimed and not _SHA256.fullmatch(claimed):
        said = Said("应为 64 位十六进制 SHA-256 值", "a SHA-256 has 64 hexadecimal digits")
        raise refusals.bad_item(Problem("claimed", "form", said))
    if claimed and claimed != brought.digest:
        said = Said(
            "文件到达后的摘要与采集时计算的不一致，没有登记。请重新上传；仍不一致的，请查明原因。",
            "The digest of what arrived is not the one computed at collection, so it was not recorded. Upload it "
            "again, and find the cause if it still differs.",
        )
        raise InvalidInput("evidence.claim_differs", said, problems=(Problem("claimed", "differs", said),))


def _next_path(item: Item, brought: File) -> str:
    """The next path that says nothing of the file but its kind."""
    paths = list(ItemFile.objects.filter(item=item).values_list("path", flat=True))
    if len(paths) >= MOST_FILES:
        said = Said(f"一个证据项不超过 {MOST_FILES} 个文件。", f"An item has at most {MOST_FILES} files.")
        raise InvalidInput("evidence.too_many_files", said)
    if ItemFile.objects.filter(item=item, file__digest=brought.digest).exists():
        said = Said("该证据项已有内容相同的文件。", "The item has a file with the same content already.")
        raise Conflict("evidence.file_taken", said)
    last = max((int(path.removeprefix(_FOLDER).partition(".")[0]) for path in paths), default=0)
    return f"{_FOLDER}{last + 1:04}{extension_of(brought.name).lower()}"


def _no_file() -> NotFound:
    return NotFound(
        "evidence.no_file",
        Said("没有找到该文件。请先上传，再加入证据项。", "There is no such file. Upload it first, then add it."),
    )
