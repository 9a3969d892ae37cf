"""Bytes of text to str, after Specific Character Set.

The defined terms of PS3.3 section C.12.1.1.2, their code extensions (PS3.5 section 6.1.2.5) and
how writers misspell them may live here, as tables. Which element has text is the caller's matter.
Nothing here fails or logs: a byte that no table explains becomes U+FFFD.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_ESC: Final = 0x1B
# Twice the longest defined term; no spelling is worth more.
_MAX_TERM_LENGTH: Final = 32
# The default repertoire is ISO_IR 6; Latin-1 shows what writers mean who say nothing and go on.
_DEFAULT: Final = "latin-1"

# Each byte stands for one character, those of ASCII below 0x80 (PS3.3 tables C.12-2 and C.12-3).
_SINGLE_BYTE: Final = {
    "6": _DEFAULT,
    "100": "latin-1",
    "101": "iso8859-2",
    "109": "iso8859-3",
    "110": "iso8859-4",
    "126": "iso8859-7",
    "127": "iso8859-6",
    "138": "iso8859-8",
    "144": "iso8859-5",
    "148": "iso8859-9",
    "166": "tis-620",
    "203": "iso8859-15",
}

# PS3.3 table C.12-4, by the number in the term; the codec reads ASCII below 0x80 as well.
_MULTI_BYTE_G1: Final = {"149": "euc_kr", "58": "gb2312"}

# PS3.3 table C.12-5: without code extensions.
_STAND_ALONE: Final = {"ISOIR192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}

# Spellings that are no defined terms but met in the field; all are compared without their
# separators.
_ALIASES: Final = {
    "UTF8": "ISOIR192",
    "ISO2022IR192": "ISOIR192",
    "ISO2022GBK": "GBK",
    "ISO2022GB18030": "GB18030",
    "ISO202258": "ISO2022IR58",
    "GB2312": "ISO2022IR58",
    "LATIN1": "ISOIR100",
    "ISO88591": "ISOIR100",
    "ISO88592": "ISOIR101",
    "ISO88595": "ISOIR144",
    "ISO88597": "ISOIR126",
    "ISO88599": "ISOIR148",
    "ASCII": "ISOIR6",
    "SHIFTJIS": "ISOIR13",
}

_Segment = Callable[[bytes], str]


def _by_codec(codec: str) -> _Segment:
    return lambda segment: segment.decode(codec, "replace")


def _katakana(segment: bytes) -> str:
    """ISO-IR 13, and the two-byte Shift JIS that some writers mean by it."""
    return segment.decode("shift_jis", "replace")


def _katakana_in_g0(segment: bytes) -> str:
    return _katakana(_raised(segment))


def _jis_x_0208(segment: bytes) -> str:
    return _raised(segment).decode("euc_jp", "replace")


def _jis_x_0212(segment: bytes) -> str:
    pairs = re.findall(rb"[\x21-\x7e]{2}|.", segment, re.DOTALL)
    raised = (b"\x8f" + _raised(pair) if len(pair) == 2 else pair for pair in pairs)
    return b"".join(raised).decode("euc_jp", "replace")


def _raised(segment: bytes) -> bytes:
    return segment.translate(_TO_G1)


_TO_G1: Final = bytes(code | 0x80 if 0x21 <= code <= 0x7E else code for code in range(256))

_ASCII: Final = _by_codec("ascii")
_G0_OF_TWO_BYTES: Final = frozenset({_jis_x_0208, _jis_x_0212, _katakana_in_g0})

# PS3.3 tables C.12-3 and C.12-4: what an escape sequence puts where. ISO-IR 14 differs from ASCII
# by a yen sign and an overline only; it is read as ASCII, because its yen sign separates values.
_INTO_G0: Final[dict[bytes, _Segment]] = {
    b"$(D": _jis_x_0212,
    b"$(B": _jis_x_0208,
    b"$B": _jis_x_0208,
    b"$@": _jis_x_0208,
    b"(B": _ASCII,
    b"(J": _ASCII,
    b"(I": _katakana_in_g0,
}
_INTO_G1: Final[dict[bytes, _Segment]] = {
    b"$)C": _by_codec("euc_kr"),
    b"$)A": _by_codec("gb2312"),
    b")I": _katakana,
    b"-A": _by_codec("latin-1"),
    b"-B": _by_codec("iso8859-2"),
    b"-C": _by_codec("iso8859-3"),
    b"-D": _by_codec("iso8859-4"),
    b"-F": _by_codec("iso8859-7"),
    b"-G": _by_codec("iso8859-6"),
    b"-H": _by_codec("iso8859-8"),
    b"-L": _by_codec("iso8859-5"),
    b"-M": _by_codec("iso8859-9"),
    b"-T": _by_codec("tis-620"),
    b"-b": _by_codec("iso8859-15"),
}

# After these the initial sets hold again (PS3.5 section 6.1.2.5.3).
_RESETS_IN_TEXT: Final = re.compile(rb"[\t\n\f\r]")
_RESETS_IN_VALUES: Final = re.compile(rb"[\t\n\f\r\\]")
_RESETS: Final = {
    "PN": re.compile(rb"[\t\n\f\r\\^=]"),
    **dict.fromkeys(("ST", "LT", "UT"), _RESETS_IN_TEXT),
}

_HALVES: Final = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class _Repertoire:
    """What Specific Character Set makes of bytes before any escape sequence.

    `codec` decodes a whole value; where there are escape sequences, `g0` and `g1` decode the
    halves below and above 0x80.
    """

    codec: str
    g0: _Segment
    g1: _Segment
    extensible: bool = True


def decode(value: bytes, charsets: Sequence[str], vr: str) -> str:
    r"""Decode the value of an element, all its values at once.

    Values stay separated by backslashes: only what was decoded can be split, since a byte 05/12
    may be half a character.

    Parameters
    ----------
    value
        As encoded; padding is kept.
    charsets
        Values of (0008,0005), however spelled; none for the default repertoire.
    vr
        Decides which characters reset code extensions.

    References
    ----------
    PS3.3 section C.12.1.1.2, PS3.5 sections 6.1.2 and H to K.
    """
    escaped = _ESC in value
    if not escaped and value.isascii():
        return value.decode("ascii")
    repertoire = _repertoire(charsets[0][:_MAX_TERM_LENGTH] if charsets else "")
    if escaped and repertoire.extensible:
        return _decode_extended(value, repertoire, vr)
    return value.decode(repertoire.codec, "replace")


@lru_cache(maxsize=256)
def _repertoire(term: str) -> _Repertoire:
    """The repertoire of a first defined term, however its separators are spelled."""
    key = re.sub(r"[^A-Z0-9]", "", term.upper())
    key = _ALIASES.get(key, key)
    if key in _STAND_ALONE:
        codec = _STAND_ALONE[key]
        return _Repertoire(codec, _ASCII, _by_codec(codec), extensible=False)
    number = key.removeprefix("ISO2022").removeprefix("ISO").removeprefix("IR")
    if number == "13":
        return _Repertoire("shift_jis", _ASCII, _katakana)
    codec = _SINGLE_BYTE.get(number) or _MULTI_BYTE_G1.get(number) or _DEFAULT
    return _Repertoire(codec, _ASCII, _by_codec(codec))


def _decode_extended(value: bytes, initial: _Repertoire, vr: str) -> str:
    """Follow the escape sequences through a value."""
    resets = _RESETS.get(vr, _RESETS_IN_VALUES)
    before, *runs = value.split(b"\x1b")
    g0, g1 = initial.g0, initial.g1
    text = [_decode_run(before, g0, g1)]
    for run in runs:
        g0, g1, shown = _designated(g0, g1, run)
        # In a two-byte set the same bytes are halves of characters.
        reset = None if g0 in _G0_OF_TWO_BYTES else resets.search(shown)
        if reset:
            text.append(_decode_run(shown[: reset.start()], g0, g1))
            shown = shown[reset.start() :]
            g0, g1 = initial.g0, initial.g1
        text.append(_decode_run(shown, g0, g1))
    return "".join(text)


def _designated(g0: _Segment, g1: _Segment, run: bytes) -> tuple[_Segment, _Segment, bytes]:
    """Carry out the escape sequence that a run begins with; an unknown one changes nothing."""
    for length in (3, 2):
        sequence = run[:length]
        if sequence in _INTO_G0:
            return _INTO_G0[sequence], g1, run[length:]
        if sequence in _INTO_G1:
            return g0, _INTO_G1[sequence], run[length:]
    return g0, g1, run


def _decode_run(run: bytes, g0: _Segment, g1: _Segment) -> str:
    halves = _HALVES.findall(run)
    return "".join(g0(half) if half[0] < 0x80 else g1(half) for half in halves)
