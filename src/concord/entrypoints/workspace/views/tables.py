"""The tables that can go out: their columns and rows in the reader's language, through the funnel of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from django.utils.translation import gettext as _

from concord.casework.desk import lists
from concord.casework.desk.cases import cases_wanted, columns_on, page_of_cases
from concord.casework.desk.lists import Cursor, Wanted
from concord.casework.models import Case
from concord.entrypoints.workspace.asking import day_or_none
from concord.entrypoints.workspace.events import detail_words, event_words
from concord.entrypoints.workspace.grouping import queues
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.entrypoints.workspace.views.cases import wanted_of as cases_wanted_of
from concord.entrypoints.workspace.views.directory import post_words
from concord.entrypoints.workspace.views.matters_list import BY_DUE, MORE, USUAL, Place, listed, wanted_of
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.journal import queries as journal
from concord.foundation.notices import queries as notices
from concord.foundation.organisations.queries import organisations, posts_on
from concord.foundation.sheets.workbook import Cell
from concord.rules.errors import NotFound, Said
from concord.rules.sheets import Column, ColumnType

PART: Final = 200
Asked: TypeAlias = Mapping[str, str]
Row: TypeAlias = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table by kind: who may take it out, what it is called, its headings and rows, part by part.

    ``count`` says about how many rows there are, no further than the number given and one; 0 where it cannot say.
    """

    kind: str
    permission: str
    title: Callable[[], str]
    headings: Callable[[date], list[str]]
    rows: Callable[[Glass, Asked], Iterator[Row]]
    count: Callable[[Glass, Asked, int], int]


def find(kind: str) -> Table:
    """The table of that kind. Raises NotFound ``sheets.no_table``."""
    try:
        return TABLES[kind]
    except KeyError as error:
        raise NotFound("sheets.no_table", Said("没有这种列表。", "There is no such table.")) from error


def _matter_headings(_today: date) -> list[str]:
    return [
        _("编号"),
        _("标题"),
        _("程序"),
        _("状态"),
        _("发起机关"),
        _("承办机关"),
        _("承办人"),
        _("发起日期"),
        _("到期日期"),
        _("期限"),
        _("是否超期"),
        _("最近更新"),
    ]


def matter_rows(glass: Glass, wanted: Wanted, *, begun_from: date | None, begun_until: date | None) -> Iterator[Row]:
    """The matters of a list, with those begun within the days only."""
    if begun_from is not None and (wanted.since is None or wanted.since < begun_from):
        # Nothing is begun after its last act, so whatever was not touched since is left out unread.
        wanted = replace(wanted, since=begun_from)
    after: Cursor | None = None
    while True:
        page = lists.page_of_matters(glass.by, wanted, limit=PART, after=after)
        begun = [matter for matter in page.rows if _within(legal_date(matter.begun_at), begun_from, begun_until)]
        for matter, line in zip(begun, listed(begun, glass), strict=True):
            yield _matter_cells(line, legal_date(matter.begun_at))
        if page.older is None:
            return
        after = page.older


def chosen_matters(glass: Glass, ids: Sequence[int]) -> list[Row]:
    """The rows of these matters, in this order; those not shown are left out."""
    matters = lists.rows_with(glass.by, ids)
    lines = listed(matters, glass)
    return [_matter_cells(line, legal_date(one.begun_at)) for one, line in zip(matters, lines, strict=True)]


def _matter_cells(line: Mapping[str, Any], begun: date) -> Row:
    due = None if line["final"] else line["due"]
    return (
        line["number"],
        line["title"],
        line["procedure"],
        line["state"],
        line["origin"],
        line["target"],
        line["handler"],
        begun,
        due["date"] if due else None,
        due["label"] if due else "",
        (_("是") if due["over"] else _("否")) if due else "",
        line["updated"],
    )


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def wanted_matters(glass: Glass, asked: Asked) -> Wanted:
    """The filters of a list of matters, or of the queue of a ``group``, as its address names them."""
    filled = {name: asked.get(name, "").strip() for name in (*USUAL, *MORE)}
    place = Place("matters", "")
    group = next((one for one in queues(glass) if one.group.id == asked.get("group")), None)
    if group is not None:
        place = Place("queue", "", group.procedures, order=BY_DUE, open_only=True)
    return wanted_of(filled, glass.by, glass, place, list(organisations()))


