"""``/api/v1/reports``: saying that something is wrong, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from marshmallow import Schema, fields, validate

from archive.archive import Archive
from archive.errors import Unauthenticated
from community.api.asking import asking, require_writer
from community.api.blueprint import ApiBlueprint
from community.api.problems import Statuses
from community.cases.api import reader
from community.moderation.errors import ModerationError
from community.moderation.model import IDENTIFYING, KINDS, REASONS, max_words_chars
from community.moderation.reporting import report_something

writes_per_minute: Final = 12
"""From one address."""


class ReportSchema(Schema):
    """What is wrong with what."""

    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=160),
        metadata={
            "description": (
                "The slug of a case; `<slug>/<comment>` of a comment; "
                "`<collection>/<Study Instance UID>` of a study; the handle of a profile."
            )
        },
    )
    reason = fields.String(required=True, validate=validate.OneOf(list(REASONS)))
    words = fields.String(load_default="", validate=validate.Length(max=max_words_chars))


class ReportedSchema(Schema):
    """What came of it."""

    hidden = fields.Boolean(
        required=True, metadata={"description": "Whether nobody is shown it any more."}
    )


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    statuses: Statuses = {ModerationError: HTTPStatus.UNPROCESSABLE_ENTITY}
    api = ApiBlueprint(
        "reports_api", "Reports", statuses=statuses, writes_per_minute=writes_per_minute
    )

    @api.post("/reports")
    @api.takes(ReportSchema)
    @api.gives(ReportedSchema, HTTPStatus.CREATED)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    def report(wanted: dict[str, Any]) -> Any:
        """Tell the moderators of something; what identifies a patient is hidden at once."""
        who = reader()
        if wanted["reason"] != IDENTIFYING and who.person is None:
            raise Unauthenticated("sign in first; only what identifies a patient needs no account")
        if asking().person is not None:
            require_writer()
        return {"hidden": report_something(archive, who, asking().principal, **wanted)}

    return api
