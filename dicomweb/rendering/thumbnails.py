"""Thumbnails of studies, series, instances and frames: one small picture of each.

That of a series is kept in the archive, whoever made it first: the worker, or the first request;
those of instances and frames are kept among the renditions of this machine. What has no
picture, or one that tells who the patient is, is shown as a drawn sheet with its modality on it.

References
----------
PS3.18 sections 10.4.1.1.4 and 10.4.3.3.4 (thumbnails), 8.3.5.2 (their parameters).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import orjson
from flask import Response

from archive import publish
from archive.errors import NotFound
from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance, find_framed_instance, find_instances, metadata
from archive.thumbnails import USUAL_SIDE, USUAL_SIZE, identifies_somebody, image_thumbnail
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.frames import frame_numbers
from dicomweb.negotiation import Resource
from dicomweb.rendering import query as rendering_query
from dicomweb.rendering.documents import Pdf
from dicomweb.rendering.images import StateImages
from dicomweb.rendering.kinds import Kind, kind_of
from dicomweb.rendering.renderable import Context
from dicomweb.responses import KEEP, REVALIDATE, Payload
from imaging.errors import CodecsBusy, ImagingError
from imaging.rendering.frame import Picture, Rendering, Viewport
from imaging.rendering.icons import draw_icon
from imaging.rendering.pictures import encode_picture
from telemetry.logs import get_logger

log = get_logger(__name__)

KEPT_TYPE: Final = "image/jpeg"

_MODALITY = "00080060"
_NOT_TAKEN: Final = ("annotation", "iccprofile", "quality", "window")
_WORDS: Final = {
    Kind.REPORT: "SR",
    Kind.PDF: "PDF",
    Kind.CDA: "CDA",
    Kind.STRUCTURES: "RT",
    Kind.STATE: "PR",
}
_VERSION: Final = "1"
"""Of how thumbnails are made: raised when the same bytes come to look otherwise."""


def study(call: Call, study: str) -> Response:
    """The picture of a study's first series that has images; else of its first instance."""
    media_type, size = _asked(call)
    kept = publish.thumbnail(call.archive, call.principal, call.collection, study)
    if kept is not None and _is_usual(media_type, size):
        return _kept(call, kept)
    found = _representative(find_instances(call.archive, call.principal, call.collection, study))
    return _of_series(call, found, media_type, size)


def series(call: Call, study: str, series: str) -> Response:
    """The picture of the instance in the middle of a series."""
    media_type, size = _asked(call)
    kept = publish.thumbnail(call.archive, call.principal, call.collection, study, series)
    if kept is not None and _is_usual(media_type, size):
        return _kept(call, kept)
    every = find_instances(call.archive, call.principal, call.collection, study, series)
    return _of_series(call, _representative(every), media_type, size)


def instance(call: Call, study: str, series: str, instance: str) -> Response:
    """The picture of an instance's representative frame."""
    media_type, size = _asked(call)
    found = next(
        find_instances(call.archive, call.principal, call.collection, study, series, instance)
    )
    return _answer(call, found, media_type, size)


def frames(call: Call, study: str, series: str, instance: str, frames: str) -> Response:
    """The picture of a frame; of several, that of the first, as there is only one to give."""
    media_type, size = _asked(call)
    numbers = frame_numbers(frames)
    found, table = find_framed_instance(
        call.archive, call.principal, call.collection, study, series, instance
    )
    if max(numbers) > table.count:
        raise Refusal.not_found(f"this instance has {table.count} frames")
    return _answer(call, found, media_type, size, numbers[0])


def _asked(call: Call) -> tuple[str, Viewport]:
    """What kind of picture is wanted, and how large."""
    args = call.request.args
    for name in _NOT_TAKEN:
        if name in args:
            raise Refusal.bad_request(f"{name} does not apply to thumbnails: ask for rendered")
    rendering_query.parse_charset(args)
    size = rendering_query.parse_size(args) or USUAL_SIZE
    if max(size.width or 0, size.height or 0) > rendering_query.MAX_THUMBNAIL_SIDE:
        raise Refusal.bad_request(
            f"viewport takes no width or height above {rendering_query.MAX_THUMBNAIL_SIDE} here"
        )
    return call.choose(Resource.THUMBNAIL).media_type, size


def _is_usual(media_type: str, size: Viewport) -> bool:
    return media_type == KEPT_TYPE and size == USUAL_SIZE


def _kept(call: Call, kept: publish.Thumbnail) -> Response:
    objects = call.archive.objects
    return call.answer(
        Payload(
            kept.media_type,
            lambda *_: objects.stream(kept.key),
            length=objects.size(kept.key),
            etag=kept.etag,
        )
    )


def _representative(found: Iterable[StoredInstance]) -> StoredInstance:
    """The first instance that has frames, or the first of all."""
    first: StoredInstance | None = None
    for one in found:
        if one.number_of_frames > 0:
            return one
        first = first or one
    if first is None:
        raise NotFound("there is nothing here")
    return first


