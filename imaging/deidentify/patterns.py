"""What identifies somebody whoever it is: dates, telephones, addresses of mail and web, numbers.

Patterns may live here, bounded and anchored, since the text they meet is hostile; texts of known
people are `lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_MONTH: Final = (
    r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic|avr|f[eé]v|"
    r"ao[uû]|d[eé]c)[a-zéûäí]{0,8}\.?"
)

_DATES: Final = re.compile(
    rf"""
      (?<!\d)(?:1[89]|20|21)\d\d([-/. _])\d{{1,2}}\1\d{{1,2}}(?!\d)     # year first
    | (?<![\d.])\d{{1,2}}([-/.])\d{{1,2}}\2(?:\d{{4}}|\d{{2}})(?![\d.]*\d)   # year last
    | (?<![\d.])\d{{1,2}}[ ]\d{{1,2}}[ ](?:19|20)\d\d(?![\d.])
    | (?<!\d)(?:1[89]|20|21)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T?\d{{4,6}})?(?!\d)
    | (?<!\d)\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]?{_MONTH}[ ,-]{{0,2}}\d{{2,4}}(?!\d)
    | (?<![^\W\d_]){_MONTH}[ -]\d{{1,2}}(?:st|nd|rd|th)?,?[ -]\d{{2,4}}(?!\d)
    | (?<!\d)\d{{4}}年\d{{1,2}}月(?:\d{{1,2}}日)?
    | (?<!\d)\d{{1,2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}})?(?!\d)             # time of day
    """,
    re.VERBOSE | re.IGNORECASE,
)

_NUMBERS: Final = re.compile(
    r"""
      (?<![\d.])\d+(?:\.\d{1,40}){4,40}                                 # UIDs
    | (?<!\d)\d{3}-\d{2}-\d{4}(?!\d)                                    # social security number
    | (?<![\w.])\+?\(?\d{2,5}\)?(?:[ ./-]{1,2}\(?\d{2,8}\)?){1,5}(?!\w)   # telephone, see below
    | (?<![\d.])\d{6,64}(?!\.?\d)                                       # long numbers
    """,
    re.VERBOSE,
)
_MIN_TELEPHONE_DIGITS: Final = 7
_MIN_DOTS: Final = 4
_ROW: Final = re.compile(r"[1-9][\d .]+")
_CALLED_ROW: Final = re.compile(r"(?:\d{3}[ .])?\d{3}[ .]\d{4}")

# Parts that are looked for around a rare sign, so that nothing is tried at every letter.
_WEB: Final = re.compile(r"(?:https?|ftp|file|smb)://[^\s<>\"']{1,2048}", re.IGNORECASE)
_PATH: Final = re.compile(r"(?:\\\\|[A-Za-z]:\\)[^\s<>\"'|?*]{1,512}")
_HOST: Final = re.compile(r"@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}")
_MAX_MAILBOX: Final = 64
_MAILBOX: Final = re.compile(r"[\w.+%-]{1,64}\Z")

_TITLED: Final = re.compile(
    r"(?<!\w)(?:(?:[Dd]r|[Mm]r|[Mm]rs|[Mm]s|[Pp]rof|Herr|Frau|Mme|Sig|DR|MRS|PROF)\b\.?|DRS?\.)"
    r"[ ^]{1,3}[^\W\d_][\w'’-]{1,40}(?:[ ^]{1,3}(?-i:[A-Z])[\w'’-]{1,40}){0,2}"
)


def places_of(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text something stands that identifies somebody."""
    for pattern in (_DATES, _TITLED, _WEB, _PATH):
        yield from (match.span() for match in pattern.finditer(text))
    for match in _NUMBERS.finditer(text):
        if _is_number(match[0]):
            yield match.span()
    if "@" in text:
        yield from _mailboxes(text)


def _is_number(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    if digits < 6:
        return False
    if text.isdigit() or text.count(".") >= _MIN_DOTS:
        return True
    if _ROW.fullmatch(text) and not _CALLED_ROW.fullmatch(text):
        # Rows of measures look like this as well.
        return False
    return digits >= _MIN_TELEPHONE_DIGITS


def _mailboxes(text: str) -> Iterator[tuple[int, int]]:
    for match in _HOST.finditer(text):
        before = _MAILBOX.search(text[max(0, match.start() - _MAX_MAILBOX) : match.start()])
        if before:
            yield match.start() - len(before[0]), match.end()