def _matters(glass: Glass, asked: Asked) -> Iterator[Row]:
    typed = dict(asked)
    return matter_rows(
        glass,
        wanted_matters(glass, asked),
        begun_from=day_or_none(typed, "begun_from"),
        begun_until=day_or_none(typed, "begun_until"),
    )


def _count_matters(glass: Glass, asked: Asked, most: int) -> int:
    return lists.count_of_matters(glass.by, wanted_matters(glass, asked), most=most)


def _count_cases(glass: Glass, asked: Asked, most: int) -> int:
    return cases_wanted(glass.by, cases_wanted_of(dict(asked))).order_by().values("id")[: most + 1].count()


def _uncounted(glass: Glass, asked: Asked, most: int) -> int:  # noqa: ARG001  a table is counted within its filters, these are not
    return 0


def _case_headings(today: date) -> list[str]:
    return [*(words(column) for column in columns_on(today)), _("承办人"), _("登记时间"), _("协作事项数")]


def _cases(glass: Glass, asked: Asked) -> Iterator[Row]:
    columns = columns_on(glass.today)
    before: int | None = None
    while page := page_of_cases(glass.by, cases_wanted_of(dict(asked)), limit=PART, before=before):
        for case in page:
            known = (_case_cell(column, case) for column in columns)
            yield (*known, named(case.person), case.opened_at, case.matter_count)
        before = page[-1].id


def _case_cell(column: Column, case: Case) -> Cell:
    value: Cell = getattr(case, column.id)
    if column.type is ColumnType.MONEY and isinstance(value, int):
        return Decimal(value) / 100
    return next((words(option) for option in column.options if option.id == value), value)


def _journal_headings(_today: date) -> list[str]:
    return [_("序号"), _("时间"), _("程序"), _("事件"), _("机关"), _("人员"), _("对象"), _("详情")]


def _journal(glass: Glass, asked: Asked) -> Iterator[Row]:
    typed, before = dict(asked), None
    since, until = day_or_none(typed, "since"), day_or_none(typed, "until")
    while page := journal.entries_for(
        glass.by,
        limit=PART,
        before=before,
        subject=asked.get("q", "").strip()[:80],
        event=asked.get("event") or None,
        since=since,
        until=until,
    ):
        for entry in page:
            area, event = event_words(entry.event, glass)
            details = detail_words(entry.details, entry.event, glass)
            yield (
                entry.id,
                entry.at,
                area,
                event,
                named(entry.organisation) if entry.organisation else "",
                named(entry.person) if entry.person else _("系统"),
                entry.subject,
                "；".join(f"{label} {text}" for label, text in details),
            )
        before = page[-1].id


def _directory_headings(_today: date) -> list[str]:
    return [_("机关"), _("姓名"), _("岗位"), _("科室"), _("电话")]


def _directory(glass: Glass, asked: Asked) -> Iterator[Row]:
    on = day_or_none(dict(asked), "day") or glass.today
    posts = posts_on(on).select_related("person", "organisation", "department")
    for post in posts.order_by("organisation__position", "id"):
        department = named(post.department) if post.department else ""
        yield (named(post.organisation), named(post.person), post_words(post, glass), department, post.person.telephone)


def _notice_headings(_today: date) -> list[str]:
    return [_("时间"), _("通知"), _("已读时间")]


def _notices(glass: Glass, asked: Asked) -> Iterator[Row]:  # noqa: ARG001  a table is asked with filters, this has none
    before = None
    while page := notices.notices_for(glass.by, limit=PART, before=before):
        yield from ((notice.made_at, words(notice), notice.read_at) for notice in page)
        before = page[-1].id


TABLES: Final[Mapping[str, Table]] = {
    table.kind: table
    for table in (
        Table("matters", "matter:read", lambda: _("事项"), _matter_headings, _matters, _count_matters),
        Table("cases", "case:open", lambda: _("案件"), _case_headings, _cases, _count_cases),
        Table("directory", "directory:read", lambda: _("通讯录"), _directory_headings, _directory, _uncounted),
        Table("notices", "directory:read", lambda: _("通知"), _notice_headings, _notices, _uncounted),
        Table("journal", "journal:read", lambda: _("流水"), _journal_headings, _journal, _uncounted),
    )
}


def file_name(table: Table, at: datetime, form: str) -> str:
    """What a table's file is called: its title and the moment on Shanghai's clock."""
    return f"{table.title()}-{at.astimezone(LEGAL_ZONE):%Y%m%d-%H%M}.{form}"
