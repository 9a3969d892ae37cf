"""Rendered studies and series: every instance that can be shown, one part after the other.

What each instance is rendered as is chosen for by itself, before anything is made; what cannot be
rendered, or not as anything that is accepted, is left out, and then the answer is 206.

References
----------
PS3.18 sections 10.4.1.1.3, 10.4.3.1 (206: representations for some of the target resources) and
8.7.8.2 note 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

from flask import Response

from archive.retrieve import StoredInstance, find_instances, metadata
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import Representation, Resource, Stored
from dicomweb.rendering.kinds import RENDERED_TYPES, Kind, kind_of, renderings_of
from dicomweb.rendering.message import message
from dicomweb.rendering.renderable import Context, Part, content_type
from dicomweb.rendering.rules import check_profile, explained, warnings_for
from dicomweb.rendering.views import applicable, context_of, nothing_to_see, renderable_of
from dicomweb.responses import REVALIDATE, Payload
from imaging.errors import ImagingError

max_parts = 50_000
"""Frames of one answer; the series and instances of what has more can be had one by one."""

_Sort = tuple[str, int]
"""A SOP class, and whether there are no frames, one or several: what decides the choice."""


def study(call: Call, study: str) -> Response:
    """Every instance of a study."""
    return _several(call, study)


def series(call: Call, study: str, series: str) -> Response:
    """Every instance of a series."""
    return _several(call, study, series)


def _several(call: Call, *uids: str) -> Response:
    context = replace(context_of(call), among_others=True)
    choices = _choices(call, uids)
    chosen = [choice for choice in choices.values() if choice is not None]
    for media_type in {choice.media_type for choice in chosen}:
        check_profile(context.rendering, media_type)
    is_partial = len(chosen) < len(choices)
    way = repr((choices, context.rendering, context.charset))
    etag = stable_boundary(_tag_of_contents(call, uids, choices), way)[-32:]
    writer = MultipartWriter(stable_boundary(etag))
    warnings = warnings_for(call, context, chosen[0].media_type)
    if is_partial:
        warnings.append(f"299 {context.root}: Some instances cannot be rendered and are left out")
    try:
        response = call.answer(
            Payload(
                writer.content_type(chosen[0].media_type),
                lambda *_: message(writer, context.root, _parts(call, context, choices, uids)),
                etag=None if is_partial else etag,
                cache_control="no-store" if is_partial else REVALIDATE,
                long=True,
                headers={"Warning": ", ".join(warnings)} if warnings else {},
            )
        )
    except ImagingError as exc:
        raise explained(exc) from exc
    if is_partial:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
    return response


def _tag_of_contents(call: Call, uids: Sequence[str], sorts: Iterable[_Sort]) -> str:
    """Name all that is shown: with presentation states, images of the whole study may be."""
    study, *narrower = uids
    tag = metadata(call.archive, call.principal, call.collection, study, *narrower).etag
    if narrower and any(kind_of(*sort) is Kind.STATE for sort in sorts):
        tag += metadata(call.archive, call.principal, call.collection, study).etag
    return tag


def _choices(call: Call, uids: Sequence[str]) -> dict[_Sort, Representation | None]:
    """What each sort of instance is rendered as; None stands for not at all.

    Raises
    ------
    Refusal
        406 when nothing is left, 413 when there is too much.
    """
    choices: dict[_Sort, Representation | None] = {}
    count = 0
    for one in find_instances(call.archive, call.principal, call.collection, *uids):
        count += max(1, one.number_of_frames)
        if count > max_parts:
            message = f"there are more than {max_parts} frames: ask for series or instances"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        if (sort := _sort(one)) not in choices:
            choices[sort] = _choice(call, sort)
    if any(choices.values()):
        return choices
    if not any(renderings_of(*sort).parts for sort in choices):
        raise nothing_to_see()
    offered = {name for sort in choices for name in renderings_of(*sort).parts}
    known = Stored(parts=tuple(name for name in RENDERED_TYPES if name in offered))
    call.choose(Resource.RENDERED_SEVERAL, known)  # raises, with the list of what there is
    raise nothing_to_see()


def _sort(one: StoredInstance) -> _Sort:
    return one.sop_class_uid, min(one.number_of_frames, 2)


def _choice(call: Call, sort: _Sort) -> Representation | None:
    parts = renderings_of(*sort).parts
    if not parts:
        return None
    try:
        return call.choose(Resource.RENDERED_SEVERAL, Stored(parts=parts))
    except Refusal:
        return None


def _parts(
    call: Call,
    context: Context,
    choices: dict[_Sort, Representation | None],
    uids: Sequence[str],
) -> Iterator[tuple[str, Part]]:
    for one in find_instances(call.archive, call.principal, call.collection, *uids):
        # What came in since the choice was made is left to the next request.
        chosen = choices.get(_sort(one))
        if chosen is None:
            continue
        fitting = applicable(context, kind_of(one.sop_class_uid, one.number_of_frames))
        spelled = content_type(chosen.media_type, context.charset)
        try:
            for part in renderable_of(fitting, one).parts(chosen.media_type):
                yield spelled, part
        except (ImagingError, Refusal) as error:
            yield spelled, Part("", _raising(error))


def _raising(error: Exception) -> Callable[[], bytes]:
    """A part that could not even be named: making it says why."""

    def make() -> bytes:
        raise error

    return make
