"""What identifies this patient, and everybody around, in one header: texts to look for elsewhere.

Gathering and spelling may live here; `text` takes them out of prose, and a second pass looks for
them in finished files. Nothing here is ever logged or written.

References
----------
PS3.15 section E.3.5 (Clean Descriptors), E.3.4 (Clean Structured Content).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from imaging.data_set import DataSet
from imaging.deidentify.profile import rule_of

MAX_IDENTIFIERS: Final = 20_000
"""Of one instance; who states more than this wants to exhaust us."""

_MIN_NAME: Final = 3
_MIN_NUMBER: Final = 4
_MIN_TEXT: Final = 3
_MAX_LENGTH: Final = 256
_TITLES: Final = frozenset(
    {"dr", "md", "phd", "prof", "mr", "mrs", "ms", "miss", "jr", "sr", "ii", "iii", "iv", "rn"}
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)

# What names nobody though it stands where names stand.
_NOBODY: Final = frozenset(
    {"anonymous", "anonymized", "unknown", "none", "null", "test", "patient", "the", "and", "of"}
)

NAME, NUMBER, DATE, PLACE = "name", "number", "date", "place"

_NUMBERS: Final = frozenset({"SH", "LO", "UC", "AE", "IS"})
_PLACES: Final = frozenset({"ST", "LT", "UT"})


@dataclass(frozen=True, slots=True)
class Identifier:
    """One text that identifies.

    Attributes
    ----------
    text
        Folded: without case, accents and compatibility forms.
    """

    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """All of them, of one instance or of a whole study."""

    identifiers: frozenset[Identifier] = field(default=frozenset(), repr=False)

    def __or__(self, other: Identity) -> Identity:
        return Identity(self.identifiers | other.identifiers)

    def texts(self, *kinds: str) -> frozenset[str]:
        """The texts of some kinds, or of all."""
        return frozenset(one.text for one in self.identifiers if not kinds or one.kind in kinds)


def fold(text: str) -> str:
    """Text as it is compared: without case, accents and compatibility forms."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def identity_of(data_set: DataSet) -> Identity:
    """Gather what identifies from every element that table E.1-1 names, at any depth."""
    found: set[Identifier] = set()
    for one in _identifiers(data_set):
        found.add(one)
        if len(found) >= MAX_IDENTIFIERS:
            break
    return Identity(frozenset(found))


def _identifiers(data_set: DataSet) -> Iterator[Identifier]:
    for tag, element in data_set.items():
        if element.items is not None:
            for item in element.items:
                yield from _identifiers(item)
        elif element.vr == "PN":
            yield from names(data_set.texts(tag))
        elif (spell := _SPELLINGS.get(tag)) is not None:
            yield from spell(data_set.texts(tag))
        elif (rule := rule_of(tag)) is not None and "clean_descriptors" not in rule.options:
            yield from _of_table(element.vr, data_set.texts(tag))


def _of_table(vr: str, values: Iterable[str]) -> Iterator[Identifier]:
    """Values of further attributes that the table has replaced; prose is no identifier."""
    if vr in _NUMBERS:
        yield from numbers(values)
    elif vr in _PLACES:
        yield from places(values)


def names(values: Iterable[str]) -> Iterator[Identifier]:
    """Every part of every group of a PN, and its groups as wholes, in both orders."""
    for value in values:
        for group in value[:_MAX_LENGTH].split("="):
            parts = [part.strip() for part in group.split("^")]
            for part in parts:
                yield from _name_words(part)
            family, given = (*parts, "", "")[:2]
            for whole in (f"{family} {given}", f"{given} {family}", f"{family}{given}"):
                if family and given:
                    yield Identifier(NAME, fold(whole))


def _name_words(part: str) -> Iterator[Identifier]:
    for word in re.split(r"[\s,.\-]+", fold(part)):
        # One ideograph is a whole family name; two letters of an alphabet are mostly a word.
        long_enough = len(word) >= (1 if _is_ideographic(word) else _MIN_NAME)
        if long_enough and word not in _TITLES and word not in _NOBODY and not word.isdigit():
            yield Identifier(NAME, word)


def _is_ideographic(word: str) -> bool:
    return any("\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af" for letter in word)


def numbers(values: Iterable[str]) -> Iterator[Identifier]:
    """Identification numbers, with and without what separates their digits."""
    for value in values:
        text = fold(value[:_MAX_LENGTH]).strip()
        bare = re.sub(r"[\s\-./_]", "", text)
        for spelled in {text, bare, bare.lstrip("0")}:
            if len(spelled) >= _MIN_NUMBER and spelled not in _NOBODY:
                yield Identifier(NUMBER, spelled)


def places(values: Iterable[str]) -> Iterator[Identifier]:
    """Institutions, addresses and the like: the whole text, and its lines and clauses."""
    for value in values:
        for piece in (value, *re.split(r"[\r\n,;^]+", value)):
            text = " ".join(fold(piece[:_MAX_LENGTH]).split())
            if len(text) >= _MIN_TEXT and text not in _NOBODY and not text.isdigit():
                yield Identifier(PLACE, text)


def dates(values: Iterable[str]) -> Iterator[Identifier]:
    """A date as people write it: year first, day first, month first, with a name of the month."""
    for value in values:
        found = re.match(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})", value)
        if found:
            yield from (Identifier(DATE, text) for text in spelled_dates(*found.groups()))


def spelled_dates(year: str, month: str, day: str) -> Iterator[str]:
    """Spell a date in the ways that are met in prose, folded."""
    if not 1 <= int(month) <= len(_MONTHS):
        return
    short = year[2:]
    plain = {(year, month, day), (day, month, year), (month, day, year)}
    plain |= {(day, month, short), (month, day, short)}
    for one, two, three in plain:
        yield f"{one}{two}{three}" if len(one + two + three) == 8 else f"{one}/{two}/{three}"
        for mark in "-./":
            yield f"{one}{mark}{two}{mark}{three}"
            yield mark.join((one.lstrip("0"), two.lstrip("0"), three))
    name = _MONTHS[int(month) - 1]
    bare = day.lstrip("0")
    yield from (f"{bare} {name} {year}", f"{day} {name} {year}", f"{name} {bare} {year}")
    yield from (f"{day}-{name}-{year}", f"{bare}-{name}-{short}", f"{name} {bare}, {year}")


def _birth_dates(values: Iterable[str]) -> Iterator[Identifier]:
    yield from dates(values)


# Attributes whose spelling matters more than their VR.
_SPELLINGS: Final = {
    0x00100030: _birth_dates,  # Patient's Birth Date
    0x00100020: numbers,  # Patient ID
    0x00101000: numbers,  # Other Patient IDs
    0x00080050: numbers,  # Accession Number
    0x00102154: numbers,  # Patient's Telephone Numbers
    0x00101040: places,  # Patient's Address
    0x00080080: places,  # Institution Name
    0x00080081: places,  # Institution Address
    0x00081040: places,  # Institutional Department Name
}
