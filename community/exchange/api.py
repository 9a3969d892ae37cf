"""``/api/v1/cases/{id}/cite``, ``…/export`` and ``/api/v1/cases/import``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any, Final

from flask import Response, request
from marshmallow import Schema, fields, validate

from archive.archive import Archive
from community.api.asking import asking, origin, require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Text
from community.cases.model import CaseView
from community.cases.readers import Reader, opened_by, reader_of
from community.cases.reading import view_case
from community.exchange.addresses import Addresses
from community.exchange.citation import STYLES
from community.exchange.export import FORMATS
from community.exchange.importing import import_case
from community.exchange.pages import checked_slug, cited, sent
from community.uploading.confirmed import confirm_sending

max_import_bytes: Final = 1 << 30
_PIECE: Final = 1 << 20


class CiteQuery(Schema):
    """How a citation is spelled."""

    style = fields.String(load_default="bibtex", validate=validate.OneOf(list(STYLES)))


class ExportQuery(Schema):
    """What an export is."""

    format = fields.String(load_default="zip", validate=validate.OneOf(list(FORMATS)))


class ImportQuery(Schema):
    """What the sender confirms."""

    statement = Text(
        32,
        required=True,
        metadata={"description": "The statement on the page of uploads, by its version."},
    )


class ImportAnswer(Schema):
    """What became of a case from elsewhere."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    studies = fields.Integer(required=True)
    key_images = fields.Integer(required=True)
    instances = fields.Integer(required=True)
    uploads = fields.List(fields.String(), required=True)
    notes = fields.List(fields.String(), required=True)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint(
        "exchange_api",
        "Cases as citations and files, and back",
        writes_per_minute=10,
        rooms={"bring": max_import_bytes},
    )
    _add_reading(api, lambda case: view_case(archive, _reader(), checked_slug(case)), archive)

    @api.post("/cases/import", endpoint="bring")
    @api.takes(ImportQuery, "query")
    @api.gives(ImportAnswer, HTTPStatus.CREATED)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    @api.says(requestBody={"content": {"application/zip": {}, "application/xml": {}}})
    def bring(query: dict[str, Any]) -> Any:
        """Make a draft of an exported case, sent as the body, or of a MIRCdocument."""
        person = require_writer()
        confirm_sending(archive, person, query["statement"])
        with tempfile.TemporaryFile() as file:
            _receive(file)
            found = import_case(archive, person, file)
        case = found.case
        answer = {
            "id": case.id,
            "slug": case.slug,
            "studies": found.studies,
            "key_images": found.key_images,
            "instances": found.instances,
            "uploads": found.uploads,
            "notes": found.notes,
        }
        return made(answer, f"/cases/{case.id}")

    return api


def _add_reading(api: ApiBlueprint, seen: Callable[[str], CaseView], archive: Archive) -> None:
    @api.get("/cases/<case>/cite")
    @api.takes(CiteQuery, "query")
    @api.gives()
    @api.refuses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    def cite(query: dict[str, Any], case: str) -> Response:
        """Spell the citation of a case."""
        return cited(seen(case), STYLES[query["style"]], Addresses(origin()))

    @api.get("/cases/<case>/export")
    @api.takes(ExportQuery, "query")
    @api.gives()
    @api.refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    def export(query: dict[str, Any], case: str) -> Response:
        """Give a case as a file: with its studies, as a MIRCdocument, or its words as JSON."""
        view = seen(case)
        return sent(view, FORMATS[query["format"]](archive, view, Addresses(origin())))


def _reader() -> Reader:
    found = asking()
    if request.headers.get("Authorization"):
        return Reader(found.reader, opened=opened_by(found.principal))
    return reader_of(request, found.principal)


def _receive(file: IO[bytes]) -> None:
    while piece := request.stream.read(_PIECE):
        file.write(piece)
    file.seek(0)
