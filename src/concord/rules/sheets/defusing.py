"""Texts on their way into a spreadsheet, where a program would take some of them for formulas."""

from __future__ import annotations

import re
from typing import Final

# What spreadsheet programs take for the beginning of a formula, or skip before one; also in full width.
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK: Final = "'"
# What XML 1.0, and so a workbook, cannot hold.
UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def defused(text: str) -> str:
    """``text`` as a cell that no program takes for a formula: an apostrophe before whatever could be one."""
    kept = UNWRITABLE.sub("", text)
    return MARK + kept if kept.startswith(DANGEROUS) else kept


def undefused(text: str) -> str:
    """``text`` without the apostrophe that ``defused`` put before it."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(DANGEROUS) else text
