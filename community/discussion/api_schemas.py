"""Comments, notifications and follows as the API spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from community.api.fields import Id, Moment, Text, Whole
from community.api.paging import page_of
from community.cases.shown import title_of
from community.discussion.addresses import comment_path
from community.discussion.mentions import written
from community.discussion.model import Comment, Spot
from community.discussion.notices import Notice
from community.discussion.showing import html_of
from community.discussion.spots import max_frame
from community.discussion.writing import max_comment_chars

_UID = 64


class SpotSchema(Schema):
    """A place in an image of the case."""

    study = Text(_UID, required=True)
    series = Text(_UID, required=True)
    instance = Text(_UID, required=True)
    frame = Whole(1, max_frame, load_default=1)
    region = fields.List(
        fields.Float(allow_nan=False),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=4),
        metadata={"description": "Left, top, width, height, as fractions of the frame."},
    )
    window = fields.List(
        fields.Float(allow_nan=False),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=2),
        metadata={"description": "Center and width."},
    )


class NewText(Schema):
    """What a comment says."""

    text = Text(max_comment_chars, lines=True, min_chars=1, required=True)
    is_spoiler = fields.Boolean(load_default=False)
    looked = fields.Boolean(
        load_default=False,
        metadata={"description": "You looked at what may identify a patient, and it does not."},
    )


class NewComment(NewText):
    """A comment to be written."""

    parent = Id(load_default=None, allow_none=True)
    spot = fields.Nested(SpotSchema, load_default=None, allow_none=True)


class CommentSchema(Schema):
    """A comment; one that was deleted has no text and no author."""

    id = fields.String(required=True)
    case = fields.String(required=True)
    thread = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    author = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    html = fields.String(required=True, allow_none=True)
    is_spoiler = fields.Boolean(required=True)
    tombstone = fields.String(required=True)
    created_at = Moment(required=True)
    edited_at = Moment(required=True, allow_none=True)
    version = fields.Integer(required=True)
    helpful = fields.Integer(required=True)
    is_accepted = fields.Boolean(required=True)
    spot = fields.Nested(SpotSchema, required=True, allow_none=True)
    page = fields.String(required=True)


class Helpful(Schema):
    """How many found a comment helpful."""

    helpful = fields.Integer(required=True)


class NoticeSchema(Schema):
    """Something that happened."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    case = fields.String(required=True)
    title = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)
    actor = fields.String(required=True, allow_none=True)
    at = Moment(required=True)
    is_read = fields.Boolean(required=True)


class ReadUntil(Schema):
    """The newest notification that was read."""

    until = Id(required=True)


class Follow(Schema):
    """Something that is followed."""

    kind = fields.String(required=True)
    target = fields.String(required=True)


CommentPage = page_of(CommentSchema, "Comments")
NoticePage = page_of(NoticeSchema, "Notifications")


def comment_json(found: Comment, slug: str, handles: Mapping[str, str]) -> dict[str, Any]:
    """A comment as `CommentSchema`."""
    text = found.markdown
    return {
        "id": found.id,
        "case": found.case_id,
        "thread": found.thread,
        "parent": found.parent,
        "author": found.author.handle if found.author else None,
        "text": None if text is None else written(text, handles),
        "html": None if text is None else str(html_of(text, handles)),
        "is_spoiler": found.is_spoiler,
        "tombstone": found.tombstone,
        "created_at": found.created_at,
        "edited_at": found.edited_at,
        "version": found.version,
        "helpful": found.helpful,
        "is_accepted": found.is_accepted,
        "spot": None if found.spot is None else _spot_json(found.spot),
        "page": comment_path(slug, found.id),
    }


def notice_json(found: Notice) -> dict[str, Any]:
    """A notification as `NoticeSchema`."""
    return {
        "id": found.id,
        "kind": found.kind,
        "case": found.view.case.id,
        "title": title_of(found.view),
        "comment": found.comment,
        "actor": found.actor.handle if found.actor else None,
        "at": found.at,
        "is_read": found.is_read,
    }


def spot_from(wanted: Mapping[str, Any] | None) -> Spot | None:
    """What `SpotSchema` read."""
    if wanted is None:
        return None
    uids = (wanted["study"], wanted["series"], wanted["instance"])
    region, window = wanted["region"], wanted["window"]
    return Spot(
        "",
        *uids,
        wanted["frame"],
        None if region is None else (region[0], region[1], region[2], region[3]),
        None if window is None else (window[0], window[1]),
    )


def _spot_json(spot: Spot) -> dict[str, Any]:
    return {
        "study": spot.study_instance_uid,
        "series": spot.series_instance_uid,
        "instance": spot.sop_instance_uid,
        "frame": spot.frame,
        "region": spot.region,
        "window": spot.window,
    }
