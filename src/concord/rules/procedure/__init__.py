"""Procedures: dated files in which one rule is one line, read, checked and asked what may happen next."""

from concord.rules.procedure.checking import check
from concord.rules.procedure.model import (
    PROPOSED,
    Act,
    BasedOn,
    ClockRule,
    ExcludedTime,
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
from concord.rules.procedure.surroundings import REGISTERED_ADDRESSEES, REGISTERED_INSTANTS

__all__ = [
    "PROPOSED",
    "REGISTERED_ADDRESSEES",
    "REGISTERED_INSTANTS",
    "Act",
    "BasedOn",
    "ClockRule",
    "ExcludedTime",
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
