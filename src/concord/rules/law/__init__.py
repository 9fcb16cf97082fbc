"""The law as dated data: what it says on time, which articles apply to a cause, which official forms are valid."""

from concord.rules.law.applicable import Applicable, Note, applicable, applicable_to
from concord.rules.law.checking import check_catalogue, check_cited, check_sources
from concord.rules.law.model import LABEL_OF, Form, LawRow, Laws, LawVersion, Provision, Role
from concord.rules.law.reading import read_laws

__all__ = [
    "LABEL_OF",
    "Applicable",
    "Form",
    "LawRow",
    "LawVersion",
    "Laws",
    "Note",
    "Provision",
    "Role",
    "applicable",
    "applicable_to",
    "check_catalogue",
    "check_cited",
    "check_sources",
    "read_laws",
]