def _of_series(call: Call, found: StoredInstance, media_type: str, size: Viewport) -> Response:
    """Answer for the series of an instance, and keep the picture if it is a usual one."""
    chosen = None
    if found.number_of_frames > 0:
        with suppress(NotFound):  # it was erased just now; what we hold can still be shown
            chosen = publish.representative(
                call.archive, call.collection, found.study_instance_uid, found.series_instance_uid
            )
    if chosen is None:
        return _answer(call, found, media_type, size, cache_control=REVALIDATE)
    data, is_sound = _made(call, chosen.instance, media_type, size, None)
    if is_sound and _is_usual(media_type, size):
        publish.keep_thumbnail(call.archive, chosen, data, media_type)
        uids = (found.study_instance_uid, found.series_instance_uid)
        kept = publish.thumbnail(call.archive, call.principal, call.collection, *uids)
        if kept is not None:
            return _kept(call, kept)
    return _payload(call, data, media_type, REVALIDATE)


def _answer(
    call: Call,
    found: StoredInstance,
    media_type: str,
    size: Viewport,
    number: int | None = None,
    cache_control: str = KEEP,
) -> Response:
    data, is_sound = _made(call, found, media_type, size, number)
    return _payload(call, data, media_type, cache_control if is_sound else REVALIDATE)


def _payload(call: Call, data: bytes, media_type: str, cache_control: str) -> Response:
    etag = hashlib.sha256(data).hexdigest()[:32]
    return call.answer(
        Payload(
            media_type, lambda *_: (data,), length=len(data), etag=etag, cache_control=cache_control
        )
    )


def _made(
    call: Call, found: StoredInstance, media_type: str, size: Viewport, number: int | None
) -> tuple[bytes, bool]:
    """A picture, and whether it is the one that was meant: a codec may have refused it."""
    kind = kind_of(found.sop_class_uid, found.number_of_frames)
    if call.is_silent and kind is not Kind.IMAGE:
        return encode_picture(_icon(call, found, size, number), media_type), False
    way = f"thumbnail {_VERSION} {number} {media_type} {size}"
    # That of a presentation state is of other instances, which may be erased while it is not.
    renditions = None if kind is Kind.STATE else call.archive.renditions
    if renditions and (known := renditions.get(found.key, way)) is not None:
        return known, True
    try:
        picture = _MAKERS.get(kind, _icon)(call, found, size, number)
    except CodecsBusy:
        raise  # the image is not to blame: 503, not the sheet of one that cannot be shown
    except ImagingError as error:
        log.info(
            "no picture could be made of an instance",
            sop_class_uid=found.sop_class_uid,
            detail=str(error),
            error=type(error).__name__,
        )
        return encode_picture(_icon(call, found, size, number), media_type), False
    data = encode_picture(picture, media_type)
    if renditions:
        renditions.put(found.key, way, data)
    return data, True


def _image(call: Call, found: StoredInstance, size: Viewport, number: int | None) -> Picture:
    return image_thumbnail(call.archive, found, number, size, call.decode)


def _state(call: Call, found: StoredInstance, size: Viewport, number: int | None) -> Picture:
    try:
        images = StateImages(_context(call, size), found)
        if not images.identifies_somebody():
            return images.first_picture()
    except Refusal as refusal:
        if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
            raise
    return _icon(call, found, size, number)


def _page(call: Call, found: StoredInstance, size: Viewport, number: int | None) -> Picture:
    """The first page, of a document that says that it identifies nobody."""
    with OpenedInstance(call.archive, found) as opened:
        said = opened.data_set.text(0x00280301).upper()
        is_harmless = said == "NO" and not identifies_somebody(opened.data_set)
    if not is_harmless:
        return _icon(call, found, size, number)
    return Pdf(_context(call, size), found).page(1)


def _icon(call: Call, found: StoredInstance, size: Viewport, _number: int | None) -> Picture:
    word = _WORDS.get(kind_of(found.sop_class_uid, found.number_of_frames))
    shown = word or _modality(call, found)
    return draw_icon(shown, size.width or USUAL_SIDE, size.height or USUAL_SIDE)


def _modality(call: Call, found: StoredInstance) -> str:
    uids = (found.study_instance_uid, found.series_instance_uid, found.sop_instance_uid)
    said = metadata(call.archive, call.principal, call.collection, *uids)
    document = next(said.documents, b"{}")
    values = orjson.loads(document).get(_MODALITY, {}).get("Value") or [""]
    return str(values[0])


def _context(call: Call, size: Viewport) -> Context:
    return Context(
        call.archive,
        call.principal,
        call.collection,
        call.decode,
        call.root,
        Rendering(viewport=size),
    )


_Maker = Callable[[Call, StoredInstance, Viewport, int | None], Picture]
_MAKERS: Final[dict[Kind, _Maker]] = {Kind.IMAGE: _image, Kind.STATE: _state, Kind.PDF: _page}
