"""What tests stand on: the same for neighbours, however one of them changed it, and gone for whoever begins bare."""

import pytest
from django.db import IntegrityError

from concord.casework.models import Matter
from concord.foundation.organisations.models import Organisation, Person
from tests.support.standing import Ground
from tests.support.worlds import World

LAID: list[str] = []


def lay_a_stone() -> list[str]:
    LAID.append("stone")
    Person.objects.create(username="mason", zh="石匠", en="Mason")
    return ["stone"]


def lay_in_vain() -> None:
    Person.objects.create(username="mason", zh="石匠", en="Mason")
    Person.objects.create(username="mason", zh="石匠", en="Mason")


@pytest.mark.parametrize("_round", [1, 2])
def test_what_a_test_does_to_its_world_is_gone_in_the_next(world: World, _round: int) -> None:
    assert not Matter.objects.exists()
    assert world.begin(case_ref="某案").number
    assert world.places.pop("third").zh
    world.places["asking"].zh = "某市"
    world.places["asking"].save()


def test_the_next_finds_its_world_whole(world: World) -> None:
    assert not Organisation.objects.filter(zh="某市").exists()
    assert world.places["asking"].zh != "某市"
    assert world.places["third"].zh


@pytest.mark.parametrize("_round", [1, 2])
@pytest.mark.begins_with.with_args(lay_a_stone)
@pytest.mark.django_db
def test_the_ground_is_made_once_and_given_as_a_copy(ground: Ground, _round: int) -> None:
    given = ground.made_by(lay_a_stone)
    given.append("another")
    assert ground.made_by(lay_a_stone) == LAID == ["stone"]
    Person.objects.get(username="mason").delete()


@pytest.mark.django_db
def test_whoever_begins_bare_finds_nothing() -> None:
    assert not Person.objects.exists()


@pytest.mark.django_db
def test_a_ground_that_cannot_be_made_leaves_nothing(ground: Ground) -> None:
    with pytest.raises(IntegrityError):
        ground.lay(lay_in_vain)
    ground.lay(None)
    assert not Person.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_commits_stands_on_no_ground() -> None:
    assert not Person.objects.exists()
