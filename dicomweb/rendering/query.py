"""The query parameters of rendered resources, read strictly: what a picture is to look like.

Only reading and refusing may live here; what a parameter does to pixels is `imaging.rendering`.
A value that cannot be read is a 400 that names the parameter and says what it takes. A parameter
that nobody knows is left alone (8.3.1), as everywhere.

References
----------
PS3.18 sections 8.3.5.1 (rendered resources), 8.3.5.2 (thumbnails) and 8.3.3.2 (charset).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from math import isfinite
from types import MappingProxyType
from typing import Final

from werkzeug.datastructures import MultiDict

from dicomweb.errors import Refusal
from imaging.rendering.frame import ANNOTATIONS, ICC_PROFILES, Rendering, Viewport, Window
from imaging.rendering.viewport import MAX_PIXELS, MAX_SIDE

Arguments = MultiDict[str, str]

MAX_VALUE_LENGTH: Final = 256
"""Characters of a value; nothing that these parameters take is longer."""

MAX_THUMBNAIL_SIDE: Final = 1024
"""Pixels of a thumbnail's longer side; what wants more is asked for as rendered."""

CHARSETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "utf-8": "utf-8",
        "utf8": "utf-8",
        "us-ascii": "us-ascii",
        "iso-8859-1": "iso-8859-1",
        "iso-8859-2": "iso-8859-2",
        "iso-8859-5": "iso-8859-5",
        "iso-8859-7": "iso-8859-7",
        "iso-8859-9": "iso-8859-9",
        "iso-8859-15": "iso-8859-15",
    }
)
"""What texts can be given in, by the names that clients know it by."""

DEFAULT_CHARSET: Final = "utf-8"

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_CHARSET = re.compile(r'\s*"?([A-Za-z0-9_.:*-]+)"?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?')
# The keywords of the parameter, and how Window spells them.
_FUNCTIONS: Final = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
# An image has no more than 65535 rows or columns.
_MAX_COORDINATE: Final = 65535


def parse(args: Arguments) -> Rendering:
    """Read how a picture is to be rendered.

    Parameters
    ----------
    args
        Of the query string, percent-decoded.

    Raises
    ------
    Refusal
        400, naming the parameter.

    References
    ----------
    PS3.18 section 8.3.5.1
    """
    return Rendering(
        viewport=_viewport(args),
        window=_window(args),
        quality=_quality(args),
        annotations=frozenset(_annotations(args)) & frozenset(ANNOTATIONS),
        icc_profile=_icc_profile(args),
    )


def parse_size(args: Arguments) -> Viewport | None:
    """Read the viewport of a thumbnail or a presentation state: width and height, no region.

    Raises
    ------
    Refusal
        400.

    References
    ----------
    PS3.18 sections 8.3.5.1.3 and 8.3.5.2
    """
    viewport = _viewport(args)
    if viewport is not None and viewport != Viewport(viewport.width, viewport.height):
        raise _bad("viewport", "a width and a height here, such as 128,128, and no region")
    return viewport


def unsupported_annotations(args: Arguments) -> tuple[str, ...]:
    """Return the keywords of `annotation` that are left out, which the answer must warn of.

    References
    ----------
    PS3.18 section 8.3.5.1.1
    """
    return tuple(word for word in _annotations(args) if word not in ANNOTATIONS)


def annotation_warning(service: str, keywords: tuple[str, ...]) -> str:
    """Spell the Warning header of keywords that were left out, as the standard words it."""
    named = ", ".join(keywords)
    return f"299 {service}: The following annotation values are not supported: {named}"


def parse_charset(args: Arguments, accepted: str | None = None) -> str:
    """Read which character set a text is wanted in.

    Parameters
    ----------
    accepted
        The Accept-Charset header, which the parameter goes before (8.8.3).

    Raises
    ------
    Refusal
        400 for what is no list of character sets, 406 when there is none that we can give.
    """
    said = _value(args, "charset")
    if said is None and not (accepted and accepted.strip()):
        return DEFAULT_CHARSET
    wanted = _charsets(said if said is not None else (accepted or "")[:MAX_VALUE_LENGTH])
    for name in wanted:
        if name == "*":
            return DEFAULT_CHARSET
        if name in CHARSETS:
            return CHARSETS[name]
    available = tuple(sorted(set(CHARSETS.values())))
    raise Refusal.not_acceptable("no character set that is accepted can be given", available)


