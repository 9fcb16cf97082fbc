"""Texts of charters for tests of adoption: the toy alliance, changed here and there."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.toy_charter import toy_files

CHARTER = "toy/charter.toml"
ASSISTANCE = "toy/procedures/assistance/2026-01-01.toml"


def edited(texts: Mapping[str, str], path: str, *pairs: tuple[str, str]) -> dict[str, str]:
    """The texts with replacements in one file, each of which must find its place."""
    files = dict(texts)
    for old, new in pairs:
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    return files


def renamed(texts: Mapping[str, str] | None = None, name: str = "Alliance of the four lakes") -> dict[str, str]:
    """Another version of the toy charter that changes no procedure."""
    return edited(texts or toy_files(), CHARTER, ("Alliance of the three lakes", name))


def next_assistance(day: str, *pairs: tuple[str, str], texts: Mapping[str, str] | None = None) -> dict[str, str]:
    """The toy charter with a new version of assistance from ``day``, changed by ``pairs`` and listed in force."""
    files = edited(texts or toy_files(), CHARTER, ("assistance = 2026-01-01", f"assistance = {day}"))
    path = ASSISTANCE.replace("2026-01-01", day)
    files[path] = files[ASSISTANCE].replace("in_force_from = 2026-01-01", f"in_force_from = {day}", 1)
    return edited(files, path, *pairs)
