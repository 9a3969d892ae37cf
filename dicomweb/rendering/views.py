"""Rendered resources: studies, series, instances and frames as people look at them.

Each view reads the parameters, finds, chooses and answers. What each kind of instance is rendered
as is `rendering_kinds`; how is `rendered_images` and `rendered_documents`.

References
----------
PS3.18 sections 10.4.1.1.3 (resources), 8.3.5.1 (parameters), 8.7.4 (media types).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flask import Response

from archive.retrieve import StoredInstance, find_framed_instance, find_instances
from dicomweb import silence
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.frames import frame_numbers
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import Representation, Resource, Stored
from dicomweb.rendering import query as rendering_query
from dicomweb.rendering.documents import ClinicalDocument, Pdf, Report
from dicomweb.rendering.images import Images, StateImages
from dicomweb.rendering.kinds import Kind, kind_of
from dicomweb.rendering.message import message
from dicomweb.rendering.renderable import Context, Renderable, content_type
from dicomweb.rendering.rules import check_applies, explained, warnings_for
from dicomweb.responses import KEEP, Payload
from imaging.errors import ImagingError
from imaging.rendering.pictures import ANIMATION_TYPES

_VERSION = "1"
"""Of how things are rendered: raised when the same bytes come to look otherwise."""

_MAKERS: dict[Kind, Callable[[Context, StoredInstance], Renderable]] = {
    Kind.IMAGE: Images,
    Kind.STATE: StateImages,
    Kind.REPORT: Report,
    Kind.STRUCTURES: Report,
    Kind.PDF: Pdf,
    Kind.CDA: ClinicalDocument,
}


def instance(call: Call, study: str, series: str, instance: str) -> Response:
    """One instance: a picture, an animation, a text, or several parts."""
    context = context_of(call)
    found = next(
        find_instances(call.archive, call.principal, call.collection, study, series, instance)
    )
    if call.is_silent:
        silence.check_is_image(found.number_of_frames)
    return _answer(call, context, found, renderable_of(context, found))


def frames(call: Call, study: str, series: str, instance: str, frames: str) -> Response:
    """Frames of an instance, numbered from 1."""
    context = context_of(call)
    numbers = frame_numbers(frames)
    found, table = find_framed_instance(
        call.archive, call.principal, call.collection, study, series, instance
    )
    if max(numbers) > table.count:
        raise Refusal.not_found(f"this instance has {table.count} frames")
    return _answer(call, context, found, Images(context, found, numbers), frames)


def context_of(call: Call) -> Context:
    """Read what a request for something rendered says.

    Raises
    ------
    Refusal
        400, naming a parameter; 406 for character sets.
    """
    args = call.request.args
    return Context(
        call.archive,
        call.principal,
        call.collection,
        call.decode,
        call.root,
        rendering_query.parse(args),
        rendering_query.parse_charset(args, call.request.headers.get("Accept-Charset")),
    )


def renderable_of(context: Context, found: StoredInstance) -> Renderable:
    """Make of an instance what it can be shown as.

    Raises
    ------
    Refusal
        406: there is nothing in it that people look at or read.
    """
    maker = _MAKERS.get(kind_of(found.sop_class_uid, found.number_of_frames))
    if maker is None:
        raise nothing_to_see()
    return maker(context, found)


def nothing_to_see() -> Refusal:
    """Refuse what holds neither image nor text (the category "Other" of 8.7.2)."""
    return Refusal.not_acceptable(
        "this holds no image and no text that could be rendered",
        ("the instance itself: application/dicom", "its metadata: application/dicom+json"),
    )


def _answer(
    call: Call, context: Context, found: StoredInstance, subject: Renderable, frames: str = ""
) -> Response:
    stored = Stored(renderings=subject.renderings.singles, parts=subject.renderings.parts)
    chosen = call.choose(Resource.RENDERED_FRAMES if frames else Resource.RENDERED, stored)
    check_applies(kind_of(found.sop_class_uid, found.number_of_frames), context, chosen.media_type)
    try:
        etag = etag_of(context, subject, chosen, frames)
        if chosen.multipart:
            return _multipart(call, context, subject, chosen, etag)
        warnings = warnings_for(call, context, chosen.media_type)
        return single_body(call, context, subject, chosen, etag, warnings)
    except ImagingError as exc:
        raise explained(exc) from exc


def etag_of(context: Context, subject: Renderable, chosen: Representation, *facts: str) -> str:
    """Tag a rendering: the versions name what is shown, the rest how."""
    way = (chosen.media_type, str(chosen.multipart), context.charset, repr(context.rendering))
    digest = stable_boundary(_VERSION, *subject.versions, *way, *facts)[-24:]
    return f"{subject.versions[0]}-{digest}"


def single_body(
    call: Call,
    context: Context,
    subject: Renderable,
    chosen: Representation,
    etag: str,
    warnings: Sequence[str] = (),
) -> Response:
    """Answer with one picture or text, and say what it stands for where there is more."""
    media_type = chosen.media_type
    excerpt = subject.excerpt(media_type)
    headers = {"Vary": "Accept, Accept-Charset, Authorization, Cookie"}
    if excerpt is not None:
        headers["Content-Location"] = f"{context.root}{excerpt.location}/rendered"
        warnings = [*warnings, f"299 {context.root}: {excerpt.notice}"]
    if warnings:
        headers["Warning"] = ", ".join(warnings)
    return call.answer(
        Payload(
            content_type(media_type, context.charset),
            lambda *_: _single(context, subject, media_type, etag),
            etag=etag,
            cache_control=KEEP,
            long=media_type in ANIMATION_TYPES,
            headers=headers,
        )
    )


def _single(context: Context, subject: Renderable, media_type: str, etag: str) -> Iterable[bytes]:
    """One picture or text; a picture of one instance is kept once it was made."""
    if not isinstance(subject, Images) or media_type in ANIMATION_TYPES:
        return subject.single(media_type)
    return subject.kept(media_type, etag)


def _multipart(
    call: Call, context: Context, subject: Renderable, chosen: Representation, etag: str
) -> Response:
    media_type = chosen.media_type
    writer = MultipartWriter(stable_boundary(etag))
    spelled = content_type(media_type, context.charset)
    warnings = warnings_for(call, context, media_type)
    return call.answer(
        Payload(
            writer.content_type(media_type),
            lambda *_: message(
                writer, context.root, ((spelled, part) for part in subject.parts(media_type))
            ),
            etag=etag,
            cache_control=KEEP,
            long=True,
            headers={"Warning": ", ".join(warnings)} if warnings else {},
        )
    )


def applicable(context: Context, kind: Kind) -> Context:
    """Leave out what does not apply to one kind of instance among several.

    References
    ----------
    PS3.18 table 8.3.5-1 (target resource categories).
    """
    if kind is not Kind.STATE:
        return context
    viewport = context.rendering.viewport
    if viewport is not None:
        viewport = type(viewport)(viewport.width, viewport.height)
    rendering = replace(context.rendering, window=None, viewport=viewport)
    return replace(context, rendering=rendering)