def _charsets(text: str) -> list[str]:
    """The names in a list, those with the highest quality first."""
    weighed = []
    for entry in text.split(","):
        match = _CHARSET.fullmatch(entry)
        if match is None:
            raise _bad("charset", "names of character sets, such as utf-8")
        weighed.append((float(match[2] or 1), match[1].lower()))
    liked = [(quality, name) for quality, name in weighed if quality > 0]
    return [name for _, name in sorted(liked, key=lambda pair: -pair[0])]


def _annotations(args: Arguments) -> list[str]:
    text = _value(args, "annotation")
    if text is None:
        return []
    words = [word.strip() for word in text.split(",")]
    if not all(_KEYWORD.fullmatch(word) for word in words):
        raise _bad("annotation", f"one or more of {_listed(ANNOTATIONS)}, separated by commas")
    return words


def _quality(args: Arguments) -> int | None:
    text = _value(args, "quality")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise _bad("quality", "a whole number from 1 to 100")
    return int(text)


def _viewport(args: Arguments) -> Viewport | None:
    text = _value(args, "viewport")
    if text is None:
        return None
    takes = "vw,vh or vw,vh,sx,sy,sw,sh: whole numbers above 0, and then decimal numbers or nothing"
    values = [value.strip() for value in text.split(",")]
    if not 2 <= len(values) <= 6:
        raise _bad("viewport", takes)
    width, height = (_side(value, takes) for value in values[:2])
    if width * height > MAX_PIXELS:
        raise _bad("viewport", f"no more than {MAX_PIXELS} pixels in all")
    x, y, across, down = (_coordinate(value, takes) for value in (values[2:] + [""] * 4)[:4])
    if across == 0 or down == 0:
        raise _bad("viewport", "a region whose width sw and height sh are not 0")
    return Viewport(
        width,
        height,
        x=abs(x or 0.0),
        y=abs(y or 0.0),
        region_width=None if across is None else abs(across),
        region_height=None if down is None else abs(down),
        flip_horizontally=across is not None and across < 0,
        flip_vertically=down is not None and down < 0,
    )


def _side(text: str, takes: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise _bad("viewport", takes)
    if int(text) > MAX_SIDE:
        raise _bad("viewport", f"no width or height above {MAX_SIDE}")
    return int(text)


def _coordinate(text: str, takes: str) -> float | None:
    if not text:
        return None
    number = _decimal(text)
    if number is None or abs(number) > _MAX_COORDINATE:
        raise _bad("viewport", takes)
    return number


def _window(args: Arguments) -> Window | None:
    text = _value(args, "window")
    if text is None:
        return None
    values = [value.strip() for value in text.split(",")]
    functions = _listed(tuple(_FUNCTIONS))
    takes = f"center,width,function: two decimal numbers and one of {functions}"
    if len(values) != 3 or values[2].lower() not in _FUNCTIONS:
        raise _bad("window", takes)
    center, width = _decimal(values[0]), _decimal(values[1])
    if center is None or width is None:
        raise _bad("window", takes)
    return checked_window(center, width, _FUNCTIONS[values[2].lower()], "window")


def checked_window(center: float, width: float, function: str, name: str) -> Window:
    """Return a window whose width its function takes, or refuse the parameter `name`.

    References
    ----------
    PS3.3 sections C.11.2.1.2 and C.11.2.1.3: 1 and more for LINEAR, above 0 for the others.
    """
    if width <= 0 or (function == "LINEAR" and width < 1):
        least = "1 and more" if function == "LINEAR" else "above 0"
        raise _bad(name, f"a width of {least} for this function")
    return Window(center, width, function)


def _icc_profile(args: Arguments) -> str:
    text = _value(args, "iccprofile")
    if text is None:
        return "no"
    if text not in ICC_PROFILES:
        raise _bad("iccprofile", f"one of {_listed(ICC_PROFILES)}")
    return text


def _value(args: Arguments, name: str) -> str | None:
    """The one value of a parameter; None when it is not given."""
    values = args.getlist(name)
    if not values:
        return None
    if len(values) > 1:
        raise _bad(name, "one value, and is given more than once")
    if len(values[0]) > MAX_VALUE_LENGTH:
        raise _bad(name, f"no more than {MAX_VALUE_LENGTH} characters")
    return values[0].strip()


def _decimal(text: str) -> float | None:
    if len(text) > 32 or not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if isfinite(number) else None


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _bad(name: str, takes: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, f"{name} takes {takes}")
