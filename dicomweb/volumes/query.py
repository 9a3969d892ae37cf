"""The query parameters of rendered volumes, read strictly: which volume, seen how.

Only reading and refusing may live here; what a parameter does is `imaging.volumes.views` and
`imaging.volumes.rendering`. A value that cannot be read is a 400 that names the parameter and says
what it takes.

References
----------
PS3.18 section 8.3.5.3 (2024d).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, TypeVar

from werkzeug.datastructures import MultiDict

from archive.attributes import find_path
from archive.conditions import Condition
from archive.criteria import Rules, condition
from dicomweb.errors import Refusal
from imaging.uids import is_uid
from imaging.volumes.views import ORIENTATIONS, frames_along

Arguments = MultiDict[str, str]
Point = tuple[float, float, float]
T = TypeVar("T")

MAX_FRAMES: Final = 360
"""Pictures of one animation."""

MAX_CURVE_POINTS: Final = 256
MAX_MATCHES: Final = 32
MAX_RATE: Final = 60
MAX_VALUE_LENGTH: Final = 256

DEFAULT_RATE: Final = 10
DEFAULT_SWIVEL_STEP: Final = 5.0

METHODS: Final = ("volume_rendered", "maximum_ip", "minimum_ip", "average_ip")
# Patients are not larger, and numbers beyond lose their decimals.
_MAX_MM: Final = 100_000.0
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_FRAME = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
# A name that means to be an attribute begins in upper case, or is eight digits.
_ATTRIBUTE = re.compile(r"(?:[A-Z][A-Za-z0-9]*|[0-9A-Fa-f]{8})(?:\.[A-Za-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class VolumeQuery:
    """What a request says of a volume and how it is seen; None is not said.

    Attributes
    ----------
    reference
        A UID, or the number of a frame, that is of the volume.
    matches
        Conditions on the images, which make up the volume if they hold.
    curve
        Points in the patient, in millimetres, as all points and lengths are.
    """

    reference: str | None = None
    matches: tuple[Condition, ...] = ()
    method: str | None = None
    orientation: str | None = None
    position: Point | None = None
    look_at: Point | None = None
    up: Point | None = None
    slab: float | None = None
    swivel_range: float | None = None
    curve: tuple[Point, ...] | None = None
    step: float | None = None
    rate: float | None = None
    metadata: bool = False

    @property
    def given(self) -> list[str]:
        """Names of the parameters that are said."""
        return [
            name
            for name, attribute in _NAMES.items()
            if getattr(self, attribute) not in (None, (), False)
        ]

    @property
    def moves(self) -> bool:
        """Whether an animation in space is asked for."""
        return self.swivel_range is not None or self.curve is not None


_NAMES: Final = {
    "volumeinputreference": "reference",
    "match": "matches",
    "renderingmethod": "method",
    "orientation": "orientation",
    "viewpointposition": "position",
    "viewpointlookat": "look_at",
    "viewpointup": "up",
    "mprslab": "slab",
    "swivelrange": "swivel_range",
    "volumetriccurvepoint": "curve",
    "animationstepsize": "step",
    "animationrate": "rate",
    "renderedvolumetricmetadata": "metadata",
}
NAMES: Final = tuple(name for name in _NAMES if name != "match")
"""Of all parameters but the attributes that are matched."""

# Parameters that go with a plane only, and with the whole volume only.
_NOT_IN_3D: Final = ("mprslab", "volumetriccurvepoint")
_NOT_IN_MPR: Final = ("swivelrange",)


def parse(args: Arguments, *, three_d: bool) -> VolumeQuery:
    """Read which volume is wanted, and how it is to be seen.

    Parameters
    ----------
    args
        Of the query string, percent-decoded.
    three_d
        Of `rendered3D`; else of `renderedMPR`.

    Raises
    ------
    Refusal
        400, naming the parameter.
    BadSearch
        A value that an attribute is matched by cannot be read.
    """
    asked = VolumeQuery(
        reference=_read(args, "volumeinputreference", _reference),
        matches=tuple(_matches(args)),
        method=_read(args, "renderingmethod", _method),
        orientation=_read(args, "orientation", _orientation),
        position=_read(args, "viewpointposition", _point),
        look_at=_read(args, "viewpointlookat", _point),
        up=_read(args, "viewpointup", _point),
        slab=_read(args, "mprslab", _length),
        swivel_range=_read(args, "swivelrange", _angle),
        curve=_curve(args),
        step=_read(args, "animationstepsize", _length),
        rate=_read(args, "animationrate", _rate),
        metadata=_read(args, "renderedvolumetricmetadata", _yes) or False,
    )
    _check_together(asked, three_d=three_d)
    return asked


def _check_together(asked: VolumeQuery, *, three_d: bool) -> None:
    resource, other = ("rendered3D", "renderedMPR") if three_d else ("renderedMPR", "rendered3D")
    for name in _NOT_IN_3D if three_d else _NOT_IN_MPR:
        if name in asked.given:
            raise Refusal.bad_request(f"{name} says nothing to {resource}; ask for {other}")
    if not three_d and asked.method == "volume_rendered":
        raise Refusal.bad_request(
            "renderingmethod takes maximum_ip, minimum_ip or average_ip for renderedMPR"
        )
    viewpoint = [name for name in asked.given if name.startswith("viewpoint")]
    if asked.orientation is not None and viewpoint:
        raise Refusal.bad_request(f"orientation and {viewpoint[0]} exclude each other")
    if asked.step is not None and not asked.moves:
        raise Refusal.bad_request(
            "animationstepsize says nothing without swivelrange or volumetriccurvepoint"
        )
    _check_frames(asked)


def _check_frames(asked: VolumeQuery) -> None:
    frames = 0.0
    if asked.swivel_range is not None:
        frames = asked.swivel_range / (asked.step or DEFAULT_SWIVEL_STEP)
    elif asked.curve is not None and asked.step is not None:
        frames = frames_along(asked.curve, asked.step)
    if frames > MAX_FRAMES:
        raise Refusal.bad_request(
            f"the animation would have more than {MAX_FRAMES} pictures; "
            "ask for a larger animationstepsize"
        )


def _read(args: Arguments, name: str, read: Callable[[str, str], T]) -> T | None:
    values = args.getlist(name)
    if not values:
        return None
    if len(values) > 1:
        raise _bad(name, "one value, and is given more than once")
    if len(values[0]) > MAX_VALUE_LENGTH:
        raise _bad(name, f"no more than {MAX_VALUE_LENGTH} characters")
    return read(name, values[0].strip())


def _reference(name: str, text: str) -> str:
    if not (_FRAME.fullmatch(text) or ("." in text and is_uid(text))):
        raise _bad(name, "the UID of an instance or series, or the number of a frame")
    return text


def _matches(args: Arguments) -> list[Condition]:
    """Attributes are matched as in a search: ``EchoTime=20`` (8.3.4.1)."""
    found = []
    for name, values in args.lists():
        if not _ATTRIBUTE.fullmatch(name) or len(name) > MAX_VALUE_LENGTH:
            continue
        path = find_path(name)
        if path is None:
            raise Refusal.bad_request("a parameter that is spelled like an attribute names none")
        if len(values) > 1:
            raise Refusal.bad_request("an attribute to match is given more than once")
        found.append(condition(path, values[0], Rules()))
    if len(found) > MAX_MATCHES:
        raise Refusal.bad_request(f"more than {MAX_MATCHES} attributes are to be matched")
    return found


def _method(name: str, text: str) -> str:
    if text not in METHODS:
        raise _bad(name, f"one of {', '.join(METHODS)}")
    return text


def _orientation(name: str, text: str) -> str:
    if text not in ORIENTATIONS:
        raise _bad(name, f"one of {', '.join(ORIENTATIONS)}")
    return text


def _point(name: str, text: str) -> Point:
    numbers = _numbers(text.split(","))
    if numbers is None or len(numbers) != 3:
        raise _bad(name, "three decimal numbers, in millimetres, separated by commas")
    x, y, z = numbers
    return x, y, z


def _curve(args: Arguments) -> tuple[Point, ...] | None:
    """Points, three numbers each: the parameter repeated, or one list."""
    name = "volumetriccurvepoint"
    texts = [part for value in args.getlist(name) for part in value.split(",")]
    if not texts:
        return None
    numbers = _numbers(texts) if len(texts) <= 3 * MAX_CURVE_POINTS else None
    if numbers is None or len(numbers) % 3 or len(numbers) < 6:
        most = MAX_CURVE_POINTS
        raise _bad(name, f"two to {most} points of three decimal numbers each, in millimetres")
    points = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return tuple(points)


def _length(name: str, text: str) -> float:
    numbers = _numbers([text])
    if numbers is None or numbers[0] <= 0:
        raise _bad(name, "a decimal number above 0")
    return numbers[0]


def _angle(name: str, text: str) -> float:
    angle = _length(name, text)
    if angle > 360:
        raise _bad(name, "a decimal number above 0 and up to 360")
    return angle


def _rate(name: str, text: str) -> float:
    rate = _length(name, text)
    if not 0.1 <= rate <= MAX_RATE:
        raise _bad(name, f"a number of pictures a second from 0.1 to {MAX_RATE}")
    return rate


def _yes(name: str, text: str) -> bool:
    if text != "yes":
        raise _bad(name, "yes")
    return True


def _numbers(texts: Sequence[str]) -> list[float] | None:
    found = []
    for text in (text.strip() for text in texts):
        if len(text) > 32 or not _DECIMAL.fullmatch(text):
            return None
        number = float(text)
        if not isfinite(number) or abs(number) > _MAX_MM:
            return None
        found.append(number)
    return found


def _bad(name: str, takes: str) -> Refusal:
    return Refusal.bad_request(f"{name} takes {takes}")
