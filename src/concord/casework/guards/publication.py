"""Guards of the publication of penalties across provinces."""

from __future__ import annotations

from datetime import date

from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.models import Kind
from concord.foundation.organisations.queries import charter_on
from concord.rules.counting import corresponding
from concord.rules.errors import InvalidInput, Problem, Said

# At the latest so many months after publication (公示规定 13 to 16, Order 108).
SHOWN = {"reduced": 3, "ordinary": 12, "special": 36, "revocation": 36}


@guard("publication.is_published")
def is_published(occasion: Occasion) -> None:
    """A penalty that is a warning alone is not published (公示规定 2)."""
    if occasion.answers["penalty_tier"] == "warning_only":
        said = Said("仅受警告的行政处罚不予公示，无需推送。", "A warning alone is not published; push nothing.")
        raise _refused("publication.warning_only", "penalty_tier", said)


@guard("publication.other_province")
def other_province(occasion: Occasion) -> None:
    """Only what is registered in another province is pushed (公示规定 10); at home art. 9 holds."""
    charter = charter_on(occasion.today)
    publishing = occasion.parties["publishing"][0]
    if publishing.kind != Kind.MEMBER:
        said = Said("请选择当事人登记地的成员机关。", "Choose the member where the party is registered.")
        raise _refused("publication.not_an_authority", "publishing", said)
    if charter.member(publishing.code).up == charter.member(occasion.by.organisation.code).up:
        said = Said(
            f"{publishing.zh}与本机关同省，由本机关自决定之日起二十个工作日内自行公示（公示规定第九条）。",
            f"{publishing.en} lies in your province: publish it yourself within 20 working days of the decision.",
        )
        raise _refused("publication.same_province", "publishing", said)


@guard("publication.shown_as_long_as_the_law_says")
def shown_as_long_as_the_law_says(occasion: Occasion) -> None:
    """Publication began by today and ends, at the latest, after the months that the tier allows (公示规定 13 to 16)."""
    if occasion.matter is None:
        return
    published = date.fromisoformat(str(occasion.answers["published_date"]))
    tier = str(occasion.matter.facts["penalty_tier"])
    until = corresponding(published, SHOWN[tier])
    if published > occasion.today or occasion.answers["shown_until_date"] != until.isoformat():
        said = Said(
            f"公示日期不能晚于今天；此档处罚最迟公示 {SHOWN[tier]} 个月，截止日期应为 {until}。",
            f"It cannot be published after today; this tier is shown for {SHOWN[tier]} months, until {until}.",
        )
        raise _refused("publication.wrong_period", "shown_until_date", said)


def _refused(code: str, field: str, said: Said) -> InvalidInput:
    return InvalidInput(code, said, problems=(Problem(field, code.partition(".")[2], said),))
