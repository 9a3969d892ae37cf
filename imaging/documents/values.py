"""Values of the DICOM JSON Model as people read them: names, dates, codes.

References
----------
PS3.5 section 6.2 (DA, TM, DT, PN), PS3.3 section 8.8 (Code Sequence Macro), PS3.18 annex F.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

Model = Mapping[str, Any]

_CODE_VALUE, _LONG_CODE, _URN_CODE = "00080100", "00080119", "00080120"
_CODE_SCHEME, _CODE_MEANING = "00080102", "00080104"
_MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)?(?P<day>\d\d)?"
    r"(?:(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?(?P<part>\.\d{1,6})?)?"
    r"(?P<zone>[+-]\d{4})?"
)
_TIME = re.compile(r"(\d\d)(\d\d)?(\d\d)?(\.\d{1,6})?")
_REPRESENTATIONS: Final = ("Alphabetic", "Ideographic", "Phonetic")


def values(model: Model, tag: str) -> list[Any]:
    """All values of an attribute, null where one is empty; none when there is no such attribute."""
    attribute = model.get(tag)
    found = attribute.get("Value") if isinstance(attribute, Mapping) else None
    return found if isinstance(found, list) else []


def items(model: Model, tag: str) -> list[Model]:
    """The items of a sequence."""
    return [item for item in values(model, tag) if isinstance(item, Mapping)]


def first_item(model: Model, tag: str) -> Model:
    """The first item of a sequence, or an empty one."""
    found = items(model, tag)
    return found[0] if found else {}


def text(model: Model, tag: str) -> str:
    """All values of an attribute as one text, spelled for its VR."""
    attribute = model.get(tag)
    vr = attribute.get("vr") if isinstance(attribute, Mapping) else ""
    spell = _SPELLINGS.get(str(vr), _plain)
    return ", ".join(
        said for value in values(model, tag) if value is not None and (said := spell(value))
    )


def code(item: Model) -> str:
    """The meaning of a coded concept, or the code when it has none."""
    return text(item, _CODE_MEANING) or code_value(item)


def code_value(item: Model) -> str:
    """The code itself."""
    return next(
        (said for tag in (_CODE_VALUE, _LONG_CODE, _URN_CODE) if (said := text(item, tag))), ""
    )


def code_note(item: Model) -> str:
    """Code and scheme, as PS3.16 writes them before a meaning."""
    parts = [part for part in (code_value(item), text(item, _CODE_SCHEME)) if part]
    return ", ".join(parts)


def is_code(item: Model, value: str, scheme: str = "DCM") -> bool:
    """Whether a concept is this code."""
    return code_value(item) == value and text(item, _CODE_SCHEME) == scheme


def person(value: Any) -> str:
    """A name as it is spoken, its other ways of writing behind it."""
    if not isinstance(value, Mapping):
        return _plain(value)
    spelled = [
        _spoken(str(value[name]), family_first=name != "Alphabetic")
        for name in _REPRESENTATIONS
        if value.get(name)
    ]
    if not spelled:
        return ""
    return spelled[0] if len(spelled) == 1 else f"{spelled[0]} ({', '.join(spelled[1:])})"


def _spoken(name: str, *, family_first: bool) -> str:
    family, given, middle, prefix, suffix = (name.split("^") + [""] * 5)[:5]
    order = (family, given, middle) if family_first else (prefix, given, middle, family)
    spoken = " ".join(part.strip() for part in order if part.strip())
    return f"{spoken}, {suffix.strip()}" if suffix.strip() else spoken


def moment(value: Any) -> str:
    """A date or a date and time in the order of ISO 8601; as it is when it is neither."""
    match = _MOMENT.fullmatch(str(value).strip())
    if match is None:
        return _plain(value)
    date = "-".join(part for part in match.group("year", "month", "day") if part)
    clock = ":".join(part for part in match.group("hour", "minute", "second") if part)
    said = f"{date} {clock}{match['part'] or ''}" if clock else date
    return f"{said} {match['zone']}" if match["zone"] else said


def clock(value: Any) -> str:
    """A time of day with its colons."""
    match = _TIME.fullmatch(str(value).strip())
    if match is None:
        return _plain(value)
    return ":".join(part for part in match.groups()[:3] if part) + (match[4] or "")


def number(value: Any) -> str:
    """A number without a tail of zeros."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _plain(value)


def _plain(value: Any) -> str:
    return "" if isinstance(value, Mapping) else str(value).strip()


_SPELLINGS: Final = {
    "PN": person,
    "DA": moment,
    "DT": moment,
    "TM": clock,
    "DS": number,
    "FD": number,
    "FL": number,
}
