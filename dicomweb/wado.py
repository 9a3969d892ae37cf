"""WADO-RS: the instances of a study or a series, or one, as parts, as a file, or in a zip.

Each view finds, chooses, and answers with a `Payload`; how bytes are made is `representations`.
Frames are `frames`, bulk data `bulkdata`, documents `metadata`.

References
----------
PS3.18 section 10.4 (Retrieve transaction).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flask import Response

from archive.contents import contents
from archive.pixel_facts import describe_stored_frame
from archive.retrieve import StoredInstance, find_instances
from dicomweb import bulkdata, zipping
from dicomweb.answers import EVERY_TARGET
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import DICOM, ZIP, Coding, Representation, Resource, Stored, choose
from dicomweb.representations import Pieces, instance_pieces
from dicomweb.responses import KEEP, Payload, begun
from dicomweb.retrieval import (
    Facts,
    Part,
    find_one,
    instance_etag,
    message,
    remade_or_stored,
    url_of,
)
from dicomweb.whole import payload_as_stored
from imaging.errors import CodecsBusy, ImagingError


def study(call: Call, study: str) -> Response:
    """Every instance of a study."""
    return _instances(call, Resource.STUDY, study)


def series(call: Call, study: str, series: str) -> Response:
    """Every instance of a series."""
    return _instances(call, Resource.SERIES, study, series)


def instance(call: Call, study: str, series: str, instance: str) -> Response:
    """One instance."""
    found = find_one(call, study, series, instance)
    return remade_or_stored(call, found, _instance)


def _instance(facts: Facts) -> Response:
    call, found = facts.call, facts.found
    chosen = facts.choose(Resource.INSTANCE)
    if chosen.coding is Coding.BULK or chosen.media_type == ZIP:
        uids = found.study_instance_uid, found.series_instance_uid, found.sop_instance_uid
        return _instances(call, Resource.INSTANCE, *uids)
    zipping.check_no_directory(call)
    if not chosen.multipart:
        return single_part(call, found, chosen)
    as_stored = chosen.coding is Coding.AS_STORED
    etag = instance_etag(found, chosen)
    writer = MultipartWriter(stable_boundary(found.version, etag))
    head = writer.head(chosen.content_type, {"Content-Location": url_of(call, found)})

    def body(*_: object) -> Iterator[bytes]:
        pieces = instance_pieces(call.archive, found, chosen, call.decode)
        return message(writer, [(head, begun(pieces))])

    return call.answer(
        Payload(
            writer.content_type(DICOM),
            body,
            length=writer.content_length([(head, found.size)]) if as_stored else None,
            etag=etag,
            cache_control=KEEP,
            long=True,
        )
    )


def single_part(call: Call, found: StoredInstance, chosen: Representation) -> Response:
    """Answer with the instance as a file."""
    as_stored = chosen.coding is Coding.AS_STORED
    return call.answer(
        Payload(
            chosen.content_type,
            lambda first, count: instance_pieces(
                call.archive, found, chosen, call.decode, first, count
            ),
            length=found.size if as_stored else None,
            etag=instance_etag(found, chosen),
            cache_control=KEEP,
            ranged=as_stored,
            long=True,
        )
    )


def _instances(call: Call, resource: Resource, *uids: str) -> Response:
    # Access first: nobody learns what could be had of something that is not theirs to read.
    held = contents(call.archive, call.principal, call.collection, *uids)
    container = _container(call, resource, uids)
    if container.coding is Coding.BULK:
        return bulkdata.all_bulkdata(call, *uids)
    if container.media_type == ZIP:
        way = _Way(call, Resource.ZIPPED, uids)
        return zipping.answer(call, held.tag, uids, way.given)
    zipping.check_no_directory(call)
    etag = f"{held.tag}-{call.way()}"
    writer = MultipartWriter(stable_boundary(etag))
    as_stored = payload_as_stored(call, held, uids[0], writer, etag)
    if as_stored is not None:
        return call.answer(as_stored)
    way = _Way(call, Resource.PARTS, uids)
    return call.answer(
        Payload(
            writer.content_type(DICOM),
            lambda *_: message(writer, way.parts(writer)),
            etag=etag,
            long=True,
        )
    )


def _container(call: Call, resource: Resource, uids: Sequence[str]) -> Representation:
    """Choose what the instances go into, having made sure that each of them can.

    Raises
    ------
    Refusal
        406, now rather than in the middle of an answer.
    """
    try:
        # What nothing is known of: an Accept that takes it as it is stored takes everything so.
        chosen = call.choose(resource, Stored("0.0", targets=EVERY_TARGET))
    except Refusal:
        chosen = None
    if chosen is not None and chosen.coding is not Coding.TRANSCODED:
        return chosen
    for one in _kinds(call, uids):
        given = _choose(call, resource, one)
        chosen = chosen or given
        _choose(call, Resource.ZIPPED if chosen.media_type == ZIP else Resource.PARTS, one)
    if chosen is None:
        raise Refusal.not_found("there are no instances")
    return chosen


def _kinds(call: Call, uids: Sequence[str]) -> Iterator[StoredInstance]:
    """One instance of each kind that negotiation can tell apart."""
    seen = set()
    for one in find_instances(call.archive, call.principal, call.collection, *uids):
        described = describe_stored_frame(call.archive, one) if one.number_of_frames else None
        if described is not None:
            described = replace(described, rows=1, columns=1)
        kind = (one.transfer_syntax_uid, bool(one.number_of_frames), described)
        if kind not in seen:
            seen.add(kind)
            yield one


def _choose(call: Call, resource: Resource, one: StoredInstance) -> Representation:
    """Choose for one instance of several.

    Transfer syntaxes are about pixels: an instance without any is given in its default when the
    others of its study are asked for in a compressed one.
    """
    try:
        return Facts(call, one).choose(resource)
    except Refusal:
        if one.number_of_frames:
            raise
        return choose(resource, "*/*", None, Facts(call, one).stored)


@dataclass(frozen=True, slots=True)
class _Way:
    """How the instances of a study or a series are given."""

    call: Call
    resource: Resource
    uids: tuple[str, ...]

    def given(self) -> Iterator[tuple[StoredInstance, Representation, Pieces]]:
        """Each instance, what was chosen for it, and its bytes, begun."""
        call = self.call
        for one in find_instances(call.archive, call.principal, call.collection, *self.uids):
            chosen = _choose(call, self.resource, one)
            try:
                pieces = begun(instance_pieces(call.archive, one, chosen, call.decode))
            except CodecsBusy:
                raise
            except ImagingError:
                # Pixels that their codec refuses: it is said that they are as stored (8.7.3.4).
                chosen = replace(
                    chosen, coding=Coding.AS_STORED, transfer_syntax=str(one.transfer_syntax_uid)
                )
                pieces = instance_pieces(call.archive, one, chosen, call.decode)
            yield one, chosen, pieces

    def parts(self, writer: MultipartWriter) -> Iterator[Part]:
        """Each instance as a part."""
        for one, chosen, pieces in self.given():
            location = {"Content-Location": url_of(self.call, one)}
            yield writer.head(chosen.content_type, location), pieces
