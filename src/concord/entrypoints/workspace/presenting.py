"""From what the queries yield to what the templates show: words in the reader's language, dates with their grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.counting import explained
from concord.casework.definitions import clock_rule, procedure_of, rules_of
from concord.casework.desk.dates import AGREED, begun_by_agreement
from concord.casework.models import Act, ClockRun, Matter, Message, Paper, Participant
from concord.casework.queries import Seen, ShownMatter, holding_together, pressing
from concord.entrypoints.workspace.jinja import day, in_english, named
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.rules.calendar import Calendar
from concord.rules.canonical import JSON
from concord.rules.charter import Charter
from concord.rules.clocks import remaining
from concord.rules.limits import parse_limit
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Field, FieldType, Procedure
from concord.rules.procedure.leading import main_act

FEW_NAMES = 2


class Bilingual(Protocol):
    """Anything with Chinese and English words."""

    @property
    def zh(self) -> str: ...  # noqa: D102  the words themselves

    @property
    def en(self) -> str: ...  # noqa: D102  the words themselves


def words(thing: Bilingual) -> str:
    """The words of ``thing`` in the reader's language."""
    return thing.en if in_english() and thing.en else thing.zh


@dataclass(frozen=True, slots=True)
class Glass:
    """Through which the page is looked at: who looks, on which day, with which charter and calendar."""

    by: Actor
    today: date
    charter: Charter
    calendar: Calendar


def glass_of(by: Actor) -> Glass:
    """What the page is looked at through, now."""
    today = legal_date(now())
    return Glass(by=by, today=today, charter=charter_on(today), calendar=calendar_on(today))


def tone_of(matter: Matter, *, our_turn: bool) -> str:
    """The colour of a state: mine to do, waiting for others, ended."""
    if matter.final:
        return "neutral"
    return "active" if our_turn else "waiting"


def rows_of(matters: Sequence[ShownMatter], glass: Glass) -> list[dict[str, Any]]:
    """The lines of a list of matters; one query for the clocks of all, one for the others where they are several."""
    runs = pressing(matters)
    several = holding_together([matter for matter in matters if matter.target is None])
    return [row(matter, glass, runs.get(matter.id), several.get(matter.id, ())) for matter in matters]


def row(
    matter: ShownMatter, glass: Glass, run: ClockRun | None, several: Sequence[Organisation] = ()
) -> dict[str, Any]:
    """One line of a list of matters; ``run`` is its most pressing clock, ``several`` who hold the other role."""
    procedure = procedure_of(matter.procedure_version)
    following = procedure.possible(matter.shown_state, matter.role)
    mine = main_act([act for act in following if glass.by.may(act.permission)], procedure)
    # What leaves the matter where it is, such as a note of excluded days, is nothing to press from a list.
    mine_to_do = mine is not None and mine.to is not None and matter.our_turn and not matter.final
    target = named(matter.target) if matter.target else _together(several)
    ours = matter.origin_id == glass.by.organisation.id
    return {
        "number": matter.number,
        "title": matter.title or matter.number,
        "url": reverse("workspace:matter", args=[matter.number]),
        "procedure": words(procedure),
        "state": words(procedure.state(matter.shown_state)),
        "state_tone": tone_of(matter, our_turn=matter.our_turn),
        "origin": named(matter.origin),
        "target": target,
        "counterpart": target if ours else named(matter.origin),
        "holder": named(matter.holder) if matter.holder else "",
        "due": due_of(run, glass) if run else None,
        "final": matter.final,
        "updated": matter.acted_at,
        "act": words(mine) if mine_to_do and mine else "",
        "act_url": reverse("workspace:act", args=[matter.number, mine.id]) if mine_to_do and mine else "",
        "signing": bool(mine_to_do and mine and mine.permission.endswith(":sign")),
    }


