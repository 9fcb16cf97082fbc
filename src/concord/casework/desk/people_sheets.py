"""Sheets of people: each good row becomes a person of the organisation with a first post."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from concord.casework.desk.staffing import MANAGE, NAME_LONGEST, TELEPHONE_LONGEST, USERNAME, take_on
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.organisations.models import Person
from concord.foundation.organisations.queries import charter_on, departments_on
from concord.foundation.sheets.registry import SheetKind, register
from concord.rules.errors import ConcordError, Conflict, Said
from concord.rules.sheets import Column, ColumnType, Option, Value

LOGIN = Said("2至60位小写字母、数字、点、横线", "2 to 60 small letters, digits, dots or dashes")
MAIL = Said("如 li.si@example.cn", "such as li.si@example.cn")
MAIL_FORM = r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"


def _columns(by: Actor, day: date) -> tuple[Column, ...]:
    choice, written = ColumnType.CHOICE, ColumnType.DATE
    posts = tuple(Option(post.id, post.zh, post.en) for post in charter_on(day).posts)
    departments = tuple(
        Option(str(one.pk), one.zh, one.en or one.zh)
        for one in departments_on(day).filter(organisation=by.organisation)
    )
    username = Column(
        "username",
        "登录名",
        "Login",
        required=True,
        unique=True,
        longest=60,
        pattern=USERNAME.pattern,
        example="li.si",
        help=LOGIN,
    )
    return (
        username,
        Column("zh", "姓名", "Name", required=True, longest=NAME_LONGEST, example="李四"),
        Column("en", "英文名", "Name in English", longest=NAME_LONGEST, example="Li Si"),
        Column("telephone", "电话", "Telephone", longest=TELEPHONE_LONGEST, example="0571-12345678"),
        Column("email", "邮箱", "E-mail", longest=200, pattern=MAIL_FORM, example="li.si@example.cn", help=MAIL),
        Column("kind", "岗位", "Post", choice, required=True, options=posts, example="case_officer"),
        Column("department", "科室", "Department", choice, options=departments),
        Column("first", "任职首日", "First day", written, required=True, example="2026-03-02"),
        Column("last", "任职末日", "Last day", written, help=Said("没有期限的不填", "left empty without a term")),
    )


def _there(by: Actor, column: str, values: Collection[str]) -> Collection[str]:  # noqa: ARG001  logins are taken once everywhere
    return set(Person.objects.filter(username__in=list(values)).values_list("username", flat=True))


def _take(rows: Sequence[Mapping[str, Value]], *, by: Actor, at: datetime, entropy: bytes) -> list[str]:  # noqa: ARG001  people need no chance
    departments = {str(one.pk): one for one in departments_on(legal_date(at)).filter(organisation=by.organisation)}
    made = []
    for row in rows:
        text = {name: str(value or "") for name, value in row.items()}
        first, last = row["first"], row["last"]
        try:
            post = take_on(
                username=text["username"],
                zh=text["zh"],
                en=text["en"],
                telephone=text["telephone"],
                email=text["email"],
                kind=text["kind"],
                first=first if isinstance(first, date) else legal_date(at),
                last=last if isinstance(last, date) else None,
                by=by,
                at=at,
                department=departments.get(text["department"]),
            )
        except ConcordError as error:
            raise _refused(text["username"], error) from error
        made.append(str(post.person.uid))
    return made


def _refused(username: str, error: ConcordError) -> Conflict:
    told = error.problems[0].said if error.problems else error.said
    return Conflict(
        "sheets.row_refused",
        Said(
            f"“{username}”不能登记，没有导入任何一行：{told.zh}",
            f"“{username}” cannot be taken on, so no row was taken: {told.en}",
        ),
    )


PEOPLE = register(
    SheetKind(
        id="people",
        said=Said("人员", "People"),
        seen_with=MANAGE,
        permission=MANAGE,
        columns=_columns,
        there=_there,
        take=_take,
    )
)
