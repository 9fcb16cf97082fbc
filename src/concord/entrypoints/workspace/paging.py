"""Pages of rows: how many stand on one, and where the next begins."""

from __future__ import annotations

from concord.casework import queries

ROWS = 25
DIGITS_OF_ID = 18


def row_id(text: str) -> int | None:
    """The last row of the page before; InvalidInput ``casework.bad_cursor`` for anything but a row's number."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > DIGITS_OF_ID:
        raise queries.bad_cursor()
    return int(text)
