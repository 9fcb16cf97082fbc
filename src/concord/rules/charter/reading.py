"""From the texts of one charter folder to its parts; every fault of form is collected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from concord.rules.charter.model import (
    Agreement,
    Authority,
    Code,
    Escalation,
    Group,
    Member,
    Permission,
    Post,
    Rotation,
    Seat,
    Staffing,
)
from concord.rules.errors import Fault, Said
from concord.rules.procedure import Line, Source
from concord.rules.procedure.reading import check_format, read_sources
from concord.rules.rows import IDENTIFIER, Row, unique
from concord.rules.toml_lines import read_toml

CODE = re.compile(r"\d{6}", re.ASCII)
PERMISSION = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")
LEVELS = ("province", "city", "district", "county")
OWN_KEYS_IN_FORCE = ("procedures", "escalation")


@dataclass(frozen=True, slots=True)
class Part:
    """What one charter.toml says itself, before what it extends is added."""

    file: str
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
    escalation: tuple[Escalation, ...]
    in_force: Mapping[str, date]
    codes_in_force: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, int]

    def line(self, key: str) -> int:
        """The line of a key of the top level, of ``rotation`` or of ``in_force`` (``rotation.order``)."""
        return self.lines.get(key, 1)


def read_part(text: str, *, file: str, faults: list[Fault]) -> Part | None:
    """Read one charter.toml; None when it is not even TOML."""
    document = read_toml(text, file=file)
    if isinstance(document, Fault):
        faults.append(document)
        return None
    top = Row(document, (), document.values, faults)
    check_format(top)
    in_force = top.table("in_force", required=False)
    part = Part(
        file=file,
        id=top.identifier("id"),
        version=top.day("version"),
        zh=top.text("zh"),
        en=top.text("en"),
        extends=top.text_or_none("extends"),
        founded=top.day_or_none("founded"),
        seat=top.text_or_none("seat"),
        time_zone=top.text("time_zone"),
        languages=top.texts("languages"),
        agreement=_agreement(top),
        members=unique((row, row.text("code"), _member(row)) for row in top.rows("members")),
        authorities=unique((row, row.text("code"), _authority(row)) for row in top.rows("authorities")),
        groups=unique((row, row.identifier("id"), _group(row)) for row in top.rows("groups")),
        seats=unique((row, row.identifier("id"), _seat(row)) for row in top.rows("seats")),
        staffing=unique((row, row.identifier("id"), _staffing(row)) for row in top.rows("staffing")),
        rotation=_rotation(top),
        sources=read_sources(top),
        posts=unique((row, row.identifier("id"), _post(row)) for row in top.rows("posts")),
        permissions=unique((row, row.text("id"), _permission(row)) for row in top.rows("permissions")),
        escalation=tuple(_escalation(row) for row in in_force.rows("escalation")),
        in_force=_versions(in_force),
        codes_in_force=_codes_in_force(in_force),
        lines={".".join(map(str, path)): place.line for path, place in document.places.items()},
    )
    in_force.finish()
    top.finish()
    return part


def read_code_list(text: str, *, file: str, faults: list[Fault]) -> tuple[str, Mapping[str, Code]]:
    """One code list: its id and its codes by id, in the order of the file."""
    document = read_toml(text, file=file)
    if isinstance(document, Fault):
        faults.append(document)
        return "", {}
    top = Row(document, (), document.values, faults)
    check_format(top)
    own = top.identifier("id")
    top.text("zh")
    top.text("en")
    codes = unique((row, row.identifier("id"), _code(row)) for row in top.rows("codes", required=True))
    top.finish()
    if own and file.rpartition("/")[2] != f"{own}.toml":
        top.fault(
            "id",
            "charter.wrong_place",
            Said("文件名与标识不一致", "the file's name does not fit its id"),
            Said(f"应为 {own}.toml", f"should be {own}.toml"),
        )
    return own, MappingProxyType({code.id: code for code in codes})


def _code_of_place(row: Row, key: str, *, required: bool = True) -> str:
    """A GB/T 2260 code of six digits."""
    value = row.text(key, required=required)
    if value and not CODE.fullmatch(value):
        row.fault(
            key,
            "charter.bad_code",
            Said(f"“{value}”不是行政区划代码", f"“{value}” is no division code"),
            Said("应为六位数字（GB/T 2260）", "six digits (GB/T 2260)"),
        )
        return ""
    return value


def _member(row: Row) -> Member:
    member = Member(
        code=_code_of_place(row, "code"),
        zh=row.text("zh"),
        en=row.text("en"),
        market=row.text("market"),
        patent=row.text("patent"),
        up=_code_of_place(row, "up") or None,
        line=row.line,
        level=row.choice("level", LEVELS),
        mark=row.text("mark"),
    )
    if "{" in member.mark or "}" in member.mark:
        row.fault(
            "mark",
            "charter.bad_mark",
            Said("机关代字不能含花括号", "a letter mark holds no braces"),
            Said("只写代字，如“某市监”", "write the mark alone, as “某市监”"),
        )
    row.finish()
    return member


def _authority(row: Row) -> Authority:
    lines = row.texts("designates_only")
    for name in lines:
        if name not in tuple(Line):
            row.fault(
                "designates_only",
                "charter.unknown_line",
                Said(f"没有条线“{name}”", f"there is no line “{name}”"),
                Said("可用：market、patent", "known: market, patent"),
            )
    authority = Authority(
        code=_code_of_place(row, "code"),
        zh=row.text("zh"),
        en=row.text("en"),
        market=row.text("market"),
        patent=row.text("patent"),
        up=_code_of_place(row, "up", required=False) or None,
        designates_only=frozenset(Line(name) for name in lines if name in tuple(Line)),
        source=row.text_or_none("source"),
        line=row.line,
    )
    row.finish()
    return authority


def _group(row: Row) -> Group:
    group = Group(
        row.identifier("id"),
        row.text("zh"),
        row.text("en"),
        row.texts("duties"),
        row.text_or_none("source"),
        line=row.line,
    )
    row.finish()
    return group


def _seat(row: Row) -> Seat:
    seat = Seat(
        id=row.identifier("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        held_by=row.identifier("held_by"),
        count=row.integer("count") or 1,
        city=row.text_or_none("city"),
        source=row.text_or_none("source"),
        line=row.line,
    )
    row.finish()
    return seat


def _staffing(row: Row) -> Staffing:
    staffing = Staffing(
        id=row.identifier("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        may_hold_powers=row.flag("may_hold_powers"),
        per_member=row.integer("per_member"),
        term=row.text_or_none("term"),
        sponsor=row.text_or_none("sponsor"),
        needs=row.texts("needs"),
        source=row.text_or_none("source"),
        line=row.line,
    )
    row.finish()
    return staffing


def _post(row: Row) -> Post:
    post = Post(
        row.identifier("id"),
        row.text("zh"),
        row.text("en"),
        powers=row.flag("powers"),
        staffing=row.text_or_none("staffing"),
        source=row.text_or_none("source"),
        line=row.line,
    )
    row.finish()
    return post


def _permission(row: Row) -> Permission:
    permission = Permission(
        row.text("id"),
        row.text("zh"),
        row.text("en"),
        power=row.flag("power"),
        posts=row.texts("posts"),
        line=row.line,
    )
    if permission.id and not PERMISSION.fullmatch(permission.id):
        row.fault(
            "id",
            "charter.bad_permission",
            Said(f"“{permission.id}”不是权限", f"“{permission.id}” is no permission"),
            Said("写成 范围:动作，如 assistance:sign", "write scope:act, as assistance:sign"),
        )
    row.finish()
    return permission


def _code(row: Row) -> Code:
    code = Code(
        row.identifier("id"),
        row.text("zh"),
        row.text("en"),
        row.text("meaning_zh"),
        row.text("meaning_en"),
        line=row.line,
    )
    row.finish()
    return code


def _agreement(top: Row) -> Agreement | None:
    row = top.table("agreement", required=False)
    if not row.values:
        return None
    agreement = Agreement(row.text("zh"), row.day("signed"), row.text_or_none("source"))
    row.finish()
    return agreement


def _rotation(top: Row) -> Rotation | None:
    row = top.table("rotation", required=False)
    if not row.values:
        return None
    rotation = Rotation(
        seats=row.texts("seats"),
        order=row.texts("order"),
        first_term_from=row.day("first_term_from"),
        term=row.text("term"),
        exchange=row.choice("exchange", ("by_resolution", "never")),
        hand_over=row.choice("hand_over", ("must_balance", "free")),
        source=row.text_or_none("source"),
    )
    row.finish()
    return rotation


def _escalation(row: Row) -> Escalation:
    procedure, dot, clock = row.text("clock").partition(".")
    if not dot:
        row.fault(
            "clock",
            "charter.bad_clock",
            Said("应为 程序.期限", "a clock is named by its procedure and id"),
            Said("如 assistance.reply", "as assistance.reply"),
        )
    escalation = Escalation(procedure, clock, row.text("after"), row.text("to"), line=row.line)
    row.finish()
    return escalation


def _versions(in_force: Row) -> Mapping[str, date]:
    table = in_force.table("procedures", required=False)
    return MappingProxyType({name: table.day(name) for name in table.values})


def _codes_in_force(in_force: Row) -> Mapping[str, tuple[str, ...]]:
    names = [name for name in in_force.values if name not in OWN_KEYS_IN_FORCE and IDENTIFIER.fullmatch(name)]
    return MappingProxyType({name: in_force.texts(name) for name in names})
