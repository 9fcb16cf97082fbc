"""A charter from its files, with what it extends: either whole and sound, or all its faults."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType

from concord.rules.calendar import calendar_from
from concord.rules.canonical import canonical_json
from concord.rules.charter.checking import check_parts
from concord.rules.charter.evidence import check_evidence, read_evidence
from concord.rules.charter.model import Charter, Code
from concord.rules.charter.reading import Part, read_code_list, read_part
from concord.rules.errors import DefinitionError, Fault, Said
from concord.rules.evidence.requirements import EvidenceRules
from concord.rules.guards import GUARD_NAMES
from concord.rules.handlers import HANDLER_NAMES
from concord.rules.law import Laws, check_catalogue, check_cited, read_laws
from concord.rules.procedure import Procedure
from concord.rules.procedure import check as check_procedure
from concord.rules.procedure import parse as parse_procedure
from concord.rules.procedure.reading import digest_of, wrong_definition

PROCEDURE_FILE = re.compile(r"([^/]+)/procedures/([^/]+)/[^/]+\.toml")
CODES_FILE = re.compile(r"([^/]+)/codes/[^/]+\.toml")
CALENDAR_FILE = re.compile(r"([^/]+)/calendar/[^/]+\.toml")


def load(
    files: Mapping[str, str],
    charter_id: str,
    *,
    guards: Collection[str] = GUARD_NAMES,
    handlers: Collection[str] = HANDLER_NAMES,
) -> Charter:
    """The charter ``charter_id`` from ``files`` (relative path such as ``cn/charter.toml`` → text).

    Raises DefinitionError ``charter.faulty`` with every fault of every file.
    """
    charter, faults = _assemble(files, charter_id, guards, handlers)
    if faults or charter is None:
        raise wrong_definition("charter.faulty", faults)
    return charter


def check(
    files: Mapping[str, str],
    charter_id: str,
    *,
    guards: Collection[str] = GUARD_NAMES,
    handlers: Collection[str] = HANDLER_NAMES,
) -> tuple[Fault, ...]:
    """Every fault of every file of the charter and of what it extends, by place."""
    _, faults = _assemble(files, charter_id, guards, handlers)
    return tuple(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.rule, fault.code)))


def _assemble(
    files: Mapping[str, str], charter_id: str, guards: Collection[str], handlers: Collection[str]
) -> tuple[Charter | None, list[Fault]]:
    faults: list[Fault] = []
    parts = _chain(files, charter_id, faults)
    if not parts or parts[-1].id == "":
        return None, faults
    folders = [part.file.partition("/")[0] for part in parts]
    belonging = {path: files[path] for folder in folders for path in sorted(files) if path.partition("/")[0] == folder}
    procedures = _read_procedures(belonging, faults)
    codes = _read_codes(belonging, faults)
    laws = read_laws(belonging, faults=faults)
    _check_calendars(belonging, faults)
    evidence, sources = read_evidence(belonging, faults)
    charter = _join(parts, belonging, procedures, codes, laws)
    charter = dataclasses.replace(charter, evidence=evidence, sources=(*charter.sources, *sources))
    # A missing part would only drown the real fault in others that follow from it.
    if not faults:
        faults.extend(check_parts(parts, charter))
        faults.extend(check_evidence(charter, sources, belonging))
        _check_procedures(charter, procedures, guards, handlers, faults)
        # A charter adopted before there was a catalogue of law keeps running without one.
        if laws.rows:
            faults.extend(check_catalogue(laws, codes.get("causes", {})))
            faults.extend(fault for procedure in procedures.values() for fault in check_cited(procedure, laws))
    return charter, faults


def _chain(files: Mapping[str, str], charter_id: str, faults: list[Fault]) -> tuple[Part, ...]:
    """The charter's parts, what is extended first; empty when one of them is missing or unreadable."""
    chain: list[Part] = []
    seen: list[str] = []
    wanted: str | None = charter_id
    from_place = (f"{charter_id}/charter.toml", 1)
    while wanted is not None:
        file = f"{wanted}/charter.toml"
        if wanted in seen or file not in files:
            reason = (
                Said(f"章程“{wanted}”扩展成环", f"the charter “{wanted}” extends itself")
                if wanted in seen
                else Said(f"没有章程文件 {file}", f"there is no charter file {file}")
            )
            advice = Said("请检查 extends 和目录名", "check “extends” and the folder's name")
            faults.append(Fault(*from_place, "extends", "charter.not_found", reason, advice))
            return ()
        seen.append(wanted)
        part = read_part(files[file], file=file, faults=faults)
        if part is None:
            return ()
        chain.insert(0, part)
        wanted = part.extends
        from_place = (file, part.line("extends"))
    return tuple(chain)


