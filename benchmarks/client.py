"""One keep-alive HTTP connection a thread, with as little of its own cost as Python allows."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

max_idle_s = 1.0
"""A connection unused for longer is not used again: some servers close theirs after 2 s."""


class Client:
    """A DICOMweb root."""

    def __init__(self, root: str) -> None:
        parts = urlsplit(root)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.path = parts.path.rstrip("/")
        self._local = threading.local()

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> bytes:
        """The body of the answer; any status but 200 ends the run."""
        connection = self._connection()
        connection.request(method, self.path + path, body, dict(headers))
        answer = connection.getresponse()
        data = answer.read()
        self._local.used_at = time.monotonic()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:200]!r}")
        return data

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None and time.monotonic() - self._local.used_at > max_idle_s:
            connection.close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
        return connection
