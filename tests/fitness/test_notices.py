"""Every kind of notice that is told has words in both languages, for e-mails, which may not use the notice's own."""

import ast

from concord.charters import folder
from concord.foundation.notices.policy import KINDS, OTHER, kind_words
from concord.rules.charter import load
from tests.fitness.sources import Module, dotted, modules

# They pass on the kind that they are given, or that of the act of a procedure.
PASSING_ON = {
    "src/concord/foundation/notices/commands.py",
    "src/concord/casework/desk/sides.py",
    "src/concord/casework/effects.py",
}


def told() -> tuple[set[str], set[str]]:
    """The kinds that are told, and the modules that tell one which is not written there."""
    kinds, unknown = set[str](), set[str]()
    for module in modules():
        names = _names(module)
        for call in module.calls():
            if dotted(call.func).split(".")[-1] not in {"tell", "_tell", "tell_organisation"}:
                continue
            for given in call.keywords:
                if given.arg == "kind":
                    kind = _text(given.value, names)
                    kinds |= {kind} - {""}
                    unknown |= set() if kind else {module.path}
    return kinds, unknown


def _names(module: Module) -> dict[str, ast.expr]:
    """What is assigned to names at the module's top."""
    found: dict[str, ast.expr] = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


def _text(value: ast.expr, names: dict[str, ast.expr]) -> str:
    if isinstance(value, ast.Name):
        value = names.get(value.id, value)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def test_every_kind_told_has_words_and_no_other() -> None:
    kinds, unknown = told()
    assert unknown == PASSING_ON
    assert kinds == set(KINDS)


def test_the_words_come_in_both_languages_and_differ() -> None:
    assert all(said.zh and said.en and said.en.isascii() for said in KINDS.values())
    assert len({said.zh for said in KINDS.values()}) == len(KINDS)
    assert OTHER not in KINDS.values()


def test_every_act_of_every_procedure_has_words() -> None:
    charter = load(folder.read(folder.shipped(), "cn", "g60"), "g60")
    for name, versions in charter.procedures.items():
        for procedure in versions:
            for act in procedure.acts:
                words = kind_words(f"{name}.{act.id}", charter)
                assert words != OTHER, (name, act.id)
                assert words.zh
                assert words.en
