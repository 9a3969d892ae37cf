"""What a search asks: frozen values that can say whether an attribute matches.

Pure. Conditions hold values that are already comparable (`archive.criteria` makes them from the
text of a question), and `matches` takes the comparable values of one attribute
(`archive.values`). SQL is made of the same conditions in `archive.search_sql`; the `matches` here
are what that SQL has to agree with, and decide where no column exists.

::

    Condition
    ├── Universal      matches all, also what is absent
    ├── Empty          absent or empty
    ├── Exact          one value
    ├── UIDList        one of several UIDs
    ├── Wildcard       * and ?
    ├── Range          from … to, open ends
    ├── Fuzzy          a person's name by prefixes and sounds
    ├── AnyOf          several values in the question
    ├── DateTimeRange  a date and a time matched as one moment
    ├── Nested         one item of a sequence matches all its conditions
    └── Zoned          dates and times in the question's zone (`archive.zoned`)

References
----------
PS3.4 Section C.2.2.2 (Attribute Matching)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from archive.attributes import Level, Path
from archive.folding import fuzzy_text, phonetic
from archive.zoned import Zoned


@dataclass(frozen=True, slots=True)
class Universal:
    """Universal Matching, PS3.4 C.2.2.2.3."""

    path: Path

    def matches(self, values: Sequence[str]) -> bool:  # noqa: ARG002, RUF100  (the common shape)
        """Whatever it is."""
        return True


@dataclass(frozen=True, slots=True)
class Empty:
    """Empty Value Matching: absent, or without a value that says anything."""

    path: Path

    def matches(self, values: Sequence[str]) -> bool:
        """Nothing is there."""
        return not values


@dataclass(frozen=True, slots=True)
class Exact:
    """Single Value Matching, PS3.4 C.2.2.2.1; any value of a multi-valued attribute."""

    path: Path
    value: str

    def matches(self, values: Sequence[str]) -> bool:
        """One of the values is the value."""
        return self.value in values


@dataclass(frozen=True, slots=True)
class UIDList:
    """List of UID Matching, PS3.4 C.2.2.2.2."""

    path: Path
    uids: tuple[str, ...]

    def matches(self, values: Sequence[str]) -> bool:
        """One of the values is in the list."""
        return any(value in self.uids for value in values)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Wild Card Matching, PS3.4 C.2.2.2.4: ``*`` any characters, ``?`` one; never an empty value.

    A pattern of nothing but ``*`` is Universal Matching and never stands here.
    """

    path: Path
    pattern: str

    def matches(self, values: Sequence[str]) -> bool:
        """One of the values has the form of the pattern."""
        return any(glob(self.pattern, value) for value in values)


@dataclass(frozen=True, slots=True)
class Range:
    """Range Matching of dates and times, PS3.4 C.2.2.2.5; both ends belong to it, None is open."""

    path: Path
    low: str | None
    high: str | None

    def matches(self, values: Sequence[str]) -> bool:
        """One of the values lies between the ends."""
        return any(_between(value, self.low, self.high) for value in values)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Fuzzy semantic matching of names: each word of the question begins or sounds like one."""

    path: Path
    tokens: tuple[str, ...]

    def matches(self, values: Sequence[str]) -> bool:
        """Each token is a prefix of a word of the names, or sounds like one."""
        text = fuzzy_text(values)
        return all(any(probe in text for probe in probes(token)) for token in self.tokens)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Multiple Value Matching: one of the alternatives, all of the same attribute."""

    path: Path
    alternatives: tuple[Universal | Empty | Exact | Wildcard | Range | UIDList | Fuzzy, ...]

    def matches(self, values: Sequence[str]) -> bool:
        """One of the alternatives matches."""
        return any(alternative.matches(values) for alternative in self.alternatives)


Simple = Universal | Empty | Exact | UIDList | Wildcard | Range | Fuzzy | AnyOf
"""Conditions on the values of one attribute."""


@dataclass(frozen=True, slots=True)
class DateTimeRange:
    """A date and its time between two moments, as if they were one DT (PS3.4 C.2.2.2.5.4).

    An attribute with several dates has no such moment and does not match.
    """

    path: Path
    time_path: Path
    low: str | None
    high: str | None

    def matches_moment(self, dates: Sequence[str], times: Sequence[str]) -> bool:
        """The date, with its time if it has one, lies between the ends."""
        if len(dates) != 1 or len(times) > 1:
            return False
        return _between(dates[0] + "".join(times), self.low, self.high)


@dataclass(frozen=True, slots=True)
class Nested:
    """Sequence Matching, PS3.4 C.2.2.2.6: one item matches all of the conditions.

    The paths of `conditions` begin inside the item.
    """

    path: Path
    conditions: tuple[Condition, ...]


Condition = Simple | DateTimeRange | Nested | Zoned


@dataclass(frozen=True, slots=True)
class Include:
    """What a search returns beyond what its level always has.

    Parameters
    ----------
    all
        Every attribute of the level that is at hand.
    paths
        Single attributes, also inside sequences.
    """

    all: bool = False
    paths: frozenset[Path] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Search:
    """One question to a collection.

    Parameters
    ----------
    level
        What the rows of the answer are.
    study_instance_uid, series_instance_uid
        The study and the series of the resource; None for all of them.
    conditions
        All must hold. Keys of other levels are welcome: a lower one holds if some series or
        instance of the row matches. Paths of several tags that share a sequence are matched in
        one item of it.
    limit
        Rows wanted; None for as many as are ever returned.
    offset
        Rows skipped.
    fuzzy
        Whether fuzzy matching was asked for (the conditions say where it is done).
    timezone_offset_from_utc
        The offset that dates and times of the question are meant in, as ``+HHMM``.
    """

    level: Level
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    conditions: tuple[Condition, ...] = ()
    include: Include = field(default_factory=Include)
    limit: int | None = None
    offset: int = 0
    fuzzy: bool = False
    timezone_offset_from_utc: str | None = None


def probes(token: str) -> list[str]:
    """What to look for in `folding.fuzzy_text` for one word of a question."""
    code = phonetic(token)
    return [f"~{token}", f"={code};"] if code else [f"~{token}"]


def glob(pattern: str, value: str) -> bool:
    """Whether the value has the form of the pattern.

    Takes time in proportion to both lengths at most: no pattern makes it explode, which a
    regular expression with many ``.*`` would.
    """
    at, seen, star, restart = 0, 0, -1, 0
    while seen < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, restart, at = at, seen, at + 1
        elif at < len(pattern) and pattern[at] in ("?", value[seen]):
            at, seen = at + 1, seen + 1
        elif star >= 0:
            restart += 1
            at, seen = star + 1, restart
        else:
            return False
    return all(rest == "*" for rest in pattern[at:])


def _between(value: str, low: str | None, high: str | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)
