"""``/api/v1``: where a study is on its way, its receipt, and giving a study to the community.

JSON in and out, for programs and for the pages. Who asks, which rule holds for writers and what an
error is on HTTP are given at the top; what may be seen is the archive's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Response, jsonify, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import BadRequest, HTTPException

from archive import uploads
from archive.access import Principal, require_study
from archive.archive import Archive
from archive.collections import ARCHIVE, get_collection
from archive.errors import ArchiveError, NotFound
from archive.promotion import promote
from archive.uploads import PUBLISHED, STATES, Upload
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.api.blueprint import ROOT, Described, check_session, usual_writes_per_minute
from imaging.uids import is_uid

max_body_bytes: Final = 16 * 1024
"""Of a request to publish, which is two names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the blueprint is given.

    Attributes
    ----------
    principal
        Says who sends the request at hand.
    check_writer
        Raises when a page of another site sends it.
    origin
        The address by which the reader reached us.
    refuse
        The answer to an error.
    """

    principal: Callable[[], Principal | None]
    check_writer: Callable[[], None]
    origin: Callable[[], str]
    refuse: Callable[[Exception], Response]


class _ProgressSchema(Schema):
    instances = fields.Integer(required=True)
    cleaned = fields.Integer(required=True)
    published = fields.Integer(required=True)


class UploadSchema(Schema):
    """A study on its way."""

    id = fields.String(required=True)
    collection = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True)
    progress = fields.Nested(_ProgressSchema, required=True)
    retrieve_url = fields.URL(required=True)
    retrievable = fields.Boolean(required=True)
    receipt = fields.URL(required=True, allow_none=True)
    created = fields.AwareDateTime(required=True)
    changed = fields.AwareDateTime(required=True)


class PublishSchema(Schema):
    """Which study is given to the community."""

    study = fields.String(required=True, metadata={"description": "Study Instance UID"})
    from_ = fields.String(data_key="from", load_default=ARCHIVE)


class _TakenSchema(Schema):
    taken = fields.Integer(required=True)
    already = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class PublishedSchema(Schema):
    """What became of it."""

    upload = fields.URL(required=True)
    retrieve_url = fields.URL(required=True)
    instances = fields.Nested(_TakenSchema, required=True)


class UploadErrorSchema(Schema):
    """Why not."""

    error = fields.String(required=True)
    request_id = fields.String()


_RECEIPT = {"type": "object", "description": "What was done to the study (PS3.15 Annex E)."}
_ERROR = {
    "default": {
        "description": "An error",
        "content": {"application/json": {"schema": UploadErrorSchema}},
    }
}


def create_blueprint(archive: Archive, asked: Asked) -> Described:
    """Make the blueprint."""
    blueprint = Described("uploads", __name__, url_prefix=ROOT)
    blueprint.description = "Studies on their way"
    limiter = Limiter(usual_writes_per_minute)

    @blueprint.get("/uploads/<token>")
    @blueprint.gives(UploadSchema)
    @blueprint.says(responses=_ERROR)
    def show(token: str) -> Response:
        """Tell where a study is on its way."""
        found = uploads.find_upload(archive, asked.principal(), token)
        return jsonify(as_json(archive, found, asked.origin()))

    @blueprint.get("/uploads/<token>/receipt")
    @blueprint.gives(_RECEIPT)
    @blueprint.says(responses=_ERROR)
    def receipt(token: str) -> Response:
        """Give the receipt of an upload."""
        found = uploads.find_upload(archive, asked.principal(), token)
        return _receipt(archive, found)

    @blueprint.get("/collections/<name>/studies/<study>/receipt")
    @blueprint.gives(_RECEIPT)
    @blueprint.says(responses=_ERROR)
    def receipt_of_study(name: str, study: str) -> Response:
        """Give the receipt of a published study."""
        if not is_uid(study):
            raise NotFound("there is no receipt of this study")
        require_study(archive, asked.principal(), name, study)
        found = uploads.upload_of_study(archive, get_collection(archive, name), study)
        # Of one that is on its way the same is said as of one that never was.
        if found is None or not found.has_receipt:
            raise NotFound("there is no receipt of this study")
        return _receipt(archive, found)

    @blueprint.post("/collections/<name>/publish")
    @blueprint.reads(PublishSchema)
    @blueprint.gives(PublishedSchema)
    @blueprint.gives(PublishedSchema, HTTPStatus.ACCEPTED)
    @blueprint.says(responses=_ERROR)
    def publish(name: str) -> Response:
        """Give a study to the community."""
        asked.check_writer()
        check_session()
        limiter.take(request.remote_addr or "")
        request.max_content_length = max_body_bytes
        study, source = _wanted(request.get_json(force=True, silent=True))
        made = promote(archive, asked.principal(), study, source, name)
        answer = jsonify(
            upload=f"{asked.origin()}{ROOT}/uploads/{made.upload}",
            retrieve_url=_retrieve_url(archive, name, made.study_instance_uid, asked.origin()),
            instances={"taken": made.taken, "already": made.already, "failed": made.failed},
        )
        answer.status_code = 202 if made.taken else 200
        return answer

    @blueprint.errorhandler(Exception)
    def refuse(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            answer = jsonify(error=error.description)
            answer.status_code = error.code or 500
            return answer
        if isinstance(error, TooOften):
            answer = jsonify(error=str(error))
            answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
            answer.headers["Retry-After"] = "60"
            return answer
        if type(error) is ArchiveError:
            answer = jsonify(error=str(error))
            answer.status_code = 400
            return answer
        return asked.refuse(error)

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return blueprint


def as_json(archive: Archive, one: Upload, origin: str) -> dict[str, Any]:
    """An upload as programs read it."""
    return {
        "id": one.token,
        "collection": one.collection,
        "state": one.state,
        "reason": one.reason,
        "progress": {
            "instances": one.instances,
            "cleaned": one.cleaned,
            "published": one.published,
        },
        "retrieve_url": _retrieve_url(archive, one.collection, one.study_instance_uid, origin),
        "retrievable": one.state == PUBLISHED or one.published > 0,
        "receipt": f"{origin}{ROOT}/uploads/{one.token}/receipt" if one.has_receipt else None,
        "created": _moment(one.created_at),
        "changed": _moment(one.changed_at),
    }


def _retrieve_url(archive: Archive, collection: str, study: str, origin: str) -> str:
    return f"{origin}{get_collection(archive, collection).root_path}/studies/{study}"


def _receipt(archive: Archive, one: Upload) -> Response:
    answer = jsonify(uploads.receipt(archive, one))
    name = f"receipt-{one.study_instance_uid}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _wanted(body: object) -> tuple[str, str]:
    if not isinstance(body, dict) or body.keys() - {"study", "from"}:
        raise BadRequest('send JSON: {"study": "<Study Instance UID>", "from": "archive"}')
    study, source = body.get("study"), body.get("from", ARCHIVE)
    if not isinstance(study, str) or not is_uid(study) or not isinstance(source, str):
        raise BadRequest('"study" is a Study Instance UID and "from" the name of a collection')
    return study, source


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")
