"""By what cases can be chosen: the table of facets, and what of them is in an address.

A facet has a closed list of values, or, for tags, those that people gave. An address may choose one
value of most of them and several of some; a value that no list has is refused, so that nothing is
ignored in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from archive.errors import BadSearch
from community.cases.vocabulary import (
    BODY_PARTS,
    CERTAINTIES,
    DIFFICULTIES,
    LANGUAGES,
    MODALITIES,
    SPECIALTIES,
)
from community.finding.entries import KNOWN, UNKNOWN
from community.look.words import N_

Chosen = tuple[tuple[str, str], ...]
"""Names and values of facets."""

max_chosen: Final = 10
TAG: Final = "tag"
LANGUAGE: Final = "language"
_SLUG = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True, slots=True)
class Facet:
    """Something that cases can be chosen by.

    Attributes
    ----------
    label
        What it is called; translated where it is shown.
    values
        Its values with their names; empty where people make them.
    is_many
        Whether a case has several values, so that several may be chosen.
    is_named
        Whether names are words that are translated.
    """

    name: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    is_many: bool = False
    is_named: bool = True


FACETS: Final[Mapping[str, Facet]] = {
    one.name: one
    for one in (
        Facet("specialty", N_("Specialty"), SPECIALTIES),
        Facet("body_part", N_("Body part"), BODY_PARTS),
        Facet("modality", N_("Modality"), MODALITIES, is_many=True),
        Facet("difficulty", N_("Difficulty"), DIFFICULTIES),
        Facet("certainty", N_("Certainty"), CERTAINTIES),
        Facet("mode", N_("Mode"), {UNKNOWN: N_("Unknown cases"), KNOWN: N_("With diagnosis")}),
        Facet(LANGUAGE, N_("Language"), LANGUAGES, is_named=False),
        Facet(TAG, N_("Tag"), is_many=True, is_named=False),
    )
}
"""In the order in which they are offered."""


def chosen_in(pairs: Iterable[tuple[str, str]]) -> Chosen:
    """The facets in the parameters of an address, each value once, in their order.

    Raises
    ------
    BadSearch
        A value is not on its list, or too many are chosen.
    """
    found: dict[tuple[str, str], None] = {}
    for name, value in pairs:
        if name in FACETS and value:
            found[name, _checked(FACETS[name], value)] = None
    names = [name for name, _ in found]
    twice = {name for name in names if names.count(name) > 1 and not FACETS[name].is_many}
    if twice:
        raise BadSearch(f"of {min(twice)}, one value can be chosen")
    if len(found) > max_chosen:
        raise BadSearch(f"at most {max_chosen} values can be chosen")
    return tuple(found)


def _checked(facet: Facet, value: str) -> str:
    known = value in facet.values if facet.values else _SLUG.fullmatch(value) is not None
    if not known:
        raise BadSearch(f"cases have no such {facet.name.replace('_', ' ')}")
    return value
