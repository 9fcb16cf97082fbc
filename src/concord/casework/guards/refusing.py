"""How guards refuse."""

from concord.rules.errors import InvalidInput, Problem, Said


def require(field: str, code: str, zh: str, en: str, *, holds: bool) -> None:
    """Refuse the act because of ``field``, unless the condition holds: InvalidInput with ``code``."""
    if not holds:
        said = Said(zh, en)
        raise InvalidInput(code, said, problems=(Problem(field, code, said),))
