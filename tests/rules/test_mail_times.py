"""When a notice goes out by e-mail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.mail_times import DIGEST, EACH, MODES, NONE, MailWish
from tests.support.shipped_calendar import CHINA

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = MailWish(mode=EACH, quiet_from=time(21), quiet_until=time(7, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("wish", "made", "goes"),
    [
        pytest.param(MailWish(mode=EACH), "2026-02-06T09:00", "2026-02-06T09:00", id="at once"),
        pytest.param(NIGHT, "2026-02-05T22:10", "2026-02-06T07:30", id="in the evening"),
        pytest.param(NIGHT, "2026-02-06T03:00", "2026-02-06T07:30", id="in the small hours"),
        pytest.param(NIGHT, "2026-02-06T07:30", "2026-02-06T07:30", id="as the quiet ends"),
        pytest.param(NIGHT, "2026-02-13T22:00", "2026-02-14T07:30", id="a Saturday that is worked"),
        pytest.param(NIGHT, "2026-02-15T10:00", "2026-02-24T08:30", id="over Spring Festival"),
        pytest.param(MailWish(), "2026-02-06T08:00", "2026-02-06T08:30", id="with today's digest"),
        pytest.param(MailWish(), "2026-02-06T08:31", "2026-02-09T08:30", id="with Monday's digest"),
        pytest.param(
            MailWish(working_days_only=False), "2026-02-06T08:31", "2026-02-07T08:30", id="with Saturday's digest"
        ),
        pytest.param(
            MailWish(digest_at=time(6), quiet_from=time(22), quiet_until=time(8)),
            "2026-02-06T05:00",
            "2026-02-06T08:00",
            id="a digest in quiet hours waits for their end",
        ),
        pytest.param(
            MailWish(mode=EACH, quiet_from=time(12), quiet_until=time(14)),
            "2026-02-06T12:30",
            "2026-02-06T14:00",
            id="a rest at noon",
        ),
    ],
)
def test_it_goes_out_when_it_may(wish: MailWish, made: str, goes: str) -> None:
    assert wish.sends_at(at(made), "assistance.issue", CHINA) == at(goes)


def test_nothing_goes_to_whoever_wants_none() -> None:
    assert MailWish(mode=NONE).sends_at(at("2026-02-06T09:00"), "assistance.issue", CHINA) is None


@pytest.mark.parametrize("muted", ["assistance", "assistance.issue"])
def test_muted_kinds_are_not_mailed(muted: str) -> None:
    wish = MailWish(mode=EACH, muted=frozenset({muted}))
    assert wish.sends_at(at("2026-02-06T09:00"), "assistance.issue", CHINA) is None
    assert wish.sends_at(at("2026-02-06T09:00"), "lead.issue", CHINA) == at("2026-02-06T09:00")


walls = st.times(max_value=time(23, 59)).map(lambda wall: wall.replace(second=0, microsecond=0))
wishes = st.builds(
    MailWish,
    mode=st.sampled_from(MODES),
    digest_at=walls,
    quiet_from=walls | st.none(),
    quiet_until=walls | st.none(),
    working_days_only=st.booleans(),
)


@given(wishes, st.datetimes(datetime(2024, 1, 1), datetime(2026, 11, 30)))  # noqa: DTZ001  a zone is put on below
def test_never_before_it_was_made_never_in_quiet_hours_nor_on_a_day_off(wish: MailWish, naive: datetime) -> None:
    made = naive.replace(tzinfo=ZONE, second=0, microsecond=0)
    goes = wish.sends_at(made, "assistance.issue", CHINA)
    if wish.mode == NONE:
        assert goes is None
        return
    assert goes is not None
    assert made <= goes <= made + timedelta(days=12)
    assert not wish.is_quiet(goes.time())
    if wish.working_days_only:
        assert CHINA.is_working(goes.date())
    if wish.mode == DIGEST and not wish.is_quiet(wish.digest_at):
        assert goes.time() == wish.digest_at