def _together(organisations: Sequence[Organisation]) -> str:
    """A few names in full, more by the first and their number."""
    names = [named(one) for one in organisations]
    if len(names) <= FEW_NAMES:
        return _("、").join(names)
    return _("%(first)s等%(n)s个机关") % {"first": names[0], "n": len(names)}


def due_of(run: ClockRun, glass: Glass) -> dict[str, Any]:
    """The date of a clock with its ground and the working days left; none are left to count once it has ended."""
    procedure, rule = rules_of(run), clock_rule(run)
    return {
        "label": words(rule),
        "date": run.legal_due,
        "days_left": remaining(glass.today, run.legal_due, glass.calendar) if run.running else None,
        "over": run.running and glass.today > run.legal_due,
        "provisional": run.provisional,
        **ground(procedure, rule.source),
    }


def clock(run: ClockRun, procedure: Procedure, glass: Glass) -> dict[str, Any]:
    """A clock with its two dates, its ground and its explanation day by day."""
    rule = clock_rule(run)
    counted = explained(run, glass.calendar)
    return {
        "id": run.clock,
        "label": words(rule),
        "owner": named(run.owner),
        "due": {**due_of(run, glass), "label": ""},
        "safe": run.safe_due if run.safe_due != run.legal_due else None,
        "running": run.running,
        "late": bool(run.ended_at and legal_date(run.ended_at) > run.legal_due),
        "ended": _ended_by(run, procedure),
        "ended_at": run.ended_at,
        "started": run.start_date,
        "limit": run.limit,
        "suspended": run.suspended_on if run.running else None,
        "moved": _moved(run),
        "steps": [{"date": step.date, "counted": step.counted, "said": words(step.said)} for step in counted.steps],
    }


def _ended_by(run: ClockRun, procedure: Procedure) -> str:
    """What ended a clock, in words: an act of the procedure, or the sides' agreement on another date."""
    if run.ended_by == AGREED:
        return _("双方商定改期")
    return words(procedure.act(run.ended_by)) if run.ended_by else ""


def _moved(run: ClockRun) -> list[str]:
    """What has been added to a clock, or taken out of its count, in words."""
    extended = [_("延长%(limit)s") % {"limit": words(parse_limit(given).said)} for given in run.extensions]
    return [
        *extended,
        *(
            _("扣除%(first)s至%(last)s")
            % {"first": day(date.fromisoformat(first)), "last": day(date.fromisoformat(last))}
            for first, last in run.exclusions
        ),
    ]


def _standing(run: ClockRun) -> str:
    """The label of a clock's source in words: 约定·拟议."""
    source = clock_rule(run).source
    return words(rules_of(run).source(source).standing) if source else _("未注明来源")


def ground(procedure: Procedure, source: str | None) -> dict[str, Any]:
    """Where a limit comes from: 法定, 约定 or 内部, with its article, and 拟议 until adopted."""
    if source is None:
        return {"source": "", "article": "", "proposed": False}
    found = procedure.source(source)
    return {"source": words(found.label.said), "article": found.text, "proposed": found.proposed}


def fact(
    field: Field, value: JSON, glass: Glass, *, seen: Mapping[str, JSON], files: Mapping[str, File]
) -> dict[str, Any]:
    """One answered field as label and shown value."""
    return {
        "id": field.id,
        "label": words(field),
        "kind": field.type.value,
        "value": _value(field, value, glass, seen=seen, files=files),
        "personal": field.personal,
    }


