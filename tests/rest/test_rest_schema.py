"""The API describes itself, and the reference says the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from concord.entrypoints.rest.problems import MEDIA_TYPE, REFUSALS
from concord.entrypoints.rest.schema import described
from tests.fitness.sources import PROJECT
from tests.rest.callers import Caller

REFERENCE = PROJECT / "docs" / "reference" / "openapi.json"
GUIDE = PROJECT / "docs" / "reference" / "api.md"
ROW = re.compile(r"^\| `(request\.[a-z_]+)` \| (\d{3}) \|", re.MULTILINE)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    paths: dict[str, dict[str, dict[str, Any]]] = json.loads(described())["paths"]
    return [(path, method, one) for path, methods in paths.items() for method, one in methods.items()]


def test_the_reference_is_what_the_api_says_of_itself() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == described(), (
        "run: python -m concord.entrypoints.rest.schema > docs/reference/openapi.json"
    )


@pytest.mark.slow
def test_the_command_writes_the_reference() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "concord.entrypoints.rest.schema"], capture_output=True, check=True, cwd=PROJECT
    )
    assert made.stdout.decode() == REFERENCE.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_api_gives_the_same_description() -> None:
    assert Caller().client.get("/api/v1/openapi.json").json() == json.loads(described())


def test_every_operation_documents_its_refusals_as_problems() -> None:
    for path, method, operation in operations():
        refusals = {status: one for status, one in operation["responses"].items() if int(status) >= 400}
        assert {"400", "401", "403", "422", "500"} <= set(refusals), (path, method)
        assert {tuple(one["content"]) for one in refusals.values()} == {(MEDIA_TYPE,)}
        assert ("404" in refusals) >= ("{" in path)
        assert operation["security"] == [{"Token": []}]
        assert operation["summary"]
    assert len({one["operationId"] for _, _, one in operations()}) == len(operations())


def test_acts_ask_for_a_key_and_a_version() -> None:
    headers = {
        operation["operationId"]: {
            one["name"]: one["required"] for one in operation["parameters"] if one["in"] == "header"
        }
        for _, _, operation in operations()
    }
    assert {name: asked for name, asked in headers.items() if asked} == {
        "begin_matter": {"Idempotency-Key": True},
        "perform_act": {"Idempotency-Key": True, "If-Match": True},
        "perform_in_bulk": {"Idempotency-Key": True},
        "hand_over_in_bulk": {"Idempotency-Key": True},
        "get_matter": {"If-None-Match": False},
        "register_evidence": {"Idempotency-Key": True},
        "describe_evidence": {"If-Match": True},
        "seal_evidence": {"If-Match": True},
        "add_evidence_lots": {"If-Match": True},
        "derive_evidence": {"Idempotency-Key": True},
        "seal_evidence_without_stamp": {"If-Match": True},
        "put_chunk": {"Content-Digest": True},
    }


def test_the_guide_lists_every_refusal_of_the_door() -> None:
    listed = {code: int(status) for code, status in ROW.findall(GUIDE.read_text(encoding="utf-8"))}
    assert listed == {code: status for code, (status, _) in REFUSALS.items()}
