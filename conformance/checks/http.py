"""HTTP and negotiation, whatever the service: methods, caches, errors, weights.

References
----------
PS3.18 8.5 (status codes), 8.7 (representations), 8.9 (capabilities); RFC 9110, RFC 9111, RFC 9112.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

from conformance.checks.reaching import ABSENT
from conformance.checks.retrieving import NATIVE, UNKNOWN
from conformance.checks.search_formats import JSON, XML
from conformance.known import Known
from conformance.model import Severity
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, NotOffered, Undecided, Weak, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

Row = tuple[str, tuple[str, ...], tuple[Any, ...]]


def _metadata(server: Server, known: Known, **more: Any) -> Answer:
    return server.get(f"{known.place().instance}/metadata", **more)


@check("http.head", "HTTP-HEAD", needs=Needs.SAMPLE, after=["there[metadata]"])
def head_is_get_without_a_body(server: Server, known: Known) -> None:
    """HEAD answers what GET would, without a body"""
    path = f"{known.place().instance}/metadata"
    whole = server.get(path).expect_status(200)
    head = server.ask("HEAD", path, (), [("Accept", JSON)]).expect_status(200)
    expect(not head.body, "HEAD answered a body")
    expect(head.header("Content-Type") == whole.header("Content-Type"), "Content-Type differs")


@check("http.options", "HTTP-OPTIONS", needs=Needs.SAMPLE, after=["reach"])
def options_names_methods(server: Server, known: Known) -> None:
    """OPTIONS on a resource names its methods"""
    answer = server.ask("OPTIONS", "/studies").expect_status(200, 204)
    allow = (answer.header("Allow") or answer.header("Access-Control-Allow-Methods") or "").upper()
    expect("GET" in allow, f"{answer.asked} has Allow {allow!r}")


@check("http.length", "HTTP-LENGTH", "HTTP-DATE", needs=Needs.SAMPLE, after=["there[metadata]"])
def an_answer_has_its_headers(server: Server, known: Known) -> None:
    """An answer has a length or comes in chunks, and has a Date"""
    answer = _metadata(server, known).expect_status(200)
    chunked = (answer.header("Transfer-Encoding") or "").lower() == "chunked"
    expect(chunked or answer.header("Content-Length"), "it has neither length nor chunks")
    expect(answer.header("Date"), "it has no Date")


@check("http.etag", "HTTP-ETAG", needs=Needs.SAMPLE, after=["there[metadata]"])
def metadata_have_a_tag(server: Server, known: Known) -> None:
    """Metadata have an entity tag"""
    answer = _metadata(server, known).expect_status(200)
    if answer.header("ETag") is None:
        raise NotOffered(f"{answer.asked} has no ETag")


@check("http.304", "HTTP-304", "HTTP-ETAG-STRONG", needs=Needs.SAMPLE, after=["http.etag"])
def a_current_tag_is_not_sent_again(server: Server, known: Known) -> None:
    """If-None-Match of the current tag is answered 304 without a body"""
    first = _metadata(server, known).expect_status(200)
    tag = first.header("ETag")
    if tag is None:
        raise Undecided("there is no ETag")
    again = _metadata(server, known).expect_status(200)
    same = again.header("ETag") != tag or again.body == first.body or tag.startswith("W/")
    expect(same, "two different answers have one strong tag")
    answer = _metadata(server, known, headers=[("If-None-Match", tag)]).expect_status(304)
    expect(not answer.body, "304 came with a body")


@check("http.vary", "HTTP-VARY", needs=Needs.SAMPLE, after=["there[metadata]"])
def a_negotiated_answer_varies(server: Server, known: Known) -> None:
    """An answer whose type Accept chose says so in Vary"""
    one = _metadata(server, known).expect_status(200)
    other = _metadata(server, known, accept=XML)
    if other.status != 200:
        raise Undecided("the metadata come in one type alone")
    fields = (one.header("Vary") or "").lower()
    expect("accept" in fields.replace(" ", "").split(",") or "*" in fields, f"Vary is {fields!r}")


@check("http.cache", "HTTP-CACHE", needs=Needs.SAMPLE, after=["there[metadata]"])
def answers_are_private(server: Server, known: Known) -> None:
    """An answer with patients' data says that no shared cache may keep it"""
    answer = _metadata(server, known).expect_status(200)
    control = (answer.header("Cache-Control") or "").lower()
    words = ("private", "no-store", "no-cache")
    expect(any(w in control for w in words), f"Cache-Control is {control!r}")


