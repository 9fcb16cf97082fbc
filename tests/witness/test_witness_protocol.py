"""add-checkpoint as C2SP tlog-witness writes it: what is no request, and what must not be signed."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import checkpoints, merkle
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import InvalidInput
from concord.witness import protocol
from concord.witness.protocol import Standing, Submission
from tests.support.witnessing import ORIGIN, ToyLog, request

HASH = b64encode(bytes(32))
LOGS = {size: ToyLog().grow(size) for size in range(25)}


def checkpoint_of(log: ToyLog) -> Checkpoint:
    return Checkpoint(ORIGIN, log.size, log.root() if log.size else merkle.EMPTY_ROOT)


def standing_of(log: ToyLog) -> Standing:
    return Standing(log.size, log.root()) if log.size else Standing()


class TestRequest:
    @given(
        old=st.integers(0, checkpoints.LARGEST_SIZE),
        proof=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
        note=st.binary(max_size=300),
    )
    def test_what_is_written_is_read(self, old: int, proof: list[bytes], note: bytes) -> None:
        assert protocol.parse(request(old, proof, note)) == Submission(old, tuple(proof), note)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"old 0\n",
            b"old 0\n\n"[:-1],
            b"new 0\n\nnote",
            b"old\n\nnote",
            b"old -1\n\nnote",
            b"old +1\n\nnote",
            b"old 01\n\nnote",
            b"old 1 \n\nnote",
            b"old 9223372036854775808\n\nnote",
            b"old \xc2\xb2\n\nnote",
            b"old 1\n" + HASH[:-1] + b"\n\nnote",
            b"old 1\n" + b64encode(bytes(31)) + b"\n\nnote",
            b"old 1\r\n" + HASH + b"\n\nnote",
            b"old 1\n" + (HASH + b"\n") * 64 + b"\nnote",
            b"old 1\n\n" + b"x" * (64 << 10),
        ],
    )
    def test_what_is_no_request_is_refused(self, body: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            protocol.parse(body)
        assert caught.value.code == "witness.request"

    @given(st.binary(max_size=200))
    def test_nothing_else_is_raised_whatever_comes(self, body: bytes) -> None:
        try:
            protocol.text_of(protocol.parse(b"old 0\n\n" + body).note)
        except InvalidInput as error:
            assert error.code == "witness.request"  # noqa: PT017 - either it is read or refused so


class TestRules:
    @given(st.data())
    def test_the_next_tree_of_the_same_log_is_signed(self, data: st.DataObject) -> None:
        new = data.draw(st.integers(0, 24))
        old = data.draw(st.integers(0, new))
        submission = Submission(old, LOGS[new].proof(old), b"")
        assert protocol.refusal(submission, checkpoint_of(LOGS[new]), standing_of(LOGS[old])) is None

    @given(st.data())
    def test_another_size_than_the_last_is_answered_with_the_last(self, data: st.DataObject) -> None:
        new = data.draw(st.integers(0, 24))
        old = data.draw(st.integers(0, new))
        last = data.draw(st.integers(0, 24).filter(lambda size: size != old))
        refused = protocol.refusal(
            Submission(old, LOGS[new].proof(old), b""), checkpoint_of(LOGS[new]), standing_of(LOGS[last])
        )
        assert refused == protocol.Answer(409, f"{last}\n", "text/x.tlog.size")

    @given(st.data())
    def test_no_tree_is_signed_with_a_spoilt_proof(self, data: st.DataObject) -> None:
        new = data.draw(st.integers(2, 24))
        old = data.draw(st.integers(1, new - 1))
        proof = list(LOGS[new].proof(old))
        at = data.draw(st.integers(0, len(proof) - 1))
        match data.draw(st.sampled_from(["change", "drop", "add"])):
            case "change":
                bit = data.draw(st.integers(0, 255))
                proof[at] = (int.from_bytes(proof[at]) ^ 1 << bit).to_bytes(32)
            case "drop":
                del proof[at]
            case _:
                proof.insert(at, bytes(32))
        refused = protocol.refusal(Submission(old, tuple(proof), b""), checkpoint_of(LOGS[new]), standing_of(LOGS[old]))
        assert refused is not None
        assert refused.status == 422

    @pytest.mark.parametrize(
        ("submission", "checkpoint", "standing", "status"),
        [
            pytest.param(Submission(6, (), b""), checkpoint_of(LOGS[5]), standing_of(LOGS[6]), 400, id="old above"),
            pytest.param(
                Submission(5, (), b""), Checkpoint(ORIGIN, 5, bytes(32)), standing_of(LOGS[5]), 409, id="other root"
            ),
            pytest.param(
                Submission(0, (bytes(32),), b""), checkpoint_of(LOGS[5]), Standing(), 422, id="proof from nothing"
            ),
            pytest.param(
                Submission(5, (bytes(32),), b""),
                checkpoint_of(LOGS[5]),
                standing_of(LOGS[5]),
                422,
                id="proof to itself",
            ),
            pytest.param(
                Submission(0, (), b""), Checkpoint(ORIGIN, 0, bytes(32)), Standing(), 409, id="no such empty tree"
            ),
        ],
    )
    def test_the_rest(self, submission: Submission, checkpoint: Checkpoint, standing: Standing, status: int) -> None:
        refused = protocol.refusal(submission, checkpoint, standing)
        assert refused is not None
        assert refused.status == status
