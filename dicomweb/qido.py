"""QIDO-RS: the six search resources. What matches is `archive.search`'s business.

References
----------
PS3.18 section 10.6 (Search transaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

from archive.attributes import Level
from archive.search import search
from dicomweb import silence
from dicomweb.calls import Call
from dicomweb.negotiation import Resource
from dicomweb.query import parse_query, warnings
from dicomweb.representations import document
from dicomweb.responses import REVALIDATE

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
_RETRIEVE_URL = "00081190"
_CHARACTER_SET, _UTF_8 = "00080005", {"vr": "CS", "Value": ["ISO_IR 192"]}
_PATHS = (("studies", _STUDY), ("series", _SERIES), ("instances", _INSTANCE))


def search_studies(call: Call) -> Response:
    """Studies of the collection."""
    return _search(call, Level.STUDY)


def search_series(call: Call, study: str | None = None) -> Response:
    """Series of the collection, or of a study."""
    return _search(call, Level.SERIES, study)


def search_instances(call: Call, study: str | None = None, series: str | None = None) -> Response:
    """Instances of the collection, of a study or of a series."""
    return _search(call, Level.INSTANCE, study, series)


def _search(
    call: Call, level: Level, study: str | None = None, series: str | None = None
) -> Response:
    root = call.root
    question = parse_query(call.request.query_string.decode("latin-1"), level, study, series)
    if call.is_silent:
        silence.check_search(question.search)
    chosen = call.choose(Resource.SEARCH, accept_parameter=question.accept)
    page = search(call.archive, call.principal, call.collection, question.search)
    rows = map(silence.wordless, page.rows) if call.is_silent else page.rows
    response = document(_told([_with_retrieve_url(row, root) for row in rows]), chosen)
    response.headers["Cache-Control"] = REVALIDATE
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    said = warnings(
        root,
        remaining=page.remaining,
        exact=page.remaining_is_exact,
        ignored=question.ignored,
    )
    for text in said:
        response.headers.add("Warning", text)
    return response


def _with_retrieve_url(row: Mapping[str, Any], root: str) -> dict[str, Any]:
    """A result that says where it is retrieved, from the UIDs that it holds."""
    url = root
    for segment, tag in _PATHS:
        uid = row.get(tag)
        if uid is None or "Value" not in uid:
            break
        url += f"/{segment}/{uid['Value'][0]}"
    told = {**row, _RETRIEVE_URL: {"vr": "UR", "Value": [url]}}
    return {key: told[key] for key in sorted(told)}


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results that name their character set where the default repertoire does not do."""
    if orjson.dumps(rows).isascii():
        return rows
    # Type 1C of every level.
    return [
        row
        if orjson.dumps(row).isascii()
        else dict(sorted({**row, _CHARACTER_SET: _UTF_8}.items()))
        for row in rows
    ]
