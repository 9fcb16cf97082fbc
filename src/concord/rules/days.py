"""Days in words, as people read them in a sentence."""

from __future__ import annotations

from datetime import date

from concord.rules.errors import Said

WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_said(day: date) -> Said:
    """A day: 2026年3月5日, 5 Mar 2026."""
    return Said(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}")


def weekday_said(day: date) -> Said:
    """A day with its day of the week: 2026年3月5日（周四）, Thu 5 Mar 2026."""
    plain = day_said(day)
    return Said(f"{plain.zh}（周{WEEKDAYS_ZH[day.weekday()]}）", f"{WEEKDAYS_EN[day.weekday()]} {plain.en}")
