"""The settings of signing in, and the operator's way back in."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from allauth.mfa.models import Authenticator

from concord.config.env import BadEnvironment, SignOn, read
from concord.entrypoints import manage
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry
from tests.support.signing_in import ACCOUNT, LOGIN, officer_with_app, sign_in
from tests.support.worlds import World

KNOWN = {
    "CONCORD_OIDC_NAME": "浙政通",
    "CONCORD_OIDC_ISSUER": "https://id.example.gov.cn/realm/",
    "CONCORD_OIDC_CLIENT_ID": "concord",
    "CONCORD_OIDC_CLIENT_SECRET": "secret",
}


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    """The least there must be."""
    return {"CONCORD_HOME": str(tmp_path), "CONCORD_SECRET_KEY": "key"}


def test_a_second_factor_is_required_and_no_sign_on_known(base: dict[str, str]) -> None:
    found = read(base)
    assert (found.second_factor, found.sign_on) == (True, None)


def test_uploads_are_kept_a_week_or_as_long_as_is_said(base: dict[str, str]) -> None:
    assert read(base).uploads_kept == 7
    assert read({**base, "CONCORD_UPLOADS_KEPT": "365"}).uploads_kept == 365


@pytest.mark.parametrize(("value", "required"), [("required", True), ("optional", False)])
def test_whether_it_is_required(value: str, required: bool, base: dict[str, str]) -> None:  # noqa: FBT001  an expectation
    assert read({**base, "CONCORD_SECOND_FACTOR": value}).second_factor is required


def test_the_sign_on_is_read_and_its_secret_from_a_file(base: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "oidc"
    secret.write_text("from a file\n", encoding="utf-8")
    given = {name: value for name, value in KNOWN.items() if name != "CONCORD_OIDC_CLIENT_SECRET"}
    given |= {"CONCORD_OIDC_CLIENT_SECRET_FILE": str(secret), "CONCORD_OIDC_MFA": "1"}
    assert read({**base, **given}).sign_on == SignOn(
        "浙政通", "https://id.example.gov.cn/realm", "concord", "from a file", vouches_for_factors=True
    )


@pytest.mark.parametrize("missing", KNOWN)
def test_one_of_four_missing_refuses_to_start(missing: str, base: dict[str, str]) -> None:
    given = {name: value for name, value in KNOWN.items() if name != missing}
    with pytest.raises(BadEnvironment, match=missing):
        read({**base, **given})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONCORD_SECOND_FACTOR", "no"),
        ("CONCORD_UPLOADS_KEPT", "0"),
        ("CONCORD_UPLOADS_KEPT", "366"),
        ("CONCORD_UPLOADS_KEPT", "a week"),
        ("CONCORD_WORKERS", "65"),
        ("CONCORD_OIDC_MFA", "yes"),
        ("CONCORD_OIDC_ISSUER", "http://id.example.gov.cn"),
        ("CONCORD_OIDC_ISSUER", "id.example.gov.cn"),
    ],
)
def test_what_cannot_be_meant_refuses_to_start(name: str, value: str, base: dict[str, str]) -> None:
    with pytest.raises(BadEnvironment, match=name):
        read({**base, **KNOWN, name: value})


def test_the_operator_lets_the_last_security_officer_in_again(
    world: World, morning: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, _secret, _codes = officer_with_app(world, "asking.security_officer", morning)
    assert manage.main(["reset-factor", "asking.security_officer"]) == 0
    enter(SYSTEM)
    assert not Authenticator.objects.exists()
    assert desk.get("/").headers["Location"].startswith(LOGIN)
    sign_in(desk, "asking.security_officer")
    assert desk.get("/").headers["Location"] == ACCOUNT
    assert Entry.objects.get(event="account.reset_factor").person is None
    assert manage.main(["reset-factor", "asking.security_officer"]) == manage.REFUSED
    assert "account.no_factor" in capsys.readouterr().err
    assert manage.main(["reset-factor", "nobody"]) == manage.REFUSED
    assert "account.no_such_user" in capsys.readouterr().err
    enter(SYSTEM)
