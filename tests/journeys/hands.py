"""Somebody without a mouse: keys alone, and the focus must be seen wherever it goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from playwright.sync_api import FilePayload, Locator, Page, expect

MOST_TABS: Final = 150
# The outline or the shadow of the focused thing itself, of its label, or of what is drawn in its place.
SEEN_FOCUS: Final = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return true;
  const drawn = (node) => {
    if (!node) return false;
    const style = getComputedStyle(node);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  };
  return drawn(at) || drawn(at.closest('label')) || drawn(at.nextElementSibling);
}"""
NAMED: Final = "() => document.activeElement.outerHTML.slice(0, 160)"


class Hands:
    """Ten fingers at the keyboard of a page; ``unseen`` collects where the focus could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: set[str] = set()
        # Whoever listens first makes the browser hand its choosers over; that takes a while, so not when one opens.
        page.on("filechooser", lambda _chooser: None)

    def press(self, *keys: str) -> None:
        """One key after another, once the page is there to hear them."""
        self.page.wait_for_load_state()
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, wanted: Locator) -> None:
        """Tab on until the control has the focus; it must come within a page's worth of stops."""
        expect(wanted).to_be_visible()
        for _stop in range(MOST_TABS):
            if wanted.evaluate("node => node === document.activeElement"):
                return
            self.press("Tab")
            if not self.page.evaluate(SEEN_FOCUS):
                self.unseen.add(self.page.evaluate(NAMED))
        raise AssertionError(f"Tab does not come to {wanted} on {self.page.url}")

    def enter(self, wanted: Locator) -> None:
        """Press a link or a button and wait for the page behind it."""
        self.reach(wanted)
        with self.page.expect_navigation():
            self.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        """Type a text in place of what stands there."""
        self.reach(field)
        self.press("Control+a")
        self.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def write_date(self, field: Locator, day: str) -> None:
        """Type a day into the three parts of a date field: month, day, year."""
        self.reach(field)
        year, month, number = day.split("-")
        self.page.keyboard.type(f"{month}{number}{year}")
        expect(field).to_have_value(day)

    def choose(self, select: Locator, value: str) -> None:
        """Go through a list of choices until the wanted one."""
        self.reach(select)
        self.press("Home")
        for _choice in range(MOST_TABS):
            if select.input_value() == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{select} has no {value}")

    def mark(self, group: Locator, value: str) -> None:
        """Choose one of several radio buttons: Tab to the group, arrows within it."""
        self.reach(group.first)
        self.press("Space")
        for _choice in range(MOST_TABS):
            if self.page.locator(":focus").get_attribute("value") == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{group} has no {value}")

    def tick(self, box: Locator) -> None:
        """Tick a box."""
        self.reach(box)
        self.press("Space")
        expect(box).to_be_checked()

    def bring(self, field: Locator, file: FilePayload) -> None:
        """Open the chooser of files by Enter, choose one."""
        self.reach(field)
        with self.page.expect_file_chooser() as opened:
            self.press("Enter")
        opened.value.set_files(file)

    def pick_rows(self, count: int) -> None:
        """Choose the first rows of a list by their keys."""
        for _row in range(count):
            self.press("j", "x")

    def everything_seen(self, others: Iterable[Hands] = ()) -> None:
        """Wherever the focus went, it could be seen."""
        assert set().union(self.unseen, *(one.unseen for one in others)) == set()
