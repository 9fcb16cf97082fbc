"""Two digests of everything, SHA-256 and SM3, over the same bytes, in one pass and with flat memory.

SHA-256 is what the transparency log carries; SM3 (GB/T 32905-2016) is what Chinese law on commercial cryptography
asks for. SM3 costs about five times SHA-256, so large input is hashed by both at once, each in its own thread.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from concord.rules.errors import InvalidInput, Said

BATCH = 1 << 20
WAITING = 1
SALT_LENGTH = 32

_TABLES = (dict, Mapping)  # the plain kind first: asking for an abstract one is slow
_HEX = re.compile(r"[0-9a-f]{64}")


class Running(Protocol):
    """A digest being computed."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """The digest of all bytes taken, in lower-case hex."""


class _SM3:
    """SM3 where the OpenSSL behind Python was built without it."""

    def __init__(self, start: bytes = b"") -> None:
        self._running = hashes.Hash(hashes.SM3())
        self.update(start)

    def update(self, data: bytes | memoryview, /) -> None:
        self._running.update(data)

    def hexdigest(self) -> str:
        return self._running.copy().finalize().hex()


def sm3(start: bytes = b"") -> Running:
    """A running SM3 digest that has taken ``start``."""
    return hashlib.new("sm3", start) if "sm3" in hashlib.algorithms_available else _SM3(start)


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """The SHA-256 and the SM3 digest of the same bytes, each 64 lower-case hex digits."""

    sha256: str
    sm3: str

    def as_json(self) -> dict[str, str]:
        """The pair as it is written: ``{"sha256": …, "sm3": …}``."""
        return {"sha256": self.sha256, "sm3": self.sm3}

    @classmethod
    def from_json(cls, value: object) -> Pair:
        """Read what ``as_json`` gives. Raises InvalidInput ``proofs.digest`` for anything else."""
        if not (
            isinstance(value, _TABLES)
            and value.keys() == {"sha256", "sm3"}
            and isinstance(sha256 := value["sha256"], str)
            and isinstance(sm3 := value["sm3"], str)
            and _HEX.fullmatch(sha256)
            and _HEX.fullmatch(sm3)
        ):
            raise InvalidInput(
                "proofs.digest",
                Said(
                    "摘要须恰为 sha256 与 sm3 两项，各为 64 位小写十六进制。",
                    "A digest is exactly sha256 and sm3, each 64 lower-case hex digits.",
                ),
            )
        return cls(sha256, sm3)


@dataclass(frozen=True, slots=True)
class Chunks:
    """Digests of the consecutive pieces of ``size`` bytes; the last piece may be shorter, empty data has none."""

    size: int
    sha256: tuple[str, ...]
    sm3: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digested:
    """What one pass over data yields: its pair, its length in bytes, and its chunks where they were asked for."""

    pair: Pair
    size: int
    chunks: Chunks | None


def pair_of(data: bytes) -> Pair:
    """Both digests of ``data``."""
    if len(data) > BATCH:
        return digested((data,)).pair
    return Pair(hashlib.sha256(data).hexdigest(), sm3(data).hexdigest())


def commitment(name: str, salt: bytes, value: str) -> Pair:
    """What stands for a field until its salt and value are disclosed.

    Both digests of ``field/1`` NUL name NUL salt value. The name holds no NUL and the salt is 32 bytes, so no two
    fields are ever written as the same bytes. Raises InvalidInput ``proofs.commitment``.
    """
    if "\0" in name or len(salt) != SALT_LENGTH:
        raise InvalidInput(
            "proofs.commitment",
            Said(
                "字段名不得含空字符，盐值须为 32 字节。",
                "The name of a field holds no NUL and its salt is 32 bytes.",
            ),
        )
    return pair_of(b"field/1\0" + name.encode() + b"\0" + salt + value.encode())


def digested(parts: Iterable[bytes], *, chunk_size: int | None = None) -> Digested:
    """Both digests of the joined ``parts`` in one pass, and of every ``chunk_size`` bytes where asked.

    Holds three batches of about 1 MiB (or of one part, when parts are larger) at a time. Raises ValueError for a
    chunk size below one, and whatever ``parts`` raises.
    """
    if chunk_size is not None and chunk_size < 1:
        raise ValueError("a chunk has at least one byte")
    of_all = _Whole(hashlib.sha256), _Whole(sm3)
    if chunk_size is None:
        size, chunks = _pass(parts, of_all), None
    else:
        of_chunks = _Chunked(hashlib.sha256, chunk_size), _Chunked(sm3, chunk_size)
        size = _pass(parts, (*of_all, *of_chunks))
        chunks = Chunks(chunk_size, of_chunks[0].finished(), of_chunks[1].finished())
    return Digested(Pair(of_all[0].running.hexdigest(), of_all[1].running.hexdigest()), size, chunks)


class _Whole:
    """One digest over everything."""

    def __init__(self, algorithm: Callable[[], Running]) -> None:
        self.running = algorithm()

    def take(self, batch: list[bytes]) -> None:
        for part in batch:
            self.running.update(part)


class _Chunked:
    """One digest for every piece of a fixed size."""

    def __init__(self, algorithm: Callable[[], Running], size: int) -> None:
        self._algorithm = algorithm
        self._size = size
        self._running = algorithm()
        self._filled = 0
        self._done: list[str] = []

    def take(self, batch: list[bytes]) -> None:
        for part in batch:
            rest = memoryview(part)
            while rest:
                piece = rest[: self._size - self._filled]
                rest = rest[len(piece) :]
                self._running.update(piece)
                self._filled += len(piece)
                if self._filled == self._size:
                    self._close()

    def finished(self) -> tuple[str, ...]:
        if self._filled:
            self._close()
        return tuple(self._done)

    def _close(self) -> None:
        self._done.append(self._running.hexdigest())
        self._running = self._algorithm()
        self._filled = 0


def _pass(parts: Iterable[bytes], lanes: tuple[_Whole | _Chunked, ...]) -> int:
    """Give every part to every lane, in order; the number of bytes seen.

    hashlib lets other threads run while it works, so each lane has a thread of its own. One batch waits for each while
    it works on another and the next is being read. What fits into one batch is not worth a thread.
    """
    batches = _batches(parts)
    first = next(batches, [])
    size = sum(map(len, first))
    if size < BATCH:
        for lane in lanes:
            lane.take(first)
        return size
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in lanes]
        given: deque[list[Future[None]]] = deque()
        given.append([thread.submit(lane.take, first) for thread, lane in zip(threads, lanes, strict=True)])
        for batch in batches:
            size += sum(map(len, batch))
            given.append([thread.submit(lane.take, batch) for thread, lane in zip(threads, lanes, strict=True)])
            if len(given) > WAITING:
                _wait(given.popleft())
        for works in given:
            _wait(works)
    return size


def _wait(works: list[Future[None]]) -> None:
    for work in works:
        work.result()


def _batches(parts: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The parts in groups of at least BATCH bytes, the last one smaller."""
    batch: list[bytes] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
