"""Clocks that ran before their rows named the rule they started under."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import pytest
from django.apps import apps
from django.db import connection

from concord.casework.definitions import clock_rule
from concord.casework.models import ClockRun
from tests.support.worlds import World

MIGRATION = import_module("concord.casework.migrations.0004_many_organisations")


@pytest.mark.django_db
def test_they_get_the_rule_of_their_matters_version(world: World) -> None:
    matter = world.matter_in("delivered")
    ClockRun.objects.update(rule_digest="")
    with connection.cursor() as cursor:
        MIGRATION.name_the_rules(apps, cast("Any", cursor))
    runs = ClockRun.objects.filter(matter=matter)
    assert {run.rule_digest for run in runs} == {matter.procedure_version.digest}
    assert {clock_rule(run).limit for run in runs} == {"15WD", "2WD"}
