"""Proof of silence (未答复证明): each day, sealed, which delivered letters waited for an answer at the day's end.

There is one package for every pair of organisations with something unanswered between them, so that it can be shown to
both without telling of anybody else; whoever waits for nobody gets one that says so. The organisation where the centre
sits signs. A statement tells the state of our records and not why nobody answered.

A day that was missed, because nothing ran that morning, is made up later. What the records still tell of that day is
stated, what was answered since with the day of its answer; whose turn it was and how the clocks stood is not kept by
day, and the statement says that it does not tell it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, Q, QuerySet

from concord.casework.counting import is_over
from concord.casework.definitions import clock_rule, procedure_of, rules_of
from concord.casework.models import ClockRun, Message
from concord.casework.models.desk import SilenceStatement
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import writing
from concord.foundation.files.commands import store_made
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import sealing
from concord.foundation.ledger.log import is_ready
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.policy import READ
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on, organisations
from concord.proofs.canonical import JSON, encode
from concord.proofs.shapes import time_text
from concord.rules.errors import NotFound, Said
from concord.rules.identifiers import uuid7

if TYPE_CHECKING:  # for signatures only
    from concord.foundation.ledger.sealing import Equipment

STATE = "silence.state"
KIND = "silence"
SCHEMA = "silence/1"
STATEMENT, WORDS = "payload/statement.json", "payload/statement.txt"
WRITTEN_AT = time(6, 10)
NOTHING = "截至上述时点，该机关没有已送达而等候其他机关答复的来往文书。"
LETTERS = "截至上述时点，下列文书已送达收文机关，依程序轮到收文机关办理，尚未收到答复："
MADE_UP = (
    "当日没有按时作出声明，本声明系事后补记，依据补记时点的系统记录。当日结束时依程序轮到谁办理、期限处于何种状态，"
    "系统没有逐日留存，本声明不作说明；此后至补记时点，未经答复而办结、撤回或者转由他方办理的文书不在所列之内。"
)
NOTHING_THEN = "依补记时点的系统记录，没有查到该机关在上述日期结束前送达、当日结束时未获答复的来往文书。"
LETTERS_THEN = "依补记时点的系统记录，下列文书在上述日期结束前送达收文机关，当日结束时未获答复："


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A letter that waits: the message, and the receiver's clocks that count in its matter, the first to end first."""

    message: Message
    runs: Sequence[ClockRun]


