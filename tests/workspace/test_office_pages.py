"""The pages of auditor and administrator: the journal with its filters, the tokens with secrets shown once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.entrypoints.workspace.jinja import day
from concord.foundation.access.models import Token
from concord.foundation.access.queries import actor_of_token
from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Post
from concord.foundation.sheets.models import Sheet
from tests.support.worlds import JOINT, World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

JOURNAL, TOKENS = "/journal/", "/tokens/"
SECRET = re.compile(r"concord_[A-Za-z0-9_-]{43}")


def rows(desk: Desk, **asked: str) -> str:
    """The journal's table under these filters."""
    return text_of(desk.get(JOURNAL, asked)).partition("<tbody>")[2]


def test_the_auditor_finds_every_act_of_the_own_side_and_no_internal_one_of_the_other(world: World, sit: Sit) -> None:
    matter = world.matter_in("closed")
    asking, asked = rows(sit("asking.auditor")), rows(sit("asked.auditor"))
    assert [asking.count(f"<span>{act}<") for act in ("起草", "送签", "签发", "办结")] == [1, 1, 1, 1]
    assert asking.count("复函送签") == 0
    assert [asked.count(f"<span>{act}<") for act in ("签收办理", "复函送签", "签发复函")] == [1, 1, 1]
    assert asked.count("起草") == 0
    assert Entry.objects.filter(subject=matter.number).count() == 7
    assert matter.number not in rows(sit("third.auditor"))


def test_the_journal_is_filtered_by_number_event_and_day(world: World, sit: Sit) -> None:
    world.matter_in("closed")
    other = world.begin(at="2026-02-20T10:00", case_ref="另一件")
    desk = sit("asking.auditor")
    assert rows(desk).count("<tr>") == 5
    assert rows(desk, q=other.number).count("<tr>") == 1
    assert rows(desk, event="assistance.issue").count("<tr>") == 1
    assert rows(desk, since="2026-02-06").count("<tr>") == 3
    assert rows(desk, until="2026-02-05").count("<tr>") == 2
    assert rows(desk, since="2026-02-06", until="2026-02-06").count("<tr>") == 1
    assert "没有符合条件的记录" in text_of(desk.get(JOURNAL, {"q": "none"}))


@pytest.mark.usefixtures("morning")
def test_the_journal_names_people_and_sheets_by_their_names(world: World, sit: Sit) -> None:
    book = SimpleUploadedFile(
        "一月线索.csv", "案件（线索）编号,案件（线索）名称,办案阶段\n松线〔2026〕1号,某某店案,立案前核查\n".encode()
    )
    assert sit("asking.clerk").post("/sheets/", {"kind": "leads", "file": book}).status_code == 302
    person = world.person("asking.clerk")
    assert sit("asking.administrator").post(f"/people/{person.uid}/invite/").status_code == 200
    shown = rows(sit("asking.auditor"))
    for said in ("一月线索.csv", person.zh, person.username):
        assert said in shown
    [sheet] = Sheet.objects.all()
    assert str(sheet.uid) not in shown


def test_the_journal_says_in_words_that_a_clock_was_suspended_and_until_when_it_runs_again(toys: World) -> None:
    partners = [toys.places[place].code for place in ("asked", "third")]
    matter = toys.begin(procedure="joint", act="plan", at="2026-02-02T09:00", parties={"partner": partners}, **JOINT)
    toys.do(matter, "send_round", by="asking.leader", at="2026-02-03T09:00")
    for place in ("asked", "third"):
        toys.do(matter, "sign", by=f"{place}.leader", at="2026-02-04T09:00")
    toys.do(matter, "pause", by="asking.leader", at="2026-02-05T09:00")
    assert Entry.objects.get(event="joint.pause").details["clock.whole"] == "suspended"
    paused = rows(Desk(toys, "asking.auditor"), event="joint.pause")
    assert paused.count("<tr>") == 1
    assert "中止" in paused
    assert "suspended" not in paused
    toys.do(matter, "go_on", by="asking.leader", at="2026-02-06T09:00")
    until = Entry.objects.get(event="joint.go_on").details["clock.whole"]
    assert day(date.fromisoformat(until)) in rows(Desk(toys, "asking.auditor"), event="joint.go_on")


