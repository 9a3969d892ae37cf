"""The URI service: one instance, named in the query, as a picture, a text or the DICOM file.

Reads, finds, chooses, answers. What the parameters mean is `uri_query`; the bytes are made by the
same hands as those of the RESTful service, and every access rule is the same.

References
----------
PS3.18 chapter 9 (URI service).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from flask import Response

from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance, find_instances
from dicomweb import negotiation
from dicomweb.calls import Call
from dicomweb.charsets import check_charset
from dicomweb.errors import Refusal
from dicomweb.media_types import ANY, parse_accept
from dicomweb.negotiation import DICOM, Coding, Representation, Resource
from dicomweb.rendering.images import Images, encoded
from dicomweb.rendering.kinds import Kind, kind_of
from dicomweb.rendering.query import annotation_warning, parse_charset
from dicomweb.rendering.renderable import Context, Renderable
from dicomweb.rendering.rules import explained, is_lossy
from dicomweb.rendering.views import etag_of, renderable_of, single_body
from dicomweb.retrieval import Facts, find_one, remade_or_stored
from dicomweb.uri_query import UriRequest, check_goes_with, parse
from dicomweb.wado import single_part
from imaging.errors import ImagingError
from imaging.rendering.display import representative_frame
from imaging.rendering.pictures import ANIMATION_TYPES, PICTURE_TYPES
from imaging.rendering.presentation import PresentationState, read_presentation_state


def retrieve(call: Call) -> Response:
    """One instance, in what the query and the Accept header ask for."""
    asked = parse(call.request.args)
    found = find_one(call, asked.study, asked.series, asked.instance)
    kind = kind_of(found.sop_class_uid, found.number_of_frames)
    _check_frame(asked, found)
    context = _context(call, asked)
    subject = _subject(context, asked, found, kind)
    chosen = _choose(Facts(call, found), asked, subject)
    if chosen.coding is not Coding.RENDERED:
        check_goes_with(asked, None, is_picture=False)
        check_charset(Resource.INSTANCE, call.parameter("charset"))
        return remade_or_stored(call, found, lambda facts: _file(facts, asked, subject))
    assert subject is not None  # what cannot be rendered was not chosen to be
    is_picture = chosen.media_type in PICTURE_TYPES or chosen.media_type in ANIMATION_TYPES
    check_goes_with(asked, kind, is_picture=is_picture)
    try:
        etag = etag_of(context, subject, chosen, f"frame {asked.frame}")
        warnings = _warnings(context, asked, chosen.media_type)
        return single_body(call, context, subject, chosen, etag, warnings)
    except ImagingError as exc:
        raise explained(exc) from exc


def _check_frame(asked: UriRequest, found: StoredInstance) -> None:
    """Refuse a frame number that names none of several frames.

    References
    ----------
    PS3.18 section 9.5.2.
    """
    if asked.frame is None:
        return
    if found.number_of_frames < 2:
        raise Refusal.bad_request("frameNumber is for instances of several frames")
    if asked.frame > found.number_of_frames:
        raise Refusal.bad_request(f"frameNumber: this instance has {found.number_of_frames} frames")


def _context(call: Call, asked: UriRequest) -> Context:
    return Context(
        call.archive,
        call.principal,
        call.collection,
        call.decode,
        call.root,
        asked.rendering,
        parse_charset(call.request.args, call.request.headers.get("Accept-Charset")),
    )


def _subject(
    context: Context, asked: UriRequest, found: StoredInstance, kind: Kind
) -> Renderable | None:
    """What there is to see or read; None for an instance that can be given as a file only."""
    if asked.presentation is not None and kind is Kind.IMAGE:
        return _presented(context, found, asked)
    if asked.frame is not None:
        return Images(context, found, [asked.frame])
    return None if kind is Kind.NOTHING else renderable_of(context, found)


def _choose(facts: Facts, asked: UriRequest, subject: Renderable | None) -> Representation:
    """Choose between a picture or text, which goes first, and the file.

    References
    ----------
    PS3.18 sections 9.3 (default) and 8.7.8 (selection).
    """
    call = facts.call
    header = call.request.headers.get("Accept")
    accepted: tuple[str | None, str | None] = (header, asked.content_type)
    if asked.transfer_syntax is not None:
        accepted = (_in_syntax(asked, header), None)
    stored = replace(facts.stored, renderings=subject.renderings.singles if subject else ())
    try:
        return negotiation.choose(Resource.URI, *accepted, stored, facts.targets)
    except negotiation.NotAcceptable as exc:
        message = "nothing that is accepted can be given"
        raise Refusal.not_acceptable(message, exc.available) from exc


def _in_syntax(asked: UriRequest, header: str | None) -> str:
    """Spell the one thing that a request with a transfer syntax can mean."""
    named = [
        entry
        for entry in parse_accept(asked.content_type or header or "")
        if entry.media_type != ANY and entry.takes(DICOM, multipart=False) and entry.quality > 0
    ]
    if not named:
        raise Refusal.bad_request("transferSyntax goes with contentType=application/dicom")
    if any(entry.transfer_syntax not in (None, asked.transfer_syntax) for entry in named):
        raise Refusal.bad_request("transferSyntax and contentType name different transfer syntaxes")
    return f"{DICOM}; transfer-syntax={asked.transfer_syntax}"


def _file(facts: Facts, asked: UriRequest, subject: Renderable | None) -> Response:
    return single_part(facts.call, facts.found, _choose(facts, asked, subject))


def _warnings(context: Context, asked: UriRequest, media_type: str) -> list[str]:
    warnings = []
    if asked.unknown_annotations:
        warnings.append(annotation_warning(context.root, asked.unknown_annotations))
    if asked.rendering.quality is not None and not is_lossy(media_type):
        warnings.append(
            f"299 {context.root}: imageQuality does not apply to {media_type}, which loses nothing"
        )
    return warnings


class _Presented(Images):
    """One frame of an image, shown as a presentation state of its study says."""

    def __init__(
        self, context: Context, image: StoredInstance, number: int, state: StoredInstance
    ) -> None:
        super().__init__(context, image, [number])
        self._state_found = state
        self.versions = (image.version, state.version)

    @cached_property
    def _state(self) -> PresentationState:
        with OpenedInstance(self._context.archive, self._state_found) as opened:
            return read_presentation_state(opened.data_set, opened.read_bulk)

    def _encoded(self, opened: OpenedInstance, number: int, media_type: str) -> bytes:
        if not self._state.covers(self._found.sop_instance_uid, number):
            raise Refusal.bad_request("this presentation state is not for this image")
        return encoded(self._context, opened, number, media_type, self._state)


def _presented(context: Context, found: StoredInstance, asked: UriRequest) -> _Presented:
    series, instance = asked.presentation or ("", "")
    state = next(
        find_instances(
            context.archive, context.principal, context.collection, asked.study, series, instance
        )
    )
    if kind_of(state.sop_class_uid, state.number_of_frames) is not Kind.STATE:
        raise Refusal.bad_request("presentationUID names an instance that is no presentation state")
    return _Presented(context, found, asked.frame or _usual_frame(context, found), state)


def _usual_frame(context: Context, found: StoredInstance) -> int:
    if found.number_of_frames == 1:
        return 1
    with OpenedInstance(context.archive, found) as opened:
        return representative_frame(opened.data_set, found.number_of_frames)
