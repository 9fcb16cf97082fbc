"""Sizes a person can hold in the head."""

import ast
import io
import tokenize

from tests.fitness.sources import modules

FILE_LINES = 500
FUNCTION_LINES = 60
ENGINE_LINES = 1500
ENGINE = "src/concord/casework/"
# The engine runs procedures; setting letters, the reads of pages and the work around matters are not part of it (see
# docs/decisions/0012; import-linter keeps the engine ignorant of the desk).
NOT_ENGINE = (
    "src/concord/casework/papers/",
    "src/concord/casework/letters.py",
    "src/concord/casework/queries.py",
    "src/concord/casework/desk/",
    "src/concord/casework/models/desk.py",
    "src/concord/casework/models/cases.py",
)
_NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def test_no_file_is_longer_than_500_lines() -> None:
    files = [*modules("src"), *modules("tests")]
    long = {module.path: lines for module in files if (lines := module.text.count("\n")) > FILE_LINES}
    assert long == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {}
    for module in [*modules("src"), *modules("tests")]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long[f"{module.path}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_the_engine_stays_below_1500_lines_of_code() -> None:
    engine = {
        module.path: len(_code_lines(module.text))
        for module in modules()
        if module.path.startswith(ENGINE) and not module.path.startswith(NOT_ENGINE)
    }
    assert engine
    assert sum(engine.values()) <= ENGINE_LINES, engine


def _code_lines(text: str) -> set[int]:
    """Number the lines that hold code: no blank line, no line of comment alone."""
    return {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in _NOT_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
