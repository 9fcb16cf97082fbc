"""An operator makes the first administrator and security officer of an organisation."""

from __future__ import annotations

import re

import pytest

from concord.entrypoints import manage, operating
from concord.foundation.organisations.models import Post
from tests.support.worlds import World

LINE = re.compile(r"(chief|guard)  /invitation/concord_[A-Za-z0-9_-]{43}/")


@pytest.mark.django_db
def test_both_are_made_with_an_invitation_each(world: World) -> None:
    place = world.places["asking"]
    Post.objects.filter(organisation=place).update(effective=False)
    lines = operating.first_people(place.code, "chief", "guard")
    assert [bool(LINE.fullmatch(line)) for line in lines] == [True, True]
    made = Post.objects.filter(organisation=place, effective=True).values_list("person__username", "kind")
    assert dict(made) == {"chief": "administrator", "guard": "security_officer"}


@pytest.mark.django_db
def test_where_both_are_there_the_command_refuses(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["people", world.places["asking"].code, "--administrator", "chief", "--security-officer", "guard"]
    assert manage.main(asked) == manage.REFUSED
    assert "people.both_there" in capsys.readouterr().err
