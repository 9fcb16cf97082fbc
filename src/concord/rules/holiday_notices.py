"""Holiday notices and the statutory festivals, read from dated TOML: one rule, one line.

A year's file holds everything announced for that year: the yearly notice of the General Office of the State Council
and the notices that changed it later. The statutory file holds the days off that the regulation itself names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar, cast

from concord.rules.errors import DefinitionError, Fault, Said
from concord.rules.rows import advise
from concord.rules.toml_lines import Document, read_toml

# The seven festivals of article 2 of the regulation (全国年节及纪念日放假办法).
FESTIVALS: Final = (
    "new_year",
    "spring_festival",
    "qingming",
    "labour_day",
    "dragon_boat",
    "mid_autumn",
    "national_day",
)
CONFIDENCE: Final = ("V", "S", "M")
SATURDAY: Final = 5
T = TypeVar("T")

LONGEST_PERIOD: Final = 31  # days; no notice has come near, a mistyped month does


@dataclass(frozen=True, slots=True)
class Announcement:
    """One notice: its number (文号), title, day of publication, how sure we are of it and where it was read."""

    number: str
    title: str
    published: date
    confidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of days off, both ends off, with the weekend days worked for it and the notice that says so."""

    first: date
    last: date
    worked: tuple[date, ...]
    festivals: Mapping[str, date]
    number: str
    said: Said

    @property
    def off(self) -> tuple[date, ...]:
        """Every day of the stretch."""
        return tuple(self.first + timedelta(n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class HolidayNotice:
    """All that is announced for one year: the yearly notice, then the notices that changed it."""

    year: int
    announcements: tuple[Announcement, ...]
    periods: tuple[Period, ...]

    @property
    def number(self) -> str:
        """Number (文号) of the yearly notice."""
        return self.announcements[0].number

    @property
    def title(self) -> str:
        """Title of the yearly notice."""
        return self.announcements[0].title

    @property
    def published(self) -> date:
        """Day of publication of the yearly notice."""
        return self.announcements[0].published

    @property
    def source(self) -> str:
        """Where the yearly notice was read."""
        return self.announcements[0].source

    @property
    def confidence(self) -> str:
        """The lowest confidence of the notices: V read in full, S secondary source, M from memory."""
        return max((one.confidence for one in self.announcements), key=CONFIDENCE.index)

    @property
    def off(self) -> frozenset[date]:
        """The days off."""
        return frozenset(day for period in self.periods for day in period.off)

    @property
    def worked(self) -> frozenset[date]:
        """The weekend days that are worked (调休上班)."""
        return frozenset(day for period in self.periods for day in period.worked)


@dataclass(frozen=True, slots=True)
class StatutoryFestival:
    """The days off the law gives for one festival from a date on; ``offsets`` count from the festival's own day.

    ``fixed`` is (month, day) where the festival has a fixed date, ``None`` where each year's file dates it.
    """

    id: str
    in_force_from: date
    fixed: tuple[int, int] | None
    offsets: tuple[int, ...]
    confidence: str
    article: str
    said: Said


def parse_notice(text: str, *, file: str) -> HolidayNotice:
    """The announcements of one year from the text of its file.

    Raises ``DefinitionError`` (``calendar.bad_notice``) with every fault found, each with file and line.
    """
    reader = _Reader(text, file)
    year = reader.integer("year")
    reader.only((), {"format", "year", "notices", "periods"})
    reader.format()
    announcements = tuple(_announcement(reader, at) for at in reader.tables("notices"))
    if not announcements:
        reader.fault(
            ("notices",),
            "calendar.missing",
            Said("没有写明放假通知", "no notice is named"),
            Said("写明通知的文号、日期和发文机关", "name the notice with number, day and issuer"),
        )
    numbers = [one.number for one in announcements]
    periods = tuple(_period(reader, at, numbers) for at in reader.tables("periods"))
    if not reader.faults:
        _check_days(reader, year, periods)
        _check_festivals(reader, periods)
    reader.refuse("calendar.bad_notice", Said("放假通知文件有误", "the holiday notice file is wrong"))
    return HolidayNotice(year, announcements, periods)


def parse_statutory(text: str, *, file: str) -> tuple[StatutoryFestival, ...]:
    """The festivals the law names, oldest version first.

    Raises ``DefinitionError`` (``calendar.bad_statutory``) with every fault found, each with file and line.
    """
    reader = _Reader(text, file)
    reader.only((), {"format", "zh", "en", "festivals"})
    reader.format()
    found = tuple(_festival(reader, at) for at in reader.tables("festivals"))
    if not found and not reader.faults:
        said = Said("没有写明法定节日", "no statutory festival is named")
        reader.fault(("festivals",), "calendar.missing", said, Said("至少写明一个节日", "name at least one festival"))
    reader.refuse("calendar.bad_statutory", Said("法定节日文件有误", "the file of statutory festivals is wrong"))
    return tuple(sorted(found, key=lambda festival: festival.in_force_from))


def _announcement(reader: _Reader, at: tuple[str | int, ...]) -> Announcement:
    reader.only(at, {"number", "title", "published", "confidence", "source"})
    return Announcement(
        reader.text(*at, "number"),
        reader.text(*at, "title"),
        reader.day(*at, "published"),
        reader.one_of(CONFIDENCE, *at, "confidence"),
        reader.text(*at, "source"),
    )


def _period(reader: _Reader, at: tuple[str | int, ...], numbers: list[str]) -> Period:
    reader.only(at, {"first", "last", "worked", "festivals", "by", "zh", "en"})
    first, last = reader.day(*at, "first"), reader.day(*at, "last")
    if not 0 <= (last - first).days < LONGEST_PERIOD:
        reader.fault(
            at,
            "calendar.bad_period",
            Said("放假起止日期不合理", "first and last day do not fit"),
            Said("first 不晚于 last，且相隔不过数日", "first is not after last, and few days lie between"),
        )
        last = first
    number = numbers[0] if numbers else ""
    if "by" in reader.table(at):
        number = reader.one_of(numbers, *at, "by")
    return Period(
        first,
        last,
        reader.days(*at, "worked"),
        reader.festivals(*at, "festivals"),
        number,
        Said(reader.text(*at, "zh"), reader.text(*at, "en")),
    )


def _festival(reader: _Reader, at: tuple[str | int, ...]) -> StatutoryFestival:
    reader.only(at, {"id", "in_force_from", "month", "day", "offsets", "confidence", "article", "zh", "en"})
    fixed = None
    if {"month", "day"} & set(reader.table(at)):
        fixed = reader.integer(*at, "month"), reader.integer(*at, "day")
        try:
            date(2001, *fixed)
        except ValueError:
            reader.fault(
                at,
                "calendar.bad_date",
                Said("没有这个月日", "there is no such month and day"),
                Said("改正 month 和 day", "mend month and day"),
            )
    offsets = reader.value(*at, "offsets")
    numbers = tuple(n for n in offsets if type(n) is int) if isinstance(offsets, list) else ()
    if not numbers or not isinstance(offsets, list) or len(numbers) != len(offsets):
        reader.fault(
            (*at, "offsets"),
            "calendar.bad_offsets",
            Said("offsets 应为整数列表", "offsets is a list of days"),
            Said("写成 offsets = [0, 1, 2]", "write it as offsets = [0, 1, 2]"),
        )
    return StatutoryFestival(
        reader.one_of(FESTIVALS, *at, "id"),
        reader.day(*at, "in_force_from"),
        fixed,
        numbers,
        reader.one_of(CONFIDENCE, *at, "confidence"),
        reader.text(*at, "article"),
        Said(reader.text(*at, "zh"), reader.text(*at, "en")),
    )


def _check_days(reader: _Reader, year: int, periods: tuple[Period, ...]) -> None:
    """No day twice, none far from the year, only weekend days worked, every festival inside its stretch."""
    seen: set[date] = set()
    for index, period in enumerate(periods):
        at = ("periods", index)
        for day in (*period.off, *period.worked):
            if day in seen:
                said = Said(f"{day} 写了两次", f"{day} stands here twice")
                reader.fault(at, "calendar.day_twice", said, Said("只写一次", "write it once"))
            seen.add(day)
            if not date(year - 1, 12, 1) <= day <= date(year + 1, 1, 31):
                said = Said(f"{day} 不属于{year}年", f"{day} is not of {year}")
                reader.fault(
                    at, "calendar.other_year", said, Said("移到该年的文件", "it belongs into that year's file")
                )
        for day in period.worked:
            if day.weekday() < SATURDAY:
                said = Said(f"{day} 不是周末，不能调休上班", f"{day} is no weekend day, it cannot be a make-up day")
                reader.fault(at, "calendar.not_weekend", said, Said("从 worked 中删去", "take it out of worked"))
        for name, day in period.festivals.items():
            if not period.first <= day <= period.last:
                said = Said(f"{name}（{day}）不在放假期间内", f"{name} ({day}) is outside the days off")
                advice = Said("改正节日或放假起止日期", "mend the festival's day, or the first and last day off")
                reader.fault(at, "calendar.festival_outside", said, advice)


def _check_festivals(reader: _Reader, periods: tuple[Period, ...]) -> None:
    """Each of the seven festivals is dated exactly once: a forgotten one would silently move deadlines."""
    named = [name for period in periods for name in period.festivals]
    for name in FESTIVALS:
        if named.count(name) != 1:
            said = Said(f"{name} 应当恰好出现一次", f"{name} must stand here exactly once")
            advice = Said("在一个放假期间的 festivals 中写一次", "name it once among the festivals of a period")
            reader.fault(("periods",), "calendar.festival_count", said, advice)


class _Reader:
    """Takes typed values out of a document and gathers a fault for each that is missing or of the wrong type."""

    def __init__(self, text: str, file: str) -> None:
        self.faults: list[Fault] = []
        document = read_toml(text, file=file)
        if isinstance(document, Fault):
            raise _wrong_file("calendar.bad_file", Said("日历文件有误", "the calendar file is wrong"), (document,))
        self.document: Document = document

    def fault(self, at: tuple[str | int, ...], code: str, said: Said, advice: Said) -> None:
        rule = ".".join(str(part) for part in at) or "file"
        self.faults.append(Fault(self.document.file, self.document.line(*at), rule, code, said, advice))

    def refuse(self, code: str, said: Said) -> None:
        """Raise what was gathered, if anything was."""
        if self.faults:
            raise _wrong_file(code, said, tuple(self.faults))

    def table(self, at: tuple[str | int, ...]) -> Mapping[str, object]:
        found = self.value(*at) if at else self.document.values
        return found if isinstance(found, Mapping) else {}

    def value(self, *path: str | int) -> object:
        """The value at ``path``; ``None`` if there is none."""
        found = cast("object", self.document.values)
        for part in path:
            if isinstance(part, str):
                found = found.get(part) if isinstance(found, Mapping) else None
            else:
                found = found[part] if isinstance(found, list) else None
        return found

    def tables(self, name: str) -> list[tuple[str, int]]:
        """The paths of the lines of the array ``name``."""
        found = self.value(name)
        if isinstance(found, list) and all(isinstance(one, Mapping) for one in found):
            return [(name, index) for index in range(len(found))]
        said = Said(f"缺少 {name} 列表", f"the list {name} is missing")
        self.fault((name,), "calendar.missing", said, Said(f"补上 {name} = [ … ]", f"add {name} = [ … ]"))
        return []

    def only(self, at: tuple[str | int, ...], known: set[str]) -> None:
        for key in sorted(set(self.table(at)) - known):
            said = Said(f"不认识的键 {key}", f"unknown key {key}")
            self.fault((*at, key), "calendar.unknown_key", said, advise(key, known))

    def format(self) -> None:
        if self.integer("format") != 1:
            said = Said("不认识的文件格式版本", "unknown version of the file format")
            self.fault(("format",), "calendar.format", said, Said("请写 format = 1", "write format = 1"))

    def integer(self, *path: str | int) -> int:
        # The years of a date bound every integer of these files.
        return self._typed(path, lambda one: type(one) is int and abs(one) < 9999, 2000, "整数", "an integer")  # noqa: PLR2004 - largest year

    def text(self, *path: str | int) -> str:
        return self._typed(path, lambda one: isinstance(one, str) and bool(one.strip()), "", "文字", "a text")

    def day(self, *path: str | int) -> date:
        return self._typed(path, _is_day, date(2000, 1, 1), "日期", "a date")

    def days(self, *path: str | int) -> tuple[date, ...]:
        def good(one: object) -> bool:
            return isinstance(one, list) and all(_is_day(day) for day in one)

        return tuple(self._typed(path, good, [], "日期列表", "a list of dates"))

    def festivals(self, *path: str | int) -> Mapping[str, date]:
        def good(one: object) -> bool:
            return isinstance(one, Mapping) and set(one) <= set(FESTIVALS) and all(_is_day(day) for day in one.values())

        names = "、".join(FESTIVALS)
        return MappingProxyType(
            self._typed(path, good, {}, f"节日与日期（{names}）", f"festivals with dates ({names})")
        )

    def one_of(self, options: tuple[str, ...] | list[str], *path: str | int) -> str:
        listed = "、".join(options)
        first = options[0] if options else ""
        return self._typed(path, lambda one: one in options, first, f"其中之一：{listed}", f"one of {listed}")

    def _typed(self, path: tuple[str | int, ...], good: Callable[[object], bool], instead: T, zh: str, en: str) -> T:
        """The value at ``path`` if ``good``; else a fault, and ``instead`` so that reading goes on."""
        found = self.value(*path)
        if good(found):
            return cast("T", found)
        key = path[-1]
        said = Said(f"{key} 的值不对", f"{key} is wrong")
        self.fault(path, "calendar.bad_value", said, Said(f"应为{zh}", f"it must be {en}"))
        return instead


def _wrong_file(code: str, said: Said, faults: tuple[Fault, ...]) -> DefinitionError:
    """The error that names the first fault in its sentence and carries all of them."""
    first = faults[0]
    where = f"{first.file}:{first.line}"
    zh, en = f"{said.zh}：{where} {first.said.zh}", f"{said.en}: {where} {first.said.en}"
    return DefinitionError(code, Said(zh, en), faults=faults)


def _is_day(one: object) -> bool:
    return isinstance(one, date) and not isinstance(one, datetime)
