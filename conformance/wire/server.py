"""The server under test: requests go out as they are written, answers come back whole.

One connection is kept and used again. Every exchange since `begin` is kept as evidence. In a
read-only run nothing but GET leaves, and no more often than agreed.
"""

from __future__ import annotations

import http.client
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from conformance.model import Evidence
from conformance.verdicts import Failed, Undecided
from conformance.wire.answer import Answer
from conformance.wire.shown import Redaction
from conformance.wire.target import Target, max_body_bytes

DICOM_JSON: Final = "application/dicom+json"
max_troubles: Final = 3
"""So many connections one after another may fail before the server counts as gone."""

Query = Mapping[str, str] | Sequence[tuple[str, str]]


class ServerGone(Exception):  # noqa: N818 - it ends a run, it is no error of a call
    """The server does not answer any more; the run ends."""


class Server:
    """A target with a connection to it.

    Parameters
    ----------
    methods
        What may be sent; anything else is undecided rather than sent.
    """

    def __init__(
        self,
        target: Target,
        redaction: Redaction,
        methods: frozenset[str] = frozenset({"GET"}),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.target = target
        self.redaction = redaction
        self.methods = methods
        self._clock, self._sleep = clock, sleep
        self._connection: http.client.HTTPConnection | None = None
        self._evidence: list[Evidence] = []
        self._troubles = 0
        self._not_before = 0.0

    # ---- evidence
    def begin(self) -> None:
        """Forget the exchanges so far: another check begins."""
        self._evidence = []

    def evidence(self) -> tuple[Evidence, ...]:
        """The exchanges since `begin`."""
        return tuple(self._evidence)

    # ---- asking
    def get(
        self,
        path: str,
        query: Query = (),
        *,
        accept: str | None = DICOM_JSON,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """GET a path below the base, or a whole address."""
        fields = [*([("Accept", accept)] if accept is not None else []), *headers]
        return self.ask("GET", path, query, fields)

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str | None,
        *,
        accept: str | None = DICOM_JSON,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """POST a body to a path below the base."""
        fields = [
            *([("Accept", accept)] if accept is not None else []),
            *([("Content-Type", content_type)] if content_type is not None else []),
            *headers,
        ]
        return self.ask("POST", path, (), fields, body)

    def ask(
        self,
        method: str,
        path: str,
        query: Query = (),
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Send a request and read its whole answer.

        Raises
        ------
        Undecided
            This run may not send the method.
        Failed
            No answer came, or none that is HTTP.
        ServerGone
            None came several times running.
        """
        if method not in self.methods:
            raise Undecided(
                f"this run sends no {method} (--write, or --safe-methods for HEAD and OPTIONS)"
            )
        url = self.address(path, query)
        fields = [*self.target.headers, *headers] if self._is_theirs(url) else [*headers]
        self._wait()
        try:
            answer = self._exchange(method, url, fields, body)
        except (OSError, http.client.HTTPException) as error:
            self._keep(method, url, fields, body, None, _words(error))
            self._drop()
            self._note_trouble(error)
            raise Failed(f"{method} {url} got no HTTP answer: {_words(error)}") from error
        self._troubles = 0
        self._keep(method, url, fields, body, answer)
        return answer

    def send_raw(self, request: bytes) -> Answer:
        """Send bytes as they are on a connection of their own; the answer to the first request.

        Raises
        ------
        Undecided
            The run may not send what the bytes begin with.
        Failed
            No answer came, or none that is HTTP.
        """
        method = request.split(b" ", 1)[0].decode("ascii", "replace")
        self._may_be_odd(method)
        url = self.target.base
        self._wait()
        try:
            answer = self._raw_exchange(method, request)
        except (OSError, http.client.HTTPException) as error:
            self._keep(method, url, (), request, None, _words(error))
            self._note_trouble(error)
            raise Failed(f"odd bytes sent to {url} got no HTTP answer: {_words(error)}") from error
        self._troubles = 0
        self._keep(method, url, (), request, answer)
        return answer

    def send_and_leave(self, request: bytes) -> None:
        """Send bytes on a connection of their own and close it before any answer comes.

        Raises
        ------
        Undecided
            The run may not send what the bytes begin with.
        Failed
            Nobody takes them.
        """
        method = request.split(b" ", 1)[0].decode("ascii", "replace")
        self._may_be_odd(method)
        url = self.target.base
        self._wait()
        try:
            with self._alone() as wire:
                wire.sendall(request)
        except OSError as error:
            self._note_trouble(error)
            raise Failed(f"bytes sent to {url} were not taken: {_words(error)}") from error
        self._keep(method, url, (), request, None, "left before the answer")

    def address(self, path: str, query: Query = ()) -> str:
        """The whole address of a path below the base; a whole address stays what it is."""
        url = path if "://" in path else self.target.base + path
        text = query_text(query)
        return url + (("&" if "?" in url else "?") + text if text else "")

    def resolve(self, reference: str, of: Answer | str) -> str:
        """A reference in an answer as a whole address (RFC 3986 5)."""
        base = of if isinstance(of, str) else of.url
        return urljoin(base, reference)

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()

    # ---- the wire
    def _may_be_odd(self, method: str) -> None:
        if method not in self.methods or self.methods == frozenset({"GET"}):
            raise Undecided("a read-only run sends no odd requests")

    def _is_theirs(self, url: str) -> bool:
        """Whether credentials may go there: to the server under test alone."""
        return urlsplit(url)[:2] == urlsplit(self.target.base)[:2]

    def _exchange(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Answer:
        kept = self._connection is not None and self._is_theirs(url)
        connection = self._connect(url)
        began = self._clock()
        try:
            return self._try(connection, method, url, headers, body, began)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A server may close a kept connection at any moment (RFC 9112 9.5).
            if not kept:
                raise
            self._drop()
            return self._try(self._connect(url), method, url, headers, body, began)

    def _try(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        began: float,
    ) -> Answer:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1", "replace"))
        if body or method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        return self._answer(connection.getresponse(), method, url, began)

    def _answer(
        self, response: http.client.HTTPResponse, method: str, url: str, began: float
    ) -> Answer:
        body = response.read(max_body_bytes + 1)
        if len(body) > max_body_bytes:
            raise http.client.HTTPException(f"the body is longer than {max_body_bytes} bytes")
        fields = tuple(response.getheaders())
        if response.will_close:
            self._drop()
        body = _unpacked(body, response.getheader("Content-Encoding"))
        elapsed_s = self._clock() - began
        return Answer(method, url, response.status, fields, body, elapsed_s, response.version)

    def _raw_exchange(self, method: str, request: bytes) -> Answer:
        began = self._clock()
        with self._alone() as wire:
            wire.sendall(request)
            response = http.client.HTTPResponse(wire, method=method)
            response.begin()
            body = response.read(max_body_bytes)
            fields = tuple(response.getheaders())
            elapsed_s = self._clock() - began
            return Answer(method, self.target.base, response.status, fields, body, elapsed_s)

    @contextmanager
    def _alone(self) -> Iterator[socket.socket]:
        """A connection to the server that nothing else uses."""
        parts = urlsplit(self.target.base)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), self.target.timeout_s) as plain:
            if parts.scheme != "https":
                yield plain
                return
            context = self.target.context()
            with context.wrap_socket(plain, server_hostname=parts.hostname) as wire:
                yield wire

    def _connect(self, url: str) -> http.client.HTTPConnection:
        if self._connection is not None and self._is_theirs(url):
            return self._connection
        parts = urlsplit(url)
        host, timeout = parts.hostname or "", self.target.timeout_s
        connection = (
            http.client.HTTPSConnection(
                host, parts.port, timeout=timeout, context=self.target.context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=timeout)
        )
        if self._is_theirs(url):
            self._connection = connection
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _wait(self) -> None:
        if self.target.rate <= 0:
            return
        now = self._clock()
        if now < self._not_before:
            self._sleep(self._not_before - now)
        self._not_before = max(now, self._not_before) + 1 / self.target.rate

    def _note_trouble(self, error: Exception) -> None:
        self._troubles += 1
        if self._troubles >= max_troubles:
            raise ServerGone(
                f"{self._troubles} requests in a row got no answer: {_words(error)}"
            ) from error

    def _keep(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        answer: Answer | None,
        trouble: str | None = None,
    ) -> None:
        self._evidence.append(self.redaction.evidence(method, url, headers, body, answer, trouble))


def query_text(query: Query) -> str:
    """A query as it is sent (RFC 3986 3.4); a star, comma, slash and colon stay themselves."""
    pairs = list(query.items()) if isinstance(query, Mapping) else list(query)
    return urlencode(pairs, quote_via=quote, safe="*,/:")


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    """A body in gzip as what it holds, asked for or not; one that is no gzip stays as it is.

    Without Accept-Encoding any encoding is acceptable (RFC 9110 12.5.3), so that a server may pack
    what it likes; what it answers with ``identity`` a check looks at.
    """
    if (encoding or "").strip().lower() not in ("gzip", "x-gzip") or not body:
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, max_body_bytes)
    except zlib.error:
        return body


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took longer than --timeout allows"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
