"""Guards of the publication of penalties across provinces."""

from datetime import date

from concord.casework.guards.refusing import require
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.queries import charter_on
from concord.rules.counting import corresponding

# At the latest so many months after publication (公示规定 13 to 16, Order 108).
SHOWN = {"reduced": 3, "ordinary": 12, "special": 36, "revocation": 36}


@guard("publication.is_published")
def is_published(occasion: Occasion) -> None:
    """A penalty that is a warning alone is not published (公示规定 2)."""
    zh, en = "仅受警告的行政处罚不予公示，无需推送。", "A warning alone is not published; push nothing."
    told = occasion.answers["penalty_tier"]
    require("penalty_tier", "publication.warning_only", zh, en, holds=told != "warning_only")


@guard("publication.other_province")
def other_province(occasion: Occasion) -> None:
    """Only what is registered with a member of another province is pushed (公示规定 10); at home art. 9 holds."""
    up = {member.code: member.up for member in charter_on(occasion.today).members}
    own, other = occasion.by.organisation.code, occasion.parties["publishing"][0].code
    zh = "请选择外省的登记地机关；同省登记的，由本机关自决定之日起二十个工作日内自行公示（公示规定第九条）。"
    en = "Choose an authority of another province; at home, publish yourself within 20 working days of the decision."
    require("publishing", "publication.same_province", zh, en, holds=up.get(other, up[own]) != up[own])


@guard("publication.shown_as_long_as_the_law_says")
def shown_as_long_as_the_law_says(occasion: Occasion) -> None:
    """Publication ends, at the latest, after the months that the tier allows (公示规定 13 to 16)."""
    months = SHOWN[str(occasion.matter.facts["penalty_tier"])] if occasion.matter else 0
    until = corresponding(date.fromisoformat(str(occasion.answers["published_date"])), months).isoformat()
    zh = f"此档处罚最迟公示{months}个月，截止日期应为 {until}。"
    en = f"This tier is shown for {months} months at the latest: until {until}."
    right = occasion.answers["shown_until_date"] == until
    require("shown_until_date", "publication.wrong_period", zh, en, holds=right)
