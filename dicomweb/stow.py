"""STOW-RS: instances in, one outcome each out. The body is never held: bytes go to spool files.

Which intake takes a message, and how its outcomes are answered, live here. DICOM files are
`stow_files`, metadata with bulk data are `stow_metadata`; what a stored instance is, and which
files are duplicates, is `archive.ingest`'s business.

References
----------
PS3.18 section 10.5 (Store transaction), Annex I (Store Instances Response Module).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from http import HTTPStatus

from flask import Response

from archive.errors import CannotUnderstand
from archive.ingest import Failed, Outcome, Stored
from dicomweb.calls import Call
from dicomweb.capabilities import STORED_TYPES
from dicomweb.encodings import IDENTITY
from dicomweb.errors import Refusal
from dicomweb.media_types import MediaType, parse_media_type
from dicomweb.multipart import (
    Event,
    Limits,
    MultipartError,
    MultipartParser,
    PartBegin,
    PartData,
    PartEnd,
)
from dicomweb.negotiation import DICOM, Resource
from dicomweb.representations import document
from dicomweb.store_response import RETRIEVE_URL, Model, response_model, status_of
from dicomweb.storing.batch import Batch
from dicomweb.storing.files import PART_TYPES, FileIntake
from dicomweb.storing.metadata import READERS, MetadataIntake
from telemetry.metrics import count_ingest, count_ingest_bytes

UPLOADS = "/api/v1/uploads"
"""Where the sender of what is de-identified first can follow it."""
# Of one answer: more studies than this have their uploads listed by the API.
max_links = 16


def store(call: Call, study: str | None = None) -> Response:
    """Store the instances of the request's body.

    Parameters
    ----------
    study
        The study that all of them must belong to.
    """
    making = Batch(call.archive, call.collection, study, call.principal)
    with call.open_body() as body, making as batch:
        _check_is_not_coded(call)
        content_type = _content_type(call)
        intake = _intake(call, content_type, batch)
        with closing(intake):
            try:
                for event in _events(call, content_type, body.chunks()):
                    intake.take(event)
                intake.finish()
            except (MultipartError, Refusal) as exc:
                batch.flush()
                if not batch.stored_any:
                    raise
                # What was stored must be told; the rest of the message is one more failure.
                batch.fail(CannotUnderstand(str(exc)))
            finally:
                count_ingest_bytes("stow", body.taken)
        outcomes = batch.finish()
    if not outcomes:
        raise Refusal.bad_request("the request holds no instance")
    _count(call.collection, outcomes)
    answer = _answer(call, response_model(outcomes, call.root, study), status_of(outcomes))
    coming = _coming(outcomes)
    for upload in coming:
        # RFC 8631: how far it is. There is nothing yet under the URL that will be the study's.
        answer.headers.add("Link", f'<{call.origin}{UPLOADS}/{upload}>; rel="status"')
    if coming:
        for name in ("Location", "Content-Location"):
            answer.headers.pop(name, None)
    return answer


def _coming(outcomes: Iterable[Outcome]) -> list[str]:
    """Tokens of the uploads that the instances belong to, each once."""
    found = (one.coming.upload for one in outcomes if isinstance(one, Stored) and one.coming)
    return list(dict.fromkeys(found))[:max_links]


def _answer(call: Call, model: Model, status: HTTPStatus) -> Response:
    answer = document(model, call.choose(Resource.STORE_RESPONSE))
    answer.status_code = status
    # PS3.18 table 10.5.3-2: both name what was created, where that is one study.
    for url in model[RETRIEVE_URL].get("Value", ()):
        answer.headers["Location"] = answer.headers["Content-Location"] = url
    return answer


def _check_is_not_coded(call: Call) -> None:
    # Inflating would let a small body be a large one; the parts' own syntaxes compress already.
    coding = call.request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", IDENTITY):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "a body in a content coding is not taken here: send it without Content-Encoding",
            headers={"Accept-Encoding": IDENTITY},
        )


def _content_type(call: Call) -> MediaType:
    content_type = parse_media_type(call.request.headers.get("Content-Type", ""))
    if content_type is None or not (content_type.is_multipart or _is_taken(content_type.name)):
        raise _unsupported("the body")
    return content_type


def _is_taken(name: str) -> bool:
    return name == DICOM or name in READERS


def _intake(call: Call, content_type: MediaType, batch: Batch) -> FileIntake | MetadataIntake:
    """Who takes the parts: the type of the first one decides, which a multipart body names."""
    name = content_type.name
    if content_type.is_multipart:
        root = parse_media_type(content_type.parameters.get("type", DICOM))
        name = root.name if root else "this type"
    if name in PART_TYPES:
        return FileIntake(call.archive, batch)
    if name in READERS:
        return MetadataIntake(call.archive, batch, name)
    raise _unsupported(f"a message of {name}")


def _events(call: Call, content_type: MediaType, chunks: Iterable[bytes]) -> Iterator[Event]:
    """What the body tells, as events of parts; a body of one instance is one part."""
    if not content_type.is_multipart:
        return _single_part(content_type.name, chunks)
    boundary = content_type.parameters.get("boundary", "")
    if not boundary:
        raise Refusal.bad_request("the Content-Type names no boundary")
    limits = Limits(max_parts=call.archive.settings.limits.max_parts)
    return _parts(MultipartParser(boundary, limits), chunks)


def _unsupported(what: str) -> Refusal:
    return Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"{what} is not of a media type that is stored here",
        available=STORED_TYPES,
        headers={
            "Accept-Post": ", ".join(dict.fromkeys(one.partition(";")[0] for one in STORED_TYPES))
        },
    )


def _single_part(name: str, chunks: Iterable[bytes]) -> Iterator[Event]:
    first = True
    for chunk in chunks:
        if first:
            yield PartBegin({"content-type": name})
        first = False
        yield PartData(memoryview(chunk))
    if not first:
        yield PartEnd()


def _parts(parser: MultipartParser, chunks: Iterable[bytes]) -> Iterator[Event]:
    for chunk in chunks:
        parser.feed(chunk)
        yield from parser.events()
    parser.close()
    yield from parser.events()


def _count(collection: str, outcomes: Iterable[Outcome]) -> None:
    for outcome, count in Counter(map(_word, outcomes)).items():
        count_ingest("stow", collection, outcome, count)


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return f"0x{outcome.failure.reason:04X}"
    if outcome.warning is not None:
        return f"0x{outcome.warning:04X}"
    return "already" if outcome.already else "stored"
