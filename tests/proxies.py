"""A tiny reverse proxy for tests: takes a prefix off, passes on, says so in headers.

Real sockets and nothing clever: one thread a request, bodies held whole.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]
Say = Callable[[Headers, str], None]
"""Writes what the proxy says into the headers; given the client's address."""

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


@contextmanager
def reverse_proxy(port: int, to_port: int, prefix: str, say: Say) -> Iterator[str]:
    """Serve on `port` of loopback what `to_port` serves, below `prefix`; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            if not self.path.startswith(prefix):
                self.send_error(404)
                return
            status, headers, body = self._ask()
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _ask(self) -> tuple[int, list[tuple[str, str]], bytes]:
            sent = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
            say(sent, self.client_address[0])
            length = int(self.headers.get("Content-Length") or 0)
            inner = http.client.HTTPConnection("127.0.0.1", to_port, timeout=60)
            try:
                path = self.path[len(prefix) :] or "/"
                inner.request(self.command, path, self.rfile.read(length) or None, sent)
                answer = inner.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                inner.close()

        do_GET = do_POST = do_DELETE = do_OPTIONS = do_HEAD = pass_on  # noqa: N815 - the base's names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
