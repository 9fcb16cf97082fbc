"""Procedures: dated files in which one rule is one line, read, checked and asked what may happen next."""

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
    "parse",
]
