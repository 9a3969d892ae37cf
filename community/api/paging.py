"""Lists in parts: `limit` and `cursor` in, the items and the cursor of the next part out.

A cursor is what the last item is sorted by, spelled so that nobody builds on its form. It opens
nothing: whoever makes one up is shown what they may see anyway, from another place on.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from flask import request
from marshmallow import Schema, fields

from archive.errors import BadSearch
from community.api.asking import origin
from community.api.fields import Text, Whole

max_limit: Final = 100
usual_limit: Final = 20
max_cursor_chars: Final = 400


class PageQuery(Schema):
    """What every list takes; lists with filters extend it."""

    limit = Whole(1, max_limit, load_default=usual_limit)
    cursor = Text(max_cursor_chars, load_default=None)


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a part of a list.

    Parameters
    ----------
    name
        What the document calls it, such as ``Cases``.
    """
    members: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "Cursor of the next part; null at the end."},
        ),
    }
    return Schema.from_dict(members, name=name)


def page(items: Sequence[object], cursor: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """A part of a list as views return it, with the Link of the next one (RFC 8288)."""
    body = {"items": items, "next": cursor}
    if cursor is None:
        return body, {}
    query = urlencode([*((k, v) for k, v in request.args.items(True) if k != "cursor")])
    further = f"{query}&" if query else ""
    address = f"{origin()}{request.path}?{further}{urlencode({'cursor': cursor})}"
    return body, {"Link": f'<{address}>; rel="next"'}


def to_cursor(*values: str | int) -> str:
    """Spell what an item is sorted by."""
    return urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def from_cursor(text: str | None, *kinds: type[str] | type[int]) -> tuple[Any, ...] | None:
    """Read what `to_cursor` spelled; None where a list begins.

    Raises
    ------
    BadSearch
        It is no cursor of a list that is sorted by values of these kinds.
    """
    if not text:
        return None
    try:
        found = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        found = None
    if not isinstance(found, list) or [type(one) for one in found] != list(kinds):
        raise BadSearch("'cursor' is taken from the part before")
    return tuple(found)
