"""``/api/v1/me/exports``, ``erasure``, ``restriction``, ``objections``: rights, for programs.

A copy is fetched on its page, by whoever has just signed in; no token gets it. Nor does a token
close an account.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields, validate

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.closing import close_account
from community.accounts.people import ACTIVE, RESTRICTED, find_person
from community.api.asking import require_reader
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Moment
from community.rights import copies, restricting
from community.rights.freshness import require_fresh
from community.rights.pages import max_writes_per_minute
from community.rights.purposes import PURPOSES, object_to, objections_of


class CopySchema(Schema):
    """A copy of all that is yours."""

    id = fields.String(required=True)
    state = fields.String(required=True)
    with_studies = fields.Boolean(required=True)
    asked = Moment(attribute="asked_at", required=True)
    expires = Moment(attribute="expires_at", required=True, allow_none=True)
    size = fields.Integer(required=True, allow_none=True)


class CopyWishSchema(Schema):
    """What is to be in it."""

    with_studies = fields.Boolean(load_default=False)


class ErasureWishSchema(Schema):
    """What is to stay: nothing, or what others see, without your name."""

    keep_work = fields.Boolean(required=True)


class ErasureSchema(Schema):
    """When you will be erased, unless you sign in before."""

    due = Moment(attribute="due_at", required=True)
    keep_work = fields.Boolean(attribute="keeps_work", required=True)


class RestrictionSchema(Schema):
    """Whether what is yours is kept and not used."""

    restricted = fields.Boolean(required=True)


class ObjectionsSchema(Schema):
    """What you object to."""

    purposes = fields.List(
        fields.String(validate=validate.OneOf(list(PURPOSES))),
        required=True,
        validate=validate.Length(max=len(PURPOSES)),
    )


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint(
        "rights_api", "Rights about one's data", writes_per_minute=max_writes_per_minute
    )
    refused = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

    @api.get("/me/exports")
    @api.gives(CopySchema(many=True))
    @api.refuses(*refused)
    def list_copies() -> Any:
        """List the copies of your data."""
        return copies.copies_of(archive, require_reader().id)

    @api.post("/me/exports")
    @api.takes(CopyWishSchema)
    @api.gives(CopySchema, HTTPStatus.CREATED)
    @api.refuses(*refused)
    def ask_for_copy(wanted: dict[str, bool]) -> Any:
        """Have a copy of your data made; it is fetched on the page /settings/privacy."""
        copy = copies.ask_for(archive, require_reader(), with_studies=wanted["with_studies"])
        return made(copy, "/me/exports")

    @api.post("/me/erasure")
    @api.takes(ErasureWishSchema)
    @api.gives(ErasureSchema, HTTPStatus.ACCEPTED)
    @api.refuses(*refused)
    def erase_me(wanted: dict[str, bool]) -> Any:
        """Have your account erased; only in a session that has just begun."""
        person = require_reader()
        require_fresh()
        with writing(archive.engine) as connection:
            return close_account(connection, person.id, keeps_work=wanted["keep_work"])

    @api.put("/me/restriction")
    @api.takes(RestrictionSchema)
    @api.gives(RestrictionSchema)
    @api.refuses(*refused)
    def restrict_me(wanted: dict[str, bool]) -> Any:
        """Have what is yours kept and not used, or used again."""
        person = require_reader()
        require_fresh()
        if wanted["restricted"] and person.state == ACTIVE:
            restricting.restrict(archive, person.id)
        if not wanted["restricted"] and person.state == RESTRICTED:
            restricting.release(archive, person.id)
        found = find_person(archive, person.id)
        return {"restricted": found is not None and found.state == RESTRICTED}

    @api.get("/me/objections")
    @api.gives(ObjectionsSchema)
    @api.refuses(*refused)
    def list_objections() -> Any:
        """List what you object to."""
        with reading(archive.engine) as connection:
            return {"purposes": sorted(objections_of(connection, require_reader().id))}

    @api.put("/me/objections")
    @api.takes(ObjectionsSchema)
    @api.gives(ObjectionsSchema)
    @api.refuses(*refused)
    def change_objections(wanted: dict[str, list[str]]) -> Any:
        """Object to these uses of what is yours, and to no other."""
        person = require_reader()
        require_fresh()
        with writing(archive.engine) as connection:
            return {"purposes": sorted(object_to(connection, person.id, wanted["purposes"]))}

    return api