@check("http.gzip", "HTTP-GZIP", "HTTP-GZIP-SAME", needs=Needs.SAMPLE, after=["there[metadata]"])
def encodings_are_asked_for(server: Server, known: Known) -> None:
    """With Accept-Encoding: identity nothing is encoded; with gzip it holds the same"""
    plain = _metadata(server, known, headers=[("Accept-Encoding", "identity")]).expect_status(200)
    packed = _metadata(server, known, headers=[("Accept-Encoding", "gzip")]).expect_status(200)
    if packed.header("Content-Encoding") == "gzip":
        expect(packed.body == plain.body, "its gzip holds other bytes, or cannot be unpacked")
    encoding = plain.header("Content-Encoding")
    if encoding not in (None, "identity"):
        raise Weak(f"it came in {encoding}, which was not accepted")


@check("http.404", "HTTP-404", needs=Needs.SAMPLE, after=["reach"])
def a_resource_that_is_none(server: Server, known: Known) -> None:
    """A resource that no service has is answered 404"""
    server.get("/conformance-no-such-resource").expect_status(404)


@check("http.405", "HTTP-405", "HTTP-ALLOW", needs=Needs.WRITING, after=["there[metadata]"])
def a_method_that_is_none(server: Server, known: Known) -> None:
    """A method that a resource does not have is answered 405 with Allow, or 501"""
    path = f"{known.place().instance}/metadata"
    answer = server.ask("POST", path, (), [("Content-Type", JSON)], b"[]")
    if answer.status not in (405, 501):
        raise Weak(f"{answer.asked} answered {answer.status}; 405 is recommended")
    expect(answer.status == 501 or answer.header("Allow"), "405 came without Allow")


_ODD_PATHS: Final[Sequence[Row]] = [
    ("slash", ("HTTP-SLASH",), ("/studies/", (200, 204, 301, 302, 307, 308, 404))),
    ("dots", ("HTTP-DOTS",), ("/studies/../../../../etc/passwd", (400, 403, 404, 421))),
    ("dots-encoded", ("HTTP-DOTS",), ("/studies/..%2f..%2f..%2fetc%2fpasswd", (400, 403, 404))),
    ("uid-long", ("HTTP-UID-LONG",), ("/studies/" + "1." * 40 + "1/metadata", (400, 404))),
    ("uid-text", ("HTTP-UID-BAD",), ("/studies/not-a-uid/metadata", (400, 404))),
    ("uid-zero", ("HTTP-UID-BAD",), ("/studies/1.02.3/metadata", (400, 404, 410))),
    ("uid-nul", ("HTTP-UID-BAD",), ("/studies/1.2%00.3/metadata", (400, 404))),
    ("uid-quote", ("HTTP-UID-BAD",), ("/studies/1.2'%20OR%201=1/metadata", (400, 404))),
]


@each("http.path", _ODD_PATHS, needs=Needs.SAMPLE, after=["reach"])
def an_odd_path(server: Server, known: Known, path: str, codes: tuple[int, ...]) -> None:
    """An odd path leads nowhere, and is no error of the server: {}"""
    answer = server.get(path)
    answer.expect_status(*codes)
    expect(b"root:" not in answer.body, f"{answer.asked} answered a file of the machine")


@check(
    "http.error-body", "HTTP-ERROR-BODY", "HTTP-ERROR-TRACE", needs=Needs.SAMPLE, after=["reach"]
)
def errors_say_what_was_wrong(server: Server, known: Known) -> None:
    """An error says in its body what was wrong, and shows no inside of the server"""
    answer = server.get("/studies", {"limit": "abc"})
    if answer.status != 400:
        raise Undecided(f"it answered {answer.status}")
    traces = (b"Traceback (most recent", b"\n\tat java", b"Exception in thread", b"goroutine ")
    expect(not any(t in answer.body for t in traces), "it answered its own stack")
    expect(answer.body.strip(), "it answered nothing to read")


@check(
    "http.names", "HTTP-NAMES", needs=Needs.CORPUS, after=["qido.narrow"], severity=Severity.PRIVACY
)
def nothing_of_others_is_answered(server: Server, known: Known) -> None:
    """An answer about one study names no other patient's"""
    made = known.instance("searched-plain")
    others = {
        str(one.data_set.PatientID).encode()
        for one in known.corpus.instances
        if one.data_set.PatientID and str(one.data_set.PatientID) not in ("P-ALPHA", "P-ALPHA2")
    }
    for path in ("/metadata", "/series", "/instances"):
        answer = server.get(f"/studies/{made.study_uid}{path}")
        if answer.status in ABSENT:
            continue
        answer.expect_status(200, 204)
        named = [one for one in others if b'"' + one + b'"' in answer.body]
        if named:
            raise Failed(f"{answer.asked} names other patients", Severity.PRIVACY)


