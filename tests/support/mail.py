"""A real mail server on loopback that keeps what it takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

REFUSED = "550 no such mailbox"
TAKEN = "250 taken"


class Letterbox:
    """What arrived, and what is refused: ``refuses`` are addresses, ``closed`` refuses every message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self.refuses: set[str] = set()
        self.closed = False

    async def handle_RCPT(  # noqa: N802  the server's own name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a receiver."""
        if address in self.refuses:
            return REFUSED
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  as above
        """Take or refuse a message."""
        if self.closed:
            return "451 try again later"
        self.receivers.append(list(envelope.rcpt_tos))
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return TAKEN

    def texts(self) -> list[str]:
        """The plain text of every message."""
        return [part.get_content() for message in self.messages if (part := message.get_body(("plain",))) is not None]


@contextmanager
def mail_server() -> Iterator[tuple[Letterbox, int]]:
    """A letterbox and the port of loopback it listens on."""
    letterbox = Letterbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(letterbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield letterbox, port
    finally:
        controller.stop()
