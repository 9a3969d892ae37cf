"""What a case is to programs, in and out."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, fields, validate

from community.api.fields import Id, Moment, Text, Whole
from community.api.paging import PageQuery, page_of
from community.cases import texts, vocabulary
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DRAFT,
    KINDS,
    PUBLIC,
    UNLISTED,
    CaseView,
)
from community.cases.pictures import max_key_images
from community.cases.studies import max_day

_UID_CHARS: Final = 64
max_frame: Final = 2**31 - 1


def _word(name: str) -> fields.String:
    """One of a list, or nothing."""
    return fields.String(validate=validate.OneOf(["", *vocabulary.WORDS[name]]))


class SectionSchema(Schema):
    """A part of the text, in Markdown."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    markdown = Text(texts.max_section_chars, lines=True, required=True)
    reveal = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([ALWAYS, AFTER_ANSWER])
    )


class TextSchema(Schema):
    """What is written in a case; of a change, what is not sent stays."""

    title = Text(texts.max_title_chars)
    unknown_title = Text(texts.max_title_chars)
    is_unknown = fields.Boolean(truthy={True}, falsy={False})
    specialty = _word("specialty")
    body_part = _word("body_part")
    modalities = fields.List(
        fields.String(validate=validate.OneOf(list(vocabulary.MODALITIES))),
        validate=validate.Length(max=len(vocabulary.MODALITIES)),
    )
    certainty = _word("certainty")
    proof = _word("proof")
    difficulty = _word("difficulty")
    age_band = _word("age_band")
    sex = _word("sex")
    licence = _word("licence")
    language = _word("language")
    sections = fields.List(fields.Nested(SectionSchema), validate=validate.Length(max=len(KINDS)))


class ChangeSchema(TextSchema):
    """A change of the text."""

    note = Text(texts.max_note_chars, load_default="")
    looked = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "The places that may identify somebody were looked at."},
    )


class CasePublishSchema(Schema):
    """Who is to see a case, and what its owner confirms."""

    state = fields.String(load_default=PUBLIC, validate=validate.OneOf([PUBLIC, UNLISTED]))
    statement = Text(
        32, required=True, metadata={"description": "Version of the words that are confirmed."}
    )
    looked = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class StudyWordsSchema(Schema):
    """What is said of a study."""

    label = Text(texts.max_label_chars, load_default="")
    relative_day = Whole(-max_day, max_day, load_default=None, allow_none=True)


class StudyWishSchema(StudyWordsSchema):
    """A study that a case is to have."""

    study_instance_uid = Text(_UID_CHARS, required=True)
    statement = Text(32, load_default="")


class ImageWordsSchema(Schema):
    """What is said of a key image."""

    caption = Text(texts.max_caption_chars, load_default="")
    alt = Text(texts.max_alt_chars, load_default="")
    is_spoiler = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    region = fields.List(
        fields.Float(validate=validate.Range(0, 1)),
        validate=validate.Length(equal=4),
        load_default=None,
        allow_none=True,
        metadata={"description": "Left, top, width and height as fractions of the frame."},
    )


class ImageChangeSchema(ImageWordsSchema):
    """A change of what is said of a key image."""

    looked = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class ImageWishSchema(ImageWordsSchema):
    """A frame that is to be shown beside the text."""

    study_instance_uid = Text(_UID_CHARS, required=True)
    series_instance_uid = Text(_UID_CHARS, required=True)
    sop_instance_uid = Text(_UID_CHARS, required=True)
    frame = Whole(1, max_frame, load_default=1)


class AuthorSchema(Schema):
    """Whose a case is."""

    id = fields.String(required=True)
    handle = fields.String(required=True)
    name = fields.String(attribute="shown_name", required=True)


class StudySchema(Schema):
    """A study of a case."""

    study_instance_uid = fields.String(required=True)
    label = fields.String(required=True)
    relative_day = fields.Integer(required=True, allow_none=True)


class ImageSchema(Schema):
    """A key image."""

    id = fields.String(required=True)
    study_instance_uid = fields.String(required=True)
    series_instance_uid = fields.String(required=True)
    sop_instance_uid = fields.String(required=True)
    frame = fields.Integer(required=True)
    caption = fields.String(required=True)
    alt = fields.String(required=True)
    region = fields.List(fields.Float(), required=True, allow_none=True)
    is_spoiler = fields.Boolean(required=True)


class CaseSchema(TextSchema):
    """What the sender may know of a case; of an unknown case that is not revealed, not all."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    created = Moment(required=True)
    changed = Moment(required=True)
    published = Moment(required=True, allow_none=True)
    is_hiding = fields.Boolean(required=True)
    author = fields.Nested(AuthorSchema, required=True, allow_none=True)
    studies = fields.List(fields.Nested(StudySchema), required=True)
    key_images = fields.List(
        fields.Nested(ImageSchema), required=True, validate=validate.Length(max=max_key_images)
    )
    dicomweb_root = fields.String(required=True)


class CaseQuerySchema(PageQuery):
    """Which cases, the newest first."""

    owner = Id(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf([DRAFT, UNLISTED, PUBLIC]))
    specialty = fields.String(
        load_default=None, validate=validate.OneOf(list(vocabulary.SPECIALTIES))
    )


class FindingSchema(Schema):
    """A place that an author should look at."""

    field = fields.String(required=True)
    kind = fields.String(required=True)
    excerpt = fields.String(required=True)
    words = fields.String(required=True)


class MissingSchema(Schema):
    """Something that a case lacks before others may see it."""

    field = fields.String(required=True)
    words = fields.String(required=True)


class CheckSchema(Schema):
    """What stands between a case and its readers."""

    missing = fields.List(fields.Nested(MissingSchema), required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)
    statement = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class RevisionSchema(Schema):
    """What a case was at a moment."""

    number = fields.Integer(required=True)
    at = Moment(required=True)
    state = fields.String(required=True)
    note = fields.String(required=True)
    author = fields.Nested(AuthorSchema, required=True, allow_none=True)


CasesSchema = page_of(CaseSchema, "Cases")


def case_json(view: CaseView, origin: str) -> dict[str, Any]:
    """A case as `CaseSchema` spells it.

    Parameters
    ----------
    origin
        The address by which the sender reached us.
    """
    case = view.case
    words = {name: getattr(case, name) for name in vocabulary.FIELDS}
    return {
        **words,
        "title": view.shown_title if view.is_hiding else case.title,
        "modalities": list(case.modalities),
        "sections": view.sections,
        "id": case.id,
        "slug": case.slug,
        "state": case.state,
        "version": case.version,
        "created": case.created_at,
        "changed": case.changed_at,
        "published": case.published_at,
        "is_hiding": view.is_hiding,
        "author": view.author,
        "studies": view.studies,
        "key_images": view.key_images,
        "dicomweb_root": f"{origin}/cases/{case.id}/dicom-web",
    }
