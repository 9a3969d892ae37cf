"""What a request brings, read strictly: JSON by one parser with bounds, and no unknown names.

A body may be as deep as we like to look, has no NaN, no number that no column holds and no half
of a character; a name that nothing reads is an error, so that nothing is ignored in silence.

References
----------
RFC 8259 section 9 (limits of parsers), RFC 7493 (I-JSON).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, NoReturn

import marshmallow
import orjson
from flask import Request
from flask.json.provider import DefaultJSONProvider
from webargs.flaskparser import FlaskParser

from community.api.problems import Problem, pointed

max_named: Final = 20
"""How many wrong members of one request are told."""


class StrictJSON(DefaultJSONProvider):
    """Reads JSON within bounds; a body that goes past them is malformed, not our fault."""

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read a text."""
        return orjson.loads(s)


class StrictParser(FlaskParser):
    """Reads the body or the query of a request into what a schema says."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - the library's own name and kind
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": marshmallow.RAISE,
        "query": marshmallow.RAISE,
        "querystring": marshmallow.RAISE,
        "form": marshmallow.RAISE,
    }

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        """Read a body."""
        if not req.is_json:
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, as Content-Type: application/json"
            )
        try:
            return orjson.loads(req.get_data(cache=True))
        except orjson.JSONDecodeError:
            raise Problem(HTTPStatus.BAD_REQUEST, "the body is no JSON that can be read") from None

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Say what is wrong where."""
        # The parser puts all under the name of where it read.
        told = error.messages
        (where, found), *_ = told.items() if isinstance(told, dict) else (("json", told),)
        wrong = [pointed(path, words) for path, words in _flat(found)][:max_named]
        if where == "json":
            status, what = HTTPStatus.UNPROCESSABLE_ENTITY, "the body"
        else:
            status, what = HTTPStatus.BAD_REQUEST, "the query"
        raise Problem(status, f"{what} is not as this endpoint takes it; see errors", wrong)


def _flat(found: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str]]:
    """The messages of a library's tree of them, each with where it stands."""
    if isinstance(found, Mapping):
        for step, below in found.items():
            # `_schema` is the library's name for the whole.
            yield from _flat(below, path if step == "_schema" else (*path, step))
    elif isinstance(found, list):
        for below in found:
            yield from _flat(below, path)
    else:
        yield path, str(found)