# ---- negotiation
def _type_of(server: Server, known: Known, accept: str) -> str:
    return _metadata(server, known, accept=accept).expect_status(200).media_type().name


_CHOICES: Final[Sequence[Row]] = [
    ("weights", ("ACCEPT-Q",), (f"{XML}; q=0.1, {JSON}; q=0.8", JSON)),
    ("weight-zero", ("ACCEPT-Q-ZERO",), (f"{JSON}, {XML}; q=0", JSON)),
    ("wildcard", ("ACCEPT-WILDCARD",), ("application/*", JSON)),
    ("specific", ("ACCEPT-SPECIFIC",), (f"*/*; q=0.1, {XML}; q=0.3, {JSON}; q=0.9", JSON)),
    ("spaces", ("ACCEPT-SPACES",), (f"text/x-none ;q=1 ,  {JSON} ; q=0.5", JSON)),
    ("case", ("ACCEPT-CASE",), ("APPLICATION/DICOM+JSON", JSON)),
    ("unknown-parameter", ("ACCEPT-UNKNOWN-PARAMETER",), (f"{JSON}; level=7", JSON)),
    ("unknown-type", ("ACCEPT-UNKNOWN-TYPE",), (f"{UNKNOWN}, {JSON}", JSON)),
    (
        "unquoted",
        ("ACCEPT-UNQUOTED",),
        ("multipart/related; type=application/dicom+xml", "multipart/related"),
    ),
]


@each("accept", _CHOICES, needs=Needs.SAMPLE, after=["there[metadata]"])
def accept_chooses(server: Server, known: Known, accept: str, wanted: str) -> None:
    """Accept chooses the media type of metadata: {}"""
    found = _type_of(server, known, accept)
    expect(found == wanted, f"Accept {accept[:200]} was answered with {found}")


@check(
    "accept[weights-xml]",
    "ACCEPT-Q",
    needs=Needs.SAMPLE,
    after=["there[metadata]", "xml.shape"],
)
def accept_chooses_what_is_no_default(server: Server, known: Known) -> None:
    """The weights of Accept choose XML before JSON, which is the default"""
    found = _type_of(server, known, f"{JSON}; q=0.1, {XML}; q=0.8")
    expect(found == "multipart/related", f"XML of weight 0.8 was answered with {found}")


@check("accept[long]", "ACCEPT-LONG", needs=Needs.SAMPLE, after=["there[metadata]"])
def a_long_accept(server: Server, known: Known) -> None:
    """An Accept of three hundred types is answered or refused"""
    accept = ", ".join([f"x/y{n}" for n in range(300)]) + f", {JSON}"
    answer = _metadata(server, known, accept=accept)
    expect(answer.status < 500, f"{answer.asked} answered {answer.status}")


@check(
    "accept[query]",
    "ACCEPT-QUERY",
    needs=Needs.SAMPLE,
    after=["there[metadata]", "qido.escapes"],
)
def the_query_comes_first(server: Server, known: Known) -> None:
    """The query parameter accept comes before the header"""
    path = f"{known.place().instance}/metadata"
    answer = server.get(path, {"accept": JSON}, accept=f"{XML}, {JSON}; q=0.1").expect_status(200)
    name = answer.media_type().name
    expect(name == JSON, f"{answer.asked} answered {name}")


@check(
    "accept[query-unknown]", "ACCEPT-QUERY-UNKNOWN", needs=Needs.SAMPLE, after=["there[metadata]"]
)
def an_unknown_type_in_the_query(server: Server, known: Known) -> None:
    """An unknown media type in query and header is answered 406"""
    path = f"{known.place().instance}/metadata"
    server.get(path, {"accept": UNKNOWN}, accept=UNKNOWN).expect_status(406)


@check("accept[syntax-unknown]", "ACCEPT-SYNTAX-UNKNOWN", needs=Needs.SAMPLE, after=["reach"])
def a_syntax_that_nobody_has(server: Server, known: Known) -> None:
    """A transfer syntax that nobody has is answered 406"""
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.3.4.5'
    server.get(known.place().instance, accept=accept).expect_status(406)


@check("accept[syntax-media]", "ACCEPT-SYNTAX-MEDIA", after=["there[frames]"])
def a_syntax_of_another_media_type(server: Server, known: Known) -> None:
    """image/jp2 is not sent in a transfer syntax of JPEG-LS"""
    made = known.instance("gray8-JPEGLSLossless")
    accept = f'multipart/related; type="image/jp2"; transfer-syntax={made.transfer_syntax}'
    server.get(f"{made.path}/frames/1", accept=accept).expect_status(400, 406)


