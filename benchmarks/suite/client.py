"""One connection that is kept, with as little of its own cost as Python allows.

May live here: asking a server and taking a multipart answer apart. May not: what is asked.
"""

from __future__ import annotations

import gzip
import http.client
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from benchmarks.suite.servers.server import Server

TIMEOUT_S = 300
_DIVIDED = re.compile(r'boundary="?([^";]+)"?')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class UnfitError(Exception):
    """The base: this server does not take part in a work.

    NotOfferedError  it says that it has not got that
    WrongError       what it says is not right
    """


class NotOfferedError(UnfitError):
    """The server refused."""


class WrongError(UnfitError):
    """The bytes, or their number, are not those that were sent."""


@dataclass(frozen=True)
class Answer:
    """What came back, as it was on the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def content(self) -> bytes:
        """The body without the compression of the transfer."""
        return gzip.decompress(self.body) if self._is_gzip() else self.body

    def parts(self) -> list[memoryview]:
        """The bodies of a multipart answer, or the only one."""
        found = _DIVIDED.search(self.headers.get("Content-Type", ""))
        return (
            _divided(self.content(), found[1].encode()) if found else [memoryview(self.content())]
        )

    def _is_gzip(self) -> bool:
        return self.headers.get("Content-Encoding") == "gzip"


class Client:
    """A connection to a server."""

    def __init__(self, server: Server) -> None:
        parts = urlsplit(server.root)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path, self._headers = parts.path.rstrip("/"), dict(server.headers)
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, accept: str, encoding: str = "identity") -> Answer:
        """An answer that says yes; any other is `NotOfferedError`."""
        answer = self.send("GET", path, {"Accept": accept, "Accept-Encoding": encoding})
        if answer.status != HTTPStatus.OK:
            raise NotOfferedError(f"{answer.status} for {path[-60:]}: {answer.body[:120]!r}")
        return answer

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Any answer; a server may close a connection that it has kept, once."""
        try:
            return self._exchange(method, path, headers, body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            return self._exchange(method, path, headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        connection = self._connected()
        connection.request(method, self._path + path, body, {**self._headers, **headers})
        answer = connection.getresponse()
        data = answer.read()
        if answer.will_close:
            self.close()
        return Answer(answer.status, answer.headers, data)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection


def _divided(body: bytes, boundary: bytes) -> list[memoryview]:
    """The parts between boundaries; lengths that are told are believed, as pixels may be long."""
    separator, view = b"--" + boundary, memoryview(body)
    parts = []
    at = body.find(separator)
    while at >= 0 and body[(past := at + len(separator)) : past + 2] != b"--":
        start = body.index(b"\r\n\r\n", at) + 4
        told = _LENGTH.search(body[at:start])
        end = start + int(told[1]) if told else body.find(b"\r\n" + separator, start)
        parts.append(view[start:end])
        at = body.find(separator, end)
    return parts
