"""The ways in which a name, a number, a place or a date is written: one text to look for each.

References
----------
PS3.5 section 6.2.1 (PN).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice, permutations
from typing import Final

from imaging.deidentify.spelling import bare, fold, is_unspaced, visible, words
from imaging.deidentify.vocabulary import is_common

_MIN_NAME: Final = 3
_MIN_NUMBER: Final = 4
_MIN_PLACE: Final = 4
_MIN_TELEPHONE: Final = 7
_MAX_LENGTH: Final = 256
_MAX_VALUES: Final = 500
_MAX_NAME_WORDS: Final = 6
_PARTS: Final = re.compile(r"[\^,]")
_CLAUSES: Final = re.compile(r"[\r\n,;^]+")
_NO_DIGITS: Final = re.compile(r"\D")
_DATE: Final = re.compile(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})", re.ASCII)
_TITLES_SAID: Final = (
    "dr md phd prof mr mrs ms miss jr sr ii iii iv rn dipl ing med herr frau von van der den "
    "del los las dos das bin ibn al el mme monsieur dott"
)
_TITLES: Final = frozenset(_TITLES_SAID.split())
_MONTHS: Final = (
    ("jan", "january", "januar", "janvier", "enero"),
    ("feb", "february", "februar", "fevrier", "febrero"),
    ("mar", "march", "marz", "mars", "marzo"),
    ("apr", "april", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("jun", "june", "juni", "juin", "junio"),
    ("jul", "july", "juli", "juillet", "julio"),
    ("aug", "august", "aout", "agosto"),
    ("sep", "sept", "september", "septembre", "septiembre"),
    ("oct", "october", "okt", "oktober", "octobre", "octubre"),
    ("nov", "november", "novembre", "noviembre"),
    ("dec", "december", "dez", "dezember", "decembre", "diciembre"),
)
# What names nobody though it stands where names stand.
_NOBODY_SAID: Final = (
    "anonymous anonymized anonymised anonym unknown none null test patient the and of removed "
    "unspecified undefined nobody default 0000 00000000 000000 19000101 aboutblank"
)
_NOBODY: Final = frozenset(_NOBODY_SAID.split())


class Kind(StrEnum):
    """What an identifier is."""

    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One text that identifies.

    Attributes
    ----------
    text
        Without case, mostly folded: without accents and compatibility forms, too.
    """

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """All of them, of one instance or of a whole study."""

    identifiers: frozenset[Identifier] = field(default=frozenset(), repr=False)

    def __or__(self, other: Identity) -> Identity:
        # Mostly one has all that the other has, and what was made of it is used again.
        for one, more in ((self, other), (other, self)):
            if more.identifiers <= one.identifiers:
                return one
        return Identity(self.identifiers | other.identifiers)

    def texts(self, *kinds: str) -> frozenset[str]:
        """The texts of some kinds, or of all."""
        return frozenset(one.text for one in self.identifiers if not kinds or one.kind in kinds)


def names(values: Iterable[str]) -> Iterator[Identifier]:
    """Every part of every group of a PN, its groups as wholes in every order, and initials.

    A name whose parts are not where they belong (``Doe, Jane``, ``doe_jane``, ``JaneDoe``) is
    split all the same.
    """
    for value in islice(values, _MAX_VALUES):
        for group in visible(value)[:_MAX_LENGTH].split("="):
            for spelled in dict.fromkeys((group, _expanded(group), _contracted(group))):
                yield from _group(spelled)


def _expanded(name: str) -> str:
    """As it is typed where there are no umlauts."""
    return name if name.isascii() else name.translate(_TYPED)


def _contracted(name: str) -> str:
    """As it may have been before it was typed so."""
    return _UMLAUT.sub(lambda found: found[0][0], name)


_TYPED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "Ø": "Oe",
     "å": "aa", "Å": "Aa", "æ": "ae", "Æ": "Ae", "ß": "ss", "þ": "th", "ð": "d", "ł": "l",
     "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe"}
)  # fmt: skip
_UMLAUT: Final = re.compile(r"(?<![aeiouAEIOU])[aouAOU][eE](?![aeiouAEIOU])")


def _group(group: str) -> Iterator[Identifier]:
    found = [group[start:end] for start, end in words(group)]
    yield from numbers(word for word in found if word.isdigit())
    parts = [part.strip() for part in _PARTS.split(group)]
    for part in (*found, *parts):
        if _is_name(fold(part)):
            # With its accents, too: so it stands in bytes that nobody decodes.
            yield from (Identifier(Kind.NAME, one) for one in {fold(part), part.lower()})
    said = [fold(word) for word in found if not word.isdigit() and fold(word) not in _TITLES]
    said = [word for word in said if word not in _NOBODY][:_MAX_NAME_WORDS]
    for one, other in permutations(dict.fromkeys((*said, *map(bare, parts[:3]))), 2):
        yield from _pair(one, other)
    if len(said) > 2:
        yield Identifier(Kind.NAME, " ".join(said))
        yield Identifier(Kind.NAME, " ".join((*said[1:], said[0])))


