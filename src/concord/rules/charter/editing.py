"""Changing charter texts in one place at a time: another version of a procedure, another limit, all else as it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from concord.rules.charter.difference import VERSION_FILE
from concord.rules.errors import DefinitionError, Fault, InvalidInput, NotFound, Problem, Said
from concord.rules.limits import parse_limit
from concord.rules.procedure import ClockRule, Procedure, SourceLabel, parse
from concord.rules.procedure.reading import wrong_definition
from concord.rules.toml_lines import Document, Path, Place, read_toml

# What the cities agreed or arranged for themselves; everything else is law and not theirs to change.
CHANGEABLE = frozenset({SourceLabel.AGREED, SourceLabel.INTERNAL})


def versions_of(texts: Mapping[str, str], charter_id: str, procedure: str) -> dict[date, str]:
    """The files of a procedure that count, date → path, oldest first: the charter's own, or else those it inherits."""
    files = [(path, found) for path in texts if (found := VERSION_FILE.fullmatch(path)) and found[2] == procedure]
    own = [entry for entry in files if entry[1][1] == charter_id]
    return dict(sorted((_day(found[3]), path) for path, found in own or files))


def newest(texts: Mapping[str, str], charter_id: str, procedure: str) -> str:
    """The path of the newest version; NotFound ``charter.no_such_procedure``."""
    versions = versions_of(texts, charter_id, procedure)
    if not versions:
        raise NotFound(
            "charter.no_such_procedure",
            Said(
                f"章程中没有程序“{procedure}”。请从程序列表中选择。",
                f"The charter has no procedure “{procedure}”. Choose one from the list.",
            ),
        )
    return versions[max(versions)]


def with_new_version(
    texts: Mapping[str, str], charter_id: str, procedure: str, *, day: date, drawn_up: date
) -> dict[str, str]:
    """The texts with a new version of a procedure from ``day``, a copy of the newest, listed in force.

    A procedure that the charter only inherited becomes its own: its earlier versions come along, and the new one is
    based on the newest of them. The charter's version becomes ``drawn_up``, the day of this change. Raises NotFound,
    InvalidInput ``charter.version_not_after``, DefinitionError when a file concerned is no TOML.
    """
    source = newest(texts, charter_id, procedure)
    versions = versions_of(texts, charter_id, procedure)
    if day <= max(versions):
        said = Said(
            f"最新版本自 {max(versions)} 起施行，新版本必须从更晚的一天开始。",
            f"The newest version holds from {max(versions)}; a new one must begin on a later day.",
        )
        raise InvalidInput("charter.version_not_after", said, problems=(Problem("day", "too_early", said),))
    made = dict(texts)
    inherited = not source.startswith(f"{charter_id}/")
    if inherited:
        made |= {path.replace(path.partition("/")[0], charter_id, 1): texts[path] for path in versions.values()}
    path = f"{charter_id}/procedures/{procedure}/{day}.toml"
    based_on = f"{source.partition('/')[0]}/{procedure}@{max(versions)}" if inherited else ""
    made[path] = _dated(texts[source], source, path, day=day, based_on=based_on)
    made[f"{charter_id}/charter.toml"] = _listed(texts, charter_id, procedure, day=day, drawn_up=drawn_up)
    return made


def changeable(procedure: Procedure, clock: ClockRule) -> bool:
    """Whether the cities may set the limit of a clock themselves: it has one, and it is agreed or internal."""
    return clock.limit is not None and clock.source is not None and procedure.label_of(clock.source) in CHANGEABLE


def with_limits(text: str, limits: Mapping[str, str], *, file: str) -> str:
    """The text of a procedure with other limits, clock → ``2WD``; every other character stays.

    Raises InvalidInput ``charter.bad_limits`` naming each clock whose limit cannot be read or is not for the cities to
    set; DefinitionError when the file cannot be read as a procedure.
    """
    procedure = parse(text, file=file)
    problems = [
        problem for clock, limit in limits.items() for problem in _limit_problems(procedure, clock, limit.strip())
    ]
    if problems:
        said = Said("期限没有修改：请更正标出的项目。", "No limit was changed; mend the marked fields.")
        raise InvalidInput("charter.bad_limits", said, problems=tuple(problems))
    for index, clock in enumerate(procedure.clocks):
        if clock.id in limits:
            document = _document(text, file)
            place = document.places["clocks", index, "limit"]
            text = _put(text, place, f'limit = "{limits[clock.id].strip()}"')
    return text


def _limit_problems(procedure: Procedure, name: str, limit: str) -> list[Problem]:
    clock = next((clock for clock in procedure.clocks if clock.id == name), None)
    if clock is None or not changeable(procedure, clock):
        said = Said(
            "这个期限不是约定或者内部期限，各市不能自行修改。",
            "This limit is neither agreed nor internal; the cities cannot change it themselves.",
        )
        return [Problem(name, "locked", said)]
    try:
        parse_limit(limit)
    except InvalidInput as error:
        return [Problem(name, problem.code, problem.said) for problem in error.problems]
    return []


def _dated(text: str, source: str, path: str, *, day: date, based_on: str) -> str:
    """A copy of a version under another date; what a comment says of the file's place is mended too."""
    document = _document(text, source)
    place = document.places.get(("in_force_from",))
    if place is None:
        raise _no_key(source, "in_force_from")
    base = f'\nbased_on = "{based_on}"' if based_on and ("based_on",) not in document.places else ""
    head, rest = _unix(text)[: place.offset], _unix(text)[place.offset + len(place.written) :]
    comment, line_end, below = rest.partition("\n")
    return f"{head.replace(source, path)}in_force_from = {day}{comment}{base}{line_end}{below}"


def _listed(texts: Mapping[str, str], charter_id: str, procedure: str, *, day: date, drawn_up: date) -> str:
    """charter.toml with the version in force and its own version."""
    file = f"{charter_id}/charter.toml"
    text = texts.get(file, "")
    document = _document(text, file)
    listed: Path = ("in_force", "procedures", procedure)
    table: Path = ("in_force", "procedures")
    if listed in document.places:
        text = _put(text, document.places[listed], f"{procedure} = {day}")
    elif table in document.places and document.places[table].written.startswith("["):
        lines = _unix(text).split("\n")
        lines.insert(document.places[table].line, f"{procedure} = {day}")
        text = "\n".join(lines)
    else:
        raise _no_key(file, "in_force.procedures")
    own = _document(text, file)
    version = own.values.get("version")
    if isinstance(version, date) and version < drawn_up:
        text = _put(text, own.places["version",], f"version = {drawn_up}")
    return text


def _document(text: str, file: str) -> Document:
    document = read_toml(text, file=file)
    if isinstance(document, Fault):
        raise wrong_definition("charter.faulty", [document])
    return document


def _put(text: str, place: Place, written: str) -> str:
    """The text with what stands at a place written otherwise."""
    text = _unix(text)
    return text[: place.offset] + written + text[place.offset + len(place.written) :]


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _no_key(file: str, key: str) -> DefinitionError:
    said = Said(f"缺少“{key}”", f"“{key}” is missing")
    advice = Said(f"请补上 {key}", f"add {key}")
    return wrong_definition("charter.faulty", [Fault(file, 1, key, "definition.missing", said, advice)])


def _day(written: str) -> date:
    """The date of a file's name; one that is none sorts first, and the check names it."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return date.min
