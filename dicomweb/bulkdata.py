"""Bulk data: one value under its BulkDataURI, and all values or all pixels of a resource.

Each part of an answer says which BulkDataURI it is the value of. Uncompressed Pixel Data is one
value; compressed Pixel Data is a part a frame, since their bytes are of no use when joined.

References
----------
PS3.18 sections 8.7.3.3 (bulk data media types), 10.4.1.1.5 (bulk data), 10.4.1.1.6 (pixel data),
10.4.3.3.5 and 10.4.3.3.6 (their payloads).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from flask import Response

from archive.errors import NotFound
from archive.pixel_facts import PIXEL_PATHS
from archive.retrieve import (
    StoredInstance,
    bulk_location,
    bulk_locations,
    contents_tag,
    document,
    find_instances,
    frame_table,
)
from dicomweb import silence
from dicomweb.answers import Coding, Representation, Stored
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.frame_bytes import Frames
from dicomweb.frames import single_frame
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import Resource
from dicomweb.representations import BulkValue, fragments_joined
from dicomweb.responses import KEEP, Payload
from dicomweb.retrieval import (
    Facts,
    Part,
    find_one,
    instance_etag,
    message,
    remade_or_stored,
    url_of,
)
from imaging.data_set import Bulk
from imaging.errors import CodecsBusy, ImagingError
from imaging.frames import FrameTable
from imaging.uids import OCTET_STREAM

_ENCAPSULATED_DOCUMENT, _MIME_TYPE = "00420011", "00420012"
# PS3.3 section C.24.2.1 and annexes A.45 and A.85: what an object may encapsulate.
_DOCUMENT_TYPES = frozenset({"application/pdf", "text/xml", "model/stl", "model/obj", "model/mtl"})


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of an instance."""

    found: StoredInstance
    path: str
    bulk: Bulk
    vr: str
    media_type: str
    frames: FrameTable | None

    def choose(self, facts: Facts, *, among_others: bool = False) -> Representation:
        """Choose how to give it, alone or as a part among others."""
        if self.frames is not None:
            resource = Resource.PIXEL_PARTS if among_others else Resource.PIXELDATA
            return facts.choose(resource, several=self.frames.count > 1)
        stored = Stored(str(self.found.transfer_syntax_uid), media_type=self.media_type)
        if self.bulk.encapsulated:  # an icon: it is not decoded by itself
            resource = Resource.PIXEL_PARTS if among_others else Resource.PIXELDATA
        else:
            resource = Resource.BULK_PARTS if among_others else Resource.BULKDATA
        return facts.call.choose(resource, stored)

    def bodies(self, call: Call, chosen: Representation) -> Iterator[Iterable[bytes]]:
        """Yield the bodies of its parts: one, or one a compressed frame."""
        if self.frames is not None and (self._is_framed(chosen) or self.bulk.encapsulated):
            one_way = Frames(call.archive, self.found, self.frames, chosen, call.decode)
            if not self._is_framed(chosen):
                yield one_way.joined()
                return
            yield from (one_way.pieces(number) for number in range(1, self.frames.count + 1))
        elif self.bulk.encapsulated:
            yield fragments_joined(call.archive, self.found, self.bulk)
        else:
            yield self.native(call).pieces()

    def native(self, call: Call) -> BulkValue:
        """Its bytes where they lie."""
        return BulkValue(call.archive, self.found, self.bulk, self.vr)

    def _is_framed(self, chosen: Representation) -> bool:
        if chosen.coding is Coding.TRANSCODED:
            return True
        return self.bulk.encapsulated and chosen.coding is Coding.AS_STORED


def bulkdata(call: Call, study: str, series: str, instance: str, path: str) -> Response:
    """One value, under the path that its BulkDataURI names."""
    if call.is_silent:
        silence.check_bulk(path)
    found = find_one(call, study, series, instance)
    value = _value(call, found, path, *bulk_location(call.archive, found, path))
    if value.bulk.encapsulated and path in PIXEL_PATHS and value.frames is None:
        raise NotFound("the frames of this instance cannot be told apart")
    return remade_or_stored(call, found, lambda facts: _one_value(facts, value))


