"""Tables, migrations and guards agree with what declares them."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Field

from concord.casework.registry import GUARDS, HANDLERS
from concord.rules.guards import GUARD_NAMES
from concord.rules.handlers import HANDLER_NAMES
from tests.fitness.sources import modules


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    out = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, stderr=out)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_capabilities_have_no_relations_to_each_other() -> None:
    crossing = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, Field) and field.is_relation and not isinstance(field.related_model, str | None)
        if (ours := _capability(model)) and (theirs := _capability(field.related_model)) and ours != theirs
    ]
    assert crossing == []


def test_models_are_imported_not_looked_up() -> None:
    looked_up = [
        f"{module.path}:{call.lineno}"
        for module in modules()
        for call in module.calls()
        if getattr(call.func, "attr", "") == "get_model"
    ]
    assert looked_up == []


def test_every_guard_is_implemented_and_no_other() -> None:
    assert set(GUARDS) == GUARD_NAMES


def test_every_handler_is_implemented_and_no_other() -> None:
    assert set(HANDLERS) == HANDLER_NAMES


def _capability(model: type) -> str:
    before, _, after = model.__module__.partition("concord.capabilities.")
    return "" if before else after.split(".")[0]