def _value(  # noqa: PLR0911  one way of showing per field type
    field: Field, value: JSON, glass: Glass, *, seen: Mapping[str, JSON], files: Mapping[str, File]
) -> Any:
    match field.type:
        case FieldType.CHOICE:
            return next((words(option) for option in field.options if option.id == value), value)
        case FieldType.CODE:
            code = glass.charter.code_lists.get(field.list or "", {}).get(str(value))
            return words(code.said) if code else value
        case FieldType.DATE:
            return date.fromisoformat(str(value))
        case FieldType.DATETIME:
            return datetime.fromisoformat(str(value))
        case FieldType.ANSWERS:
            questions = seen.get(field.of or "") or ()
            listed = questions if isinstance(questions, Sequence) else ()
            answers = value if isinstance(value, Sequence) else ()
            return [{"question": q, "answer": a} for q, a in zip(listed, answers, strict=False)]
        case FieldType.FILES:
            uids = value if isinstance(value, Sequence) else ()
            return [told_file(files[str(uid)]) for uid in uids if str(uid) in files]
        case FieldType.ORGANISATION:
            organisation = Organisation.objects.filter(code=value).first()
            return named(organisation) if organisation else value
        case FieldType.PERSON:
            person = Person.objects.filter(uid=UUID(str(value))).first()
            return named(person) if person else ""
        case FieldType.MATTER | FieldType.EVIDENCE:
            return _named(field, value)
        case _:
            return value


def _named(field: Field, value: JSON) -> Any:
    """A matter, or items of evidence, by their numbers, each as a link."""
    if field.type is FieldType.MATTER:
        return {"label": value, "url": reverse("workspace:matters") + f"?q={value}"}
    numbers = value if isinstance(value, Sequence) else ()
    return [{"label": str(one), "url": reverse("workspace:evidence_item", args=[str(one)])} for one in numbers]


def told_file(file: File) -> dict[str, Any]:
    """A file as a link with its size and digest."""
    return {
        "name": file.name,
        "url": reverse("workspace:file", args=[file.uid]),
        "size": file.size,
        "digest": file.digest,
        "uid": str(file.uid),
    }


def facts(known: Seen, glass: Glass, files: Mapping[str, File]) -> list[dict[str, Any]]:
    """The facts of a matter in the procedure's order; those not yet let out are marked."""
    drafted = known.matter.drafts.get(known.role, {})
    return [
        {
            **fact(field, known.facts[field.id], glass, seen=known.facts, files=files),
            "internal": field.id in drafted,
        }
        for field in known.procedure.fields
        if field.id in known.facts
    ]


def told_act(
    act: Act,
    known: Seen,
    glass: Glass,
    *,
    started: Sequence[ClockRun],
    runs: Sequence[ClockRun],
    messages: Sequence[Message],
    files: Mapping[str, File],
) -> dict[str, Any]:
    """One act of the timeline, told like a story; ``started`` are the clocks that began with it."""
    rule = known.procedure.act(act.act)
    paper: Paper | None = getattr(act, "paper", None)
    said = [
        fact(known.procedure.field(name), act.answers[name], glass, seen={**known.facts, **act.answers}, files=files)
        for name in rule.asks
        if name in act.answers
    ]
    return {
        "seq": act.seq,
        "label": words(rule),
        "organisation": named(act.organisation),
        "person": actor_words(act.person, act.post),
        "at": act.at,
        "internal": act.internal,
        "paper": {"number": paper.number, "url": reverse("workspace:paper", args=[paper.uid, "pdf"])}
        if paper
        else None,
        "effects": _effects(act, known, started, runs, messages),
        "said": said,
    }


def actor_words(person: Person, post: Post) -> str:
    """Who acted, and in whose place when it was not in a post of their own: 叶青（代沈昀）."""
    if person.pk == post.person_id:
        return named(person)
    return _("%(person)s（代%(absent)s）") % {"person": named(person), "absent": named(post.person)}


def begun_by(acts: Sequence[Act], runs: Sequence[ClockRun], procedure: Procedure) -> dict[int, list[ClockRun]]:
    """The clocks that each act started, by the act's id.

    A clock counted from the moment of the act is told by it; one counted from a day that was told belongs to the next
    act that starts such a clock and has none yet. One that began because a date was agreed on belongs to no act.
    """
    found: dict[int, list[ClockRun]] = {}
    agreed = begun_by_agreement(runs)
    for run in sorted((one for one in runs if one.pk not in agreed), key=lambda one: one.pk):
        starting = [act for act in acts if run.clock in procedure.act(act.act).starts]
        free = [act for act in starting if all(other.clock != run.clock for other in found.get(act.id, ()))]
        act = next((act for act in starting if act.at == run.started_at), None) or next(iter(free), None)
        if act is not None:
            found.setdefault(act.id, []).append(run)
    return found


