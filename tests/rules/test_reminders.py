"""What a reminder says: the clock, where its limit comes from, how long it is."""

from __future__ import annotations

from datetime import date

import pytest

from concord.rules.errors import Said
from concord.rules.procedure import ClockRule, Source, SourceLabel
from concord.rules.procedure.clock_runs import reminder

RULE = ClockRule("receipt", "签收期限", "Time to acknowledge", "requested", "g60", limit="2WD")
DUE = date(2026, 2, 10)


@pytest.mark.parametrize(
    ("source", "left", "said"),
    [
        (
            Source("law", SourceLabel.STATUTORY, "某规定第一条"),
            2,
            Said(
                "还剩 2 个工作日：签收期限（法定，2026年2月10日）— 某案",
                "2 working days left: Time to acknowledge (Statutory, 10 Feb 2026) — 某案",
            ),
        ),
        (
            Source("g60", SourceLabel.AGREED, "协作约定", proposed=True),
            1,
            Said(
                "还剩 1 个工作日：签收期限（约定·拟议，2026年2月10日）— 某案",
                "1 working day left: Time to acknowledge (Agreed, proposed, 10 Feb 2026) — 某案",
            ),
        ),
        (
            Source("house", SourceLabel.INTERNAL, "中心内部管理"),
            None,
            Said(
                "已超期：签收期限（内部，2026年2月10日）— 某案",
                "Overdue: Time to acknowledge (Internal, 10 Feb 2026) — 某案",
            ),
        ),
        (
            None,
            None,
            Said("已超期：签收期限（2026年2月10日）— 某案", "Overdue: Time to acknowledge (10 Feb 2026) — 某案"),
        ),
    ],
)
def test_a_reminder_says_where_the_limit_comes_from(source: Source | None, left: int | None, said: Said) -> None:
    assert reminder(RULE, source, title="某案", legal_due=DUE, left=left) == said
