"""What a receiver may do with an item under its handling code (使用限制).

The codes are those of ``charters/cn/codes/handling_codes.toml``. Whoever collected an item is bound by none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from concord.rules.errors import Said


class Use(StrEnum):
    """What somebody does with an item that another authority gave."""

    CASE = "case"
    OTHER_CASE = "other_case"
    ONWARD = "onward"
    AS_EVIDENCE = "as_evidence"
    MEDIATION = "mediation"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a use is not allowed under a code, and what would allow it."""

    code: str
    use: Use
    said: Said


# What each code allows by itself. A code that is not listed allows nothing beyond the case.
ALLOWED: Mapping[str, frozenset[Use]] = {
    "case_only": frozenset({Use.CASE, Use.AS_EVIDENCE}),
    "ask_before_use": frozenset({Use.CASE, Use.AS_EVIDENCE}),
    "no_onward": frozenset({Use.CASE, Use.OTHER_CASE, Use.AS_EVIDENCE}),
    "lead_only": frozenset({Use.CASE}),
    "mediation_only": frozenset({Use.MEDIATION}),
}
# What consent cannot widen: statements made in mediation serve no enforcement case, whoever agrees.
NEVER: Mapping[str, frozenset[Use]] = {"mediation_only": frozenset({Use.CASE, Use.OTHER_CASE, Use.AS_EVIDENCE})}
UNLISTED = frozenset({Use.CASE, Use.AS_EVIDENCE})
WORDS: Mapping[Use, Said] = {
    Use.CASE: Said("用于所涉案件", "use in the case it was given for"),
    Use.OTHER_CASE: Said("用于另案", "use in another case"),
    Use.ONWARD: Said("转交其他机关", "passing on to another authority"),
    Use.AS_EVIDENCE: Said("作为证据使用", "use as evidence"),
    Use.MEDIATION: Said("用于调解", "use in mediation"),
}


def allowed(code: str, use: Use, *, consents: Collection[str]) -> Refusal | None:
    """None when an item under ``code`` may be put to ``use``; else why not.

    ``consents`` are the uses (values of ``Use``) that the giving authority has agreed to. More consents never allow
    less.
    """
    if use in ALLOWED.get(code, UNLISTED):
        return None
    if use in NEVER.get(code, frozenset()):
        said = Said(
            f"使用限制不允许{WORDS[use].zh}，提供机关同意也不行；请另行取证。",
            f"The handling code rules out {WORDS[use].en}, even with consent; collect the evidence anew.",
        )
        return Refusal(code, use, said)
    if use in consents:
        return None
    said = Said(
        f"使用限制不允许{WORDS[use].zh}。请先向提供机关请求扩大使用。",
        f"The handling code does not allow {WORDS[use].en}. Ask the giving authority for wider use first.",
    )
    return Refusal(code, use, said)
