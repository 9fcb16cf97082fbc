"""The calendar that comes with Concord, read once for all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from concord.charters import folder
from concord.rules.calendar import Calendar, calendar_from

FILES: Final = {name: text for name, text in folder.read(folder.shipped(), "cn").items() if "/calendar/" in name}
CHINA: Final[Calendar] = calendar_from(FILES)

MADE_UP_2027: Final = (Path(__file__).parent / "notices" / "2027.toml").read_text(encoding="utf-8")
