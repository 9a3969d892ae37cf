"""The query parameters of the URI service, read strictly: which instance, as what, how shown.

Only reading and refusing may live here. A known parameter that cannot be read, or stands twice,
is a 400 that names it; one that nobody knows is left alone (8.3.1). Which of them go with what was
chosen is `check_goes_with`.

References
----------
PS3.18 chapter 9 (URI service), sections 9.1.2, 9.4.1.2 and 9.5.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from werkzeug.datastructures import MultiDict

from dicomweb.errors import Refusal
from dicomweb.rendering.kinds import Kind
from dicomweb.rendering.query import MAX_VALUE_LENGTH, checked_window
from imaging.rendering.frame import ANNOTATIONS, Rendering, Viewport, Window
from imaging.rendering.viewport import MAX_PIXELS, MAX_SIDE
from imaging.uids import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, is_uid

Arguments = MultiDict[str, str]

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}\.?[0-9]{0,15}|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_NEVER_ON_THE_WEB = frozenset({str(IMPLICIT_VR_LITTLE_ENDIAN), str(EXPLICIT_VR_BIG_ENDIAN)})

# The parameter has had two names, and so has the one for annotations.
_ANONYMIZE = ("anonymize", "anonymity")
_ANNOTATION = ("annotation", "imageAnnotation")

_SIZE = frozenset({"rows", "columns", "imageQuality"})
_PICTURE = _SIZE | {*_ANNOTATION, "region"}
_IMAGE = _PICTURE | {
    "frameNumber",
    "windowCenter",
    "windowWidth",
    "presentationUID",
    "presentationSeriesUID",
}
SHOWING: Final = tuple(sorted(_IMAGE))
"""The parameters that are about how something is shown."""

_GO_WITH: Final[Mapping[Kind, frozenset[str]]] = MappingProxyType(
    {
        Kind.IMAGE: _IMAGE,
        Kind.STATE: _SIZE | {*_ANNOTATION},
        Kind.PDF: _SIZE | {"region"},
    }
)
_KNOWN: Final = frozenset(
    {
        "requestType",
        "studyUID",
        "seriesUID",
        "objectUID",
        "contentType",
        "charset",
        "transferSyntax",
        *_ANONYMIZE,
        *_IMAGE,
    }
)


_PLAINLY = Rendering()


@dataclass(frozen=True, slots=True)
class UriRequest:
    """What is asked for.

    Attributes
    ----------
    content_type
        A list of media types, as in an Accept header.
    frame
        Number of the one frame that is wanted, from 1.
    presentation
        Series and SOP Instance UID of the presentation state to show the image with.
    unknown_annotations
        Keywords that are left out, which the answer must warn of.
    showing
        Names of the parameters of `SHOWING` that were given.
    """

    study: str
    series: str
    instance: str
    content_type: str | None = None
    transfer_syntax: str | None = None
    frame: int | None = None
    presentation: tuple[str, str] | None = None
    rendering: Rendering = _PLAINLY
    unknown_annotations: tuple[str, ...] = ()
    showing: tuple[str, ...] = ()


def parse(args: Arguments) -> UriRequest:
    """Read a request.

    Raises
    ------
    Refusal
        400, naming the parameter; 501 for a de-identified instance.
    """
    _check_each_once(args)
    if args.get("requestType") != "WADO":
        raise _bad("requestType", "the value WADO, and is required")
    uids = {name: _uid(args, name) for name in ("studyUID", "seriesUID", "objectUID")}
    _check_anonymize(args)
    words = _annotations(args)
    presentation = _presentation(args)
    return UriRequest(
        study=uids["studyUID"],
        series=uids["seriesUID"],
        instance=uids["objectUID"],
        content_type=args.get("contentType"),
        transfer_syntax=_transfer_syntax(args),
        frame=_frame(args),
        presentation=presentation,
        rendering=Rendering(
            viewport=_viewport(args),
            window=_window(args),
            quality=_quality(args),
            annotations=frozenset(words) & frozenset(ANNOTATIONS),
        ),
        unknown_annotations=tuple(word for word in words if word not in ANNOTATIONS),
        showing=tuple(name for name in SHOWING if name in args),
    )


def check_goes_with(request: UriRequest, kind: Kind | None, *, is_picture: bool) -> None:
    """Refuse parameters that change nothing of what was chosen.

    Parameters
    ----------
    kind
        Of what is rendered; None for the instance itself.

    Raises
    ------
    Refusal
        400, naming the parameter.
    """
    allowed = _GO_WITH.get(kind, frozenset()) if kind is not None and is_picture else frozenset()
    chosen = "application/dicom" if kind is None else kind.value
    for name in request.showing:
        if name not in allowed:
            raise Refusal.bad_request(f"{name} does not go with {chosen} as it was chosen")


def _check_each_once(args: Arguments) -> None:
    for name, values in args.lists():
        if name in _KNOWN:
            if len(values) > 1:
                raise _bad(name, "one value, and is given more than once")
            limit = MAX_VALUE_LENGTH * (16 if name == "contentType" else 1)
            if not values[0] or len(values[0]) > limit:
                raise _bad(name, f"a value of at most {limit} characters")


def _check_anonymize(args: Arguments) -> None:
    """Refuse, rather than give a patient's name to who asked for none.

    References
    ----------
    PS3.18 section 9.4.2.3: an origin server that cannot anonymize may return an error.
    """
    for name, value in args.items():
        if name.lower() in _ANONYMIZE:
            if value != "yes":
                raise _bad("anonymize", "the value yes")
            raise Refusal(
                HTTPStatus.NOT_IMPLEMENTED,
                "this server does not de-identify what it gives; nothing was given. Without "
                "anonymize the instance comes as it is stored, with what it says of the patient",
            )


def _transfer_syntax(args: Arguments) -> str | None:
    uid = args.get("transferSyntax")
    if uid is None:
        return None
    if not is_uid(uid) or uid in _NEVER_ON_THE_WEB:
        raise _bad(
            "transferSyntax",
            "one Transfer Syntax UID, and neither Implicit VR nor Big Endian, which are not "
            "used on the web",
        )
    return uid


def _frame(args: Arguments) -> int | None:
    text = args.get("frameNumber")
    return None if text is None else _whole(text, "frameNumber", 2**31 - 1)


def _quality(args: Arguments) -> int | None:
    text = args.get("imageQuality")
    return None if text is None else _whole(text, "imageQuality", 100)


def _annotations(args: Arguments) -> list[str]:
    given = [args[name] for name in _ANNOTATION if name in args]
    words = [word.strip() for text in given for word in text.split(",")]
    if not all(_KEYWORD.fullmatch(word) for word in words):
        raise _bad("annotation", f"one or more of {', '.join(ANNOTATIONS)}, separated by commas")
    return words


def _presentation(args: Arguments) -> tuple[str, str] | None:
    names = ("presentationSeriesUID", "presentationUID")
    given = [name for name in names if name in args]
    if not given:
        return None
    if len(given) == 1:
        raise Refusal.bad_request("presentationUID and presentationSeriesUID go together")
    for other in ("windowCenter", "windowWidth", "region"):
        if other in args:
            raise Refusal.bad_request(f"{other} does not go with a presentation state")
    return _uid(args, names[0]), _uid(args, names[1])


def _viewport(args: Arguments) -> Viewport | None:
    region = _region(args)
    sides = [
        None if name not in args else _whole(args[name], name, MAX_SIDE)
        for name in ("columns", "rows")
    ]
    width, height = sides
    if width is not None and height is not None and width * height > MAX_PIXELS:
        raise _bad("rows", f"no more than {MAX_PIXELS} pixels together with columns")
    if region is None:
        return Viewport(width, height) if any(sides) else None
    left, top, right, bottom = region
    return Viewport(width, height, left, top, right - left, bottom - top, relative=True)


def _region(args: Arguments) -> tuple[float, float, float, float] | None:
    text = args.get("region")
    if text is None:
        return None
    # What is no number lies in no image.
    values = [_decimal(value.strip()) for value in text.split(",")]
    edges = [-1.0 if value is None else value for value in values]
    if len(edges) == 4 and 0 <= edges[0] < edges[2] <= 1 and 0 <= edges[1] < edges[3] <= 1:
        return edges[0], edges[1], edges[2], edges[3]
    raise _bad("region", "left,top,right,bottom, which are parts of the image from 0.0 to 1.0")


def _window(args: Arguments) -> Window | None:
    names = ("windowCenter", "windowWidth")
    given = [name for name in names if name in args]
    if not given:
        return None
    if len(given) == 1:
        raise Refusal.bad_request("windowCenter and windowWidth go together")
    center, width = (_decimal(args[name].strip()) for name in names)
    if center is None:
        raise _bad("windowCenter", "a decimal number")
    if width is None:
        raise _bad("windowWidth", "a decimal number")
    return checked_window(center, width, "LINEAR", "windowWidth")


def _uid(args: Arguments, name: str) -> str:
    value = args.get(name)
    if value is None or not is_uid(value):
        raise _bad(name, "one UID, and is required")
    return value


def _whole(text: str, name: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most:
        return int(text)
    raise _bad(name, f"a whole number from 1 to {most}")


def _decimal(text: str) -> float | None:
    return float(text) if _DECIMAL.fullmatch(text) else None


def _bad(name: str, takes: str) -> Refusal:
    return Refusal.bad_request(f"{name} takes {takes}")
