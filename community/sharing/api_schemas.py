"""What tokens, links and passes look like to programs: the words of the document."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from archive.access import Scope
from community.sharing import link_pages, links, tokens
from community.sharing.passwords import max_password_chars, min_password_chars

_PASSWORD = validate.Length(min_password_chars, max_password_chars)
_SHOWN_ONCE = {"description": "Shown this once."}


class GrantSchema(Schema):
    """What a token may do in one collection."""

    collection = fields.String(required=True)
    scope = fields.String(required=True, validate=validate.OneOf([one.value for one in Scope]))


class TokenWishSchema(Schema):
    """A token to be made."""

    name = fields.String(required=True, validate=validate.Length(1, tokens.max_name_chars))
    grants = fields.List(fields.Nested(GrantSchema), required=True)
    days = fields.Integer(
        load_default=tokens.usual_days, validate=validate.Range(1, tokens.max_days)
    )


class TokenSchema(Schema):
    """A token, without its secret."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    grants = fields.List(fields.Nested(GrantSchema), required=True)
    created = fields.AwareDateTime(required=True)
    expires = fields.AwareDateTime(required=True, allow_none=True)
    revoked = fields.AwareDateTime(required=True, allow_none=True)


class MadeTokenSchema(TokenSchema):
    """A token that was made."""

    secret = fields.String(required=True, metadata=_SHOWN_ONCE)


class LinkWishSchema(Schema):
    """A link to be made."""

    kind = fields.String(load_default=links.STUDY, validate=validate.OneOf(links.KINDS))
    target = fields.String(required=True)
    name = fields.String(validate=validate.Length(0, links.max_name_chars))
    days = fields.Integer(
        metadata={"description": "Without it, until it is revoked."},
        validate=validate.Range(1, link_pages.max_days),
    )
    password = fields.String(validate=_PASSWORD)


class _UsesSchema(Schema):
    pages = fields.Integer(required=True)
    programs = fields.Integer(required=True)
    last = fields.AwareDateTime(required=True, allow_none=True)


class LinkSchema(Schema):
    """A link, without its secret."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    target = fields.String(required=True)
    name = fields.String(required=True)
    works = fields.Boolean(required=True)
    has_password = fields.Boolean(required=True)
    created = fields.AwareDateTime(required=True)
    expires = fields.AwareDateTime(required=True, allow_none=True)
    revoked = fields.AwareDateTime(required=True, allow_none=True)
    uses = fields.Nested(_UsesSchema, required=True)


class MadeLinkSchema(LinkSchema):
    """A link that was made."""

    secret = fields.String(required=True, metadata=_SHOWN_ONCE)
    address = fields.URL(required=True)


class PassWishSchema(Schema):
    """What a pass is given for."""

    secret = fields.String(required=True, metadata={"description": "Of the link."})
    password = fields.String()


class PassSchema(Schema):
    """A bearer token that opens what a link opens."""

    token = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})
