"""What is remembered while one request, job or transaction lasts, such as which charter is in force."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
_KEPT: ContextVar[dict[Hashable, object] | None] = ContextVar("kept", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember answers inside the block; a block inside another shares its memory."""
    if _KEPT.get() is not None:
        yield
        return
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def remembered(key: Hashable, ask: Callable[[], T]) -> T:
    """The answer to ``ask``, asked once per block; outside of a block it is asked every time."""
    kept = _KEPT.get()
    if kept is None:
        return ask()
    if key not in kept:
        kept[key] = ask()
    return kept[key]  # type: ignore[return-value]  # kept under this key by this very question


def forget() -> None:
    """Forget everything, because a command has changed what was remembered."""
    kept = _KEPT.get()
    if kept is not None:
        kept.clear()
