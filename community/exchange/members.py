"""Members of a JSON document that somebody sent, each of its kind and within its bounds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from community.cases.model import Region
from community.exchange.errors import BadBundle
from imaging.uids import is_uid

max_text_chars: Final = 100_000


def listed(said: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    """A list of at most so many; nothing is an empty one."""
    value = said.get(name) or []
    if not isinstance(value, list) or len(value) > most:
        raise BadBundle(f"'{name}' in case.json is a list of at most {most}")
    return value


def text(said: Mapping[str, Any], name: str) -> str:
    """A text; nothing is an empty one."""
    value = said.get(name) or ""
    if not isinstance(value, str) or len(value) > max_text_chars:
        raise BadBundle(f"'{name}' in case.json is a text of at most {max_text_chars} characters")
    return value


def texts(said: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    """A list of at most so many texts."""
    return tuple(text({name: one}, name) for one in listed(said, name, most))


def truth(said: Mapping[str, Any], name: str) -> bool:
    """True or false; nothing is false."""
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise BadBundle(f"'{name}' in case.json is true or false")
    return value


def whole(said: Mapping[str, Any], name: str, usual: int | None) -> int | None:
    """A whole number; nothing is the usual one."""
    value = said.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**6:
        raise BadBundle(f"'{name}' in case.json is a whole number")
    return value


def uid(said: Mapping[str, Any], name: str) -> str:
    """A UID."""
    value = text(said, name)
    if not is_uid(value):
        raise BadBundle(f"'{name}' in case.json is not a UID")
    return value


def object_(value: Any) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise BadBundle("case.json has something else where an object is expected")
    return value


def region(value: Any) -> Region | None:
    """Four fractions of a frame, or nothing."""
    if value is None:
        return None
    is_four = isinstance(value, list) and len(value) == 4
    if not is_four or not all(isinstance(n, int | float) and abs(n) <= 1 for n in value):
        raise BadBundle("a region in case.json is four fractions of the frame")
    x, y, w, h = map(float, value)
    return x, y, w, h
