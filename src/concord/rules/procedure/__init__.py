"""Procedures: dated files in which one rule is one line, read, checked and asked what may happen next."""

from concord.rules.procedure.checking import REGISTERED_INSTANTS, check
from concord.rules.procedure.model import (
    PROPOSED,
    Act,
    BasedOn,
    ClockRule,
    Field,
    FieldType,
    Line,
    Option,
    PaperRule,
    Procedure,
    RunningMatters,
    Source,
    SourceLabel,
    State,
)
from concord.rules.procedure.reading import parse

__all__ = [
    "PROPOSED",
    "REGISTERED_INSTANTS",
    "Act",
    "BasedOn",
    "ClockRule",
    "Field",
    "FieldType",
    "Line",
    "Option",
    "PaperRule",
    "Procedure",
    "RunningMatters",
    "Source",
    "SourceLabel",
    "State",
    "check",
    "parse",
]
