"""The second verifier, loaded from its one file as a clerk would run it: nothing of Concord is imported by it."""

from __future__ import annotations

import importlib.util
import io
import sys
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "verifier" / "concord_verify.py"


@cache
def second() -> ModuleType:
    """The module of the second verifier."""
    spec = importlib.util.spec_from_file_location("concord_verify", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def second_report(package: bytes, trust: bytes, at: datetime, policy: bytes | None = None) -> dict[str, Any]:
    """What the second verifier reports."""
    module = second()
    asked = module.Asked() if policy is None else module.asked_of(policy)
    report: dict[str, Any] = module.verify(io.BytesIO(package), _trust_of(trust), asked, Fraction(int(at.timestamp())))
    return report


@cache
def _trust_of(trust: bytes) -> Any:
    return second().trust_of(trust)
