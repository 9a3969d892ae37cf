"""Members of requests and answers that several endpoints have, with their bounds.

What is sent as text ends in a column, a page and a log: no control characters, one way to end a
line, and a length that the schema says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from community.ids import is_id

max_integer: Final = 2**31 - 1
"""What an INTEGER column holds on every database."""

_KEPT: Final = "\n\t"
_DIGITS: Final = re.compile(r"-?[0-9]{1,10}")


class Text(fields.String):
    """A text of at most so many characters.

    Parameters
    ----------
    max_chars
        Counted after the ends of lines were made one character.
    lines
        Whether it may have several lines.
    """

    def __init__(self, max_chars: int, *, lines: bool = False, min_chars: int = 0, **more: Any):
        length = validate.Length(min=min_chars or None, max=max_chars)
        super().__init__(validate=length, **more)
        self._lines = lines

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **more))
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        allowed = _KEPT if self._lines else ""
        if not all((sign >= " " and sign != "\x7f") or sign in allowed for sign in text):
            raise ValidationError("This text has characters that cannot be shown.")
        return text


class Id(fields.String):
    """The id of a row."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **more))
        if not is_id(text):
            raise ValidationError("This is no id.")
        return text


class Whole(fields.Integer):
    """A whole number within bounds; no fraction and no truth value."""

    def __init__(self, min_value: int = 0, max_value: int = max_integer, **more: Any) -> None:
        super().__init__(validate=validate.Range(min_value, max_value), **more)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        # A query has nothing but texts.
        if not is_number and not (isinstance(value, str) and _DIGITS.fullmatch(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **more)


class Moment(fields.AwareDateTime):
    """A moment, in UTC, to the second."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="seconds")
