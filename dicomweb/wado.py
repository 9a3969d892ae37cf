"""WADO-RS: instances, metadata, frames, bulk data and thumbnails of what is stored.

Each view finds, chooses, and answers with a `Payload`; how bytes are made is `representations`.

References
----------
PS3.18 section 10.4 (Retrieve transaction).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import orjson
from flask import Response

from archive import publish
from archive.retrieve import (
    StoredInstance,
    bulk_location,
    find_framed_instance,
    find_instances,
    frame_table,
    metadata,
)
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.multipart import PART_TAIL, MultipartWriter, stable_boundary
from dicomweb.negotiation import DICOM, Coding, Representation, Resource, Stored
from dicomweb.representations import BulkValue, Frames, instance_pieces
from dicomweb.responses import KEEP, Payload, begun
from imaging.errors import ImagingError
from imaging.frames import FrameTable
from imaging.transcode import can_decode
from imaging.uids import OCTET_STREAM

_FRAME_LIST = re.compile(r"[0-9]{1,9}(?:,[0-9]{1,9})*", re.ASCII)
_MAX_FRAMES = 10_000

_ENCAPSULATED_DOCUMENT, _MIME_TYPE = "00420011", "00420012"
# PS3.3 section C.24.2.1 and annexes A.45 and A.85: what an object may encapsulate.
_DOCUMENT_TYPES = frozenset({"application/pdf", "text/xml", "model/stl", "model/obj", "model/mtl"})


def study(call: Call, study: str) -> Response:
    """Every instance of a study."""
    return _instances(call, Resource.STUDY, study)


def series(call: Call, study: str, series: str) -> Response:
    """Every instance of a series."""
    return _instances(call, Resource.SERIES, study, series)


def instance(call: Call, study: str, series: str, instance: str) -> Response:
    """One instance."""
    found = _one(call, study, series, instance)
    return _decoded_or_stored(found, lambda stored: _instance(call, found, stored))


def _instance(call: Call, found: StoredInstance, stored: Stored) -> Response:
    chosen = call.choose(Resource.INSTANCE, stored)
    as_stored = chosen.coding is Coding.AS_STORED
    etag = _etag(found, chosen)
    if not chosen.multipart:
        return call.answer(
            Payload(
                chosen.content_type,
                lambda first, count: instance_pieces(
                    call.archive, found, chosen.coding, call.decode, first, count
                ),
                length=found.size if as_stored else None,
                etag=etag,
                cache_control=KEEP,
                ranged=as_stored,
                long=True,
            )
        )
    writer = MultipartWriter(stable_boundary(found.version, etag))
    head = writer.head(chosen.content_type, _location(call, found))

    def message(*_: object) -> Iterator[bytes]:
        pieces = instance_pieces(call.archive, found, chosen.coding, call.decode)
        return _message(writer, [(head, begun(pieces))])

    return call.answer(
        Payload(
            writer.content_type(DICOM),
            message,
            length=writer.content_length([(head, found.size)]) if as_stored else None,
            etag=etag,
            cache_control=KEEP,
            long=True,
        )
    )


def _instances(call: Call, resource: Resource, *uids: str) -> Response:
    found = find_instances(call.archive, call.principal, call.collection, *uids)
    _check_all_can_be_given(call, resource, uids)
    writer = MultipartWriter()
    return call.answer(
        Payload(
            writer.content_type(DICOM),
            lambda *_: _message(writer, _instance_parts(call, resource, writer, found)),
            long=True,
        )
    )


def _check_all_can_be_given(call: Call, resource: Resource, uids: Sequence[str]) -> None:
    """Answer 406 now rather than find in the middle of an answer that an instance does not fit."""
    try:
        # What nothing is known of can be given as stored only; an Accept that takes this takes all.
        call.choose(resource, Stored("0.0"))
    except Refusal:
        listed = find_instances(call.archive, call.principal, call.collection, *uids)
        for syntax in {one.transfer_syntax_uid for one in listed}:
            call.choose(resource, Stored(str(syntax), can_decode(syntax)))


def _instance_parts(
    call: Call, resource: Resource, writer: MultipartWriter, found: Iterable[StoredInstance]
) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    root = call.root
    for one in found:
        location = {"Content-Location": root + _path(one)}
        chosen = call.choose(resource, _as_stored(one))
        try:
            pieces = begun(instance_pieces(call.archive, one, chosen.coding, call.decode))
        except ImagingError:
            # Pixels that their codec refuses: the part says that it is as stored (8.7.3.4).
            as_stored = f"{DICOM}; transfer-syntax={one.transfer_syntax_uid}"
            yield (
                writer.head(as_stored, location),
                instance_pieces(call.archive, one, Coding.AS_STORED, call.decode),
            )
        else:
            yield writer.head(chosen.content_type, location), pieces


def frames(call: Call, study: str, series: str, instance: str, frames: str) -> Response:
    """Frames of an instance, numbered from 1."""
    numbers = _frame_numbers(frames)
    found, table = find_framed_instance(
        call.archive, call.principal, call.collection, study, series, instance
    )
    if max(numbers) > table.count:
        raise Refusal.not_found(f"this instance has {table.count} frames")
    return _decoded_or_stored(
        found,
        lambda stored: _frames(call, found, table, numbers, stored),
    )


def _frames(
    call: Call, found: StoredInstance, table: FrameTable, numbers: Sequence[int], stored: Stored
) -> Response:
    chosen = call.choose(Resource.FRAMES, replace(stored, several=len(numbers) > 1))
    one_way = Frames(call.archive, found, table, chosen.coding, call.decode)
    etag = _etag(found, chosen, ",".join(map(str, numbers)))
    if not chosen.multipart:
        return _single_frame(call, one_way, numbers[0], chosen, etag)
    writer = MultipartWriter(stable_boundary(found.version, etag))
    head = writer.head(chosen.content_type)
    lengths = [one_way.length(number) for number in numbers]
    known = [(head, length) for length in lengths if length is not None]
    return call.answer(
        Payload(
            writer.content_type(chosen.media_type),
            lambda *_: _frame_message(writer, head, one_way, numbers),
            length=writer.content_length(known) if len(known) == len(lengths) else None,
            etag=etag,
            cache_control=KEEP,
            long=len(numbers) > 1,
        )
    )


def _frame_numbers(text: str) -> list[int]:
    if not _FRAME_LIST.fullmatch(text):
        raise Refusal.bad_request("frames are whole numbers from 1, separated by commas")
    numbers = [int(number) for number in text.split(",")]
    if min(numbers) < 1:
        raise Refusal.bad_request("frames are numbered from 1")
    if len(numbers) > _MAX_FRAMES:
        raise Refusal.bad_request(f"more than {_MAX_FRAMES} frames are asked for at once")
    return numbers


def _single_frame(
    call: Call, one_way: Frames, number: int, chosen: Representation, etag: str
) -> Response:
    return call.answer(
        Payload(
            chosen.content_type,
            lambda *_: one_way.pieces(number),
            length=one_way.length(number),
            etag=etag,
            cache_control=KEEP,
        )
    )


def _frame_message(
    writer: MultipartWriter, head: bytes, one_way: Frames, numbers: Sequence[int]
) -> Iterable[bytes]:
    if len(numbers) == 1 and isinstance(pieces := one_way.pieces(numbers[0]), Sequence):
        return (head, *pieces, PART_TAIL + writer.closing)
    return _message(writer, ((head, one_way.pieces(number)) for number in numbers))


def bulkdata(call: Call, study: str, series: str, instance: str, path: str) -> Response:
    """One value, under the path that its BulkDataURI names."""
    found = _one(call, study, series, instance)
    bulk, vr, media_type = bulk_location(call.archive, found, path)
    if bulk.encapsulated:
        table = frame_table(call.archive, found)
        every = range(1, table.count + 1)
        return _decoded_or_stored(found, lambda stored: _frames(call, found, table, every, stored))
    value = BulkValue(call.archive, found, bulk, vr)
    if path == _ENCAPSULATED_DOCUMENT:
        media_type = _document_type(call, study, series, instance)
    stored = Stored(str(found.transfer_syntax_uid), media_type=media_type)
    chosen = call.choose(Resource.BULKDATA, stored)
    etag = _etag(found, chosen, path)
    if not chosen.multipart:
        return call.answer(
            Payload(
                chosen.content_type,
                value.pieces,
                length=bulk.length,
                etag=etag,
                cache_control=KEEP,
                ranged=value.ranged,
                long=True,
            )
        )
    writer = MultipartWriter(stable_boundary(found.version, etag))
    head = writer.head(chosen.content_type)
    return call.answer(
        Payload(
            writer.content_type(chosen.media_type),
            lambda *_: _message(writer, [(head, value.pieces())]),
            length=writer.content_length([(head, bulk.length)]),
            etag=etag,
            cache_control=KEEP,
            long=True,
        )
    )


def _document_type(call: Call, study: str, series: str, instance: str) -> str:
    """What an encapsulated document says that it is, when that is one of the known kinds."""
    found = metadata(call.archive, call.principal, call.collection, study, series, instance)
    said = orjson.loads(next(found.documents)).get(_MIME_TYPE, {}).get("Value") or [""]
    name = str(said[0]).strip().lower()
    return name if name in _DOCUMENT_TYPES else OCTET_STREAM


def thumbnail(call: Call, study: str, series: str | None = None) -> Response:
    """The picture that the worker made of a series; of a study, that of its first series."""
    call.choose(Resource.THUMBNAIL)
    objects = call.archive.objects
    found = publish.thumbnail(call.archive, call.principal, call.collection, study, series)
    if found is None:
        # Raises when the thing itself is gone, or was never here.
        find_instances(call.archive, call.principal, call.collection, study, series)
        raise Refusal.not_found("no thumbnail is kept of this: it has no images, or is new")
    return call.answer(
        Payload(
            found.media_type,
            lambda *_: objects.stream(found.key),
            length=objects.size(found.key),
            etag=found.etag,
        )
    )


def _message(
    writer: MultipartWriter, parts: Iterable[tuple[bytes, Iterable[bytes]]]
) -> Iterator[bytes]:
    for head, pieces in parts:
        yield head
        yield from pieces
        yield PART_TAIL
    yield writer.closing


def _one(call: Call, study: str, series: str, instance: str) -> StoredInstance:
    found = find_instances(call.archive, call.principal, call.collection, study, series, instance)
    return next(iter(found))


def _as_stored(found: StoredInstance) -> Stored:
    uid = str(found.transfer_syntax_uid)
    return Stored(uid, can_decode(uid))


def _decoded_or_stored(found: StoredInstance, answer: Callable[[Stored], Response]) -> Response:
    """Answer; pixels that their codec refuses are given as stored to who takes them so (8.7.3.4).

    Raises
    ------
    Refusal
        406 when nothing but another syntax was acceptable.
    """
    stored = _as_stored(found)
    try:
        return answer(stored)
    except ImagingError:
        if not stored.decodable:
            raise
        return answer(replace(stored, decodable=False))


def _etag(found: StoredInstance, chosen: Representation, *facts: str) -> str:
    """A tag for one representation: the version names the bytes, the rest how they are given."""
    way = f"{chosen.media_type}{chosen.transfer_syntax}{int(chosen.multipart)}{','.join(facts)}"
    return f"{found.version}-{stable_boundary(way)[-12:]}"


def _path(found: StoredInstance) -> str:
    return (
        f"/studies/{found.study_instance_uid}/series/{found.series_instance_uid}"
        f"/instances/{found.sop_instance_uid}"
    )


def _location(call: Call, found: StoredInstance) -> dict[str, str]:
    return {"Content-Location": call.root + _path(found)}
