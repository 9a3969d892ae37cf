"""The query string of a search, made a `Search`; and the warnings that its answer owes.

Only the spelling of a query string may live here: names, lists, flags, paging, decoding. What a
key's value means is `archive.criteria`, which C-FIND shares; which attributes there are is
`archive.attributes`.

Every name and value is percent-decoded exactly once, so ``%2A`` is a wild card like ``*`` and
``%2C`` a comma like ``,``. Messages name the parameter and never repeat its value.

References
----------
DICOM PS3.18 sections 8.3.4 (search parameters), 8.3.3 (accept, charset), 10.6.1.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from archive import temporal
from archive.attributes import TIMEZONE_OFFSET_FROM_UTC, Level, Path, find_path, vr_of
from archive.conditions import Include, Search
from archive.criteria import Rules, condition, name_of
from archive.errors import BadSearch

MAX_QUERY_LENGTH: Final = 256 * 1024
"""Characters of a query string: a list of a thousand UIDs, percent-encoded, fits."""

MAX_PARAMETERS: Final = 256
MAX_INCLUDED: Final = 1_000
MAX_DEPTH: Final = 8
MAX_NAME_LENGTH: Final = 512

_TIMEZONE: Path = (TIMEZONE_OFFSET_FROM_UTC,)
_PAGING = re.compile(r"[0-9]{1,18}", re.ASCII)
_FLAGS = MappingProxyType({"true": True, "false": False})
_ALL = "all"
_UTF_8 = frozenset({"utf-8", "utf8", "iso_ir 192", "*"})

# A name that means to be an attribute: keywords begin in upper case, tags are digits.
_LIKE_AN_ATTRIBUTE = re.compile(r"[A-Z0-9][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*", re.ASCII)
_HEADER_SAFE = re.compile(r"[A-Za-z0-9.]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """What a query string asks for.

    Attributes
    ----------
    search
        The question to the archive.
    accept
        The ``accept`` parameter, which goes before the Accept header (8.3.3.1).
    ignored
        Names that look like attributes and are none; the search was done without them.
    """

    search: Search
    accept: str | None = None
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    keys: dict[Path, str] = field(default_factory=dict)
    included: set[Path] = field(default_factory=set)
    include_all: bool = False
    flags: dict[str, bool] = field(default_factory=dict)
    paging: dict[str, int] = field(default_factory=dict)
    accept: str | None = None
    ignored: list[str] = field(default_factory=list)


def parse_query(
    query_string: str,
    level: Level,
    study_instance_uid: str | None = None,
    series_instance_uid: str | None = None,
) -> Question:
    """Read the query string of a search.

    Parameters
    ----------
    query_string
        As it stands in the request, still percent-encoded.
    level
        What the resource lists.
    study_instance_uid, series_instance_uid
        The study and the series in the resource's path.

    Raises
    ------
    BadSearch
        The query cannot be read; the message names the parameter.

    References
    ----------
    PS3.18 section 8.3.4, Table 8.3.4-1
    """
    reading = _Reading()
    for name, value in parameters(query_string):
        _READERS.get(name, _attribute)(reading, name, value)
    offset = _timezone(reading.keys)
    rules = Rules(
        fuzzy=reading.flags.get("fuzzymatching", False),
        empty_values=reading.flags.get("emptyvaluematching", False),
        multiple_values=reading.flags.get("multiplevaluematching", False),
        timezone_offset_from_utc=offset or "",
    )
    search = Search(
        level=level,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        conditions=tuple(
            condition(path, text, rules) for path, text in reading.keys.items() if path != _TIMEZONE
        ),
        # Keys of a search are returned like fields that were asked for (10.6.3.3).
        include=Include(reading.include_all, frozenset(reading.included | reading.keys.keys())),
        limit=reading.paging.get("limit"),
        offset=reading.paging.get("offset", 0),
        fuzzy=rules.fuzzy,
        timezone_offset_from_utc=offset,
    )
    return Question(search, reading.accept, tuple(reading.ignored))


def parameters(query_string: str) -> Iterator[tuple[str, str]]:
    """Split a query string and decode its names and values, once.

    A plus is a blank, as forms send it, but for the values in which only a plus makes sense:
    media types and offsets from UTC.

    Raises
    ------
    BadSearch
        It is too long, has too many parameters, or is not UTF-8.
    """
    if len(query_string) > MAX_QUERY_LENGTH:
        raise BadSearch("the query is too long")
    pieces = query_string.split("&")
    if len(pieces) > MAX_PARAMETERS:
        raise BadSearch(f"the query has more than {MAX_PARAMETERS} parameters")
    for piece in filter(None, pieces):
        raw_name, _, raw_value = piece.partition("=")
        name = _decode(raw_name, "the name of a parameter").strip()
        if len(name) > MAX_NAME_LENGTH:
            raise BadSearch("the name of a parameter is too long")
        if not _keeps_plus(name):
            raw_value = raw_value.replace("+", " ")
        yield name, _decode(raw_value, name)


def _decode(raw: str, name: str) -> str:
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError as exc:
        shown = name if _HEADER_SAFE.fullmatch(name) else "a parameter"
        raise BadSearch(f"{shown} is not percent-encoded UTF-8") from exc


def _keeps_plus(name: str) -> bool:
    if name == "accept":
        return True
    path = find_path(name)
    return path is not None and (path == _TIMEZONE or vr_of(path) == "DT")


def _flag(reading: _Reading, name: str, value: str) -> None:
    flag = _FLAGS.get(value.strip().lower())
    if flag is None:
        raise BadSearch(f"{name} takes true or false")
    if reading.flags.setdefault(name, flag) is not flag:
        raise BadSearch(f"{name} is given twice")


def _page(reading: _Reading, name: str, value: str) -> None:
    if not _PAGING.fullmatch(value.strip()):
        raise BadSearch(f"{name} takes a whole number from 0")
    number = int(value)
    if reading.paging.setdefault(name, number) != number:
        raise BadSearch(f"{name} is given twice")


def _include(reading: _Reading, _name: str, value: str) -> None:
    for word in value.split(","):
        field_name = word.strip()
        if field_name.lower() == _ALL:
            reading.include_all = True
        elif field_name:
            reading.included.add(_included_path(field_name))
    if len(reading.included) > MAX_INCLUDED:
        raise BadSearch(f"includefield names more than {MAX_INCLUDED} attributes")


def _included_path(name: str) -> Path:
    path = find_path(name)
    if path is None or len(path) > MAX_DEPTH:
        shown = f" {name}" if _HEADER_SAFE.fullmatch(name) else ""
        raise BadSearch(f"includefield names no attribute by{shown or ' one of its words'}")
    return path


def _accept(reading: _Reading, _name: str, value: str) -> None:
    reading.accept = value if reading.accept is None else f"{reading.accept},{value}"


def _charset(_reading: _Reading, _name: str, value: str) -> None:
    wanted = {part.partition(";")[0].strip().strip('"').lower() for part in value.split(",")}
    if not wanted & _UTF_8:
        raise BadSearch("charset takes utf-8: answers are given in no other character set")


def _attribute(reading: _Reading, name: str, value: str) -> None:
    path = find_path(name)
    if path is None:
        # Unknown parameters are ignored (8.3.1); one that was meant as an attribute is named in
        # a warning, since the answer is wider than the client believes.
        if _LIKE_AN_ATTRIBUTE.fullmatch(name) and _HEADER_SAFE.fullmatch(name):
            reading.ignored.append(name)
        return
    if len(path) > MAX_DEPTH:
        raise BadSearch(f"{name_of(path[:1])} is followed by too many others")
    if reading.keys.setdefault(path, value) != value:
        raise BadSearch(f"{name_of(path)} is given twice")


_READERS: Mapping[str, Callable[[_Reading, str, str], None]] = MappingProxyType(
    {
        "fuzzymatching": _flag,
        "emptyvaluematching": _flag,
        "multiplevaluematching": _flag,
        "limit": _page,
        "offset": _page,
        "includefield": _include,
        "accept": _accept,
        "charset": _charset,
    }
)


def _timezone(keys: Mapping[Path, str]) -> str | None:
    """The offset that dates and times of the question are meant in (8.3.4.1.1)."""
    offset = keys.get(_TIMEZONE, "").strip()
    if not offset:
        return None
    if not temporal.is_offset(offset) or offset == "-0000":
        raise BadSearch(f"{name_of(_TIMEZONE)} takes an offset such as +0100")
    return offset


UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        "fuzzymatching": "The fuzzymatching parameter is not supported. "
        "Only literal matching has been performed.",
        "emptyvaluematching": "The emptyvaluematching parameter is not supported. "
        "Empty Value Matching has not been performed.",
        "multiplevaluematching": "The multiplevaluematching parameter is not supported. "
        "Multiple Value Matching has not been performed.",
    }
)
"""What the standard has us say for a parameter that was asked for and not done, word for word."""


def warnings(
    service: str,
    *,
    remaining: int = 0,
    exact: bool = True,
    ignored: Iterable[str] = (),
    unsupported: Iterable[str] = (),
) -> list[str]:
    """Spell the values of the Warning headers that a search's answer owes.

    Parameters
    ----------
    service
        Base URI of the service.
    remaining
        Matches that were not returned.
    exact
        Whether that is their number; without it they were counted only so far, and the standard's
        sentence says "at least".
    ignored
        As in `Question`.
    unsupported
        Names of parameters that were asked for and not done.

    References
    ----------
    PS3.18 sections 8.3.4.2, 8.3.4.4.1, 8.3.4.5 and 8.3.4.6
    """
    texts = [UNSUPPORTED[name] for name in unsupported]
    if remaining > 0:
        number = remaining if exact else f"at least {remaining}"
        texts.append(f"There are {number} additional results that can be requested")
    names = ", ".join(ignored)
    if names:
        texts.append(f"The following parameters are not known and were ignored: {names}")
    return [f"299 {service}: {text}" for text in texts]
