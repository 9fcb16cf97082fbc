"""Which organisations hold the roles of a matter."""

from __future__ import annotations

import pytest

from concord.rules.errors import InvalidInput, NotAllowed
from concord.rules.procedure import Procedure, parse
from concord.rules.procedure.parties import Named, choose, codes_of
from tests.support.toy_charter import toy_files

FILES = toy_files()
KNOWN = {"1", "2", "3", "9"}
CENTRE = "9"


def procedure(name: str) -> Procedure:
    path = f"toy/procedures/{name}/2026-01-01.toml"
    return parse(FILES[path], file=path)


def chosen(name: str, named: Named, own: str = "1") -> dict[str, tuple[str, ...]]:
    return choose(procedure(name), named, own=own, centre=CENTRE, known=KNOWN)


def test_codes_are_texts_or_lists_and_blank_ones_are_none() -> None:
    assert codes_of({"a": "12", "b": ["1", "", "2"], "c": "", "d": []}) == {
        "a": ("12",),
        "b": ("1", "2"),
        "c": (),
        "d": (),
    }


def test_every_role_is_held_in_the_order_of_the_file() -> None:
    found = chosen("joint", {"partner": ["3", "2"]})
    assert list(found.items()) == [("host", ("1",)), ("partner", ("3", "2")), ("centre", ("9",))]
    assert chosen("errand", {"doer": "2"}) == {"asker": ("1",), "doer": ("2",), "centre": ("9",)}
    assert chosen("bulletin", {}, own=CENTRE) == {"centre": ("9",)}


@pytest.mark.parametrize(
    ("name", "named", "problems"),
    [
        ("joint", {}, [("partner", "missing")]),
        ("joint", {"partner": ["2", "7"]}, [("partner", "missing")]),
        ("joint", {"partner": ["2", "2"]}, [("partner", "twice")]),
        ("joint", {"partner": ["2", "1"]}, [("partner", "same")]),
        ("joint", {"partner": CENTRE}, [("partner", "same")]),
        ("errand", {"doer": ["2", "3"]}, [("doer", "one_only")]),
        ("errand", {"doer": "2", "asker": "3"}, [("asker", "unknown")]),
        ("errand", {"doer": "2", "centre": "9"}, [("centre", "unknown")]),
        ("errand", {"done": "2"}, [("doer", "missing"), ("done", "unknown")]),
    ],
)
def test_what_is_wrong_is_told_by_role(name: str, named: Named, problems: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        chosen(name, named)
    assert refused.value.code == "casework.bad_parties"
    assert [(one.field, one.code) for one in refused.value.problems] == problems


def test_two_roles_are_never_one_organisation() -> None:
    text = FILES["toy/procedures/errand/2026-01-01.toml"].replace('"doer", "centre"]', '"doer", "witness", "centre"]')
    three = parse(text, file="errand")
    with pytest.raises(InvalidInput) as refused:
        choose(three, {"doer": "2", "witness": "2"}, own="1", centre=CENTRE, known=KNOWN)
    assert [(one.field, one.code) for one in refused.value.problems] == [("witness", "same")]


@pytest.mark.parametrize(("name", "own"), [("bulletin", "1"), ("joint", CENTRE)])
def test_the_centre_begins_its_own_and_nothing_else(name: str, own: str) -> None:
    with pytest.raises(NotAllowed, match=r"casework\.not_the_initiator"):
        chosen(name, {"partner": "2"}, own=own)


def test_where_the_centre_has_no_role_it_may_hold_a_members() -> None:
    text = FILES["toy/procedures/errand/2026-01-01.toml"].replace('"doer", "centre"]', '"doer"]')
    found = choose(parse(text, file="errand"), {"doer": "2"}, own=CENTRE, centre=CENTRE, known=KNOWN)
    assert found == {"asker": (CENTRE,), "doer": ("2",)}
