"""Every address of the workspace: who may open it, what everybody else gets, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from concord.casework.models import Paper
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

UNKNOWN = UUID(int=7)
# What anybody may reach; everything else names the permission it asks for.
OPEN_TO_ALL = {
    "^account/password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "account/code/",
    "account/inactive/",
    "account/login/",
    "account/logout/",
    "account/password/forgotten/",
    "account/password/forgotten/sent/",
    "account/password/new/",
    "account/sign-on/",
    "account/sign-on/back/",
    "account/sign-on/cancelled/",
    "calendar/<str:secret>.ics",
    "invitation/<str:secret>/",
    "language/",
    # The log's files ask for the token of a mirror.
    "ledger/checkpoint",
    "ledger/tile/<path:path>",
    "persona/",
}
OFFICER, LEADER, AUDITOR, ADMINISTRATOR = "case_officer", "leader", "auditor", "administrator"
# The operations of the API name theirs in the token they ask for; tests/rest proves it.
ELSEWHERE = "api/"

# A page, who may open it, who may not.
PAGES: list[tuple[str, dict[str, Any], str, str]] = [
    ("matters", {}, OFFICER, ADMINISTRATOR),
    ("matter", {"number": "G60-2026-00001"}, OFFICER, ADMINISTRATOR),
    ("queue", {"group": "enforcement"}, OFFICER, ADMINISTRATOR),
    ("calendar", {}, OFFICER, ADMINISTRATOR),
    ("calendar_feed", {}, OFFICER, ADMINISTRATOR),
    ("beginnings", {}, OFFICER, ADMINISTRATOR),
    ("begin", {"procedure": "assistance", "name": "draft"}, OFFICER, ADMINISTRATOR),
    ("cases", {}, OFFICER, AUDITOR),
    ("case_new", {}, LEADER, AUDITOR),
    ("journal", {}, AUDITOR, LEADER),
    ("ledger", {}, OFFICER, "security_officer"),
    ("ledger_silence", {}, AUDITOR, "security_officer"),
    ("ledger_verify", {}, LEADER, "security_officer"),
    ("tokens", {}, ADMINISTRATOR, OFFICER),
    ("people", {}, ADMINISTRATOR, OFFICER),
    ("person_new", {}, ADMINISTRATOR, AUDITOR),
    ("departments", {}, ADMINISTRATOR, LEADER),
    ("confirmations", {}, "security_officer", ADMINISTRATOR),
]
FOR_EVERY_POST = ["competence", "directory", "notices"]
DETAILS: list[tuple[str, dict[str, Any]]] = [
    ("act", {"number": "G60-2026-00001", "name": "submit"}),
    ("matter_by_uid", {"uid": UNKNOWN}),
    ("paper", {"uid": UNKNOWN, "kind": "pdf"}),
    ("file", {"uid": UNKNOWN}),
    ("case", {"uid": UNKNOWN}),
    ("token_end", {"pk": 1}),
    ("queues", {}),
    ("desk", {}),
    ("view_save", {}),
    ("view_discard", {"pk": 1}),
    ("post", {}),
    ("today", {}),
]


def address(name: str, given: dict[str, Any]) -> str:
    return reverse(f"workspace:{name}", kwargs=given)


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        else:
            yield here, cast("URLPattern", pattern).callback


def test_every_address_names_its_permission_or_is_on_the_short_list() -> None:
    found = {}
    for path, view in routes(get_resolver().url_patterns):
        if path.startswith(ELSEWHERE):
            continue
        found[path] = getattr(getattr(view, "view_class", view), "permission", None)
    assert {path for path, permission in found.items() if permission in {None, "public"}} == OPEN_TO_ALL
    assert len(found) > len(OPEN_TO_ALL)


@pytest.mark.parametrize(
    ("name", "given"),
    [(name, given) for name, given, _may, _may_not in PAGES] + [(name, {}) for name in FOR_EVERY_POST] + DETAILS,
)
def test_a_visitor_is_asked_to_sign_in_and_comes_back(name: str, given: dict[str, Any], sit: Sit) -> None:
    path = address(name, given)
    response = sit().get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/account/login/?next={quote(path)}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("name", "given", "may", "may_not"), PAGES)
def test_a_page_opens_for_its_posts_only(
    name: str, given: dict[str, Any], may: str, may_not: str, *, language: str, world: World, sit: Sit
) -> None:
    assert world.begin().number == "G60-2026-00001"
    path = address(name, given)
    assert sit(f"asking.{may}", language=language).get(path).status_code == 200
    refused = sit(f"asking.{may_not}", language=language).get(path)
    assert refused.status_code == 403
    heading = {"zh-hans": "您不能这样做", "en": "You may not do this"}[language]
    assert missing(refused, ["access.not_for_post", heading]) == []


@pytest.mark.parametrize("name", FOR_EVERY_POST)
@pytest.mark.parametrize("post", [OFFICER, LEADER, AUDITOR, ADMINISTRATOR, "clerk", "service_provider"])
def test_directory_and_notices_open_for_every_post(name: str, post: str, sit: Sit) -> None:
    assert sit(f"third.{post}").get(address(name, {})).status_code == 200


@pytest.mark.parametrize(("post", "first"), [(ADMINISTRATOR, "/tokens/"), ("service_provider", "/directory/")])
def test_who_may_read_no_matters_begins_on_a_page_of_their_own(post: str, first: str, sit: Sit) -> None:
    response = sit(f"asking.{post}").get("/")
    assert (response.status_code, response.headers["Location"]) == (302, first)


@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name, given, _may, _may_not in PAGES] + [("today", {}), ("directory", {})]
)
def test_who_holds_no_post_learns_why_nothing_opens(name: str, given: dict[str, Any], sit: Sit) -> None:
    response = sit("stranger").get(address(name, given))
    assert response.status_code == 403
    assert missing(response, ["access.no_post", "没有在任的岗位", "登录已经结束"]) == []


@pytest.mark.parametrize("path", ["/", "/account/login/", "/nowhere/", "/journal/"])
def test_every_answer_carries_the_headers_that_protect_it(path: str, sit: Sit) -> None:
    headers = sit("asking.case_officer").get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "script-src" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_no_page_carries_a_script_or_style_of_its_own(world: World, sit: Sit) -> None:
    matter = world.matter_in("answered")
    paper = Paper.objects.first()
    assert paper is not None
    desk = sit("asking.leader")
    for path in ("/", "/matters/", f"/matters/{matter.number}/", "/directory/", "/notices/", "/cases/"):
        page = text_of(desk.get(path))
        assert "<style" not in page
        assert "<script>" not in page
        assert " onclick=" not in page
        assert "http://" not in page
        assert "https://" not in page


@pytest.mark.parametrize("path", ["/nowhere/", "/matters/none/", "/matters/none/acts/submit/", "/begin/none/draft/"])
def test_an_address_that_leads_nowhere_says_so(path: str, sit: Sit) -> None:
    response = sit("asking.case_officer").get(path)
    assert response.status_code == 404
    assert "没有找到" in text_of(response)
