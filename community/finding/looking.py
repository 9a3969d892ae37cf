"""Looking for cases: by words, by facets, or just the newest, in parts of a list.

However many cases there are, a question looks at so many rows and no more: the newest without
words come in the order of an index, and of those that answer words the best `max_ranked` are
counted and shown. What a reader may know of a case that was found is not said here: answers are
ids, for `community.cases.reading`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select

from community.finding.asking import Question
from community.finding.entries import SAID
from community.finding.facets import LANGUAGE, Chosen
from community.finding.full_text import counts_of, numbers_of
from community.finding_models import case_entry, case_facet, facet_count

max_ranked: Final = 500
"""Of a question's answers; who wants to see further asks more precisely."""

_EVERYTHING = select(facet_count.c.facet, facet_count.c.value, facet_count.c.cases).where(
    facet_count.c.facet != "tag", facet_count.c.cases > 0
)
_NEWEST = select(case_entry.c.number, case_entry.c.case_id, case_entry.c.language).order_by(
    case_entry.c.number.desc()
)
_NUMBERS: Final[Any] = bindparam("numbers", expanding=True)
_HITS = select(
    case_entry.c.number, case_entry.c.case_id, case_entry.c.language, case_entry.c.plain
).where(case_entry.c.number.in_(_NUMBERS))

Counts = Mapping[str, Mapping[str, int]]
"""How many cases have a value, by facet and value."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that was found.

    Attributes
    ----------
    plain
        What can be read of it, in its language; only of what answers words.
    said
        What was said about it; likewise.
    """

    number: int
    case_id: str
    language: str
    plain: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a list.

    Attributes
    ----------
    total
        How many there are in all; None when they are more than were counted.
    counts
        How many of them have a value; None when they are more than were counted.
    next
        What to ask for the next part with; None at the end.
    """

    hits: tuple[Hit, ...]
    total: int | None
    counts: Counts | None
    next: int | None


def count_everything(connection: Connection) -> Counts:
    """How many cases there are of each value that any has, but for tags."""
    return _by_facet(connection.execute(_EVERYTHING).all())


def languages_in(counts: Counts) -> tuple[str, ...]:
    """The languages that cases are in, for `asking.parse`; English is in every index."""
    return tuple({"en": None, **dict.fromkeys(sorted(counts.get(LANGUAGE, {})))})


def newest(
    connection: Connection, chosen: Chosen, before: int | None, limit: int, *, counted: bool = True
) -> Found:
    """The cases that became public last.

    Parameters
    ----------
    before
        `Found.next` of the part before.
    counted
        Whether to say how many there are, if some are chosen.
    """
    query = _chosen(_NEWEST, chosen)
    if before is not None:
        query = query.where(case_entry.c.number < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    hits = tuple(Hit(*row) for row in rows[:limit])
    further = hits[-1].number if len(rows) > limit else None
    if not (chosen and counted):
        return Found(hits, None, None, further)
    numbers = list(connection.scalars(_numbers(chosen)))
    return Found(hits, *_counted(connection, numbers), further)


def asked(
    connection: Connection,
    question: Question,
    chosen: Chosen,
    after: int,
    limit: int,
    *,
    by_date: bool = False,
) -> Found:
    """The cases that answer a question.

    Parameters
    ----------
    after
        `Found.next` of the part before, or 0.
    by_date
        The newest first, not the best.
    """
    numbers = numbers_of(connection, question, chosen, max_ranked + 1, newest=by_date)
    total, counts = _counted(connection, numbers)
    shown = numbers[:max_ranked][after : after + limit]
    further = after + limit
    return Found(
        _hits(connection, shown),
        total,
        counts,
        further if further < min(len(numbers), max_ranked) else None,
    )


def _hits(connection: Connection, numbers: Sequence[int]) -> tuple[Hit, ...]:
    rows = connection.execute(_HITS, {"numbers": list(numbers)}).all()
    found = {
        number: Hit(number, case_id, language, *_apart(plain))
        for number, case_id, language, plain in rows
    }
    return tuple(found[number] for number in numbers if number in found)


def _apart(plain: str) -> tuple[str, str]:
    own, _, said = plain.partition(SAID)
    return own, said


def _counted(connection: Connection, numbers: Sequence[int]) -> tuple[int | None, Counts | None]:
    """How many these are, and how many of them have each value, if that can be said."""
    if len(numbers) > max_ranked:
        return None, None
    return len(numbers), _by_facet(counts_of(connection, numbers) if numbers else ())


def _numbers(chosen: Chosen) -> Select[Any]:
    (facet, value), *others = chosen
    query = select(case_facet.c.number).where(
        case_facet.c.facet == facet, case_facet.c.value == value
    )
    for name, wanted in others:
        query = query.where(case_facet.c.number.in_(_having(name, wanted)))
    return query.order_by(case_facet.c.number.desc()).limit(max_ranked + 1)


def _chosen(query: Select[Any], chosen: Chosen) -> Select[Any]:
    for name, value in chosen:
        query = query.where(case_entry.c.number.in_(_having(name, value)))
    return query


def _having(name: str, value: str) -> Select[Any]:
    other = case_facet.alias()
    return select(other.c.number).where(other.c.facet == name, other.c.value == value)


def _by_facet(rows: Iterable[Any]) -> Counts:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for facet, value, count in rows:
        found[facet][value] = count
    return found