def _started(run: ClockRun) -> str:
    """That a clock began; with its end while nothing has moved it since."""
    words_of = {"clock": words(clock_rule(run)), "label": _standing(run)}
    if run.extensions or run.exclusions:
        return _("“%(clock)s”（%(label)s）开始计算") % words_of
    return _("“%(clock)s”（%(label)s）开始计算，%(day)s 届满") % {**words_of, "day": day(run.legal_due)}


def _effects(
    act: Act, known: Seen, started: Sequence[ClockRun], runs: Sequence[ClockRun], messages: Sequence[Message]
) -> list[str]:
    told = list(dict.fromkeys(_started(run) for run in started))
    told += [
        _("“%(clock)s”停止计算") % {"clock": words(clock_rule(run))}
        for run in runs
        if run.ended_at == act.at and run.ended_by == act.act
    ]
    told += [
        effect % {"clock": words(known.procedure.clock(name))}
        for effect, names in _clock_effects(known.procedure.act(act.act))
        for name in names
    ]
    receivers = [named(message.receiver) for message in messages if message.act_id == act.id]
    return [*told, *([_("已送达%(receiver)s") % {"receiver": _("、").join(receivers)}] if receivers else [])]


def _clock_effects(rule: ActRule) -> list[tuple[str, Sequence[str]]]:
    return [
        (_("“%(clock)s”中止计算"), rule.suspends),
        (_("“%(clock)s”恢复计算"), rule.resumes),
        (_("“%(clock)s”延长"), rule.extends),
        (_("“%(clock)s”扣除期间"), [span.clock for span in rule.excludes]),
    ]


def told_paper(paper: Paper) -> dict[str, Any]:
    """A paper with its downloads and the digest printed in its QR code."""
    return {
        "number": paper.number,
        "form": paper.form,
        "organisation": named(paper.organisation),
        "issued_at": paper.issued_at,
        "pdf_url": reverse("workspace:paper", args=[paper.uid, "pdf"]),
        "docx_url": reverse("workspace:paper", args=[paper.uid, "docx"]),
        "digest": paper.letter_digest,
        "size": paper.file.size,
    }


def told_messages(messages: Sequence[Message], procedure: Procedure) -> list[dict[str, Any]]:
    """What was sent with its receipts, an entry an act; whoever received it stands in it with the own receipts."""
    sent: dict[int, list[Message]] = {}
    for message in messages:
        sent.setdefault(message.act_id, []).append(message)
    return [
        {
            "label": words(procedure.act(together[0].act.act)),
            "sender": named(together[0].sender),
            "delivered_at": together[0].delivered_at,
            "receivers": [
                {
                    "name": named(message.receiver),
                    "read_at": message.read_at,
                    "read_by": named(message.read_by) if message.read_by else "",
                    "answered_at": message.answered_at,
                }
                for message in together
            ],
        }
        for together in sent.values()
    ]


def role_words(role: str, glass: Glass) -> str:
    """The word for a role, from the charter's list of roles."""
    code = glass.charter.code_lists.get("roles", {}).get(role)
    return words(code.said) if code else role


def told_participant(participant: Participant, glass: Glass) -> dict[str, Any]:
    """A participant with its role."""
    return {
        "role": role_words(participant.role, glass),
        "organisation": named(participant.organisation),
        "joined_at": participant.joined_at,
        "awaited": participant.awaited,
    }


def act_link(rule: ActRule, matter: Matter, *, primary: bool, grave: bool) -> dict[str, Any]:
    """A button that opens the form of an act."""
    return {
        "id": rule.id,
        "label": words(rule),
        "primary": primary,
        "danger": grave,
        "url": reverse("workspace:act", args=[matter.number, rule.id]),
    }
