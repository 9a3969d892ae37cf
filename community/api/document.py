"""The API put together, and the OpenAPI document that is made from its endpoints.

References
----------
OpenAPI Specification 3.1, RFC 9457.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Flask, Response, jsonify
from marshmallow import Schema, fields

from community.api.asking import origin
from community.api.blueprint import ROOT
from community.api.problems import MEDIA_TYPE
from community.guarding import POLICY
from imaging.version import VERSION

if TYPE_CHECKING:

    class _Base:
        """What the library's class is to the type checker, as it has no types."""

        spec: Any

        def __init__(self, app: Flask, *, spec_kwargs: dict[str, Any]) -> None: ...

        def register_blueprint(self, blueprint: Blueprint) -> None: ...

else:
    from flask_smorest import Api as _Base

_OPENAPI: Final = "3.1.0"
_WORDS: Final = """\
Everything that the pages do, for programs. Errors are Problem Details (RFC 9457) whose
`request_id` is in the server's log. Lists come in parts: `next` is the `cursor` of the part that
follows. Where an answer has an ETag, changes name it as `If-Match`. A browser's session brings
the token of its forms as `X-CSRF-Token` when it writes."""
_SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a person (/settings/tokens), of a machine, or of a link.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-dt_session"},
}


class _Wrong(Schema):
    pointer = fields.String(required=True, metadata={"description": "RFC 6901"})
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """An error."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String()
    errors = fields.List(fields.Nested(_Wrong), metadata={"description": "What is wrong where."})


class Api(_Base):
    """All endpoints below ``/api/v1``. Each blueprint answers errors for itself."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        told = {
            "title": "DicomTube",
            "version": VERSION,
            "openapi_version": _OPENAPI,
            "info": {"description": _WORDS},
            "security": [{"token": []}, {"session": []}, {}],
        }
        super().__init__(app, spec_kwargs=told)
        for name, scheme in _SECURITY.items():
            self.spec.components.security_scheme(name, dict(scheme))
        app.register_blueprint(self._pages())

    def document(self) -> dict[str, Any]:
        """The document for who asks at the moment, whose address of us is in it."""
        said: dict[str, Any] = self.spec.to_dict()
        return {**said, "servers": [{"url": origin()}]}

    def _pages(self) -> Blueprint:
        blueprint = Blueprint("api_document", __name__, url_prefix=ROOT)

        @blueprint.get("/openapi.json")
        def openapi() -> Response:
            answer = jsonify(self.document())
            answer.headers.update(POLICY)
            answer.headers["Cache-Control"] = "no-cache"
            return answer

        return blueprint

    def _register_doc_blueprint(self) -> None:
        """Leave out the library's pages, which load scripts from elsewhere."""

    def _register_error_handlers(self) -> None:
        """Leave the rest of the app its own errors."""

    def _register_responses(self) -> None:
        """Name each status once, with the media type that our errors have."""
        error = {"content": {MEDIA_TYPE: {"schema": self.ERROR_SCHEMA}}}
        for status in HTTPStatus:
            if status >= HTTPStatus.BAD_REQUEST:
                said = {"description": status.phrase, **error}
                self.spec.components.response(status.name, said, lazy=True)
        self.spec.components.response(
            "DEFAULT_ERROR", {"description": "An error", **error}, lazy=True
        )
