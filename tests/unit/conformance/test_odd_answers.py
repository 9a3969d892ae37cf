"""Whatever a server answers, the runner says what is wrong with it and does not fail itself.

The mock's answers are bent in ways that no table of defects has room for. Every check is run by
itself, without those that would block it, so that each meets the bent answers.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from conformance.corpus.corpus import corpus_of
from conformance.known import Known, Source
from conformance.mock.memory import read_instance
from conformance.mock.messages import Reply, Request
from conformance.mock.server import Mock, serving
from conformance.registry import load_checks
from conformance.verdicts import Verdict
from conformance.wire.multipart import read_multipart, write_multipart
from conformance.wire.server import Server, ServerGone
from conformance.wire.shown import Redaction
from conformance.wire.target import Target

SEED = "odd"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"})
Bend = Callable[[Reply], Reply]


class Bending(Mock):
    """A mock that holds the corpus and bends each answer."""

    def __init__(self, bend: Bend) -> None:
        super().__init__()
        self.bend = bend
        for one in corpus_of(SEED).instances:
            self.memory.put(read_instance(one.part10))

    def answer(self, request: Request) -> Reply:
        return self.bend(super().answer(request))


def with_body(body: bytes) -> Bend:
    return lambda reply: Reply(reply.status, reply.content_type, body, reply.headers)


def json_bent(change: Callable[[Any], Any]) -> Bend:
    def bend(reply: Reply) -> Reply:
        if "json" not in str(reply.content_type) or not reply.body:
            return reply
        body = json.dumps(change(json.loads(reply.body))).encode()
        return Reply(reply.status, reply.content_type, body, reply.headers)

    return bend


def every_element(element: Any) -> Callable[[Any], Any]:
    """Each element of each data set becomes this."""
    return lambda rows: [
        dict.fromkeys(row, element) for row in rows if isinstance(row, dict) and row
    ]


def parts_bent(change: Callable[[list[tuple[Any, bytes]]], list[tuple[Any, bytes]]]) -> Bend:
    def bend(reply: Reply) -> Reply:
        boundary = re.search(r"boundary=(\w+)", str(reply.content_type))
        if boundary is None:
            return reply
        parts = [(one.headers, one.body) for one in read_multipart(reply.body, boundary[1])]
        body = write_multipart(change(parts), boundary[1])
        return Reply(reply.status, reply.content_type, body, reply.headers)

    return bend


BENDS: dict[str, Bend] = {
    "no body": with_body(b""),
    "html": lambda _: Reply(200, "text/html", b"<html>Please sign in</html>"),
    "an error": lambda _: Reply(500, "text/plain", b"it broke"),
    "no media type": lambda reply: Reply(reply.status, None, reply.body, reply.headers),
    "half of it": lambda reply: with_body(reply.body[: len(reply.body) // 2])(reply),
    "json: null": json_bent(lambda _: None),
    "json: an object": json_bent(lambda rows: rows[0] if rows else {}),
    "json: numbers": json_bent(lambda _: [1, 2]),
    "json: empty objects": json_bent(lambda rows: [{} for _ in rows]),
    "json: elements null": json_bent(every_element(None)),
    "json: elements texts": json_bent(every_element("x")),
    "json: values texts": json_bent(every_element({"vr": "LO", "Value": "x"})),
    "json: values null": json_bent(every_element({"vr": "PN", "Value": [None]})),
    "json: values objects": json_bent(every_element({"vr": 7, "Value": [{"a": [1]}]})),
    "json: sequences of texts": json_bent(every_element({"vr": "SQ", "Value": ["x", 1]})),
    "json: odd addresses": json_bent(every_element({"vr": "OB", "BulkDataURI": 5})),
    "json: odd bytes": json_bent(every_element({"vr": "OB", "InlineBinary": "%%%"})),
    "json: odd tags": json_bent(lambda rows: [{"patient": {"vr": "LO"}} for _ in rows]),
    "parts: none": parts_bent(lambda _: []),
    "parts: twice": parts_bent(lambda parts: parts + parts),
    "parts: junk": parts_bent(lambda parts: [(head, b"junk") for head, _ in parts]),
    "parts: half": parts_bent(
        lambda parts: [(head, body[: len(body) // 2]) for head, body in parts]
    ),
    "parts: bare": parts_bent(lambda parts: [((), body) for _, body in parts]),
    "parts: odd xml": parts_bent(
        lambda parts: [(head, b'<a><DicomAttribute tag="xyz" vr=""/></a>') for head, _ in parts]
    ),
}


@pytest.mark.parametrize("bend", BENDS)
def test_an_odd_answer_is_no_fault_of_the_runner(bend: str) -> None:
    corpus = corpus_of(SEED)
    known = Known(
        corpus,
        source=Source.FOUND,
        stored=frozenset(one.name for one in corpus.instances),
        narrow={"ReferringPhysicianName": corpus.physician},
        may_write=True,
    )
    faults = {}
    with serving(Bending(BENDS[bend])) as base:
        server = Server(Target(base), Redaction(), METHODS)
        for one in load_checks().all():
            server.begin()
            try:
                one.run(server, known)
            except (Verdict, ServerGone):
                continue
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                faults[one.id] = f"{error!r} in {where.name}, line {where.lineno}"
        server.close()
    assert not faults, "\n".join(f"{one}: {fault}" for one, fault in faults.items())
