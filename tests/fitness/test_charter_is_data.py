"""Nothing but the charter knows who belongs to the alliance."""

import re
import tomllib

from tests.fitness.sources import PROJECT, repository_texts

CHARTER = PROJECT / "src" / "concord" / "charters" / "g60" / "charter.toml"
CODE = (".py", ".html", ".js", ".mjs", ".css", ".typ", ".po", ".sql")


def member_names() -> list[str]:
    """Chinese and English names, GB/T 2260 codes, letter marks and bureaus of the nine."""
    members = tomllib.loads(CHARTER.read_text(encoding="utf-8"))["members"]
    return [member[key] for member in members for key in ("zh", "en", "code", "mark", "market", "patent")]


def test_the_charter_names_its_members() -> None:
    assert len(set(member_names())) == 9 * 6


def test_no_code_names_a_member_of_the_alliance() -> None:
    named = re.compile("|".join(sorted(map(re.escape, member_names()), key=len, reverse=True)))
    found = [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1} {hit.group()}"
        for path, text in repository_texts()
        if path.startswith(("src/", "assets/")) and path.endswith(CODE)
        for hit in named.finditer(text)
    ]
    assert found == []
