"""``concord clock START LIMIT``: when a period ends, explained day by day."""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concord.charters import folder
from concord.entrypoints.cli.language import preferred_language
from concord.rules.calendar import calendar_from, dated, parse_notice
from concord.rules.clocks import SHANGHAI, Due, Exclusion, Limit, Reading, due, parse_limit
from concord.rules.errors import InvalidInput, Problem, Said

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

LARGEST_NOTICE: Final = 1_000_000  # bytes
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord clock``."""
    parser = subparsers.add_parser(
        "clock",
        allow_abbrev=False,
        help="期限何时届满 when a period ends",
        description="期限何时届满，逐日说明。When a period ends, explained day by day.",
    )
    parser.add_argument(
        "start", metavar="START", help="起算日 2026-02-06 或时刻 2026-05-02T15:00 (date, or time for hours)"
    )
    parser.add_argument("limit", metavar="LIMIT", help="15WD 工作日 | 30CD 自然日 | 3M 月 | 24h 小时")
    parser.add_argument(
        "--exclude", metavar="A..B", action="append", default=[], help="扣除首尾两日在内 both days excluded"
    )
    parser.add_argument(
        "--exclude-days", metavar="N", action="append", default=[], help="扣除若干日 so many days excluded"
    )
    parser.add_argument(
        "--extend", metavar="LIMIT", action="append", default=[], help="自届满日延长 extend from the end"
    )
    parser.add_argument("--before", action="store_true", help="由起算日倒数 count back: at least so long before START")
    parser.add_argument("--reading", choices=[one.value for one in Reading], default="wide", help="法定节假日的读法")
    parser.add_argument(
        "--notice", metavar="FILE", action="append", default=[], help="另载入一年的放假通知 another year"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON as JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=preferred_language())
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compute and print; raises ``InvalidInput`` or ``DefinitionError`` for bad input."""
    calendar = calendar_from(folder.read(folder.shipped(), "cn"))
    for file in arguments.notice:
        calendar = calendar.with_notice(parse_notice(_text(file), file=file))
    start, limit = _start(arguments.start), parse_limit(arguments.limit)
    extensions = [parse_limit(text) for text in arguments.extend]
    exclusions = [_span(text) for text in arguments.exclude] + [_days(text) for text in arguments.exclude_days]
    reading = Reading(arguments.reading)
    found = due(
        start,
        limit,
        calendar,
        exclusions=exclusions,
        extensions=extensions,
        reading=reading,
        before=arguments.before,
    )
    print(_json(found) if arguments.json else _page(found, start, limit, arguments))
    return 0


def _json(found: Due) -> str:
    steps = [
        {"date": step.date.isoformat(), "counted": step.counted, "zh": step.said.zh, "en": step.said.en}
        for step in found.steps
    ]
    page = {
        "nominal": found.nominal.isoformat(),
        "legal_due": found.legal_due.isoformat(),
        "safe_due": found.safe_due.isoformat(),
        "provisional": found.provisional,
        "steps": steps,
    }
    return json.dumps(page, ensure_ascii=False, indent=2)


def _page(found: Due, start: date, limit: Limit, arguments: argparse.Namespace) -> str:
    """The count for people: a line per step, then the three dates."""
    language = arguments.lang
    zh = (
        f"{'倒数' if arguments.before else ''}{limit.said.zh}，{'由' if arguments.before else '自'}{_when(start, 'zh')}"
    )
    en = f"{limit.said.en} {'before' if arguments.before else 'from'} {_when(start, 'en')}"
    lines = [Said(zh, en).in_language(language), ""]
    lines += [
        f"  {step.ordinal if step.counted else '·':>4}  {step.said.in_language(language)}" for step in found.steps
    ]
    rows = [
        (Said("届满日", "nominal"), found.nominal, Said("按期间算出的最后一日", "the last day as counted")),
        (Said("法定期限", "legal due"), found.legal_due, _legal_note(arguments)),
        (
            Said("稳妥期限", "safe due"),
            found.safe_due,
            Said("遇放假提前，约束机关、用于提醒", "binds the authority, drives warnings"),
        ),
    ]
    names = [name.in_language(language) for name, _, _ in rows]
    dates = [_when(moment, language) for _, moment, _ in rows]
    lines.append("")
    lines += [
        f"  {_padded(name, names)}  {_padded(day, dates)}  {note.in_language(language)}"
        for name, day, (_, _, note) in zip(names, dates, rows, strict=True)
    ]
    if found.provisional:
        zh = "暂定：所涉年份的放假安排尚未载入，载入后须重算。"
        en = "Provisional: the holidays of a year concerned are not loaded; compute again once they are."
        lines += ["", f"  {Said(zh, en).in_language(language)}"]
    return "\n".join(lines)


def _legal_note(arguments: argparse.Namespace) -> Said:
    if arguments.before:
        return Said("从宽的最后一日", "the lenient last day")
    if arguments.reading == Reading.STRICT:
        return Said("严格解读：只遇法定节日顺延", "strict reading: rolls past statutory festivals only")
    return Said("遇放假顺延，保护当事人、以此判断逾期", "protects the party, decides what is overdue")


def _when(moment: date, language: str) -> str:
    day = dated(moment).in_language(language)
    if isinstance(moment, datetime):
        return f"{day} {moment.astimezone(SHANGHAI):%H:%M}"
    return day


def _padded(text: str, column: list[str]) -> str:
    """``text`` filled up to the widest of ``column``; a Chinese character is two columns wide."""
    return text + " " * (max(map(_width, column)) - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _start(text: str) -> date:
    """A date or a time; a time without zone is Shanghai's."""
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
        if TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    except ValueError:
        pass  # no such day or hour: refused below like anything else
    raise _bad(
        "start",
        f"起算日“{text}”应如2026-02-06或2026-05-02T15:00。",
        f"START “{text}” must look like 2026-02-06 or 2026-05-02T15:00.",
    )


def _span(text: str) -> Exclusion:
    first, _, last = text.partition("..")
    try:
        if DATE.fullmatch(first) and DATE.fullmatch(last):
            return Exclusion.span(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        pass  # no such day: refused below like anything else
    raise _bad(
        "exclude",
        f"扣除期间“{text}”应如2026-03-01..2026-03-10。",
        f"--exclude “{text}” must look like 2026-03-01..2026-03-10.",
    )


def _days(text: str) -> Exclusion:
    if re.fullmatch(r"[0-9]{1,6}", text):
        return Exclusion.of_days(int(text))
    raise _bad(
        "exclude_days", f"扣除日数“{text}”应为非负整数。", f"--exclude-days “{text}” must be a whole number, 0 or more."
    )


def _text(file: str) -> str:
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(LARGEST_NOTICE + 1)
        if len(content) <= LARGEST_NOTICE:
            return content.decode()
    except (OSError, ValueError):
        pass  # not there, no permission, or not UTF-8: refused below
    raise _bad(
        "notice",
        f"无法读取放假通知文件“{file}”（UTF-8，不超过1 MB）。",
        f"The notice file “{file}” cannot be read (UTF-8, at most 1 MB).",
    )


def _bad(field: str, zh: str, en: str) -> InvalidInput:
    said = Said(zh, en)
    return InvalidInput(f"cli.bad_{field}", said, problems=(Problem(field, f"cli.bad_{field}", said),))
