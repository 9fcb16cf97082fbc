"""Guards of the talent pool."""

from concord.casework.guards.refusing import require
from concord.casework.registry import Occasion, guard
from concord.rules.errors import NotAllowed, Said


@guard("talent.city_is_in_the_pool")
def city_is_in_the_pool(occasion: Occasion) -> None:
    """The centre proposes one of the cities that the request names."""
    codes = {one.code for one in occasion.parties["providing"]}
    zh, en = "请选择需求中列明的选派机关。", "Choose one of the cities named in the request."
    require("proposed_city", "talent.not_in_the_pool", zh, en, holds=occasion.answers["proposed_city"] in codes)


@guard("talent.is_the_city_asked")
def is_the_city_asked(occasion: Occasion) -> None:
    """Of several cities, only the one that was proposed answers and sends."""
    if occasion.matter is not None and occasion.matter.facts["proposed_city"] != occasion.by.organisation.code:
        said = Said("本次推荐的不是贵机关，无须办理。", "Another city was proposed this time; nothing is to be done.")
        raise NotAllowed("talent.not_asked", said)
