"""The Jinja2 environment of our pages: autoescape, translations, urls, and the words that dates are shown in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined

from concord.rules.days import day_said, weekday_said

SHANGHAI = ZoneInfo("Asia/Shanghai")
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
    said = weekday_said(value)
    return said.en if in_english() else said.zh


def plain_day(value: date) -> str:
    """A day in words without its day of the week: 2026年3月5日, or 5 Mar 2026."""
    said = day_said(value)
    return said.en if in_english() else said.zh


def instant(value: datetime) -> str:
    """An instant on Shanghai's clock: 2026年3月5日 14:03, or 5 Mar 2026, 14:03."""
    local = value.astimezone(SHANGHAI)
    return f"{plain_day(local)}, {local:%H:%M}" if in_english() else f"{plain_day(local)} {local:%H:%M}"


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
    made.filters.update(day=day, plain_day=plain_day, instant=instant, filesize=filesize, yuan=yuan, named=named)
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    return made
