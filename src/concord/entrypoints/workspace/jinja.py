"""The Jinja2 environment of our pages: autoescape, translations, urls, and the words that dates are shown in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
KILO = 1000


class Named(Protocol):
    """A thing with a name in both languages, such as an organisation or a person."""

    zh: str
    en: str


def in_english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def day(value: date) -> str:
    """A day in words: 2026年3月5日（周四）, or Thu 5 Mar 2026; an instant shows its day in Shanghai."""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    if in_english():
        return f"{WEEKDAYS_EN[value.weekday()]} {value.day} {MONTHS_EN[value.month - 1]} {value.year}"
    return f"{value.year}年{value.month}月{value.day}日（周{WEEKDAYS_ZH[value.weekday()]}）"


def instant(value: datetime) -> str:
    """An instant on Shanghai's clock: 2026年3月5日 14:03, or 5 Mar 2026, 14:03."""
    local = value.astimezone(SHANGHAI)
    if in_english():
        return f"{local.day} {MONTHS_EN[local.month - 1]} {local.year}, {local:%H:%M}"
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def filesize(octets: int) -> str:
    """A size in decimal units, as file managers show it: 812 B, 24 kB, 3.1 MB."""
    if octets < KILO:
        return f"{octets} B"
    if octets < KILO**2:
        return f"{octets / KILO:.0f} kB"
    return f"{octets / KILO**2:.1f} MB"


def yuan(fen: int) -> str:
    """An amount of fen in yuan: 1,234.56."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def named(thing: Named) -> str:
    """The name of ``thing`` in the reader's language; Chinese when there is no English one."""
    return thing.en if in_english() and thing.en else thing.zh


def environment(**options: Any) -> Environment:
    """Build the environment; an unknown name in a template is an error, never silence."""
    options.pop("autoescape", None)
    made = Environment(
        **{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True},
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals.update(static=static, url=reverse, language=get_language, in_english=in_english)
    made.filters.update(day=day, instant=instant, filesize=filesize, yuan=yuan, named=named)
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    return made
