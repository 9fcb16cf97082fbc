"""A witness over real sockets: what it answers, what it shows, and what it does not let itself be made to do."""

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from concord.proofs import checkpoints, merkle, notes
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import Unavailable
from concord.witness import server
from concord.witness.cosigning import origin_hash
from concord.witness.server import WitnessServer
from tests.support.witnessing import LOG_KEY, LOG_PRIVATE, ORIGIN, City, ToyLog, ask, cities, opened, request

PATH = f"/{origin_hash(ORIGIN)}/checkpoint"


@pytest.fixture
def log() -> ToyLog:
    return ToyLog().grow(5)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Sequence[City]]:
    made = cities(tmp_path, 2)
    yield [city.start() for city in made]
    for city in made:
        city.stop()


@pytest.fixture
def city(two: Sequence[City]) -> City:
    return two[0]


class TestAddCheckpoint:
    def test_the_answer_is_both_cosignatures(self, log: ToyLog, city: City) -> None:
        reply = city.submit(log.request())
        assert reply.status == 200
        assert reply.body.decode().count("\n") == 2
        found = opened(log.note() + reply.body, city)
        assert found.cosigners.keys() == found.sm2.keys() == {city.name}
        assert found.unknown == ()

    def test_the_same_again_is_signed_again_with_a_later_time(self, log: ToyLog, city: City) -> None:
        first, second = (
            opened(log.note() + city.submit(log.request(old)).body, city).cosigners[city.name] for old in (0, 5)
        )
        assert second > first

    def test_the_empty_tree_may_be_signed(self, city: City) -> None:
        assert city.submit(ToyLog().request()).status == 200
        assert city.size() == 0

    def test_other_signatures_on_the_note_do_no_harm_and_are_not_kept(self, log: ToyLog, two: Sequence[City]) -> None:
        lines = two[1].submit(log.request()).body
        assert two[0].submit(request(0, (), log.note() + lines)).status == 200
        assert [line.name for line in _lines(two[0].get(PATH).body)] == [ORIGIN, two[0].name, two[0].name]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            pytest.param(b"", 400, id="empty"),
            pytest.param(b"old 0\n\nno note", 400, id="no note"),
            pytest.param(b"old 0\n\n\xff\n\n\xff\n", 400, id="no text"),
            pytest.param(request(9, (), ToyLog().grow(5).note()), 400, id="old above size"),
            pytest.param(
                request(
                    0,
                    (),
                    checkpoints.sign_checkpoint(
                        Checkpoint("other.example", 1, bytes(32)),
                        LOG_PRIVATE.sign,
                        type(LOG_KEY).of("other.example", LOG_KEY.kind, LOG_KEY.public),
                    ),
                ),
                404,
                id="unknown log",
            ),
            pytest.param(request(0, (), ToyLog().grow(5).note().replace(b"\n5\n", b"\n6\n")), 403, id="signature"),
            pytest.param(request(0, (bytes(32),), ToyLog().grow(5).note()), 422, id="proof"),
        ],
    )
    def test_what_is_refused_is_said_and_changes_nothing(self, city: City, body: bytes, status: int) -> None:
        reply = city.submit(body)
        assert reply.status == status
        assert re.search(r"[一-鿿]", reply.body.decode())
        assert city.get(PATH).status == 404

    def test_a_rollback_is_answered_with_the_size(self, log: ToyLog, city: City) -> None:
        city.submit(log.request())
        reply = city.submit(ToyLog().grow(3).request())
        assert (reply.status, reply.body, reply.headers["Content-Type"]) == (409, b"5\n", "text/x.tlog.size")

    def test_of_many_clients_at_once_none_rolls_the_log_back(self, log: ToyLog, city: City) -> None:
        """The race that tlog-witness describes: a smaller tree checked before, and written after, a larger one."""
        requests = [ToyLog(log.leaves[:size]).request() for size in range(1, 6)] * 4
        replies: list[tuple[int, bytes]] = []
        begin = threading.Barrier(len(requests))

        def submit(body: bytes) -> None:
            begin.wait()
            reply = city.submit(body)
            replies.append((reply.status, reply.body))

        threads = [threading.Thread(target=submit, args=(body,)) for body in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        signed = city.checkpoint().checkpoint.size
        assert sum(status == 200 for status, _ in replies) == 1
        assert {body for status, body in replies if status == 409} == {b"%d\n" % signed}
        assert {status for status, _ in replies} == {200, 409}

    def test_a_smaller_tree_checked_before_a_larger_one_was_written_is_not_written_after_it(
        self, log: ToyLog, city: City
    ) -> None:
        """The same race, in one certain order: the larger comes in while the smaller one is being signed."""
        smaller = ToyLog(log.leaves[:3]).request()
        clock = city.witness.now

        def late() -> datetime:
            city.witness.now = clock
            assert city.witness.add_checkpoint(log.request()).status == 200
            return clock()

        city.witness.now = late
        answer = city.witness.add_checkpoint(smaller)
        assert (answer.status, answer.body) == (409, "5\n")
        assert city.checkpoint().checkpoint.size == 5

    def test_a_database_that_fails_gives_no_signature(self, log: ToyLog, city: City) -> None:
        city.state._database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON latest BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        reply = city.submit(log.request())
        assert reply.status == 503
        assert city.name.encode() not in reply.body
        assert any(event == "failed" for event, _ in city.told)


class TestReading:
    def test_the_monitor_sees_the_last_signed_with_our_lines(self, log: ToyLog, city: City) -> None:
        assert city.get(PATH).status == 404
        city.submit(log.request())
        found = city.checkpoint()
        assert (found.checkpoint.size, found.checkpoint.root) == (5, log.root())
        assert found.cosigners.keys() == {city.name}

    def test_status_for_machines(self, log: ToyLog, city: City) -> None:
        city.submit(log.request())
        status = json.loads(city.get("/status").body)
        assert (status["name"], status["ready"], status["alarm"], status["alarms"]) == (city.name, True, False, [])
        (shown,) = status["logs"]
        assert (shown["origin"], shown["size"], shown["root"]) == (ORIGIN, 5, log.root().hex())
        assert status["vkey"] == city.keys.verifier.vkey_text()

    def test_an_alarm_is_shown_with_its_evidence(self, log: ToyLog, city: City) -> None:
        city.submit(log.request())
        false = ToyLog([*log.leaves[:4], b"forged"])
        city.submit(false.request())
        status = json.loads(city.get("/status").body)
        assert status["alarm"] is True
        number = status["alarms"][0]["number"]
        evidence = json.loads(city.get(f"/alarms/{number}").body)
        assert opened(evidence["ours"].encode(), city).checkpoint.root == log.root()
        assert opened(evidence["theirs"].encode()).checkpoint.root == false.root()
        page = city.get("/").body.decode()
        assert "有警报" in page
        assert "There is an alarm" in page

    def test_the_page_is_in_both_languages_and_asks_nobody_for_anything(self, log: ToyLog, two: Sequence[City]) -> None:
        for city in two:
            city.submit(log.request())
        two[0].watch.compare()
        two[1].stop()
        two[0].watch.compare()
        reply = two[0].get("/")
        page = reply.body.decode()
        assert "正常" in page
        assert "All is well" in page
        assert "连接不上" in page
        assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", page)
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        two[1].start()

    def test_before_it_is_ready_it_says_so(self, log: ToyLog, city: City) -> None:
        city.witness.ready.clear()
        assert city.submit(log.request()).status == 503
        assert "正在向其他见证方核对" in city.get("/").body.decode()
        assert json.loads(city.get("/status").body)["ready"] is False

    @pytest.mark.parametrize(
        "path",
        ["/nothing", "/status?x=1", "/../status", "/alarms/1", "/alarms/x", f"/{'0' * 64}/checkpoint"],
    )
    def test_there_is_nothing_else(self, city: City, path: str) -> None:
        assert city.get(path).status == 404


class TestHostileClients:
    @pytest.mark.parametrize(
        ("line", "body", "headers", "status"),
        [
            ("POST /add-checkpoint", b"x" * (64 * 1024 + 1), {}, 413),
            ("POST /add-checkpoint", b"", {"Content-Length": "9" * 30}, 413),
            ("POST /add-checkpoint", b"", {"Content-Length": "-1"}, 411),
            ("POST /add-checkpoint", b"", {"Content-Length": "²"}, 411),
            ("POST /add-checkpoint", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"}, 411),
            ("POST /status", b"", {}, 404),
            ("GET /status", b"x", {"Content-Length": "1"}, 400),
            ("DELETE /status", None, {}, 501),
        ],
    )
    def test_requests_out_of_bounds(
        self, city: City, line: str, body: bytes | None, headers: dict[str, str], status: int
    ) -> None:
        method, path = line.split()
        encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        assert ask(city.url, method, path, body, encoded).status == status

    def test_whoever_sends_nothing_is_hung_up_on(self, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server._Handler, "timeout", 0.2)
        with socket.create_connection(("127.0.0.1", city.port), timeout=5) as silent:
            silent.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold")
            assert silent.recv(1000) == b""

    def test_more_connections_than_places_are_turned_away_and_the_rest_served(self, log: ToyLog, city: City) -> None:
        held = [
            socket.create_connection(("127.0.0.1", city.port), timeout=5) for _ in range(server.MOST_CONNECTIONS + 1)
        ]
        assert held[-1].recv(10) == b""
        for one in held:
            one.close()
        for _ in range(100):
            try:
                status = city.submit(log.request()).status
            except OSError:
                continue
            break
        assert status == 200

    def test_a_connection_is_kept_for_the_next_request(self, city: City) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", city.port, timeout=5)) as one:
            one.connect()
            kept = one.sock
            for _ in range(2):
                one.request("GET", "/nothing")
                response = one.getresponse()
                assert response.status == 404
                response.read()
                assert one.sock is kept

    def test_it_does_not_say_what_it_is_made_of(self, city: City) -> None:
        assert city.get("/status").headers["Server"] == "concord-witness"

    def test_an_address_that_is_taken_is_said(self, city: City) -> None:
        with pytest.raises(Unavailable) as caught:
            WitnessServer(city.witness, city.watch)
        assert caught.value.code == "witness.address"


def _lines(note: bytes) -> Sequence[notes.NoteSignature]:
    return notes.parse(note).lines


def test_the_tree_that_is_signed_is_that_of_the_leaves(log: ToyLog, city: City) -> None:
    city.submit(log.request())
    root = merkle.Range(0, ()).append(map(merkle.leaf_hash, log.leaves)).root()
    assert city.checkpoint().checkpoint.root == root
