"""``/api/v1``: where a study is on its way, its receipt, and giving a study to the community.

JSON in and out, for programs and for the pages. Who asks, which rule holds for writers and what an
error is on HTTP are given at the top; what may be seen is the archive's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException

from archive import uploads
from archive.access import Principal, require_study
from archive.archive import Archive
from archive.collections import ARCHIVE, get_collection
from archive.errors import ArchiveError, NotFound
from archive.promotion import promote
from archive.uploads import PUBLISHED, Upload
from imaging.uids import is_uid

ROOT = "/api/v1"


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


def create_blueprint(archive: Archive, asked: Asked) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("uploads", __name__, url_prefix=ROOT)

    @blueprint.get("/uploads/<token>")
    def show(token: str) -> Response:
        found = uploads.find_upload(archive, asked.principal(), token)
        return jsonify(as_json(archive, found, asked.origin()))

    @blueprint.get("/uploads/<token>/receipt")
    def receipt(token: str) -> Response:
        found = uploads.find_upload(archive, asked.principal(), token)
        return _receipt(archive, found)

    @blueprint.get("/collections/<name>/studies/<study>/receipt")
    def receipt_of_study(name: str, study: str) -> Response:
        if not is_uid(study):
            raise NotFound("there is no receipt of this study")
        require_study(archive, asked.principal(), name, study)
        found = uploads.upload_of_study(archive, get_collection(archive, name), study)
        # Of one that is on its way the same is said as of one that never was.
        if found is None or not found.has_receipt:
            raise NotFound("there is no receipt of this study")
        return _receipt(archive, found)

    @blueprint.post("/collections/<name>/publish")
    def publish(name: str) -> Response:
        asked.check_writer()
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
