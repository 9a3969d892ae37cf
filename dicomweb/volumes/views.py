"""Rendered volumes: planes, slabs and views of the images of a study, series, instance or frames.

Each view reads the parameters, finds the volume, chooses and answers. Which images are a volume is
`volume_input`, how it becomes pictures `volume_pictures`.

References
----------
PS3.18 sections 10.4.1.1.7 (Rendered MPR Volume), 10.4.1.1.8 (Rendered 3D Volume), 8.3.5.3, annex K.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flask import Response

from archive.retrieve import find_instances
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.frames import frame_numbers
from dicomweb.multipart import PART_TAIL, MultipartWriter, stable_boundary
from dicomweb.negotiation import Representation, Resource, Stored
from dicomweb.rendering import query as rendering_query
from dicomweb.rendering.kinds import Kind, kind_of, renderings_of_frames
from dicomweb.rendering.rules import check_profile, explained, is_lossy
from dicomweb.representations import document
from dicomweb.responses import KEEP, Payload
from dicomweb.volumes import query as volume_query
from dicomweb.volumes.images import Chosen, find_volume
from dicomweb.volumes.pictures import VolumePictures
from dicomweb.volumes.query import VolumeQuery
from imaging.errors import ImagingError

_VERSION: Final = "1"
"""Of how volumes are rendered: raised when the same volume comes to look otherwise."""

_SEVERAL: Final = 2


def rendered_mpr(
    call: Call,
    study: str,
    series: str | None = None,
    instance: str | None = None,
    frames: str | None = None,
) -> Response:
    """A plane or a slab of a volume, or such as follow each other."""
    return _volume(call, [study, series, instance], frames, three_d=False)


def rendered_3d(
    call: Call,
    study: str,
    series: str | None = None,
    instance: str | None = None,
    frames: str | None = None,
) -> Response:
    """A volume seen from outside, or turning."""
    return _volume(call, [study, series, instance], frames, three_d=True)


def _volume(
    call: Call, path: Sequence[str | None], frames: str | None, *, three_d: bool
) -> Response:
    args = call.request.args
    uids = [uid for uid in path if uid is not None]
    asked = volume_query.parse(args, three_d=three_d)
    rendering = rendering_query.parse(args)
    if path[-1] is not None:
        _check_is_image(call, uids, asked)
    wanted = None if frames is None else frame_numbers(frames)
    try:
        chosen = find_volume(call, asked, uids, wanted)
        pictures = VolumePictures(
            call.archive, call.decode, call.door.volumes, asked, rendering, chosen, three_d
        )
        pictures.check()
        if asked.metadata:
            return _module(call, pictures)
        return _answer(call, pictures)
    except ImagingError as error:
        raise explained(error) from error


def _check_is_image(call: Call, uids: Sequence[str], asked: VolumeQuery) -> None:
    """Presentation states say themselves what they show (8.3.5.3.1 and following)."""
    found = next(find_instances(call.archive, call.principal, call.collection, *uids))
    if kind_of(found.sop_class_uid, found.number_of_frames) is not Kind.STATE:
        return
    if asked.given:
        raise Refusal.bad_request(f"{asked.given[0]} does not apply to a presentation state")
    raise Refusal.not_acceptable(
        "this server does not render volumes through presentation states",
        ("the same of the images that it references",),
    )


def _module(call: Call, pictures: VolumePictures) -> Response:
    chosen = call.choose(Resource.VOLUME_PARAMETERS)
    return document(pictures.module(is_video=False), chosen)


def _answer(call: Call, pictures: VolumePictures) -> Response:
    count = _SEVERAL if pictures.is_animation else 1
    offered = renderings_of_frames(count)
    stored = Stored(renderings=offered.singles, parts=offered.parts)
    chosen = call.choose(Resource.RENDERED_VOLUME, stored)
    check_profile(pictures.rendering, chosen.media_type)
    etag = _etag(pictures, chosen)
    headers = _warnings(call, pictures, chosen.media_type)
    if chosen.multipart:
        writer = MultipartWriter(stable_boundary(etag))
        return call.answer(
            Payload(
                writer.content_type(chosen.media_type),
                lambda *_: _message(writer, chosen.media_type, pictures.parts(chosen.media_type)),
                etag=etag,
                cache_control=KEEP,
                long=True,
                headers=headers,
            )
        )
    make = pictures.animation if pictures.is_animation else pictures.single
    return call.answer(
        Payload(
            chosen.media_type,
            lambda *_: make(chosen.media_type),
            etag=etag,
            cache_control=KEEP,
            long=pictures.is_animation,
            headers=headers,
        )
    )


def _message(writer: MultipartWriter, media_type: str, files: Iterable[bytes]) -> Iterator[bytes]:
    for file in files:
        yield writer.head(media_type)
        yield file
        yield PART_TAIL
    yield writer.closing


def _etag(pictures: VolumePictures, chosen: Representation) -> str:
    keys = [phase.key for phase in pictures.chosen.phases]
    how = (pictures.asked, pictures.rendering, pictures.three_d, chosen)
    return stable_boundary(_VERSION, *keys, repr(how))[-32:]


def _warnings(call: Call, pictures: VolumePictures, media_type: str) -> dict[str, str]:
    told = list(_told_of_choice(pictures.chosen))
    if pictures.rendering.quality is not None and not is_lossy(media_type):
        told.append(f"quality does not apply to {media_type}, which loses nothing")
    warnings = [f"299 {call.root}: {sentence}" for sentence in told]
    left_out = rendering_query.unsupported_annotations(call.request.args)
    if left_out:
        warnings.append(rendering_query.annotation_warning(call.root, left_out))
    return {"Warning": ", ".join(warnings)} if warnings else {}


def _told_of_choice(chosen: Chosen) -> Iterator[str]:
    if chosen.others:
        shown = chosen.phases[0].reference
        yield (
            f"The largest of {len(chosen.others) + 1} volumes is shown "
            f"(volumeinputreference={shown}); another one is volumeinputreference="
            f"{chosen.others[0]}"
        )
    if chosen.phases[0].arrangement.interpolated:
        yield "The images lie at uneven distances; slices between them are interpolated"
