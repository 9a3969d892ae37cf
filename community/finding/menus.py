"""Facets as a page offers them: what can be chosen and how many there are, what is chosen already.

Each choice is an address; the addresses are made here and nowhere else. Pure: no request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from community.finding.facets import FACETS, Chosen, Facet
from community.finding.looking import Counts


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen; `cases` is None where nobody counted."""

    words: str
    href: str
    cases: int | None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A facet and the values that lead somewhere."""

    name: str
    label: str
    options: tuple[Option, ...]
    is_named: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A value that is chosen; `href` leads to the same list without it."""

    label: str
    words: str
    href: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a list: its path, words, facets and order."""

    path: str
    words: str = ""
    chosen: Chosen = ()
    order: str = ""

    def spelled(
        self,
        chosen: Chosen | None = None,
        *,
        order: str | None = None,
        further: tuple[str, str] = ("", ""),
    ) -> str:
        """The address, perhaps with other facets, in another order, or further down the list."""
        pairs = [("q", self.words), *(self.chosen if chosen is None else chosen)]
        pairs += [("sort", self.order if order is None else order), further]
        query = urlencode([pair for pair in pairs if pair[1]])
        return f"{self.path}?{query}" if query else self.path

    def with_each(self, facet: str, values: Iterable[str]) -> list[str]:
        """The address with one more facet, for each of its values; these are plain words."""
        one = self.spelled((*self.chosen, (facet, "\0")))
        before, name, after = one.rpartition(f"{facet}=%00")
        return [f"{before}{name[:-3]}{value}{after}" for value in values]


def menus_of(everything: Counts, counts: Counts | None, address: Address) -> tuple[Menu, ...]:
    """The facets by which a list can be made shorter.

    Parameters
    ----------
    everything
        Counts of all cases.
    counts
        Those of the list; None when they are not known.
    """
    menus = []
    for facet in FACETS.values():
        options = _options(facet, everything, counts, address)
        if options:
            menus.append(Menu(facet.name, facet.label, options, facet.is_named))
    return tuple(menus)


def chips_of(address: Address, labels: Mapping[str, str]) -> tuple[Chip, ...]:
    """What is chosen.

    Parameters
    ----------
    labels
        How tags are called, by their slugs.
    """
    chips = []
    for name, value in address.chosen:
        facet = FACETS[name]
        words = facet.values.get(value) or labels.get(value, value)
        rest = tuple(one for one in address.chosen if one != (name, value))
        chips.append(Chip(facet.label, words, address.spelled(rest), facet.is_named))
    return tuple(chips)


def _options(
    facet: Facet, everything: Counts, counts: Counts | None, address: Address
) -> tuple[Option, ...]:
    taken = {value for name, value in address.chosen if name == facet.name}
    if taken and not facet.is_many:
        return ()
    known = everything.get(facet.name, {})
    shown = known if counts is None else counts.get(facet.name, {})
    is_counted = counts is not None or not (address.chosen or address.words)
    values = [value for value in facet.values if value in shown and value not in taken]
    if len(values) < 2 and not (taken or address.chosen or address.words):
        # One language, one modality: there is nothing to choose.
        return ()
    addresses = address.with_each(facet.name, values)
    return tuple(
        Option(
            facet.values[value],
            href,
            shown[value] if is_counted else None,
            "" if facet.is_named else value,
        )
        for value, href in zip(values, addresses, strict=True)
    )
