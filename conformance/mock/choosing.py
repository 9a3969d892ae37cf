"""Accept to representation (PS3.18 8.7.5): weights, ranges, and what a resource can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from conformance.wire.media import MediaType, MediaTypeError, read_media_type

RELATED: Final = "multipart/related"
_SPLIT: Final = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


@dataclass(frozen=True, slots=True)
class Offer:
    """One representation that a resource can be answered in.

    Parameters
    ----------
    inside
        The type of the parts when it is multipart.
    """

    name: str
    inside: str | None = None
    syntax: str | None = None

    @property
    def content_type(self) -> str:
        """What the part, or the answer of a single part, is."""
        return self.inside or self.name


@dataclass(frozen=True, slots=True)
class Wanted:
    """One media range of Accept."""

    media_type: MediaType
    weight: float

    def covers(self, offer: Offer) -> int:
        """How exactly it means an offer; 0 not at all."""
        name = self.media_type.name
        if name == "*/*":
            return 1
        if name.endswith("/*"):
            single = offer.name.split("/")[0] == name.split("/")[0]
            return 2 if single else 0
        if name != offer.name:
            return 0
        inside = self.media_type.parameter("type")
        if offer.inside is not None and inside is not None and inside.lower() != offer.inside:
            return 0
        return 3 + self._syntax(offer)

    def _syntax(self, offer: Offer) -> int:
        wanted = self.media_type.parameter("transfer-syntax")
        if wanted is None or wanted == "*":
            return 0
        return 1 if wanted == offer.syntax else -3


def read_accept(text: str | None) -> list[Wanted]:
    """The ranges of an Accept header; what cannot be read is left out."""
    found = []
    for one in _SPLIT.split(text or "*/*"):
        cleaned = re.sub(r"type=([^\";]+/[^\";]+)", r'type="\1"', one)
        try:
            media_type = read_media_type(cleaned.strip())
            weight = float(media_type.parameter("q") or 1)
        except (MediaTypeError, ValueError):
            continue
        found.append(Wanted(media_type, weight))
    return found


def choose(
    accept: str | None, offers: Sequence[Offer], flaws: frozenset[str] = frozenset()
) -> Offer | None:
    """The offer that is wanted most, the first of equals; None when none is."""
    ranges = read_accept(accept)
    if "weights" in flaws:
        ranges = [Wanted(one.media_type, 1 - n / 1000) for n, one in enumerate(ranges)]
    best, most = None, 0.0
    for offer in offers:
        covering = [(w.covers(offer), w.weight) for w in ranges if w.covers(offer) > 0]
        if not covering:
            continue
        weight = max(covering)[1]
        if weight > most:
            best, most = offer, weight
    if best is None and "any" in flaws:
        return offers[0]
    return best
