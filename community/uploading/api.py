"""``/api/v1/uploads/have`` and ``/api/v1/uploads/confirmations``: what a program asks around STOW.

The instances themselves go to the collection's DICOMweb root, as everybody's do.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from marshmallow import Schema, fields, validate

from archive.archive import Archive
from archive.arrived import already_there, max_asked
from archive.collections import COMMUNITY
from archive.errors import ArchiveError
from community.api.asking import asking, require_writer
from community.api.blueprint import ApiBlueprint
from community.api.fields import Text
from community.uploading.confirmed import confirm_sending, confirm_uploads, max_uploads
from imaging.uids import is_uid

max_uid_chars: Final = 64
max_token_chars: Final = 64
writes_per_minute: Final = 600
"""From one address: an upload asks before each batch and after each failure."""


class HaveQuestion(Schema):
    """Instances of one study, by the UIDs in the sender's files."""

    study = Text(max_uid_chars, required=True)
    instances = fields.List(
        Text(max_uid_chars), required=True, validate=validate.Length(1, max_asked)
    )


class HaveAnswer(Schema):
    """Those that need not be sent again."""

    have = fields.List(fields.String(), required=True)
    upload = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Id of the upload that the study belongs to, if there is one."},
    )


class Confirmation(Schema):
    """The statement on the page of uploads, by its version."""

    statement = Text(32, required=True)
    uploads = fields.List(
        Text(max_token_chars),
        load_default=[],
        validate=validate.Length(max=max_uploads),
        metadata={"description": "Ids of uploads that it is about; none before anything is sent."},
    )


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint(
        "bringing",
        "Bringing studies: what is there already, and the recorded confirmation",
        writes_per_minute=writes_per_minute,
    )

    @api.post("/uploads/have")
    @api.takes(HaveQuestion)
    @api.gives(HaveAnswer)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def have(wanted: dict[str, Any]) -> Any:
        """Tell which instances of a study the sender brought before."""
        if not all(map(is_uid, (wanted["study"], *wanted["instances"]))):
            raise ArchiveError("studies and instances are named by UIDs")
        found = already_there(
            archive, asking().principal, COMMUNITY, wanted["study"], wanted["instances"]
        )
        return {"have": found.instances, "upload": found.upload}

    @api.post("/uploads/confirmations")
    @api.takes(Confirmation)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    @api.gives_nothing
    def confirmed(wanted: dict[str, Any]) -> None:
        """Keep that the sender confirmed that nothing identifies a patient."""
        person, version = require_writer(), wanted["statement"]
        if wanted["uploads"]:
            confirm_uploads(archive, asking().principal, person, version, wanted["uploads"])
        else:
            confirm_sending(archive, person, version)

    return api
