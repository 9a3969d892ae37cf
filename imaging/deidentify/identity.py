"""What identifies this patient, and everybody around, in one header: texts to look for elsewhere.

Gathering may live here; how one thing is spelled is `spellings`, how texts are searched is
`lexicon`. Nothing here is ever logged or written.

References
----------
PS3.15 section E.3.5 (Clean Descriptors), E.3.4 (Clean Structured Content).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from imaging.data_set import BINARY_VRS, DataSet
from imaging.deidentify.profile import KEEP, Option, Profile, action_of, rule_of
from imaging.deidentify.spelling import fold
from imaging.deidentify.spellings import (
    Identifier,
    Identity,
    Kind,
    dates,
    names,
    numbers,
    places,
)

__all__ = ["Identifier", "Identity", "Kind", "fold", "identity_of"]

MAX_IDENTIFIERS: Final = 20_000
"""Of one instance; who states more than this wants to exhaust us."""

# Of one element, whose spellings are kept for other files.
_MAX_KEPT_TEXTS: Final = 4
_MAX_KEPT_LENGTH: Final = 256

_BASIC: Final = Profile()
_NUMBERS: Final = frozenset({"SH", "LO", "UC", "AE", "IS"})
_PLACES: Final = frozenset({"ST", "LT", "UT"})
_TEMPORAL: Final = frozenset({"DA", "DT"})
_DATE_OPTIONS: Final = frozenset({Option.RETAIN_LONG_FULL_DATES, Option.RETAIN_LONG_MODIFIED_DATES})
_BIRTH_DATE: Final = 0x00100030
_EXAMINED: Final = (0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023)
# What table E.1-1 takes out because of what it says, not of whom it names.
_SAYS: Final = frozenset(
    {
        Option.CLEAN_DESCRIPTORS,
        Option.RETAIN_PATIENT_CHARACTERISTICS,
        Option.CLEAN_GRAPHICS,
    }
)


def identity_of(
    data_set: DataSet, profile: Profile = _BASIC, nobody: frozenset[str] = frozenset()
) -> Identity:
    """Gather what identifies from every element that table E.1-1 names, at any depth.

    Parameters
    ----------
    profile
        What its options keep is not looked for: it stays.
    nobody
        Names that are given by us, and lead to nobody.
    """
    # In whole and in parts, as a name and as a number.
    hidden = frozenset(one.text for spell in (names, numbers) for one in spell(nobody))
    if Option.RETAIN_LONG_FULL_DATES in profile:
        # Who was examined on the day of birth is not given away by the date of the study.
        hidden |= {one.text for tag in _EXAMINED for one in dates(data_set.texts(tag))}
    found: set[Identifier] = set()
    for spell, texts in _named(data_set, profile):
        if len(texts) <= _MAX_KEPT_TEXTS and sum(map(len, texts)) <= _MAX_KEPT_LENGTH:
            spelled: Iterable[Identifier] = _spelled(spell, tuple(texts))
        else:
            spelled = islice(spell(texts), MAX_IDENTIFIERS)
        found.update([one for one in spelled if one.text not in hidden] if hidden else spelled)
        if len(found) >= MAX_IDENTIFIERS:
            break
    return Identity(frozenset(found))


def _named(data_set: DataSet, profile: Profile) -> Iterator[tuple[_Spell, list[str]]]:
    """Texts that identify, and how each may be spelled."""
    for tag, element in data_set.items():
        if element.items is not None:
            for item in element.items:
                yield from _named(item, profile)
        elif element.value and element.vr not in BINARY_VRS:
            spell = names if element.vr == "PN" else _spelling(tag, element.vr, profile.options)
            if spell is not None:
                yield spell, data_set.texts(tag)


@lru_cache(maxsize=1024)
def _spelled(spell: _Spell, texts: tuple[str, ...]) -> frozenset[Identifier]:
    """Made once for the files of some studies."""
    return frozenset(spell(texts))


@lru_cache(maxsize=8192)
def _spelling(tag: int, vr: str, options: frozenset[Option]) -> _Spell | None:
    rule = rule_of(tag)
    if rule is None or _SAYS & rule.options.keys() or action_of(tag, Profile(options)) == KEEP:
        return None
    if vr in _TEMPORAL:
        # Dates that are moved meet others by chance; the date of birth is never moved.
        moved = tag != _BIRTH_DATE and _DATE_OPTIONS & options
        return None if moved else dates
    return _SPELLINGS.get(tag) or _BY_VR.get(vr)


_Spell = Callable[[Iterable[str]], Iterator[Identifier]]
_BY_VR: Final[dict[str, _Spell]] = {
    **dict.fromkeys(_NUMBERS, numbers),
    **dict.fromkeys(_PLACES, places),
}

# Attributes whose meaning says more than their VR.
_SPELLINGS: Final[dict[int, _Spell]] = {
    0x00080080: places,  # Institution Name
    0x00080081: places,  # Institution Address
    0x00081040: places,  # Institutional Department Name
    0x00101040: places,  # Patient's Address
    0x00102150: places,  # Country of Residence
    0x00102152: places,  # Region of Residence
    0x00102299: places,  # Responsible Organization
    0x00120010: places,  # Clinical Trial Sponsor Name
    0x00120021: places,  # Clinical Trial Protocol Name
    0x00120031: places,  # Clinical Trial Site Name
    0x00120060: places,  # Clinical Trial Coordinating Center Name
    0x00380300: places,  # Current Patient Location
    0x00380400: places,  # Patient's Institution Residence
    0x00401102: places,  # Person's Address
    0x0040A027: places,  # Verifying Organization
    0x00181000: numbers,  # Device Serial Number
}
