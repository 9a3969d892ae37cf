"""``/api/v1/me``: who asks, and what they show of themselves.

What a provider told (name, e-mail address) is in no answer.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields

from archive.archive import Archive
from community.accounts import people
from community.accounts.people import Person, max_bio_chars, max_display_name_chars
from community.accounts.shown import shown
from community.api.asking import require_reader, require_writer
from community.api.blueprint import ApiBlueprint
from community.api.fields import Moment, Text
from community.api.versions import changed_meanwhile, given_tag, tagged


class MeSchema(Schema):
    """The person who asks."""

    id = fields.String(required=True)
    handle = fields.String(required=True)
    display_name = fields.String(required=True, allow_none=True)
    bio = fields.String(required=True, allow_none=True)
    avatar_url = fields.String(required=True, allow_none=True)
    role = fields.String(required=True)
    state = fields.String(required=True)
    locale = fields.String(required=True)
    created = Moment(attribute="created_at", required=True)


class MeChangeSchema(Schema):
    """What may be changed; what is not sent stays."""

    display_name = Text(max_display_name_chars, allow_none=True)
    bio = Text(max_bio_chars, lines=True, allow_none=True)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint("me", "The person who asks")

    @api.get("/me")
    @api.gives(MeSchema)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def me() -> Any:
        """Tell who asks."""
        person = require_reader()
        return shown(person), tagged(_tag(person))

    @api.patch("/me")
    @api.takes(MeChangeSchema)
    @api.gives(MeSchema)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PRECONDITION_FAILED)
    def change_me(wanted: dict[str, str | None]) -> Any:
        """Change the profile."""
        seen = given_tag(required=False)

        def check(person: Person) -> None:
            if seen is not None and seen != _tag(person):
                raise changed_meanwhile()

        changed = people.change_texts(archive, require_writer().id, wanted, check)
        return shown(changed), tagged(_tag(changed))

    return api


def _tag(person: Person) -> str:
    told = (person.handle, person.display_name, person.bio, person.avatar_key, person.locale)
    return hashlib.sha256(repr((told, person.role, person.state)).encode()).hexdigest()[:24]
