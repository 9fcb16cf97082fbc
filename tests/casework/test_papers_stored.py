"""A paper that was issued comes back byte for byte from what its row keeps."""

import pytest

from concord.casework import letters
from concord.casework.models import Paper
from concord.casework.papers import digest, template_in, typeset
from concord.foundation.files.queries import read_verified
from concord.foundation.organisations.queries import texts_of
from tests.support.letters import FONTS
from tests.support.worlds import World

pytestmark = pytest.mark.django_db


def test_an_issued_paper_comes_back_from_its_row(world: World) -> None:
    world.matter_in("answered")
    papers = list(Paper.objects.select_related("file", "matter"))
    assert {paper.kind for paper in papers} == {"request_letter", "reply_letter"}
    for paper in papers:
        letter = letters.letter_of(paper)
        path = f"cn/papers/{paper.matter.procedure}/{paper.kind}.typ"
        again = typeset(letter, template=template_in(texts_of(paper.charter_digest), path), fonts=FONTS)
        assert again.pdf == read_verified(paper.file)
        assert (again.template_digest, again.engine) == (paper.template_digest, paper.engine)
        assert digest(letter) == paper.letter_digest
