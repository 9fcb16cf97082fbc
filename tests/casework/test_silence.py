"""Proof of silence: what is stated each day, for whom, and that it is stated once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concord.casework.desk import silence
from concord.casework.models.desk import SilenceStatement
from concord.foundation.database import scope
from concord.foundation.database.scope import writing
from concord.foundation.files.queries import read_verified
from concord.foundation.journal.models import Entry
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import SealedFile
from concord.foundation.organisations.models import Organisation
from concord.proofs.verifying import verify
from concord.rules.errors import NotFound, Said, Unavailable
from tests.support.sealing import Home, home_of, written
from tests.support.worlds import World, speaking_as, time

DAY = date(2026, 2, 20)
AT = time("2026-02-21T06:10")


@pytest.fixture
def home(world: World, tmp_path: Path) -> Iterator[Home]:
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=AT).in_use() as made:
        yield made


def state(home: Home, day: date = DAY) -> list[SilenceStatement]:
    return silence.state(day, equipment=home.equipment(), now=home.now)


def between(made: list[SilenceStatement], world: World, asking: str, asked: str | None) -> SilenceStatement | None:
    wanted = (world.places[asking], world.places[asked] if asked else None)
    return next((one for one in made if (one.asking, one.asked) == wanted), None)


def payload(statement: SilenceStatement, path: str) -> bytes:
    with writing():
        row = SealedFile.objects.select_related("file").get(sealed=statement.sealed_id, path=path)
    return read_verified(row.file)


def said(statement: SilenceStatement) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(payload(statement, silence.STATEMENT))
    return told


def cut_after(packages: int) -> Callable[..., sealing.Prepared]:
    """What prepares packages, until the power is cut."""
    whole, calls = sealing.prepare, iter(range(100))

    def killed(**asked: Any) -> sealing.Prepared:
        if next(calls) == packages:
            raise Unavailable("keys.token", Said("断电", "power cut"))
        return whole(**asked)

    return killed


def test_a_delivered_letter_that_waits_is_stated(world: World, home: Home) -> None:
    matter = world.matter_in("delivered")
    made = between(state(home), world, "asking", "asked")
    assert made is not None
    assert (made.count, made.date) == (1, DAY)
    told = said(made)
    asking, asked = world.places["asking"].code, world.places["asked"].code
    assert {name: told[name] for name in ("schema", "date", "as_of", "asking", "asked")} == {
        "schema": "silence/1",
        "date": "2026-02-20",
        "as_of": "2026-02-20T22:10:00Z",
        "asking": asking,
        "asked": asked,
    }
    [letter] = told["unanswered"]
    receipt, reply = letter.pop("clocks")
    assert receipt == {"clock": "receipt", "legal_due": "2026-02-10", "overdue": True, "source": "agreed"}
    assert (reply["clock"], reply["legal_due"], reply["overdue"]) == ("reply", "2026-03-05", False)
    assert letter == {
        "matter": str(matter.uid),
        "number": matter.number,
        "act": "issue",
        "seq": 3,
        "delivered_at": "2026-02-06T01:00:00Z",
        "days": 14,
    }


def test_the_words_say_the_same_and_name_nobody(world: World, home: Home) -> None:
    matter = world.matter_in("delivered")
    made = between(state(home), world, "asking", "asked")
    assert made is not None
    words = payload(made, silence.WORDS).decode()
    assert matter.number in words
    assert "2026-02-06 09:00 送达" in words
    assert "已等候 14 日" in words
    assert "“签收期限”（约定·拟议）届满日 2026-02-10，已超期" in words
    assert "届满日 2026-03-05。" in words
    assert matter.title not in words
    assert "case_officer" not in words


def test_the_statement_verifies(world: World, home: Home) -> None:
    world.matter_in("delivered")
    made = between(state(home), world, "asking", "asked")
    assert made is not None
    home.later(seconds=2)
    home.round()
    sealing.complete(at=home.at, stamping=home.stamping())
    report = verify(written(silence.package_of(made)), trust=home.trust, at=home.at)
    assert (report.verdict, report.level) == ("pass", "L2T")


@pytest.mark.parametrize("way", ["drafted", "submitted", "answered", "refused", "closed", "withdrawn"])
def test_what_does_not_wait_for_the_other_side_is_not_stated(world: World, home: Home, way: str) -> None:
    world.matter_in(way)
    assert between(state(home, date(2026, 3, 10)), world, "asking", "asked") is None


def test_what_was_delivered_after_the_day_is_not_stated(world: World, home: Home) -> None:
    world.matter_in("delivered")
    assert between(state(home, date(2026, 2, 5)), world, "asking", "asked") is None
    assert between(state(home, date(2026, 2, 6)), world, "asking", "asked") is not None


def test_whoever_waits_for_nobody_gets_a_statement_of_that(world: World, home: Home) -> None:
    made = state(home)
    assert {one.asked for one in made} == {None}
    assert len(made) == Organisation.objects.count()
    own = between(made, world, "asking", None)
    assert own is not None
    assert said(own)["unanswered"] == []
    assert "没有已送达而等候" in payload(own, silence.WORDS).decode()


def test_each_day_is_stated_once(world: World, home: Home) -> None:
    world.matter_in("delivered")
    first = state(home)
    assert first
    assert state(home) == []
    # What came later that morning changes nothing of a day that was stated.
    world.matter_in("delivered", case_ref="又一件")
    assert state(home) == []
    assert len(state(home, DAY + timedelta(days=1))) == len(first)


def test_a_run_that_was_killed_is_taken_up(world: World, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    world.matter_in("delivered")
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "prepare", cut_after(3))
        with pytest.raises(Unavailable):
            state(home)
    assert SilenceStatement.objects.count() == 3
    assert state(home)
    assert SilenceStatement.objects.count() == Organisation.objects.count()


def test_both_sides_see_it_and_nobody_else(world: World, home: Home) -> None:
    world.matter_in("delivered")
    made = between(state(home), world, "asking", "asked")
    assert made is not None
    for name, seen in [("asking.case_officer", True), ("asked.case_officer", True), ("third.case_officer", False)]:
        by = world.actor(name, at="2026-02-21T09:00")
        with speaking_as(by):
            listed = silence.statements_of(by, limit=50)
            assert (made in listed) is seen
            if seen:
                assert silence.statement_for(uid=made.uid, by=by) == made
            else:
                with pytest.raises(NotFound) as refused:
                    silence.statement_for(uid=made.uid, by=by)
                assert refused.value.code == "casework.no_statement"


def test_without_the_permission_nothing_is_shown(world: World, home: Home) -> None:
    state(home)
    by = world.actor("asking.security_officer", at="2026-02-21T09:00")
    with speaking_as(by):
        assert silence.statements_of(by, limit=50) == []


def test_the_journal_tells_of_it(world: World, home: Home) -> None:
    world.matter_in("delivered")
    made = between(state(home), world, "asking", "asked")
    assert made is not None
    entry = Entry.objects.get(event="silence.state", organisation=world.places["asking"])
    assert entry.details == {
        "date": "2026-02-20",
        "count": 1,
        "package": silence.package_of(made).package,
        "receiver": world.places["asked"].code,
    }


def test_the_job_does_nothing_without_a_ledger(world: World) -> None:  # noqa: ARG001  the database is needed
    silence.state_yesterday(payload={}, at=AT)
    assert not SilenceStatement.objects.exists()


def test_the_job_does_nothing_before_the_members_have_signed(home: Home) -> None:
    home.installation.trust.unlink()
    silence.state_yesterday(payload={}, at=AT)
    assert not SilenceStatement.objects.exists()


@pytest.mark.usefixtures("home")
def test_the_job_states_the_day_before(world: World) -> None:
    world.matter_in("delivered")
    scope.enter(scope.SYSTEM)
    silence.state_yesterday(payload={}, at=AT)
    assert set(SilenceStatement.objects.values_list("date", flat=True)) == {DAY}
    # The installation's own stampers are not running: what is sealed waits for its tokens.
    made = SilenceStatement.objects.get(asking=world.places["asking"])
    assert silence.package_of(made).owing == ["local", "local-gm"]


class TestMissedDays:
    """Nothing ran on the mornings of 22 and 23 February; the job runs again on the 24th."""

    LATER = time("2026-02-24T08:30")

    @pytest.fixture
    def stopped(self, world: World, home: Home) -> Home:
        world.matter_in("delivered")
        state(home)
        return home

    def run(self, world: World, at: datetime = LATER) -> dict[date, SilenceStatement]:
        """The job; the statements between the two, by day."""
        scope.enter(scope.SYSTEM)
        silence.state_yesterday(payload={}, at=at)
        rows = SilenceStatement.objects.filter(asking=world.places["asking"], asked=world.places["asked"])
        return {one.date: one for one in rows}

    @pytest.mark.usefixtures("stopped")
    def test_each_is_made_up_once_and_says_when(self, world: World) -> None:
        made = self.run(world)
        assert sorted(made) == [DAY + timedelta(days=n) for n in range(4)]
        told = {day.day: said(one) for day, one in made.items()}
        assert {day for day, one in told.items() if "made_up" in one} == {21, 22}
        assert [told[day]["as_of"] for day in (21, 22, 23)] == ["2026-02-24T00:30:00Z"] * 3
        assert [told[day]["unanswered"][0]["days"] for day in (20, 21, 22, 23)] == [14, 15, 16, 17]
        before = SilenceStatement.objects.count()
        self.run(world)
        assert SilenceStatement.objects.count() == before == 4 * Organisation.objects.count()

    @pytest.mark.usefixtures("stopped")
    def test_what_is_not_kept_by_day_is_not_told(self, world: World) -> None:
        made = self.run(world)[DAY + timedelta(days=1)]
        [letter] = said(made)["unanswered"]
        assert "clocks" not in letter
        words = payload(made, silence.WORDS).decode()
        assert words.startswith("未答复证明（每日状态声明，补记）\n日期：2026-02-21\n补记时点：2026-02-24 08:30")
        assert silence.MADE_UP in words
        assert "至当日已等候 15 日" in words
        assert "届满日" not in words

    def test_what_was_answered_since_is_told_with_its_answer(self, world: World, home: Home) -> None:
        matter = world.matter_in("delivered")
        state(home)
        world.do(matter, "accept", by="asked.case_officer", at="2026-02-23T09:00")
        made = self.run(world)
        # It was answered on the 23rd: it waited when the 21st and 22nd ended, and no longer when the 23rd did.
        assert sorted(made) == [DAY + timedelta(days=n) for n in range(3)]
        [letter] = said(made[DAY + timedelta(days=2)])["unanswered"]
        assert letter["answered_at"] == "2026-02-23T01:00:00Z"
        assert "2026-02-23 09:00 答复" in payload(made[DAY + timedelta(days=2)], silence.WORDS).decode()

    @pytest.mark.usefixtures("stopped")
    def test_a_made_up_statement_of_nothing_says_so(self, world: World) -> None:
        self.run(world)
        other = SilenceStatement.objects.get(date=DAY + timedelta(days=1), asking=world.places["third"])
        words = payload(other, silence.WORDS).decode()
        assert silence.NOTHING_THEN in words
        assert silence.NOTHING not in words

    def test_a_day_that_was_half_stated_is_ended(
        self, world: World, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.matter_in("delivered")
        with monkeypatch.context() as patch:
            patch.setattr(sealing, "prepare", cut_after(3))
            with pytest.raises(Unavailable):
                state(home)
        assert SilenceStatement.objects.filter(date=DAY).count() == 3
        self.run(world)
        assert SilenceStatement.objects.filter(date=DAY).count() == Organisation.objects.count()

    @pytest.mark.usefixtures("home")
    def test_nothing_is_made_up_before_the_first(self, world: World) -> None:
        world.matter_in("delivered")
        assert set(self.run(world)) == {date(2026, 2, 23)}


def test_the_number_of_statements_reads_does_not_grow(world: World, home: Home, django_assert_num_queries: Any) -> None:
    world.matter_in("delivered")
    state(home)
    for day in range(1, 5):
        state(home, DAY + timedelta(days=day))
    by = world.actor("asking.case_officer", at="2026-02-21T09:00")
    with speaking_as(by), django_assert_num_queries(1):
        assert len(silence.statements_of(by, limit=50)) == 5
