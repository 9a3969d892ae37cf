"""Which rows could fulfil a condition, looked up in an index: a superset, in no order.

A probe is a statement that reads one index from where the condition begins, so that its cost is
what it returns, and it is asked for a bounded number of rows. A condition that no index serves
has no probe. Exactness is not the business of this module but of `archive.search_sql`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from archive.attributes import MODALITIES_IN_STUDY, SOP_CLASSES_IN_STUDY, Attribute, Index, Level
from archive.conditions import (
    AnyOf,
    Condition,
    DateTimeRange,
    Empty,
    Exact,
    Fuzzy,
    Range,
    UIDList,
    Wildcard,
    probes,
)
from archive.search_schema import TABLES
from archive.search_sql import (
    MIN_RUN,
    Dialect,
    column_at,
    is_list,
    longest_run,
    prefix_of,
    single_value,
)
from archive.sql_text import Sql, select
from archive.zoned import ZonedDate

MAX_ARMS = 50
"""Look-ups of one condition; a longer list of patterns is not looked up."""

_OF_STUDY = {
    MODALITIES_IN_STUDY: (Level.SERIES, "modality"),
    SOP_CLASSES_IN_STUDY: (Level.INSTANCE, "sop_class_uid"),
}

Arms = list[Sql]


@dataclass(frozen=True, slots=True)
class Probe:
    """Look-ups that together find all rows of a level which a condition could hold for."""

    level: Level
    arms: Arms


def is_looked_up(attribute: Attribute) -> bool:
    """Whether an index serves some of the conditions on an attribute."""
    return attribute.path in _OF_STUDY or attribute.index is not Index.NONE


def probe(
    condition: Condition, attribute: Attribute, dialect: Dialect, collection_id: int
) -> Probe | None:
    """The look-ups of a condition; None when no index serves it."""
    looker = _Looker(attribute, dialect, collection_id)
    of_study = _OF_STUDY.get(attribute.path)
    if of_study is not None:
        arms = looker.each(condition, looker.of_study(*of_study))
        return Probe(Level.STUDY, arms) if arms else None
    if attribute.index is Index.NONE:
        return None
    arms = looker.each(condition, looker.text if attribute.index is Index.TEXT else looker.value)
    return Probe(attribute.level, arms) if arms else None


class _Looker:
    """Look-ups on the columns of one attribute; each method gives None for what no index serves."""

    def __init__(self, attribute: Attribute, dialect: Dialect, collection_id: int) -> None:
        self._attribute = attribute
        self._dialect = dialect
        self._collection_id = collection_id
        self._level = attribute.level

    def each(self, condition: Condition, look: Callable[[Condition], Arms | None]) -> Arms | None:
        alternatives = condition.alternatives if isinstance(condition, AnyOf) else (condition,)
        arms: Arms = []
        for alternative in alternatives:
            found = look(alternative)
            if found is None:
                return None
            arms += found
        return arms if len(arms) <= MAX_ARMS else None

    def of_study(self, level: Level, name: str) -> Callable[[Condition], Arms | None]:
        def look(condition: Condition) -> Arms | None:
            if not _begins(condition) or isinstance(condition, Empty):
                return None
            return [self._rows(self._single(condition, column_at(level, name)), level, "study_id")]

        return look

    def value(self, condition: Condition) -> Arms | None:
        """B-trees alone."""
        text = column_at(self._level, self._attribute.column)
        if isinstance(condition, DateTimeRange):
            low, high = condition.low, condition.high
            condition = Range(condition.path, low and low[:8], high and high[:8])
        if isinstance(condition, ZonedDate):
            condition = Range(condition.path, *condition.outer)
        if not _begins(condition):
            return None
        arms = [self._rows(self._single(condition, text))]
        if self._attribute.many and not isinstance(condition, Empty):
            arms.append(self._rows(is_list(text)))
        return arms

    def text(self, condition: Condition) -> Arms | None:
        """B-trees for what has a beginning, trigrams for the rest and for lists of values."""
        name = str(self._attribute.column)
        text = column_at(self._level, name)
        if isinstance(condition, Fuzzy):
            return self._fuzzy(condition)
        if isinstance(condition, Wildcard):
            run = longest_run(condition.pattern)
            if len(run) >= MIN_RUN and run != prefix_of(condition.pattern):
                return [self._with_run(name, run)]
        if not _begins(condition):
            return None
        beginning = [self._rows(self._single(condition, text))]
        if isinstance(condition, Empty):
            return beginning
        listed = _listed(condition)
        if len(listed) < MIN_RUN:
            return None
        return [*beginning, self._dialect.with_run_in_list(self._level, name, listed)]

    def _fuzzy(self, condition: Fuzzy) -> Arms | None:
        # The longest word is the rarest; the others are tried on what it finds.
        runs = probes(max(condition.tokens, key=len))
        if any(len(run) < MIN_RUN for run in runs):
            return None
        return [self._with_run(str(self._attribute.fuzzy_column), run) for run in runs]

    def _rows(self, condition: Sql, level: Level | None = None, name: str = "id") -> Sql:
        table = TABLES[level or self._level].name
        place = Sql(f"{table}.collection_id = ?", (self._collection_id,))
        return select(f"{table}.{name}", table, [place, condition])

    def _with_run(self, name: str, run: str) -> Sql:
        return self._dialect.with_run(self._level, name, run)

    def _single(self, condition: Condition, text: str) -> Sql:
        if isinstance(condition, Empty):
            return Sql(f"{text} = ''")
        return single_value(condition, text, self._dialect, column=True)


def _begins(condition: Condition) -> bool:
    """Whether all that match begin alike, or lie between two ends."""
    if isinstance(condition, Wildcard):
        return bool(prefix_of(condition.pattern))
    return isinstance(condition, Exact | UIDList | Range | Empty)


def _listed(condition: Condition) -> str:
    """What every list has in it whose values match."""
    if isinstance(condition, Exact):
        return _without_wildcards(json.dumps(condition.value, ensure_ascii=False))
    if isinstance(condition, Wildcard):
        return json.dumps(prefix_of(condition.pattern), ensure_ascii=False)[:-1]
    return ""


def _without_wildcards(run: str) -> str:
    # Names of persons may hold ``*`` and ``?``, which a look-up would take for wild cards.
    return max(re.split(r"[*?]", run), key=len)
