"""Papers (文书): letters typeset as PDF/A originals, with a Word copy; facts in, bytes out, nothing else touched."""

from concord.casework.papers.letter import Contact, Letter, canonical, digest, urn
from concord.casework.papers.typeset import Template, Typeset, compiled, template_in, typeset
from concord.casework.papers.word import word

__all__ = [
    "Contact",
    "Letter",
    "Template",
    "Typeset",
    "canonical",
    "compiled",
    "digest",
    "template_in",
    "typeset",
    "urn",
    "word",
]
