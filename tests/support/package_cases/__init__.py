"""Packages that are good, and packages that are wrong in one way each, with what verification must say of them."""

from tests.support.package_cases import contents, good, keys, logs, times
from tests.support.package_cases.registry import CASES, Case, Expected

__all__ = ["CASES", "Case", "Expected", "contents", "good", "keys", "logs", "times"]