@job(STATE, schedule=Daily(WRITTEN_AT), lease=timedelta(hours=2))
def state_yesterday(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """State and seal what was unanswered when the last day ended, and make up the days that were missed before it.

    Nothing without a ledger that can seal.
    """
    if is_ready():
        from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  pages do not load it

        equipment = equipment_here(secrets.token_bytes)
        for day in _days_to_state(at):
            state(day, equipment=equipment, now=lambda: at)


def _days_to_state(at: datetime) -> list[date]:
    """Yesterday, after the days since the last one stated, which itself counts while somebody's statement is missing.

    Days before the very first statement are not made up: nobody waited for proofs then.
    """
    yesterday = legal_date(at) - timedelta(days=1)
    last = SilenceStatement.objects.order_by("-date").values_list("date", flat=True).first()
    if last is None or last >= yesterday:
        return [yesterday]
    told = SilenceStatement.objects.filter(date=last).values_list("asking_id", flat=True)
    is_whole = {one.id for one in organisations()} <= set(told)
    first = last + timedelta(days=1) if is_whole else last
    return [first + timedelta(days=n) for n in range((yesterday - first).days + 1)]


def is_made_up(day: date, stated_at: datetime) -> bool:
    """Whether a day is stated later than on the morning after it."""
    return legal_date(stated_at) > day + timedelta(days=1)


def state(day: date, *, equipment: Equipment, now: Callable[[], datetime]) -> list[SilenceStatement]:
    """State and seal, for every pair of organisations, the letters delivered before ``day`` ended and not yet answered.

    For a day further back than yesterday, also those answered since it ended (``is_made_up``). What was stated of that
    day before stays as it is, so that a run that was killed is taken up where it ended. Without an organisation at the
    charter's ``seat`` nothing is stated. Raises as ``sealing.prepare``.
    """
    seat = Organisation.objects.filter(code=charter_on(day).seat or "").first()
    if seat is None:
        return []
    at = now()
    with writing():
        found = _unanswered_then(day) if is_made_up(day, at) else _unanswered(day)
        done = set(SilenceStatement.objects.filter(date=day).values_list("asking_id", "asked_id"))
    known = {one.id: one for one in organisations()}
    waiting = {asking for asking, _asked in (*found, *done)}
    pairs: dict[tuple[int, int | None], list[Unanswered]] = {
        **found,
        **{(one, None): [] for one in known if one not in waiting},
    }
    made = []
    for (asking, asked), letters in sorted(pairs.items(), key=lambda pair: (pair[0][0], pair[0][1] or 0)):
        if (asking, asked) not in done:
            pair = _Pair(day, known[asking], known[asked] if asked else None, seat, letters)
            made.append(_seal(pair, equipment=equipment, at=at))
    return made


def statements_of(by: Actor, *, limit: int, before: int | None = None) -> list[SilenceStatement]:
    """The statements that tell of the actor's organisation, newest first, with both sides."""
    if not by.may(READ):
        return []
    rows = _own(by).select_related("asking", "asked").order_by("-id")
    return list((rows if before is None else rows.filter(id__lt=before))[:limit])


def statement_for(*, uid: UUID, by: Actor) -> SilenceStatement:
    """One statement that tells of the actor's organisation; NotFound ``casework.no_statement``."""
    found = _own(by).filter(uid=uid).select_related("asking", "asked").first() if by.may(READ) else None
    if found is None:
        raise NotFound(
            "casework.no_statement",
            Said("没有找到该未答复证明，或者您无权查看。", "No such proof of silence, or it is not shown to you."),
        )
    return found


def packages_of(statements: Iterable[SilenceStatement]) -> Mapping[int, Sealed]:
    """The sealed packages of statements that were shown, by the statement's id; one query."""
    asked = {one.sealed_id: one.id for one in statements}
    with writing():
        rows = Sealed.objects.filter(id__in=asked).only("id", "uid", "package", "state", "proven_at", "sealed_at")
        return {asked[row.id]: row for row in rows}


def package_of(statement: SilenceStatement) -> Sealed:
    """The sealed package of a statement that may be seen, whole."""
    with writing():
        return Sealed.objects.select_related("submission").get(id=statement.sealed_id)


def _own(by: Actor) -> QuerySet[SilenceStatement]:
    return SilenceStatement.objects.filter(Q(asking=by.organisation) | Q(asked=by.organisation))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Who waits for whom, on which day, for what; ``seat`` signs."""

    day: date
    asking: Organisation
    asked: Organisation | None
    seat: Organisation
    letters: Sequence[Unanswered]

    @property
    def subject(self) -> str:
        return f"{self.day.isoformat()}/{self.asking.code}/{self.asked.code if self.asked else '-'}"


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LEGAL_ZONE)


def _waiting(day: date) -> QuerySet[Message]:
    """Delivered by the day's end, not answered, and it is the receiver's turn."""
    return Message.objects.filter(
        matter__audience__open=True,
        matter__audience__ours=True,
        matter__audience__scope__organisation=F("receiver"),
        delivered_at__lt=_end_of(day),
        answered_at__isnull=True,
    )


def _unanswered_then(day: date) -> dict[tuple[int, int | None], list[Unanswered]]:
    """What waits of a day long past, and what was answered after it; without clocks, whose state then is not kept."""
    since = Message.objects.filter(delivered_at__lt=_end_of(day), answered_at__gte=_end_of(day))
    ids = {*_waiting(day).values_list("id", flat=True), *since.values_list("id", flat=True)}
    return _by_pair(Message.objects.filter(id__in=ids), {})


def _unanswered(day: date) -> dict[tuple[int, int | None], list[Unanswered]]:
    """The letters that wait, by sender and receiver, with the receiver's clocks."""
    turn = {"matter__audience__open": True, "matter__audience__ours": True}
    counting = ClockRun.objects.filter(
        **turn, matter__audience__scope__organisation=F("owner"), running=True, suspended_on__isnull=True
    )
    clocks: dict[tuple[int, int], list[ClockRun]] = {}
    for run in counting.order_by("legal_due", "id"):
        clocks.setdefault((run.matter_id, run.owner_id), []).append(run)
    return _by_pair(_waiting(day), clocks)


def _by_pair(
    messages: QuerySet[Message], clocks: Mapping[tuple[int, int], Sequence[ClockRun]]
) -> dict[tuple[int, int | None], list[Unanswered]]:
    found: dict[tuple[int, int | None], list[Unanswered]] = {}
    rows = messages.select_related("matter__procedure_version", "act").order_by("delivered_at", "id")
    for message in rows:
        letter = Unanswered(message, clocks.get((message.matter_id, message.receiver_id), ()))
        found.setdefault((message.sender_id, message.receiver_id), []).append(letter)
    return found


def _seal(pair: _Pair, *, equipment: Equipment, at: datetime) -> SilenceStatement:
    files = {
        path: store_made(
            content=content,
            name=path.rpartition("/")[2],
            media_type=media_type,
            organisation=pair.seat,
            at=at,
            uid=uuid7(at, equipment.random_bytes(10)),
        )
        for path, media_type, content in (
            (STATEMENT, "application/json", _statement(pair, at)),
            (WORDS, "text/plain", _words(pair, at).encode()),
        )
    }
    prepared = sealing.prepare(
        kind=KIND,
        organisation=pair.seat,
        files=files,
        collection=sealing.collected_now(at),
        equipment=equipment,
        at=at,
    )
    uid = uuid7(at, equipment.random_bytes(10))
    with writing():
        sealed = sealing.keep(prepared, subject=pair.subject, at=at, uid=uid)
        made = SilenceStatement.objects.create(
            uid=uid,
            date=pair.day,
            asking=pair.asking,
            asked=pair.asked,
            count=len(pair.letters),
            stated_at=at,
            sealed=sealed,
        )
        details: dict[str, str | int | list[str]] = {
            "date": pair.day.isoformat(),
            "count": made.count,
            "package": prepared.package,
        }
        if pair.asked is not None:
            details["receiver"] = pair.asked.code
        journal.record(
            event="silence.state",
            at=at,
            by=None,
            organisation=pair.asking,
            subject=pair.day.isoformat(),
            details=details,
        )
    return made


def _statement(pair: _Pair, at: datetime) -> bytes:
    """The statement for programs, canonical: numbers, days and clocks, nothing of a person or of a case."""
    said: dict[str, JSON] = {
        "schema": SCHEMA,
        "date": pair.day.isoformat(),
        "as_of": time_text(at),
        "asking": pair.asking.code,
        "unanswered": [_row(one, pair.day, at) for one in pair.letters],
    }
    if pair.asked is not None:
        said["asked"] = pair.asked.code
    if is_made_up(pair.day, at):
        said["made_up"] = True
    return encode(said)


def _row(one: Unanswered, day: date, at: datetime) -> dict[str, JSON]:
    message = one.message
    row: dict[str, JSON] = {
        "matter": str(message.matter.uid),
        "number": message.matter.number,
        "act": message.act.act,
        "seq": message.act.seq,
        "delivered_at": time_text(message.delivered_at),
        "days": (day - legal_date(message.delivered_at)).days,
    }
    if message.read_at is not None:
        row["read_at"] = time_text(message.read_at)
    if message.answered_at is not None:
        row["answered_at"] = time_text(message.answered_at)
    if one.runs:
        row["clocks"] = [_clock(run, at) for run in one.runs]
    return row


def _clock(run: ClockRun, at: datetime) -> dict[str, JSON]:
    """A clock of the receiver; ``source`` says whether its limit is law, agreed or of a house."""
    told: dict[str, JSON] = {"clock": run.clock, "legal_due": run.legal_due.isoformat(), "overdue": is_over(run, at=at)}
    source = clock_rule(run).source
    return told if source is None else told | {"source": rules_of(run).label_of(source).value}


def _words(pair: _Pair, at: datetime) -> str:
    """The statement for people, in Chinese, the language of official papers."""
    made_up = is_made_up(pair.day, at)
    head = [
        "未答复证明（每日状态声明，补记）" if made_up else "未答复证明（每日状态声明）",
        f"日期：{pair.day.isoformat()}",
        f"{'补记' if made_up else '状态'}时点：{_clock_time(at)}（北京时间）",
        f"发文机关：{pair.asking.zh}（{pair.asking.code}）",
    ]
    if made_up:
        head += ["", MADE_UP]
    if pair.asked is None:
        body = [NOTHING_THEN if made_up else NOTHING]
    else:
        head.insert(4, f"收文机关：{pair.asked.zh}（{pair.asked.code}）")
        body = [
            LETTERS_THEN if made_up else LETTERS,
            *(f"{n}. {_told(one, pair.day, at)}" for n, one in enumerate(pair.letters, start=1)),
            f"共 {len(pair.letters)} 件。",
        ]
    foot = f"本声明由协作中心所在机关{pair.seat.zh}（{pair.seat.code}）签名，只说明系统记录的状态，不说明未答复的原因。"
    return "\n".join([*head, "", *body, "", foot, ""])


def _told(one: Unanswered, day: date, at: datetime) -> str:
    message = one.message
    procedure = procedure_of(message.matter.procedure_version)
    act = next((rule.zh for rule in procedure.acts if rule.id == message.act.act), message.act.act)
    told = [
        f"{procedure.zh}，事项编号 {message.matter.number}，“{act}”",
        f"{_clock_time(message.delivered_at)} 送达",
        f"{_clock_time(message.read_at)} 已阅" if message.read_at else "未阅",
        f"{'至当日' if is_made_up(day, at) else ''}已等候 {(day - legal_date(message.delivered_at)).days} 日",
    ]
    if message.answered_at is not None:
        told.append(f"{_clock_time(message.answered_at)} 答复")
    for run in one.runs:
        rule = clock_rule(run)
        standing = f"（{rules_of(run).source(rule.source).standing.zh}）" if rule.source else ""
        late = "，已超期" if is_over(run, at=at) else ""
        told.append(f"“{rule.zh}”{standing}届满日 {run.legal_due.isoformat()}{late}")
    return "；".join(told) + "。"


def _clock_time(at: datetime) -> str:
    return f"{at.astimezone(LEGAL_ZONE):%Y-%m-%d %H:%M}"
