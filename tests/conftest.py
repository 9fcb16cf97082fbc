"""Fixtures for every test: the database under test, a private home, a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck, settings
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker

from tests.support.accessibility import serious_violations
from tests.support.chromium import launch_arguments
from tests.support.database import CHOICES, DATABASE, DatabaseUnderTest, database_under_test

pytest_plugins = ("tests.support.worlds",)
# Whoever asks for one of these reaches the database, as do tests with a mark of it.
REACHING = {"db", "transactional_db", "live_server", "under_test"}
# What `make prove` runs: many examples, and few but always the same ones for each of a thousand mutants.
settings.register_profile(
    "prove", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "mutants", max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--rounds N`: every test N times, each time with other random examples."""
    parser.addoption("--rounds", type=int, default=1, help="run every test so many times")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat what `--rounds` asks to repeat."""
    rounds: int = metafunc.config.getoption("rounds")
    if rounds > 1:
        metafunc.fixturenames.append("round_number")
        metafunc.parametrize("round_number", range(1, rounds + 1), indirect=True)


@pytest.fixture
def round_number(request: pytest.FixtureRequest) -> int:
    """Which round of `--rounds` this is."""
    number: int = request.param
    return number


def pytest_configure() -> None:
    """Refuse a database that does not exist instead of testing another one."""
    if DATABASE not in CHOICES:
        raise pytest.UsageError(f"CONCORD_TEST_DATABASE={DATABASE}: choose one of {', '.join(CHOICES)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, aloud, what only a real PostgreSQL can show; on PostgreSQL leave out what no database changes.

    A test that asks for no database is kept from reaching one, so it cannot tell one from another.
    """
    if DATABASE == "postgres":
        config.hook.pytest_deselected(items=[item for item in items if not _reaches_database(item)])
        items[:] = [item for item in items if _reaches_database(item)]
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs CONCORD_TEST_DATABASE=postgres"))


def _reaches_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("sight"):
        return False
    asked = not REACHING.isdisjoint(getattr(item, "fixturenames", ()))
    return asked or any(item.get_closest_marker(name) for name in ("django_db", "postgres"))


@pytest.fixture(scope="session", autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep files out of the checkout, hash made-up passwords cheaply, and ask for no collected static files."""
    home = tmp_path_factory.mktemp("home")
    plain = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": home}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    collected = home / "static"
    collected.mkdir()
    cheap = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(
        FILES_ROOT=home / "files",
        KEYS_ROOT=home / "keys",
        LEDGER_ROOT=home / "ledger",
        STATIC_ROOT=collected,
        STORAGES=plain,
        PASSWORD_HASHERS=cheap,
    ):
        yield


@pytest.fixture(scope="session")
def under_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUnderTest]:
    """The database under test; each worker of a parallel run has its own."""
    with database_under_test(DATABASE, tmp_path_factory.mktemp("database")) as database:
        yield database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(under_test: DatabaseUnderTest) -> None:
    """Tell Django of it before pytest-django creates and migrates it."""


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,  # noqa: ARG001 - pytest-django's own, which creates and migrates
    django_db_blocker: DjangoDbBlocker,
    under_test: DatabaseUnderTest,
) -> Iterator[None]:
    """Migrate as the owner, test as the application; put the database back after transactional tests."""

    def put_back(_case: TransactionTestCase) -> None:
        under_test.restore()

    with django_db_blocker.unblock():
        under_test.keep()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", put_back)
        yield
    with django_db_blocker.unblock():
        under_test.release()


@pytest.fixture
def _django_db_helper(under_foot: None, _django_db_helper: None) -> None:
    """Whichever way a test asks for the database, its ground is laid before its own transaction begins."""


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Start the machine's or npm's Chromium; let Django work beside Playwright's event loop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield browser_type_launch_args | launch_arguments(tmp_path_factory.mktemp("fonts"))


@pytest.fixture(scope="session")
def base_url() -> None:
    """Journeys name the live server themselves; Playwright's own fixture of this name warns under pytest 9."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Look at the pages as an officer's desk does."""
    desk = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
    return browser_context_args | desk | {"reduced_motion": "reduce"}


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Look for serious accessibility faults: `assert axe(page) == []`."""
    return serious_violations
