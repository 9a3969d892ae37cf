"""A stand-in of the text service on this machine, which keeps every byte that it is sent.

May live here: how a test has a service, and how it sees that nobody else is spoken to. May not:
expectations.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from archive.settings import is_loopback
from community.assisting.settings import PAID, AssistantSettings


def answer_of(words: Any, model: str = "gemini-of-tests") -> bytes:
    """What the service says when it proposes these words."""
    text = words if isinstance(words, str) else json.dumps(words)
    part = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP"}
    return json.dumps({"candidates": [part], "modelVersion": model}).encode()


PROPOSED = {
    "language": "en",
    "summary": "A girl had a tremor.\nThe images show a change in the midbrain.",
    "tags": ["Tremor", "Midbrain"],
}


AWAY = {
    "GEMINI_API_KEY": "a-key",
    "GEMINI_MODEL": "gemini-of-tests",
    "GEMINI_TIER": PAID,
    "DICOMTUBE_ASSISTANT_STAND_IN_URL": "http://127.0.0.1:9",
}
"""An environment with a service that nobody hears."""


@dataclass
class StandIn:
    """A text service that answers as it is told to.

    Attributes
    ----------
    requests
        Method, path, headers and body of each request, as they came.
    """

    address: str = ""
    status: int = 200
    body: bytes = field(default_factory=lambda: answer_of(PROPOSED))
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)

    @property
    def heard(self) -> bytes:
        """Every byte that it was sent."""
        return b"\n".join(self.requests)

    def settings(self, tier: str = PAID, **more: Any) -> AssistantSettings:
        """Settings that speak of this service."""
        return AssistantSettings("a-key", "gemini-of-tests", tier, address=self.address, **more)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Run a service on loopback."""
    made = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            head = f"{self.requestline}\n{self.headers}".encode()
            made.requests.append(head + body)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        do_GET = do_POST  # noqa: N815 - the name that the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Left(AssertionError):  # noqa: N818 - it is read in sentences
    """Somebody else than this machine was to be spoken to."""


@contextmanager
def nobody_else() -> Iterator[list[str]]:
    """Refuse every name and every address but this machine's; gives what was asked for."""
    asked: list[str] = []
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            asked.append(str(address[0]))
            raise Left(f"{address[0]} was to be connected to")
        connect(self, address)

    def named(host: Any, *more: Any, **others: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not is_loopback(name):
            asked.append(name)
            raise Left(f"{name} was to be looked up")
        return lookup(host, *more, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", named)
        yield asked
