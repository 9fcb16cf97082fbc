"""Numbers without gaps: a series is locked, the number taken, and both commit or vanish with the act."""

from __future__ import annotations

from concord.casework.models import NumberSeries
from concord.foundation.database.locking import locked
from concord.foundation.organisations.models import Organisation


def lock_series(*, organisation: Organisation, kind: str, year: int) -> NumberSeries:
    """The series of ``organisation`` for this kind and year, locked until the transaction ends."""
    NumberSeries.objects.get_or_create(organisation=organisation, kind=kind, year=year)
    return locked(NumberSeries.objects.all()).get(organisation=organisation, kind=kind, year=year)


def take_number(series: NumberSeries) -> int:
    """The next number of a locked series, from 1."""
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
