"""Junk in addresses and filters is told clearly or means nothing; it never breaks a page."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

HUGE = "9" * 40
VERY_HUGE = "9" * 5000
JUNK = ["'\"<script>", "\0", "%%", HUGE, VERY_HUGE, "-1", "²", "\ud7ff", "a" * 5000]


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1-1", "1-2-3", "1.5-2", f"{HUGE}-1", "'--"])
def test_a_cursor_that_is_none_is_told(name: str, cursor: str, sit: Sit) -> None:
    response = sit("asking.leader").get("/matters/", {name: cursor})
    assert response.status_code == 422
    assert missing(response, ["casework.bad_cursor", "翻页标记无效"]) == []


@pytest.mark.parametrize("cursor", ["9999999999999999999-9999999999999999999", "0-0"])
def test_a_cursor_beyond_every_row_shows_a_page(cursor: str, world: World, sit: Sit) -> None:
    matter = world.begin()
    found = {name: text_of(sit("asking.leader").get("/matters/", {name: cursor})) for name in ("after", "before")}
    shown = {name for name, page in found.items() if f"/matters/{matter.number}/" in page}
    assert shown == ({"before"} if cursor == "0-0" else {"after"})


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize(
    ("person", "path", "names"),
    [
        ("asking.leader", "/matters/", ["q", "state", "direction", "procedure", "overdue", "open"]),
        ("asking.leader", "/cases/", ["before"]),
        ("asking.leader", "/notices/", ["before"]),
        ("asking.leader", "/begin/assistance/draft/", ["case"]),
        ("asking.auditor", "/journal/", ["q", "event", "since", "until", "before"]),
    ],
)
def test_junk_in_filters_breaks_no_page(person: str, path: str, names: list[str], junk: str, sit: Sit) -> None:
    desk = sit(person)
    for name in names:
        response = desk.get(path, {name: junk})
        assert response.status_code == (400 if junk == "\0" else 422 if name == "before" else 200), name
        assert "<script>" not in text_of(response)


@pytest.mark.parametrize(
    "path",
    [
        "/matters/%00/",
        "/matters/%00/acts/submit/",
        "/matters/x/acts/%00/",
        "/begin/%00/draft/",
        "/begin/assistance/%00/",
    ],
)
def test_a_null_character_in_an_address_is_refused(path: str, sit: Sit) -> None:
    response = sit("asking.leader").get(path)
    assert response.status_code == 400
    assert "request.malformed" in text_of(response)


def test_a_token_number_beyond_the_column_is_not_found(sit: Sit) -> None:
    assert sit("asking.administrator").post(f"/tokens/{HUGE}/end/").status_code == 404


def test_pages_turn_from_newest_to_oldest_and_back(world: World, sit: Sit) -> None:
    for n in range(30):
        world.begin(at=f"2026-02-05T10:{n:02d}", case_ref=f"第{n:02d}号案")
    desk = sit("asking.leader")
    first = desk.get("/matters/")
    assert missing(first, ["第29号案", "第05号案", "共 30 件"]) == []
    assert "第04号案" not in text_of(first)
    older = _link(first, "next")
    second = desk.get("/matters/" + older)
    assert missing(second, ["第04号案", "第00号案"]) == []
    assert "第05号案" not in text_of(second)
    assert text_of(desk.get("/matters/" + _link(second, "prev"))).count("row-title") == 25


def _link(response: HttpResponse, rel: str) -> str:
    page = text_of(response)
    return page.partition(f'rel="{rel}" href="')[2].partition('"')[0].replace("&amp;", "&")


def test_filters_narrow_the_list(world: World, sit: Sit) -> None:
    out = world.matter_in("delivered", case_ref="去件甲")
    world.matter_in("closed", case_ref="办结乙")
    incoming = world.begin(by="asked.case_officer", asked="asking", case_ref="来件丙")
    world.do(incoming, "submit", by="asked.case_officer", at="2026-02-05T11:00")
    world.do(incoming, "issue", by="asked.leader", at="2026-02-06T09:00")
    desk = sit("asking.leader")
    cases: dict[tuple[str, str], set[str]] = {
        ("q", "去件"): {"去件甲"},
        ("q", out.number): {"去件甲"},
        ("state", "closed"): {"办结乙"},
        ("open", "1"): {"去件甲", "来件丙"},
        ("direction", "out"): {"去件甲", "办结乙"},
        ("direction", "in"): {"来件丙"},
        ("procedure", "assistance"): {"去件甲", "办结乙", "来件丙"},
        ("procedure", "transfer"): set(),
        ("overdue", "1"): set(),
    }
    for (name, value), wanted in cases.items():
        page = text_of(desk.get("/matters/", {name: value})).partition("<tbody>")[2]
        assert {title for title in ("去件甲", "办结乙", "来件丙") if title in page} == wanted, name