def _pair(one: str, other: str) -> Iterator[Identifier]:
    if not one or not other or one in other or other in one:
        return
    unspaced = is_unspaced(one)
    if unspaced or (len(one) > 1 and len(other) > 1):
        yield Identifier(Kind.NAME, f"{one} {other}")
    if len(one) >= _MIN_NAME and not unspaced:
        yield Identifier(Kind.NAME, f"{one} {other[0]}")
        yield Identifier(Kind.NAME, f"{other[0]} {one}")


def _is_name(word: str) -> bool:
    # One ideograph is a whole family name; two letters of an alphabet are mostly a word.
    if word in _TITLES or word in _NOBODY or not any(map(str.isalpha, word)):
        return False
    return len(bare(word)) >= (1 if is_unspaced(word) else _MIN_NAME)


def numbers(values: Iterable[str]) -> Iterator[Identifier]:
    """Identification numbers and telephones, with and without what stands before them."""
    for value in islice(values, _MAX_VALUES):
        text = fold(visible(value)[:_MAX_LENGTH]).strip()
        plain = bare(text)
        digits = _NO_DIGITS.sub("", text)
        spelled = {text, plain, plain.lstrip("0")}
        if len(digits) > _MIN_NUMBER and len(digits) * 2 >= len(plain):
            spelled |= {digits, digits.lstrip("0")}
        if len(digits) >= _MIN_TELEPHONE and len(digits) == len(plain):
            # Without the prefix of the country, or of the town.
            spelled |= {digits[-length:] for length in range(_MIN_TELEPHONE, len(digits))}
        for one in spelled:
            if len(bare(one)) >= _MIN_NUMBER and bare(one) not in _NOBODY and not is_common(one):
                yield Identifier(Kind.NUMBER, one)


def places(values: Iterable[str]) -> Iterator[Identifier]:
    """Institutions, addresses: the whole text, its lines and clauses, and its rarer words."""
    for value in islice(values, _MAX_VALUES):
        text = visible(value)[: 4 * _MAX_LENGTH]
        for piece in {text, *_CLAUSES.split(text)}:
            said = " ".join(fold(piece[:_MAX_LENGTH]).split())
            if len(bare(said)) >= _MIN_PLACE and _says_something(said):
                yield Identifier(Kind.PLACE, said)
        for start, end in words(text):
            word = fold(text[start:end])
            long_enough = len(word) >= (2 if is_unspaced(word) else _MIN_PLACE)
            if long_enough and _says_something(word) and word not in _INSTITUTIONS:
                yield Identifier(Kind.PLACE, word)


_INSTITUTIONS_SAID: Final = (
    "hospital hospitals clinic clinics klinik klinikum krankenhaus hopital ospedale "
    "university universitat universite college institute institut radiology radiologie center "
    "centre zentrum medical health street road avenue strasse city saint sankt praxis "
    "foundation school memorial general imaging department research national international"
)
_INSTITUTIONS: Final = frozenset(_INSTITUTIONS_SAID.split())


def _says_something(text: str) -> bool:
    if text in _NOBODY or bare(text).isdigit():
        return False
    return not all(is_common(text[start:end]) for start, end in words(text))


def dates(values: Iterable[str]) -> Iterator[Identifier]:
    """A date as people write it: year first, day first, month first, with a name of the month."""
    for value in islice(values, _MAX_VALUES):
        found = _DATE.match(value)
        if found and found[0] not in _NOBODY:
            yield from (Identifier(Kind.DATE, text) for text in spelled_dates(*found.groups()))


def spelled_dates(year: str, month: str, day: str) -> Iterator[str]:
    """Spell a date in the ways that are met in prose, folded; nothing for what is no date."""
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return
    short, bare_month, bare_day = year[2:], month.lstrip("0"), day.lstrip("0")
    yield f"{year}{month}{day}"
    orders = {(day, month), (month, day), (bare_day, bare_month), (bare_month, bare_day)}
    for one, two in sorted(orders):
        for mark in "-./ ":
            yield f"{one}{mark}{two}{mark}{year}"
            yield f"{one}{mark}{two}{mark}{short}"
    for one, two in ((month, day), (bare_month, bare_day)):
        for mark in "-./ ":
            yield f"{year}{mark}{one}{mark}{two}"
    yield f"{year}年{bare_month}月{bare_day}日"
    yield f"{day}{month}{year}"
    yield f"{month}{day}{year}"
    for name in _MONTHS[int(month) - 1]:
        for number in {day, bare_day}:
            yield from (f"{number} {name} {year}", f"{name} {number} {year}")
            yield from (f"{number} {name} {short}", f"{number}-{name}-{year}")
            yield from (f"{year} {name} {number}", f"{number}. {name} {year}")
