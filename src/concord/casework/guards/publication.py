"""Guards of what is pushed to the province of registration."""

from concord.casework.guards.refusing import require
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.queries import charter_on


@guard("publication.other_province")
def other_province(occasion: Occasion) -> None:
    """Only what is registered with a member of another province is pushed (公示规定 10); at home art. 9 holds."""
    up = {member.code: member.up for member in charter_on(occasion.today).members}
    own, other = occasion.by.organisation.code, occasion.parties["publishing"][0].code
    zh = "请选择外省的登记地机关；同省登记的，由本机关自决定之日起二十个工作日内自行公示（公示规定第九条）。"
    en = "Choose an authority of another province; at home, publish yourself within 20 working days of the decision."
    require("publishing", "publication.same_province", zh, en, holds=up.get(other, up[own]) != up[own])
