"""One witness as a process: its server, its watch, its orderly end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from concord.proofs import sm2
from concord.witness import keys
from concord.witness.cosigning import Tell, Witness
from concord.witness.server import WitnessServer
from concord.witness.settings import WitnessSettings
from concord.witness.state import State
from concord.witness.watching import Compared, Watch

PATIENCE = 3.0
"""Seconds in which the watch may end its round; a file half fetched is fetched again."""


@contextmanager
def opened(settings: WitnessSettings, *, now: Callable[[], datetime], tell: Tell) -> Iterator[Witness]:
    """The witness of these settings, with its keys and state.

    Raises InvalidInput ``witness.key``, Unavailable ``witness.state`` or ``proofs.sm2_unavailable``.
    """
    own = keys.read(settings.key, name=settings.name)
    sm2.self_test()
    state = State(settings.state)
    try:
        yield Witness(settings, own, state, now=now, tell=tell)
    finally:
        state.close()


def serve(settings: WitnessSettings, *, now: Callable[[], datetime], tell: Tell, stop: threading.Event) -> None:
    """Answer and watch until ``stop``. Raises as ``opened``, and Unavailable ``witness.address``."""
    with opened(settings, now=now, tell=tell) as witness:
        watch = Watch(witness)
        with WitnessServer(witness, watch) as server:
            watching = threading.Thread(target=watch.run, args=(stop,), name="watch", daemon=True)
            serving = threading.Thread(target=server.serve_forever, args=(0.1,), name="serve", daemon=True)
            watching.start()
            serving.start()
            tell("listening", {"name": settings.name, "address": f"{settings.host}:{server.server_port}"})
            stop.wait()
            witness.grown.set()
            server.shutdown()
            watching.join(PATIENCE)
    tell("ended", {"name": settings.name})


def compare(settings: WitnessSettings, *, now: Callable[[], datetime], tell: Tell) -> tuple[Compared, ...]:
    """Compare once with the other witnesses, beside the process that runs. Raises as ``opened``."""
    with opened(settings, now=now, tell=tell) as witness:
        return Watch(witness).compare()