def _read_procedures(files: Mapping[str, str], faults: list[Fault]) -> dict[str, Procedure]:
    """Every readable procedure by its path."""
    procedures: dict[str, Procedure] = {}
    for path, text in files.items():
        if PROCEDURE_FILE.fullmatch(path):
            try:
                procedures[path] = parse_procedure(text, file=path)
            except DefinitionError as error:
                faults.extend(error.faults)
    return procedures


def _read_codes(files: Mapping[str, str], faults: list[Fault]) -> dict[str, Mapping[str, Code]]:
    """Every code list by its id; a charter may add codes to a list it inherits, not redefine one."""
    lists: dict[str, Mapping[str, Code]] = {}
    for path, text in files.items():
        if CODES_FILE.fullmatch(path):
            name, codes = read_code_list(text, file=path, faults=faults)
            before = lists.get(name, {})
            for code in codes.values():
                if code.id in before:
                    said = Said(f"代码“{code.id}”已定义", f"the code “{code.id}” is already defined")
                    advice = Said("删去此行", "remove this line")
                    faults.append(Fault(path, code.line, f"codes.{code.id}", "charter.redefined", said, advice))
            lists[name] = MappingProxyType({**before, **codes})
    return lists


def _check_calendars(files: Mapping[str, str], faults: list[Fault]) -> None:
    for path, text in files.items():
        if CALENDAR_FILE.fullmatch(path):
            try:
                calendar_from({path: text})
            except DefinitionError as error:
                faults.extend(error.faults)


def _join(
    parts: tuple[Part, ...],
    files: Mapping[str, str],
    procedures: Mapping[str, Procedure],
    codes: Mapping[str, Mapping[str, Code]],
    laws: Laws,
) -> Charter:
    own = parts[-1]
    folders = [part.file.partition("/")[0] for part in parts]
    return Charter(
        id=own.id,
        version=own.version,
        zh=own.zh,
        en=own.en,
        extends=own.extends,
        founded=own.founded,
        seat=own.seat,
        time_zone=own.time_zone,
        languages=own.languages,
        agreement=own.agreement,
        members=own.members,
        authorities=tuple(one for part in parts for one in part.authorities),
        groups=tuple(one for part in parts for one in part.groups),
        seats=tuple(one for part in parts for one in part.seats),
        staffing=tuple(one for part in parts for one in part.staffing),
        rotation=own.rotation,
        sources=tuple(one for part in parts for one in part.sources),
        posts=tuple(one for part in parts for one in part.posts),
        permissions=tuple(one for part in parts for one in part.permissions),
        code_lists=MappingProxyType({name: _in_force(own, name, listed) for name, listed in codes.items()}),
        escalation=own.escalation,
        in_force=own.in_force,
        procedures=MappingProxyType(_by_id(folders, procedures)),
        laws=laws,
        evidence=EvidenceRules(),
        digest=digest_of(canonical_json({path: digest_of(text) for path, text in files.items()}).decode()),
    )


def _in_force(own: Part, name: str, codes: Mapping[str, Code]) -> Mapping[str, Code]:
    """The codes the charter uses; all of them when it does not say."""
    listed = own.codes_in_force.get(name)
    if listed is None:
        return codes
    return MappingProxyType({code: codes[code] for code in listed if code in codes})


def _by_id(folders: list[str], procedures: Mapping[str, Procedure]) -> dict[str, tuple[Procedure, ...]]:
    """Versions by procedure, newest last. A procedure of its own replaces all versions of what the charter extends."""
    versions: dict[str, tuple[Procedure, ...]] = {}
    for folder in folders:
        own: dict[str, list[Procedure]] = {}
        for path, procedure in procedures.items():
            if path.startswith(f"{folder}/"):
                own.setdefault(procedure.id, []).append(procedure)
        versions |= {name: tuple(sorted(listed, key=_from)) for name, listed in own.items()}
    return versions


def _from(procedure: Procedure) -> date:
    return procedure.in_force_from


def _check_procedures(
    charter: Charter,
    procedures: Mapping[str, Procedure],
    guards: Collection[str],
    handlers: Collection[str],
    faults: list[Fault],
) -> None:
    permissions = [permission.id for permission in charter.permissions]
    for procedure in procedures.values():
        faults.extend(
            check_procedure(
                procedure,
                guards=guards,
                handlers=handlers,
                permissions=permissions,
                code_lists=charter.code_lists,
                bases=procedures,
            )
        )
