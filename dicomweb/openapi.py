"""A capability description spelled as an OpenAPI document. Nothing is decided here.

What the service takes and gives is known to `capabilities`; this module only words it for the
tools that read OpenAPI.

References
----------
OpenAPI Specification 3.1.0; DICOM PS3.18 section 8.9.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

Description = Mapping[str, Any]

VERSION = "3.1.0"

_UID = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)*$", "maxLength": 64}
_TEMPLATES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "study": _UID,
        "series": _UID,
        "instance": _UID,
        "transaction": _UID,
        "frames": {"type": "string", "pattern": r"^[0-9]{1,9}(,[0-9]{1,9})*$"},
        "path": {"type": "string"},
    }
)
_TYPES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "boolean": {"type": "boolean"},
        "nonNegativeInteger": {"type": "integer", "minimum": 0},
        "positiveInteger": {"type": "integer", "minimum": 1},
        "decimal": {"type": "number"},
        "string": {"type": "string"},
    }
)
_ERROR = {
    "type": "object",
    "required": ["error", "message", "request_id"],
    "properties": {
        "error": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
        "available": {"type": "array", "items": {"type": "string"}},
    },
}


def to_openapi(description: Description, version: str, secured: bool) -> dict[str, Any]:
    """Spell a description as an OpenAPI document.

    Parameters
    ----------
    description
        From `capabilities.describe`.
    version
        Of the product.
    secured
        Whether callers must show a token.
    """
    used: Counter[str] = Counter()
    document: dict[str, Any] = {
        "openapi": VERSION,
        "info": {
            "title": f"{description['name']} DICOMweb",
            "version": version,
            "description": "The Studies service of DICOM PS3.18 on one collection.",
        },
        "servers": [{"url": description["base"]}],
        "paths": {_path(row["path"]): _item(row, used) for row in description["resources"]},
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    if secured:
        document["security"] = [{"token": []}]
    return document


def _path(template: str) -> str:
    return "/" + template


def _item(row: Description, used: Counter[str]) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", row["path"])
    item: dict[str, Any] = {
        method["method"].lower(): _operation(method, used) for method in row["methods"]
    }
    if names:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": dict(_TEMPLATES[name])}
            for name in names
        ]
    return item


def _operation(method: Description, used: Counter[str]) -> dict[str, Any]:
    name = method["transaction"]
    used[name] += 1
    operation: dict[str, Any] = {
        "operationId": name if used[name] == 1 else f"{name}{used[name]}",
        "summary": method.get("summary", name),
        "tags": [method["group"]],
        "responses": _responses(method),
    }
    if parameters := [_parameter(one) for one in method.get("parameters", ())]:
        operation["parameters"] = parameters
    if taken := method.get("requestMediaTypes"):
        operation["requestBody"] = {"required": True, "content": _content(taken)}
    return operation


def _parameter(described: Description) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_TYPES[described["type"]])
    if options := described.get("options"):
        schema["enum"] = [
            option == "true" if schema["type"] == "boolean" else option for option in options
        ]
        if schema["type"] == "boolean":
            del schema["enum"]
    parameter: dict[str, Any] = {"name": described["name"], "in": "query"}
    if described.get("repeating"):
        schema = {"type": "array", "items": schema}
        parameter |= {"style": "form", "explode": False}
    parameter["schema"] = schema
    if summary := described.get("summary"):
        parameter["description"] = summary
    if described.get("required"):
        parameter["required"] = True
    return parameter


def _responses(method: Description) -> dict[str, Any]:
    return {str(status): _response(status, method) for status in method["statuses"]}


def _response(status: int, method: Description) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    has_body = status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    if status < HTTPStatus.MULTIPLE_CHOICES and has_body:
        if media_types := method.get("mediaTypes"):
            response["content"] = _content(media_types)
    elif has_body:
        error = {"schema": {"$ref": "#/components/schemas/Error"}}
        response["content"] = {"application/json": error}
    return response


def _content(media_types: Iterable[str]) -> dict[str, Any]:
    return {media_type: {} for media_type in media_types}
