"""The mock over HTTP: paths to resources, and what every answer has.

python -m conformance mock --port 8080 [--defect NAME]
"""

from __future__ import annotations

import gzip
import hashlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote

from conformance.mock import by_uri, retrieving, searching, storing
from conformance.mock.choosing import Offer, choose
from conformance.mock.defects import DEFECTS
from conformance.mock.describing import capabilities, resources, wadl
from conformance.mock.memory import Instance, Memory
from conformance.mock.messages import Refused, Reply, Request, json_reply

ROOT: Final = "/dicom-web"
_UID: Final = r"([^/]+)"
_VALID_UID: Final = re.compile(r"(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
WADL: Final = "application/vnd.sun.wadl+xml"
max_body_bytes: Final = 256 * 1024 * 1024

Answerer = Callable[["Mock", Request, tuple[str, ...]], Reply]


class Mock:
    """The server without its socket.

    Parameters
    ----------
    flaws
        Defects that are switched on (`conformance.mock.defects`).
    """

    def __init__(self, flaws: frozenset[str] = frozenset()) -> None:
        if unknown := flaws - DEFECTS.keys():
            raise ValueError(f"the mock has no such defects: {', '.join(sorted(unknown))}")
        self.memory = Memory()
        self.flaws = flaws

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        try:
            reply = self._dispatch(request)
        except Refused as refused:
            reply = refused.reply()
            if refused.status == 405:
                reply.headers.append(("Allow", "GET, HEAD, OPTIONS, POST, DELETE"))
        return self._finished(reply, request)

    def _dispatch(self, request: Request) -> Reply:
        method = (
            "GET" if request.method == "HEAD" and "no-head" not in self.flaws else request.method
        )
        if method == "OPTIONS":
            return self._options(request)
        known = False
        for pattern, answers in ROUTES:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            known = True
            if method in answers:
                return answers[method](self, request, self._names(match.groups()))
        if known:
            raise Refused(404 if "no-405" in self.flaws else 405, "the resource has other methods")
        raise Refused(404, "there is no such resource")

    def _names(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        """The UIDs of a path, and what comes after them."""
        uids = groups[:3]
        for uid in uids:
            if _VALID_UID.fullmatch(uid) is None:
                raise Refused(400, f"{uid!r} is no UID")
        return (*uids, *map(unquote, groups[3:]))

    def _options(self, request: Request) -> Reply:
        if request.path not in ("", "/") or "no-capabilities" in self.flaws:
            if "no-options" in self.flaws or request.path in ("", "/"):
                raise Refused(404, "there is nothing")
            return Reply(204, headers=[("Allow", "GET, HEAD, OPTIONS, POST")])
        offer = choose(request.accept, (Offer(WADL), Offer("application/json")), self.flaws)
        if offer is None:
            raise Refused(406, "capabilities come as WADL and JSON")
        claimed = resources([] if "claims-nothing" in self.flaws else _TABLE)
        if offer.name == "application/json":
            return json_reply(capabilities(claimed), content_type=offer.name)
        return Reply(200, WADL, wadl(request.root, claimed))

    def _finished(self, reply: Reply, request: Request) -> Reply:
        """What every answer has."""
        if reply.status == 200 and "no-vary" not in self.flaws:
            reply.headers.append(("Vary", "Accept"))
        if "no-private" not in self.flaws:
            reply.headers.append(("Cache-Control", "private, no-cache"))
        if request.path.endswith("/metadata") and reply.status == 200:
            tag = f'"{hashlib.sha256(reply.body).hexdigest()[:24]}"'
            reply.headers.append(("ETag", tag))
            if request.header("if-none-match") == tag and "no-304" not in self.flaws:
                return Reply(304, headers=[("ETag", tag)])
        wants_gzip = "gzip" in (request.header("accept-encoding") or "")
        if reply.body and (wants_gzip or "gzip-always" in self.flaws):
            reply.body = gzip.compress(reply.body)
            reply.headers.append(("Content-Encoding", "gzip"))
        return reply

    def below(self, uids: tuple[str, ...]) -> list[Instance]:
        """The instances of a resource.

        Raises
        ------
        Refused
            404, there are none.
        """
        if "any-parent" in self.flaws and len(uids) > 1:
            found = [one for one in self.memory if uids[-1] in (one.series, one.uid)]
        else:
            found = self.memory.below(*uids)
        if not found:
            if "200-for-nothing" in self.flaws:
                return self.memory.below()[:1]
            raise Refused(404, "there is no such study, series or instance")
        return found


def _searches(level: str) -> Answerer:
    def answer(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
        study, series = (*uids, None, None)[:2]
        if "no-hierarchy" in mock.flaws:
            series = None
        return searching.search(mock.memory, request, level, study, series, mock.flaws)

    return answer


def _files(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return retrieving.files(mock.below(uids), request, len(uids) == 3, mock.flaws)


def _metadata(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return retrieving.metadata(mock.below(uids), request, mock.flaws)


def _frames(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return retrieving.frames(mock.below(uids[:3])[0], uids[3], request, mock.flaws)


def _bulk(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return retrieving.bulk(mock.below(uids[:3])[0], uids[3], request, mock.flaws)


def _all_bulk(only_pixels: bool) -> Answerer:
    return lambda mock, request, uids: retrieving.all_bulk(
        mock.below(uids), request, only_pixels, mock.flaws
    )


def _rendered(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    frame = _number(uids[3]) if len(uids) == 4 else None
    is_one = len(uids) >= 3
    return retrieving.rendered(mock.below(uids[:3]), frame, is_one, request, mock.flaws)


def _thumbnail(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    frame = _number(uids[3]) if len(uids) == 4 else None
    return retrieving.thumbnail(mock.below(uids[:3]), frame, request, mock.flaws)


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise Refused(400, "frames count from 1")
    return int(text)


def _by_uri(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    if "no-uri" in mock.flaws:
        raise Refused(404, "there is no URI service")
    names = ("studyUID", "seriesUID", "objectUID")
    wanted = tuple(request.argument(name) or "" for name in names)
    if request.argument("requestType") != "WADO" or not all(wanted):
        raise Refused(400, "requestType=WADO, studyUID, seriesUID and objectUID")
    found = mock.memory.below(*wanted)
    return by_uri.by_uri(found, request, mock.flaws)


def _store(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return storing.store(mock.memory, request, uids[0] if uids else None, mock.flaws)


def _delete(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return storing.delete(mock.memory, mock.memory.below(*uids), mock.flaws)


def _commit(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return storing.commit(mock.memory, request, uids[0], mock.flaws)


def _committed(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    return storing.committed(mock.memory, uids[0])


def _work_items(mock: Mock, request: Request, uids: tuple[str, ...]) -> Reply:
    if "no-ups" in mock.flaws:
        raise Refused(404, "there are no work items")
    return mock.memory.worklist.answer(request, mock.flaws)


_S: Final = f"/studies/{_UID}"
_E: Final = f"{_S}/series/{_UID}"
_I: Final = f"{_E}/instances/{_UID}"
_F: Final = f"{_I}/frames/{_UID}"


Row = tuple[str, dict[str, Answerer]]


def _below(suffix: str, answer: Answerer, *paths: str) -> list[Row]:
    return [(f"{path}/{suffix}", {"GET": answer}) for path in paths]


_TABLE: Final[list[Row]] = [
    ("/studies", {"GET": _searches("studies"), "POST": _store}),
    ("/series", {"GET": _searches("series")}),
    ("/instances", {"GET": _searches("instances")}),
    (f"{_S}/series", {"GET": _searches("series")}),
    (f"{_S}/instances", {"GET": _searches("instances")}),
    (f"{_E}/instances", {"GET": _searches("instances")}),
    (_S, {"GET": _files, "POST": _store, "DELETE": _delete}),
    (_E, {"GET": _files, "DELETE": _delete}),
    (_I, {"GET": _files, "DELETE": _delete}),
    (_F, {"GET": _frames}),
    (f"{_I}/bulkdata/(.+)", {"GET": _bulk}),
    *_below("metadata", _metadata, _S, _E, _I),
    *_below("bulkdata", _all_bulk(False), _S, _E, _I),
    *_below("pixeldata", _all_bulk(True), _S, _E, _I),
    *_below("rendered", _rendered, _S, _E, _I, _F),
    *_below("thumbnail", _thumbnail, _S, _E, _I, _F),
    ("/wado", {"GET": _by_uri}),
    (f"/commitment-requests/{_UID}", {"POST": _commit, "GET": _committed}),
    ("/workitems(?:/.*)?", dict.fromkeys(("GET", "POST", "PUT", "DELETE"), _work_items)),
]
ROUTES: Final = [(re.compile(pattern), answers) for pattern, answers in _TABLE]


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave together and at once: the runner asks a thousand times.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base calls it
        """Say nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._do
        raise AttributeError(name)

    def _do(self) -> None:
        if self.headers.get("Host") is None and "no-host" not in self.server.mock.flaws:
            self._send(Reply(400, "text/plain", b"a request names its Host"))
            return
        path, _, query = self.path.partition("?")
        try:
            body = self._body()
        except EOFError:
            self.close_connection = True
            return
        if not path.startswith(ROOT):
            self._send(Reply(404, "text/plain", b"there is nothing"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path[len(ROOT) :], query, headers, body, self.server.base)
        try:
            self._send(self.server.mock.answer(request))
        except Exception as error:
            self._send(Reply(500, "text/plain", f"the mock failed: {error!r}".encode()))

    def _body(self) -> bytes:
        if (self.headers.get("Transfer-Encoding") or "").lower() == "chunked":
            return b"".join(self._chunks())
        length = min(int(self.headers.get("Content-Length") or 0), max_body_bytes)
        body = self.rfile.read(length)
        if len(body) < length:
            raise EOFError("whoever asked has left")
        return body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        self.send_header("Date", formatdate(usegmt=True))
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.content_type is not None:
            self.send_header("Content-Type", reply.content_type)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mock: Mock, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.mock = mock
        scheme = "http" if context is None else "https"
        self.base = f"{scheme}://127.0.0.1:{self.server_address[1]}{ROOT}"
        if context is not None:
            # Hands are shaken in the thread of the connection, not where all are accepted.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or is not let in, is no news."""


@contextmanager
def serving(mock: Mock, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The mock on loopback, over TLS when a context is given; yields its base address."""
    server = _Server(mock, port, context)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
