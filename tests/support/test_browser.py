"""The browser the journeys use: Chinese is drawn, axe works under a strict content policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

STRICT = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
PAGE = (
    "<!doctype html><html lang=zh><head><meta charset=utf-8>{policy}<title>协保</title>"
    "<style>body{{font:40px sans-serif}} .faint{{color:{colour};background:#fff}}</style></head>"
    "<body><main><h1>长三角 Concord</h1><p class=faint>证据互认</p></main></body></html>"
)


@pytest.mark.browser
def test_chinese_is_drawn_with_its_own_glyphs(page: Page) -> None:
    page.set_content("<canvas width=60 height=60></canvas>")
    pixels = """(character) => {
        const context = document.querySelector('canvas').getContext('2d');
        context.clearRect(0, 0, 60, 60);
        context.font = '40px sans-serif';
        context.fillText(character, 5, 45);
        return context.getImageData(0, 0, 60, 60).data.join();
    }"""
    missing = "\U000f0000"
    drawn = {page.evaluate(pixels, character) for character in ("协", "保", "罚", missing)}
    assert len(drawn) == 4


@pytest.mark.browser
def test_axe_finds_pale_text_under_a_strict_policy(page: Page, axe: Callable[[Page], list[str]]) -> None:
    page.set_content(PAGE.format(policy=STRICT, colour="#ccc"))
    (found,) = axe(page)
    assert found.startswith("color-contrast (serious)")
    assert found.endswith("['p']")


@pytest.mark.browser
def test_axe_is_content_with_dark_text(page: Page, axe: Callable[[Page], list[str]]) -> None:
    page.set_content(PAGE.format(policy=STRICT, colour="#222"))
    assert axe(page) == []