@check("accept[charset]", "ACCEPT-CHARSET", needs=Needs.SAMPLE, after=["there[metadata]"])
def utf_8_is_understood(server: Server, known: Known) -> None:
    """charset=utf-8 and Accept-Charset: utf-8 are understood"""
    path = f"{known.place().instance}/metadata"
    server.get(path, {"charset": "utf-8"}).expect_status(200)
    server.get(path, headers=[("Accept-Charset", "utf-8")]).expect_status(200)


@check(
    "accept[charset-unknown]",
    "ACCEPT-CHARSET-UNKNOWN",
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def an_unknown_charset(server: Server, known: Known) -> None:
    """A character set that nobody has is answered 406 or 400, or with UTF-8"""
    path = f"{known.place().instance}/metadata"
    answer = server.get(path, {"charset": "x-conformance"}).expect_status(200, 400, 406)
    if answer.status == 200:
        answer.data_sets()


# ---- capabilities
_WADL: Final = "application/vnd.sun.wadl+xml"


def _capabilities(server: Server, accept: str) -> Answer:
    path = urlsplit(server.target.base).path
    base = server.target.base + ("" if path.endswith("/") else "/")
    return server.ask("OPTIONS", base, (), [("Accept", accept)])


@check(
    "capabilities", "CAPABILITIES-OPTIONS", "CAPABILITIES-WADL", needs=Needs.SAMPLE, after=["reach"]
)
def capabilities_are_answered(server: Server, known: Known) -> None:
    """OPTIONS on the base answers a WADL"""
    answer = _capabilities(server, _WADL).expect_status(200)
    name = answer.media_type().name
    expect(name == _WADL, f"{answer.asked} answered {name}")
    _resources(answer)


def _resources(answer: Answer) -> dict[str, set[str]]:
    """The paths of a WADL with their methods."""
    try:
        # The answer of the server under test, bounded, and expat expands no external entity.
        root = ElementTree.fromstring(answer.body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise Failed(f"{answer.asked} answered what is no XML: {error}") from error
    found: dict[str, set[str]] = {}
    _walk(root, "", found)
    return found


def _walk(element: ElementTree.Element, path: str, found: dict[str, set[str]]) -> None:
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "resource":
            _walk(child, path + "/" + (child.get("path") or "").strip("/"), found)
        elif name == "method":
            found.setdefault(path, set()).add((child.get("name") or "").upper())
        else:
            _walk(child, path, found)


@check("capabilities[json]", "CAPABILITIES-JSON", needs=Needs.SAMPLE, after=["capabilities"])
def capabilities_in_json(server: Server, known: Known) -> None:
    """Capabilities come as application/json"""
    _capabilities(server, "application/json").expect_status(200).json()


@check("capabilities[406]", "CAPABILITIES-406", needs=Needs.SAMPLE, after=["capabilities"])
def capabilities_in_an_unknown_type(server: Server, known: Known) -> None:
    """Capabilities in an unknown media type are answered 406"""
    _capabilities(server, UNKNOWN).expect_status(406)


@check(
    "capabilities[true]",
    "CAPABILITIES-WADL-RESOURCES",
    "CAPABILITIES-WADL-TRUE",
    "CAPABILITIES-WADL-METHODS",
    needs=Needs.SAMPLE,
    after=["capabilities"],
)
def capabilities_are_true(server: Server, known: Known) -> None:
    """The WADL names searching and retrieving, and every search that it claims is answered"""
    claimed = _resources(_capabilities(server, _WADL).expect_status(200))
    methods = {path.rstrip("/") or "/": verbs for path, verbs in claimed.items()}
    studies = next((p for p in methods if p.endswith("/studies")), None)
    expect(studies is not None, f"it names no /studies, but {sorted(methods)[:6]}")
    expect("GET" in methods[str(studies)], "it names no GET on /studies")
    root = str(studies).removesuffix("/studies")
    for path, verbs in methods.items():
        own = path.removeprefix(root)
        if "GET" in verbs and "{" not in own and own in ("/studies", "/series", "/instances"):
            server.get(own, {"limit": "1"}).expect_status(200, 204)


@check("http.kept-connection", "HTTP-KEEP", needs=Needs.SAMPLE, after=["reach"])
def connections_are_kept(server: Server, known: Known) -> None:
    """A connection is kept after an answer"""
    answer = server.get(known.place().instance, accept=NATIVE)
    closed = (answer.header("Connection") or "").lower() == "close"
    expect(not closed, "the server closes the connection after each answer")
