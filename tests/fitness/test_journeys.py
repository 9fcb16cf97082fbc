"""Journeys look a page over once it is there."""

import re

from tests.fitness.sources import modules

# A click alone does not wait for the page behind it; `presses`, `follows` and `submits` do.
TOO_EARLY = re.compile(r"^( +)\S.*(?:\.click\(\)|\.press\(\"Enter\"\))\n\1\w+\.looks_well\(", re.MULTILINE)


def test_no_journey_looks_at_a_page_that_is_still_arriving() -> None:
    early = [module.path for module in modules("tests/journeys") if TOO_EARLY.search(module.text)]
    assert early == []


def test_such_a_journey_is_noticed() -> None:
    assert TOO_EARLY.search('    shen.page.locator("a").click()\n    shen.looks_well()\n')
