"""Values of the DICOM JSON Model as the value field of one element: one row per VR.

The inverse of `json_values`: JSON values in, Explicit VR Little Endian bytes in UTF-8 out. Every
value is checked for its type; what is wrong is said without repeating the value.

References
----------
PS3.5 section 6.2 (padding to even length), PS3.18 section F.2.3.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from decimal import Decimal
from math import isfinite, nan
from struct import error as struct_error
from struct import pack
from typing import Any, Final

from imaging.errors import Malformed
from imaging.json_values import MAX_EXACT_INTEGER, NUMERIC, PN_GROUPS
from imaging.write import padded

Writer = Callable[[list[Any]], bytes]

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_NUMBER_TEXT = re.compile(r"[+-]?[0-9]{1,20}")
_MAX_DECIMAL_STRING = 16
# What other writers put where JSON has no number; our own is null.
_SPECIAL_FLOATS: Final = {
    None: nan,
    "NaN": nan,
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "INF": float("inf"),
    "-INF": float("-inf"),
}


def value_field(vr: str, values: list[Any]) -> bytes:
    """Encode the "Value" array of an attribute.

    Raises
    ------
    Malformed
        When a value is not of the type that the VR asks for, or the VR is one without "Value".
    """
    if vr not in WRITERS:
        raise Malformed(f"{vr} takes InlineBinary or BulkDataURI")
    return padded(WRITERS[vr](values), vr)


def inline_binary(text: Any) -> bytes:
    """Bytes of an "InlineBinary" string, padded to even length.

    Raises
    ------
    Malformed
        When it is no base64.
    """
    if not isinstance(text, str):
        raise Malformed("InlineBinary is not a string")
    try:
        raw = a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Base64Error, UnicodeEncodeError) as error:
        raise Malformed("InlineBinary is not base64") from error
    return padded(raw, "OB")


def _utf_8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed("a text value holds a lone surrogate") from error


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("a text value is not a string")
    return value


def _texts(values: list[Any]) -> bytes:
    return _utf_8("\\".join(_text_of(value) for value in values))


def _one_text(values: list[Any]) -> bytes:
    # These VRs are never multi-valued; several values would silently become one.
    if len(values) > 1:
        raise Malformed("more than one value of a VR that has one")
    return _texts(values)


def _person_names(values: list[Any]) -> bytes:
    return _utf_8("\\".join(_person_name(value) for value in values))


def _person_name(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, dict) or not value.keys() <= set(PN_GROUPS):
        raise Malformed("a person name is not an object of component groups")
    return "=".join(_text_of(value.get(name)) for name in PN_GROUPS).rstrip("=")


def _integer_strings(values: list[Any]) -> bytes:
    return _texts([_integer_string(v) if _is_integer(v) else v for v in map(_whole, values)])


def _integer_string(number: int) -> str:
    # Past this, a number in JSON no longer says which integer it was (RFC 8259 section 6).
    if abs(number) > MAX_EXACT_INTEGER:
        raise Malformed("a value of IS is out of range")
    return str(number)


def _decimal_strings(values: list[Any]) -> bytes:
    return _texts([decimal_string(v) if _is_number(v) else v for v in values])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(value: Any) -> Any:
    """A number such as 5.0, which JavaScript cannot tell from 5, as the integer it is."""
    if isinstance(value, float):
        if not value.is_integer():
            raise Malformed("a value of an integer VR is no integer")
        return int(value)
    return value


def decimal_string(number: float) -> str:
    """The shortest Decimal String of a number; past 16 characters, the nearest that fits.

    References
    ----------
    PS3.5 section 6.2, DS: at most 16 bytes.
    """
    if isinstance(number, int) and abs(number) > MAX_EXACT_INTEGER:
        number = _nearest_float(number)
    if not isfinite(number):
        raise Malformed("a value of DS is not finite")
    text = repr(number)
    if len(text) <= _MAX_DECIMAL_STRING:
        return text
    exact = _compact(Decimal(text))
    if len(exact) <= _MAX_DECIMAL_STRING:
        return exact
    for digits in range(_MAX_DECIMAL_STRING, 0, -1):
        rounded = _compact(Decimal(f"{number:.{digits}g}"))
        if len(rounded) <= _MAX_DECIMAL_STRING:
            return rounded
    raise Malformed("a value of DS has no decimal string")  # pragma: no cover - one digit fits


def _nearest_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise Malformed("a value of DS is out of range") from error


def _compact(number: Decimal) -> str:
    """The shortest of: digits and exponent, a point with an exponent, no exponent."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise Malformed("a value of DS is not finite")
    minus = "-" if sign else ""
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    exponent += len(digits) - len(figures)
    spellings = [f"{minus}{figures}e{exponent}"]
    point = len(figures) + exponent
    if 0 < point < len(figures):
        spellings.append(f"{minus}{figures[:point]}.{figures[point:]}")
    if -_MAX_DECIMAL_STRING < point <= 0:
        spellings.append(f"{minus}.{'0' * -point}{figures}")
    if len(figures) <= point <= _MAX_DECIMAL_STRING:
        spellings.append(minus + figures.ljust(point, "0"))
    spellings.append(f"{minus}{figures[0]}.{figures[1:] or '0'}e{point - 1}")
    return min(spellings, key=len)


def _integers(vr: str) -> Writer:
    code = NUMERIC[vr]

    def write(values: list[Any]) -> bytes:
        numbers = [_whole(_from_text(value)) for value in values]
        if not all(map(_is_integer, numbers)):
            raise Malformed(f"a value of {vr} is no integer")
        try:
            return pack(f"<{len(numbers)}{code}", *numbers)
        except struct_error as error:
            raise Malformed(f"a value of {vr} is out of range") from error

    return write


def _from_text(value: Any) -> Any:
    """SV and UV may be strings; the same is taken from clients that do so with short ones."""
    if isinstance(value, str) and _NUMBER_TEXT.fullmatch(value):
        return int(value)
    return value


def _floats(vr: str) -> Writer:
    code = NUMERIC[vr]

    def write(values: list[Any]) -> bytes:
        numbers = [v if _is_number(v) else _special_float(v) for v in values]
        try:
            return pack(f"<{len(numbers)}{code}", *numbers)
        except (struct_error, OverflowError) as error:
            raise Malformed(f"a value of {vr} is out of range") from error

    return write


def _special_float(value: Any) -> float:
    if isinstance(value, str | None) and value in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[value]
    raise Malformed("a value of a floating point VR is no number")


def _tags(values: list[Any]) -> bytes:
    return b"".join(_tag(value) for value in values)


def _tag(value: Any) -> bytes:
    if not isinstance(value, str) or not _TAG.fullmatch(value):
        raise Malformed("a value of AT is not eight hexadecimal digits")
    return pack("<2H", int(value[:4], 16), int(value[4:], 16))


_TEXT: Final[dict[str, Writer]] = {
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "LO", "SH", "TM", "UC", "UI"), _texts),
    **dict.fromkeys(("LT", "ST", "UR", "UT"), _one_text),
    "DS": _decimal_strings,
    "IS": _integer_strings,
    "PN": _person_names,
}
TEXT_VRS: Final = frozenset(_TEXT)
# THE table: how the values of each VR are written.
WRITERS: Final[dict[str, Writer]] = {
    **_TEXT,
    **{vr: _integers(vr) for vr in ("SL", "SS", "SV", "UL", "US", "UV")},
    **{vr: _floats(vr) for vr in ("FD", "FL")},
    "AT": _tags,
}
