"""STOW-RS: instances in, one outcome each out. The body is never held: bytes go to spool files.

A part that cannot be taken is that part's failure and none of its neighbours'. What a stored
instance is, and which files are duplicates, is `archive.ingest`'s business.

References
----------
PS3.18 section 10.5 (Store transaction), Annex I (Store Instances Response Module).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from flask import Response

from archive.errors import CannotUnderstand, OutOfResources, StoreFailure
from archive.ingest import Failed, Outcome, Stored, store_instances
from archive.objects import SpoolFile
from dicomweb.calls import Call
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
from dicomweb.store_response import response_model, status_of
from imaging.uids import OCTET_STREAM
from telemetry.metrics import count_ingest, count_ingest_bytes

_TAKEN = ('multipart/related; type="application/dicom"', DICOM)
# Parts that say nothing, or nothing in particular, are taken for what the message says they are.
_PART_TYPES = frozenset({DICOM, OCTET_STREAM, "application/dicom+octet-stream", ""})


def store(call: Call, study: str | None = None) -> Response:
    """Store the instances of the request's body.

    Parameters
    ----------
    study
        The study that all of them must belong to.
    """
    with call.open_body() as body, _Intake(call, study) as intake:
        _check_is_not_coded(call)
        try:
            for event in _events(call, body.chunks()):
                intake.take(event)
        except (MultipartError, Refusal) as exc:
            intake.flush()
            if not intake.stored_any:
                raise
            # What was stored must be told; the rest of the message is one more failure.
            intake.fail(CannotUnderstand(str(exc)))
        outcomes = intake.finish()
    if not outcomes:
        raise Refusal.bad_request("the request holds no instance")
    _count(call.collection, outcomes)
    root = call.root
    answer = document(response_model(outcomes, root, study), call.choose(Resource.STORE_RESPONSE))
    answer.status_code = status_of(outcomes)
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


def _events(call: Call, chunks: Iterable[bytes]) -> Iterator[Event]:
    """What the body tells, as events of parts; a body of one instance is one part."""
    content_type = parse_media_type(call.request.headers.get("Content-Type", ""))
    if content_type is not None and content_type.name == DICOM:
        return _single_part(chunks)
    boundary = _boundary(content_type)
    limits = Limits(max_parts=call.archive.settings.limits.max_parts)
    return _parts(MultipartParser(boundary, limits), chunks)


def _boundary(content_type: MediaType | None) -> str:
    if content_type is None or not content_type.is_multipart:
        raise _unsupported("the body")
    root = parse_media_type(content_type.parameters.get("type", DICOM))
    if root is None or root.name not in _PART_TYPES:
        raise _unsupported(f"a message of {root.name if root else 'this type'}")
    boundary = content_type.parameters.get("boundary", "")
    if not boundary:
        raise Refusal.bad_request("the Content-Type names no boundary")
    return boundary


def _unsupported(what: str) -> Refusal:
    return Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"{what} is not of a media type that is stored here",
        available=_TAKEN,
        headers={"Accept-Post": "multipart/related, application/dicom"},
    )


def _single_part(chunks: Iterable[bytes]) -> Iterator[Event]:
    first = True
    for chunk in chunks:
        if first:
            yield PartBegin()
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


class _Intake:
    """Spools parts and stores them a batch at a time; outcomes stand in the order of the parts."""

    def __init__(self, call: Call, study: str | None) -> None:
        self._call = call
        self._study = study
        self._limits = call.archive.settings.limits
        self._outcomes: list[Outcome | None] = []
        self._batch: list[tuple[int, SpoolFile]] = []
        self._batch_bytes = 0
        self._spool: SpoolFile | None = None
        self._bytes = 0

    def __enter__(self) -> _Intake:
        return self

    def __exit__(self, *_: object) -> None:
        for _place, spool in self._batch:
            spool.discard()
        self._drop()
        count_ingest_bytes("stow", self._bytes)

    @property
    def stored_any(self) -> bool:
        """Whether something was stored so far."""
        return any(isinstance(outcome, Stored) for outcome in self._outcomes)

    def take(self, event: Event) -> None:
        """Take what the message tells next."""
        if isinstance(event, PartData):
            self._write(event.data)
        elif isinstance(event, PartBegin):
            self._begin(event)
        elif isinstance(event, PartEnd):
            self._end()

    def fail(self, failure: StoreFailure) -> None:
        """Add a failure of something that was not even an instance."""
        self._outcomes.append(Failed(None, None, failure))

    def flush(self) -> None:
        """Store what lies ready."""
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        try:
            if batch:
                stored = store_instances(
                    self._call.archive,
                    self._call.collection,
                    [spool for _, spool in batch],
                    study_instance_uid=self._study,
                )
                for (place, _), outcome in zip(batch, stored, strict=True):
                    self._outcomes[place] = outcome
        finally:
            for _place, spool in batch:
                spool.discard()

    def finish(self) -> list[Outcome]:
        """Store the rest and return an outcome for every part."""
        self.flush()
        return [outcome for outcome in self._outcomes if outcome is not None]

    def _begin(self, part: PartBegin) -> None:
        self._outcomes.append(None)
        if part.defect is not None:
            self._refuse(CannotUnderstand(part.defect))
        elif not _is_instance(part):
            self._refuse(CannotUnderstand("the part is not of the type application/dicom"))
        else:
            self._spool = self._call.archive.objects.spool()

    def _write(self, data: memoryview) -> None:
        self._bytes += len(data)
        spool = self._spool
        if spool is None:
            return  # the part was refused; its bytes are passed over
        if spool.size + len(data) > self._limits.max_instance_bytes:
            limit = self._limits.max_instance_bytes
            self._refuse(OutOfResources(f"the instance is longer than the limit of {limit} bytes"))
            return
        try:
            spool.write(data)
        except OSError:
            self._refuse(OutOfResources("there is no room to receive the instance"))

    def _end(self) -> None:
        spool = self._spool
        if spool is None:
            return
        try:
            spool.close()
        except OSError:
            self._refuse(OutOfResources("there is no room to receive the instance"))
            return
        self._spool = None
        self._batch.append((len(self._outcomes) - 1, spool))
        self._batch_bytes += spool.size
        full = len(self._batch) >= self._limits.max_batch_files
        if full or self._batch_bytes >= self._limits.max_batch_bytes:
            self.flush()

    def _refuse(self, failure: StoreFailure) -> None:
        self._outcomes[-1] = Failed(None, None, failure)
        self._drop()

    def _drop(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.discard()


def _is_instance(part: PartBegin) -> bool:
    media_type = parse_media_type(part.headers.get("content-type", DICOM))
    return media_type is not None and media_type.name in _PART_TYPES


def _count(collection: str, outcomes: Iterable[Outcome]) -> None:
    for outcome, count in Counter(map(_word, outcomes)).items():
        count_ingest("stow", collection, outcome, count)


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return f"0x{outcome.failure.reason:04X}"
    if outcome.warning is not None:
        return f"0x{outcome.warning:04X}"
    return "already" if outcome.already else "stored"
