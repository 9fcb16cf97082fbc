"""Every error people and programs can meet stands in the reference, and the reference lists no other."""

import ast
import re
from functools import cache

from concord.rules import errors
from tests.fitness.sources import PROJECT, Module, dotted, modules

PAGE = PROJECT / "docs" / "reference" / "errors.md"
CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| (\d{3}) \| (.+) \| (.+) \|$", re.MULTILINE)
# A fault in a definition file is met by whoever writes that file, and says itself where it is and what would be right.
STATUS = {
    name: kind.status
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ConcordError) and kind is not errors.DefinitionError
}


@cache
def raised() -> dict[str, tuple[int, str]]:
    """The codes given to errors, directly or through a function that takes one; status and place.

    A function that takes a code serves its own module, and every other one when its name is public.
    """
    found = {}
    own = {module.path: _helpers(module) for module in modules()}
    shared = {name: how for helpers in own.values() for name, how in helpers.items() if not name.startswith("_")}
    for module in modules():
        makers = {kind: (0, kind) for kind in STATUS} | shared | own[module.path]
        for call in module.calls():
            position, kind = makers.get(dotted(call.func).split(".")[-1], (len(call.args), ""))
            given = call.args[position] if position < len(call.args) else None
            if isinstance(given, ast.Constant) and CODE.fullmatch(str(given.value)):
                found[str(given.value)] = (STATUS[kind], f"{module.path}:{call.lineno}")
    return found


def _helpers(module: Module) -> dict[str, tuple[int, str]]:
    """Functions that put their own parameter `code` into an error: which parameter it is, and which error."""
    found = {}
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef):
            parameters = [argument.arg for argument in function.args.args if argument.arg != "self"]
            kinds = [
                dotted(node.func)
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and node.args and dotted(node.args[0]) == "code"
                if dotted(node.func) in STATUS
            ]
            if "code" in parameters and kinds:
                found[function.name] = (parameters.index("code"), kinds[0])
    return found


def documented() -> dict[str, int]:
    """Code and status of each row of the page."""
    return {code: int(status) for code, status, _english, _chinese in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_every_error_stands_in_the_reference() -> None:
    missing = [f"{code} ({place})" for code, (_status, place) in raised().items() if code not in documented()]
    assert not missing, "\n".join(missing)


def test_the_reference_lists_no_error_that_is_gone() -> None:
    assert set(documented()) <= set(raised())


def test_the_reference_gives_the_right_status_in_alphabetical_order() -> None:
    listed = documented()
    assert listed == {code: raised()[code][0] for code in listed}
    assert list(listed) == sorted(listed)
