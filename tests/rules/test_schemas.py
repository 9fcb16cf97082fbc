"""The JSON Schemas of both file formats: shipped files keep to them, broken ones do not, the kept ones are current."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concord.charters.folder import shipped
from concord.entrypoints.cli.charter_documents import schema_text
from concord.rules.schemas import charter_schema, procedure_schema
from tests.fitness.sources import PROJECT
from tests.support.toy_charter import TOY_FOLDER

KEPT = PROJECT / "docs" / "reference" / "schemas"
ROOTS = (shipped(), TOY_FOLDER.parent)
PROCEDURES = [file for root in ROOTS for file in sorted(root.glob("*/procedures/*/*.toml"))]
CHARTERS = [file for root in ROOTS for file in sorted(root.glob("*/charter.toml"))]
ASSISTANCE = shipped() / "g60" / "procedures" / "assistance" / "2026-01-01.toml"
Change = Callable[[dict[str, Any]], object]


def data_of(file: Path) -> dict[str, Any]:
    """The file's values as JSON has them: days as text."""
    values: dict[str, Any] = json.loads(json.dumps(tomllib.loads(file.read_text(encoding="utf-8")), default=str))
    return values


def faults(schema: dict[str, Any], values: dict[str, Any]) -> list[str]:
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(values)]


@pytest.mark.parametrize("schema", [procedure_schema(), charter_schema()], ids=["procedure", "charter"])
def test_both_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", PROCEDURES, ids=lambda file: f"{file.parts[-4]}-{file.parent.name}-{file.stem}")
def test_every_procedure_keeps_to_its_schema(file: Path) -> None:
    assert faults(procedure_schema(), data_of(file)) == []


@pytest.mark.parametrize("file", CHARTERS, ids=lambda file: file.parent.name)
def test_every_charter_keeps_to_its_schema(file: Path) -> None:
    assert faults(charter_schema(), data_of(file)) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda it: it.pop("id"), "$"),
        (lambda it: it.update(format=2), "$.format"),
        (lambda it: it.update(colour="red"), "$"),
        (lambda it: it.update(roles=[]), "$.roles"),
        (lambda it: it.update(line="sea"), "$.line"),
        (lambda it: it.update(in_force_from="tomorrow"), "$.in_force_from"),
        (lambda it: it.update(based_on="cn/assistance"), "$.based_on"),
        (lambda it: it["states"][0].update(id="Drafted"), "$.states[0].id"),
        (lambda it: it["states"][0].update(final="yes"), "$.states[0].final"),
        (lambda it: it["fields"][0].update(type="colour"), "$.fields[0].type"),
        (lambda it: it["fields"][0].update(max=-1), "$.fields[0].max"),
        (lambda it: it["fields"][1].update(options=["filed"]), "$.fields[1].options[0]"),
        (lambda it: it["clocks"][0].update(limit="15 days"), "$.clocks[0].limit"),
        (lambda it: it["clocks"][0].update(extensions=["soon"]), "$.clocks[0].extensions[0]"),
        (lambda it: it["clocks"][0].pop("source"), "$.clocks[0]"),
        (lambda it: it["clocks"][0].update(warn="5WD"), "$.clocks[0].warn"),
        (lambda it: it["acts"][0].update(by="requester"), "$.acts[0].by"),
        (lambda it: it["acts"][0].update(excludes=["reply:first"]), "$.acts[0].excludes[0]"),
        (lambda it: it["acts"][1].update({"from": ["drafted", "drafted"]}), "$.acts[1].from"),
        (lambda it: it["sources"][0].update(kind="law"), "$.sources[0].kind"),
        (lambda it: it["sources"][0].update(status="perhaps"), "$.sources[0].status"),
        (lambda it: it["papers"][0].pop("form"), "$.papers[0]"),
    ],
)
def test_a_broken_procedure_is_told_where(change: Change, place: str) -> None:
    values = data_of(ASSISTANCE)
    change(values)
    assert faults(procedure_schema(), values) == [place]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda it: it.pop("version"), "$"),
        (lambda it: it["members"][0].update(code="31011"), "$.members[0].code"),
        (lambda it: it["members"][0].update(level="village"), "$.members[0].level"),
        (lambda it: it["members"][0].update(mark="{n}"), "$.members[0].mark"),
        (lambda it: it["members"][0].update(line=3), "$.members[0]"),
        (lambda it: it["rotation"].pop("term"), "$.rotation"),
        (lambda it: it["seats"][0].update(count="one"), "$.seats[0].count"),
        (lambda it: it["in_force"]["procedures"].update(assistance="now"), "$.in_force.procedures.assistance"),
        (lambda it: it["in_force"]["escalation"][0].update(clock="reply"), "$.in_force.escalation[0].clock"),
        (lambda it: it["in_force"]["escalation"][0].update(after="-1WD"), "$.in_force.escalation[0].after"),
        (lambda it: it["in_force"].update(handling_codes="case_only"), "$.in_force.handling_codes"),
    ],
)
def test_a_broken_charter_is_told_where(change: Change, place: str) -> None:
    values = copy.deepcopy(data_of(shipped() / "g60" / "charter.toml"))
    change(values)
    assert faults(charter_schema(), values) == [place]


@pytest.mark.parametrize("kind", ["procedure", "charter"])
def test_the_kept_schema_is_current(kind: str) -> None:
    kept = (KEPT / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert kept == schema_text(kind), f"run `concord charter schema {kind}` and keep what it prints"