def all_bulkdata(
    call: Call, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    """All bulk data of a resource, of which what cannot be given as asked is left out."""
    return _everything(call, tuple(uid for uid in (study, series, instance) if uid), pixels=False)


def pixeldata(
    call: Call, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    """The pixels of every image of a resource."""
    return _everything(call, tuple(uid for uid in (study, series, instance) if uid), pixels=True)


def _everything(call: Call, uids: tuple[str, ...], *, pixels: bool) -> Response:
    tag = contents_tag(call.archive, call.principal, call.collection, *uids)
    if len(uids) == 3:
        found = find_one(call, *uids)
        values = list(_values(call, found, pixels=pixels))
        if len(values) == 1:
            return remade_or_stored(call, found, lambda facts: _one_value(facts, values[0]))
    if pixels:
        _check_all_can_be_given(call, uids)
    etag = f"{tag}-{call.way()}"
    writer = MultipartWriter(stable_boundary(etag))
    parts = _parts(call, writer, uids, pixels=pixels)
    first = next(parts)
    return call.answer(
        Payload(
            writer.content_type(_root_type(first)),
            lambda *_: message(writer, chain([first], parts)),
            etag=etag,
            long=True,
        )
    )


def _root_type(part: Part) -> str:
    head = part[0].decode("latin-1")
    return head.partition("Content-Type: ")[2].partition("\r\n")[0].partition(";")[0]


def _check_all_can_be_given(call: Call, uids: tuple[str, ...]) -> None:
    """Answer 406 now rather than find in the middle of an answer that pixels do not fit."""
    try:
        call.choose(Resource.PIXEL_PARTS, Stored("0.0", several=True))
    except Refusal:
        for one in find_instances(call.archive, call.principal, call.collection, *uids):
            for value in _values(call, one, pixels=True):
                value.choose(Facts(call, one), among_others=True)


def _parts(
    call: Call, writer: MultipartWriter, uids: tuple[str, ...], *, pixels: bool
) -> Iterator[Part]:
    refusal = Refusal.not_found("there is no pixel data here" if pixels else "no bulk data here")
    given = False
    for one in find_instances(call.archive, call.principal, call.collection, *uids):
        for value in _values(call, one, pixels=pixels):
            try:
                made = _value_parts(Facts(call, one), writer, value)
            except Refusal as exc:  # not in what is accepted: left out of what can be given
                refusal = exc
                continue
            given = True
            yield from made
    if not given:
        raise refusal


def _value_parts(facts: Facts, writer: MultipartWriter, value: _Value) -> Iterator[Part]:
    chosen = value.choose(facts, among_others=True)
    bodies = value.bodies(facts.call, chosen)
    try:
        first = _taken(next(bodies))
    except CodecsBusy:
        raise
    except ImagingError:
        facts = replace(facts, codecs_work=False)
        chosen = value.choose(facts, among_others=True)
        bodies = value.bodies(facts.call, chosen)
        first = next(bodies)
    head = writer.head(chosen.content_type, _location(facts.call, value))
    return ((head, body) for body in chain([first], bodies))


def _taken(body: Iterable[bytes]) -> Iterable[bytes]:
    """The body with its first piece made, so that what fails does so now."""
    iterator = iter(body)
    return chain([next(iterator, b"")], iterator)


def _one_value(facts: Facts, value: _Value) -> Response:
    call, found = facts.call, facts.found
    chosen = value.choose(facts)
    etag = instance_etag(found, chosen, value.path, call.root)
    if not chosen.multipart:
        return _single_part(call, value, chosen, etag)
    writer = MultipartWriter(stable_boundary(found.version, etag))
    head = writer.head(chosen.content_type, _location(call, value))
    known = not value.bulk.encapsulated and chosen.coding is not Coding.TRANSCODED

    def body(*_: object) -> Iterator[bytes]:
        bodies = value.bodies(call, chosen)
        first = _taken(next(bodies, ()))  # what its codec refuses can be given as stored now only
        return message(writer, ((head, pieces) for pieces in chain([first], bodies)))

    return call.answer(
        Payload(
            writer.content_type(chosen.media_type),
            body,
            length=writer.content_length([(head, value.bulk.length)]) if known else None,
            etag=etag,
            cache_control=KEEP,
            long=True,
        )
    )


def _single_part(call: Call, value: _Value, chosen: Representation, etag: str) -> Response:
    framed = value.bulk.encapsulated or chosen.coding is Coding.TRANSCODED
    if framed and value.frames is not None and value.frames.count == 1:
        one_way = Frames(call.archive, value.found, value.frames, chosen, call.decode)
        return single_frame(call, one_way, 1, chosen, etag)
    if framed:
        return call.answer(
            Payload(
                chosen.content_type,
                lambda *_: next(value.bodies(call, chosen)),
                etag=etag,
                cache_control=KEEP,
                long=True,
            )
        )
    native = value.native(call)
    return call.answer(
        Payload(
            chosen.content_type,
            native.pieces,
            length=value.bulk.length,
            etag=etag,
            cache_control=KEEP,
            ranged=native.ranged,
            long=True,
        )
    )


def _values(call: Call, found: StoredInstance, *, pixels: bool) -> Iterator[_Value]:
    located = bulk_locations(call.archive, found)
    for path in sorted(located):
        if pixels and path not in PIXEL_PATHS:
            continue
        value = _value(call, found, path, *located[path])
        if value.frames is None and value.bulk.encapsulated and path in PIXEL_PATHS:
            continue  # its frames cannot be told apart
        yield value


def _value(
    call: Call, found: StoredInstance, path: str, bulk: Bulk, vr: str, media_type: str
) -> _Value:
    if path == _ENCAPSULATED_DOCUMENT:
        media_type = _document_type(call, found)
    table = _frame_table(call, found) if path in PIXEL_PATHS else None
    return _Value(found, path, bulk, vr, media_type, table)


def _frame_table(call: Call, found: StoredInstance) -> FrameTable | None:
    try:
        return frame_table(call.archive, found)
    except NotFound:
        return None


def _document_type(call: Call, found: StoredInstance) -> str:
    """What an encapsulated document says that it is, when that is one of the known kinds."""
    said = document(call.archive, found).get(_MIME_TYPE, {}).get("Value") or [""]
    name = str(said[0]).strip().lower()
    return name if name in _DOCUMENT_TYPES else OCTET_STREAM


def _location(call: Call, value: _Value) -> dict[str, str]:
    return {"Content-Location": f"{url_of(call, value.found)}/bulkdata/{value.path}"}
