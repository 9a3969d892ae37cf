"""Media types with their parameters (RFC 9110 8.3.1): read strictly, since a check judges by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME: Final = re.compile(rf"\s*({_WORD}/{_WORD})\s*")
_PARAMETER: Final = re.compile(rf';\s*({_WORD})=(?:({_WORD})|"((?:[^"\\]|\\.)*)")\s*')


class MediaTypeError(ValueError):
    """The text breaks the grammar of a media type."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A type in lower case and its parameters, whose names are in lower case."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def parameter(self, name: str) -> str | None:
        """The value of a parameter, or None."""
        return dict(self.parameters).get(name)


def read_media_type(text: str) -> MediaType:
    """Read one.

    Raises
    ------
    MediaTypeError
        It breaks the grammar: an unquoted slash in a value, say, or half a quoted text.
    """
    match = _NAME.match(text)
    if match is None:
        raise MediaTypeError("no type/subtype stands at its beginning")
    parameters, at = [], match.end()
    while at < len(text):
        one = _PARAMETER.match(text, at)
        if one is None:
            raise MediaTypeError(f"no parameter can be read at {text[at : at + 40]!r}")
        value = one[2] if one[2] is not None else re.sub(r"\\(.)", r"\1", one[3])
        parameters.append((one[1].lower(), value))
        at = one.end()
    names = [name for name, _ in parameters]
    if len(names) != len(set(names)):
        raise MediaTypeError("a parameter stands twice")
    return MediaType(match[1].lower(), tuple(parameters))
