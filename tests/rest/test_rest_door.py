"""Who gets in, what is read at all, and how every failure is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.test import Client

from concord.entrypoints.rest import problems
from concord.entrypoints.rest.api import api
from concord.entrypoints.rest.door import ANY_POST, NO_POST, Token
from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION, OWN
from concord.foundation.access.commands import revoke_token
from concord.foundation.access.models import Token as TokenRow
from concord.foundation.database.clock import now
from concord.foundation.organisations.models import CharterVersion, Post
from concord.foundation.organisations.queries import charter_on
from tests.rest.callers import PROBLEM, Caller, caller, refused, secret_of
from tests.support.worlds import BEGINNING, World, time

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (operation.view_func.__name__, operation)
    for router in api._get_bound_routers()
    for view in router.path_operations.values()
    for operation in view.operations
]


def test_every_operation_asks_for_a_permission_that_some_post_holds(world: World) -> None:
    known = {permission.id for permission in charter_on(BEGINNING).permissions}
    asked = {}
    for name, operation in OPERATIONS:
        (door,) = operation.auth_callbacks
        assert isinstance(door, Token), name
        asked[name] = door.permission
    assert set(asked.values()) <= known | {ANY_POST}
    assert [name for name, permission in asked.items() if permission == ANY_POST] == [
        "me",
        "list_procedures",
        "get_procedure",
        "compute_clock",
    ]
    assert world.people()


def test_an_operation_that_names_no_permission_is_closed() -> None:
    assert isinstance(api.auth, list)
    assert [door.permission for door in api.auth if isinstance(door, Token)] == [NO_POST]


NO_GOOD = (
    "",
    "Bearer",
    "Bearer concord_" + "A" * 43,
    "Bearer concord_" + "Ä" * 43,
    "Bearer x\ty",
    "Basic YTpi",
    "Token concord_" + "A" * 43,
)


def test_without_a_good_token_nobody_gets_in() -> None:
    response = Caller().get("/matters")
    refused(response, 401, "request.no_token")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="concord"'
    for header in NO_GOOD:
        response = Caller().get("/matters", headers={"Authorization": header})
        refused(response, 401, "request.no_token")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="concord", error="invalid_token"'


def test_a_revoked_and_an_ended_token_and_an_ended_post_do_not_get_in(world: World) -> None:
    program = caller(world, "asking.case_officer")
    assert program.get("/me").status_code == 200
    token = TokenRow.objects.get()
    revoke_token(token=token, by=world.actor("asking.administrator"), at=now())
    refused(program.get("/me"), 401, "request.no_token")

    TokenRow.objects.update(revoked_at=None, expires_at=now() - timedelta(seconds=1))
    refused(program.get("/me"), 401, "request.no_token")

    TokenRow.objects.update(expires_at=now() + timedelta(hours=1))
    assert program.get("/me").status_code == 200
    Post.objects.filter(pk=token.post_id).update(held_until=BEGINNING + timedelta(days=1))
    refused(program.get("/me"), 401, "request.no_token")


def test_a_session_opens_nothing(world: World) -> None:
    matter = world.begin()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.person("asking.leader"), backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[FACTOR_IN_SESSION] = OWN
    session.save()
    assert client.get(f"/matters/{matter.number}/").status_code == 200
    refused(Caller(client=client).get(f"/matters/{matter.number}"), 401, "request.no_token")
    other = Caller(secret_of(world, "third.leader"), client=client)
    refused(other.get(f"/matters/{matter.number}"), 404, "casework.no_matter")
    assert other.get("/matters").json() == {"items": [], "next": None}
    assert other.get("/me").json()["organisation"]["code"] == world.places["third"].code


def test_a_token_opens_no_page(world: World) -> None:
    response = caller(world, "asking.leader").client.get(
        "/matters/", headers={"Authorization": f"Bearer {secret_of(world, 'asking.leader')}"}
    )
    assert (response.status_code, response.headers["Location"]) == (302, "/account/login/?next=/matters/")


GUARDED = (
    ("get", "/organisations"),
    ("get", "/cases"),
    ("post", "/cases"),
    ("get", "/cases/018f0000-0000-7000-8000-000000000000"),
    ("get", "/matters"),
    ("post", "/matters"),
    ("get", "/matters/G60-2026-00001"),
    ("get", "/matters/G60-2026-00001/acts"),
    ("get", "/matters/G60-2026-00001/possible-acts"),
    ("get", "/matters/G60-2026-00001/clocks"),
    ("get", "/matters/G60-2026-00001/messages"),
    ("get", "/matters/G60-2026-00001/papers"),
    ("post", "/matters/G60-2026-00001/acts/submit"),
    ("post", "/files"),
    ("get", "/files/018f0000-0000-7000-8000-000000000000"),
    ("get", "/papers/018f0000-0000-7000-8000-000000000000.pdf"),
    ("get", "/papers/018f0000-0000-7000-8000-000000000000.docx"),
    ("get", "/journal"),
    ("get", "/notices"),
    ("post", "/notices/read"),
)


def test_a_token_does_only_what_it_was_issued_for(world: World) -> None:
    program = caller(world, "asking.leader", permissions=["assistance:draft"])
    for method, path in GUARDED:
        body = refused(getattr(program, method)(path), 403, "access.not_for_post")
        assert "权限" in body["detail"]


def test_a_token_never_does_more_than_its_post(world: World) -> None:
    program = caller(world, "asking.clerk", permissions=["matter:read", "case:open", "journal:read"])
    assert program.get("/me").json()["permissions"] == ["matter:read"]
    refused(program.get("/journal"), 403, "access.not_for_post")


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/me", "/api/v1/matters/", "/api/x/y/z"]
)
def test_an_unknown_address_is_a_problem(path: str) -> None:
    refused(Caller().get(path), 404, "request.no_such_address")


def test_another_method_is_a_problem(world: World) -> None:
    program = caller(world, "asking.leader")
    response = program.client.delete("/api/v1/matters", headers=program.headers)
    refused(response, 405, "request.method_not_offered")
    assert {one.strip() for one in response.headers["Allow"].split(",")} == {"GET", "POST"}


BODIES = (
    (b"{", 400, "request.malformed"),
    (b"\xff", 400, "request.malformed"),
    (b"\xef\xbb\xbf{}", 400, "request.malformed"),
    (b'{"start": NaN}', 400, "request.malformed"),
    (b'{"start": Infinity}', 400, "request.malformed"),
    (b'{"start": "a", "start": "b"}', 400, "request.malformed"),
    (b'{"start": "\\u0000"}', 400, "request.malformed"),
    (b'{"\\u0000": 1}', 400, "request.malformed"),
    (b'{"start": "\\ud800"}', 400, "request.malformed"),
    (b'{"start": [["\\udfff"]]}', 400, "request.malformed"),
    (b'{"start": ' + b"[" * 30 + b"]" * 30 + b"}", 400, "request.malformed"),
    (b"[" * 100_000, 400, "request.malformed"),
    (b"9" * 5000, 400, "request.malformed"),
    (b"", 422, "request.invalid"),
    (b"[]", 422, "request.invalid"),
    (b"null", 422, "request.invalid"),
    (b'{"start": "2026-02-06"}', 422, "request.invalid"),
    (b'{"start": "2026-02-06", "limit": "15WD", "more": 1}', 422, "request.invalid"),
    (b'{"start": 1, "limit": "15WD"}', 422, "request.invalid"),
    (b" " * (4 * 1024 * 1024 + 1), 413, "request.too_large"),
)


def test_a_body_that_cannot_be_taken(world: World) -> None:
    program = caller(world, "asking.clerk")
    for content, status, code in BODIES:
        refused(program.post("/clock", content), status, code)


def test_a_validation_problem_names_each_field_in_the_language_asked_for(world: World) -> None:
    program = caller(world, "asking.clerk")
    sent = {"start": "2026-02-06", "exclude": [{"days": -1}], "more": 1}
    english = refused(program.post("/clock", sent, headers={"Accept-Language": "en-GB"}), 422, "request.invalid")
    assert [(one["field"], one["code"]) for one in english["errors"]] == [
        ("limit", "request.missing"),
        ("exclude.0.days", "request.greater_than_equal"),
        ("more", "request.extra_forbidden"),
    ]
    assert english["errors"][0]["detail"] == "Field required"
    chinese = refused(program.post("/clock", sent), 422, "request.invalid")
    assert chinese["errors"][0]["detail"] == "请给出此项。"


@pytest.mark.parametrize(
    ("asked", "given"),
    [("", "zh"), ("en", "en"), ("fr, en;q=0.5", "en"), ("en;q=0.2, zh-CN;q=0.9", "zh"), ("fr", "zh"), ("*", "zh")],
)
def test_a_problem_speaks_the_language_asked_for(asked: str, given: str) -> None:
    response = Caller().get("/me", headers={"Accept-Language": asked})
    assert response.headers["Content-Language"] == given
    title = problems.TITLES[401]
    assert refused(response, 401, "request.no_token")["title"] == title.in_language(given)


def test_json_must_say_that_it_is_json(world: World) -> None:
    program = caller(world, "asking.clerk")
    sent = json.dumps({"start": "2026-02-06", "limit": "1WD"})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        response = program.client.post("/api/v1/clock", sent, content_type=kind, headers=program.headers)
        refused(response, 415, "request.wrong_media_type")


@pytest.mark.parametrize(
    "query",
    ["q=%00", "%00=1", "after=1%00-2", "q=" + "&q=" * 3000],
    ids=["value", "name", "cursor", "many"],
)
def test_a_query_that_cannot_be_read(world: World, query: str) -> None:
    program = caller(world, "asking.clerk")
    refused(program.get(f"/matters?{query}"), 400, "request.malformed")


def test_a_path_with_nul_cannot_be_read(world: World) -> None:
    refused(caller(world, "asking.clerk").get("/matters/%00"), 400, "request.malformed")


def test_a_length_that_is_no_length_is_refused_unread(world: World) -> None:
    program = caller(world, "asking.clerk")
    for length in ("9" * 5000, "-1", "x"):
        response = program.client.post(
            "/api/v1/clock", b"{}", content_type="application/json", headers=program.headers, CONTENT_LENGTH=length
        )
        refused(response, 413, "request.too_large")


def test_a_fault_of_ours_says_nothing_of_its_cause(world: World) -> None:
    program = caller(world, "asking.clerk")
    program.client.raise_request_exception = False
    told: list[Any] = []

    def note(**given: Any) -> None:
        told.append(given["request"])

    got_request_exception.connect(note)
    CharterVersion.objects.create(
        charter="g60",
        digest="f" * 64,
        effective_from=BEGINNING,
        texts={"secret": "broken"},
        adopted_at=time("2026-02-01T09:00"),
    )
    response = program.get("/me")
    got_request_exception.disconnect(note)
    body = refused(response, 500, "request.failed")
    assert "secret" not in json.dumps(body)
    assert len(told) == 1


def test_answers_are_kept_by_nobody_else(world: World) -> None:
    response = caller(world, "asking.clerk").get("/me")
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Accept-Language"} <= {one.strip() for one in response.headers["Vary"].split(",")}


def test_the_description_is_public() -> None:
    response = Caller().get("/openapi.json")
    assert (response.status_code, json.loads(response.content)["openapi"]) == (200, "3.1.0")


def test_refusals_of_the_door_have_titles_in_both_languages() -> None:
    for status, said in problems.REFUSALS.values():
        assert problems.TITLES[status].zh != problems.TITLES[status].en
        assert said.zh != said.en
    assert PROBLEM == problems.MEDIA_TYPE
