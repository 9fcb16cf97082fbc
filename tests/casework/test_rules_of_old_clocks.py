"""Clocks that ran before their rows named the rule they started under."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from concord.casework.definitions import clock_rule
from concord.casework.models import ClockRun
from tests.support.worlds import World

BEFORE = [("casework", "0003_indexes_of_lists")]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="on PostgreSQL the application may not change tables")
def test_they_get_the_rule_of_their_matters_version(committed_world: World) -> None:
    matter = committed_world.matter_in("delivered")
    MigrationExecutor(connection).migrate(BEFORE)
    forward = MigrationExecutor(connection)
    forward.migrate(forward.loader.graph.leaf_nodes())
    runs = ClockRun.objects.filter(matter=matter)
    assert {run.rule_digest for run in runs} == {matter.procedure_version.digest}
    assert {clock_rule(run).limit for run in runs} == {"15WD", "2WD"}
