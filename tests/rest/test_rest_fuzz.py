"""Whatever is sent, the API answers as it says it does, and never with a fault of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from concord.capabilities.evidence import items
from concord.capabilities.evidence.models import Item
from concord.casework.desk.views import save_view
from concord.casework.models import Paper
from concord.entrypoints.rest.schema import described
from concord.foundation.database.clock import now
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.files import uploads
from concord.foundation.organisations.models import CharterVersion
from tests.rest.callers import V1, secret_of
from tests.support.evidence_items import sealed_item
from tests.support.worlds import World, speaking_as

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DESCRIPTION: dict[str, Any] = json.loads(described())
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OFFICER = "asking.case_officer"
SPEAKERS = dict.fromkeys(
    (
        *("open_case", "list_cases", "get_case"),
        *("register_evidence", "describe_evidence", "add_evidence_file", "seal_evidence"),
        *("add_evidence_lots", "move_evidence_lot", "derive_evidence", "note_evidence_custody"),
    ),
    OFFICER,
)
OPERATIONS = {
    one["operationId"]: (path, method)
    for path, methods in DESCRIPTION["paths"].items()
    for method, one in methods.items()
}


def served(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The application as a server runs it: whatever it opened is closed at the end."""
    response = get_wsgi_application()(environ, start_response)
    try:
        return list(response)
    finally:
        response.close()


def known_things(world: World, path: str) -> dict[str, list[str]]:
    """What really stands at the addresses like ``path``, by the name of the path's parameter."""
    case = world.open_case(by=OFFICER)
    matter = world.matter_in("drafted")
    world.matter_in("answered")
    file = world.upload("证据.txt", by=OFFICER)
    of_evidence = [sealed_item(world, at="2025-02-05T08:00"), collecting(world)]
    leader = world.actor("asking.leader")
    with speaking_as(leader):
        view = save_view(page="matters", name="来件", query="direction=in", shared=True, by=leader, at=now())
        upload = uploads.begin(name="录像.mp4", size=20, sha256="", by=leader, at=now(), uid=uuid4())
    return {
        "number": [one.number for one in of_evidence] if path.startswith(f"{V1}/evidence") else [matter.number],
        "act": ["submit", "revise", "withdraw"],
        "procedure": ["assistance"],
        "offer": ["1"],
        "link": ["1"],
        "view": [str(view.pk)],
        "digest": list(CharterVersion.objects.values_list("digest", flat=True)),
        "index": ["0"],
        "uid": [str(one) for one in (case.uid, file.uid, upload.uid, *Paper.objects.values_list("uid", flat=True))],
    }


def collecting(world: World) -> Item:
    """An item that is being collected."""
    officer = world.actor(OFFICER)
    with speaking_as(officer):
        return items.register(
            kind="sample",
            title="样品",
            handling="case_only",
            cause="",
            case=None,
            by=officer,
            at=now(),
            entropy=world.random_bytes(),
        )


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests end as Django's own test client lets them end: with the test's transaction still open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent_is_answered_as_described(world: World, name: str) -> None:
    path, method = OPERATIONS[name]
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    schema.app = served
    known = known_things(world, path)
    speaker = "asking.auditor" if name == "list_entries" else SPEAKERS.get(name, "asking.leader")
    secret = secret_of(world, speaker)

    @given(
        case=schema[path][method.upper()].as_strategy(), real=st.booleans(), chance=st.randoms(use_true_random=False)
    )
    @settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def answered(case: Any, *, real: bool, chance: Any) -> None:
        for parameter in case.path_parameters or {}:
            if real:
                case.path_parameters[parameter] = chance.choice(known[parameter])
        if real and "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = '"1"'
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        enter(SYSTEM)
        if response.status_code != 405:
            case.validate_response(response, checks=CHECKS)

    answered()
