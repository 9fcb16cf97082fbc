"""What fails before a view is reached is told in the API's form below /api/, and as a page elsewhere."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from concord.config import handlers

pytestmark = pytest.mark.django_db


def test_a_foreign_host_is_a_problem_for_programs() -> None:
    answer = Client().get("/api/v1/me", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "request.malformed"


def test_a_foreign_host_is_a_page_for_people() -> None:
    answer = Client().get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/me", "application/problem+json"), ("/", "text/html")])
def test_a_fault_of_ours_says_nothing_of_its_cause(path: str, kind: str) -> None:
    request = RequestFactory().get(path)
    try:
        int("a secret of the inside")
    except ValueError:
        answer = handlers.failed(request)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith(kind)
    assert "secret" not in answer.content.decode()