def test_the_journal_turns_its_pages(world: World, sit: Sit) -> None:
    for n in range(30):
        world.begin(at=f"2026-02-05T10:{n:02d}")
    desk = sit("asking.auditor")
    first = text_of(desk.get(JOURNAL))
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    assert first.partition("<tbody>")[2].count("<tr>") == 25
    second = text_of(desk.get(JOURNAL + older))
    assert second.partition("<tbody>")[2].count("<tr>") == 5
    assert 'rel="prev"' in second


def issue(desk: Desk, world: World, **changed: str) -> str:
    """Issue a token for the organisation's case officer; the page that answers."""
    post = Post.objects.get(person=world.person("asking.case_officer"))
    form = {"label": "办案系统", "post": str(post.pk), "days": "30", "permissions": ["matter:read"], **changed}
    return text_of(desk.post(TOKENS, form))


def test_a_token_s_secret_is_shown_once_and_works(world: World, sit: Sit) -> None:
    desk = sit("asking.administrator")
    page = issue(desk, world)
    secret = SECRET.search(page)
    assert secret is not None
    assert secret[0] not in text_of(desk.get(TOKENS))
    token = Token.objects.get()
    assert secret[0] not in str(vars(token))
    actor = actor_of_token(secret[0], at=now())
    assert actor is not None
    assert actor.permissions == {"matter:read"}
    assert token.expires_at - token.issued_at == timedelta(days=30)
    assert Entry.objects.filter(event="token.issue", details={"token": token.pk}).count() == 1


def test_a_token_ends_at_once(world: World, sit: Sit) -> None:
    desk = sit("asking.administrator")
    secret = SECRET.search(issue(desk, world))
    assert secret is not None
    token = Token.objects.get()
    assert desk.post(f"{TOKENS}{token.pk}/end/").headers["Location"] == TOKENS
    assert actor_of_token(secret[0], at=now()) is None
    assert "已失效" in text_of(desk.get(TOKENS))
    assert Entry.objects.filter(event="token.revoke", details={"token": token.pk}).count() == 1


def test_a_look_at_the_address_does_not_end_a_token(world: World, sit: Sit) -> None:
    desk = sit("asking.administrator")
    issue(desk, world)
    token = Token.objects.get()
    desk.get(f"{TOKENS}{token.pk}/end/")
    token.refresh_from_db()
    assert token.revoked_at is None


def test_another_organisation_s_tokens_are_neither_seen_nor_ended(world: World, sit: Sit) -> None:
    issue(sit("asking.administrator"), world)
    token = Token.objects.get()
    other = sit("asked.administrator")
    assert "办案系统" not in text_of(other.get(TOKENS))
    assert other.post(f"{TOKENS}{token.pk}/end/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"days": "0"}, 422),
        ({"days": ""}, 422),
        ({"days": "x"}, 422),
        ({"days": "366"}, 422),
        ({"days": "9" * 5000}, 422),
        ({"post": ""}, 404),
        ({"post": "x"}, 404),
        ({"post": "9" * 40}, 404),
        ({"post": "9" * 5000}, 404),
    ],
)
def test_a_token_with_wrong_input_is_not_issued(changed: dict[str, str], status: int, world: World, sit: Sit) -> None:
    post = Post.objects.get(person=world.person("asking.case_officer"))
    form = {"label": "办案系统", "post": str(post.pk), "days": "30", "permissions": ["matter:read"], **changed}
    assert sit("asking.administrator").post(TOKENS, form).status_code == status
    assert not Token.objects.exists()


def test_a_token_for_somebody_of_another_organisation_is_not_issued(world: World, sit: Sit) -> None:
    post = Post.objects.get(person=world.person("asked.case_officer"))
    assert sit("asking.administrator").post(TOKENS, {"post": str(post.pk), "days": "30"}).status_code == 404
    assert not Token.objects.exists()


def test_the_longest_token_lasts_a_year(world: World, sit: Sit) -> None:
    issue(sit("asking.administrator"), world, days="365")
    token = Token.objects.get()
    assert token.expires_at - token.issued_at == timedelta(days=365)


def test_a_token_past_its_day_is_shown_as_ended(world: World, sit: Sit, morning: time_machine.Traveller) -> None:
    issue(sit("asking.administrator"), world)
    morning.shift(timedelta(days=30))
    assert missing(sit("asking.administrator").get(TOKENS), ["已失效"]) == []
