"""Whether a reader may know the diagnosis of an unknown case: it is theirs, or they answered."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from community.cases.model import Case
from community.cases.readers import Reader
from community.quizzes.answered import answered_among


def is_revealed(connection: Connection, case: Case, reader: Reader) -> bool:
    """Whether nothing of a case is kept back from a reader."""
    return case.id in revealed_among(connection, [case], reader)


def revealed_among(
    connection: Connection,
    cases: Iterable[Case],
    reader: Reader,
) -> frozenset[str]:
    """The ids of those cases of which nothing is kept back; asked at once for a whole list."""
    every = list(cases)
    known = frozenset(
        one.id
        for one in every
        if not one.is_unknown or reader.owns(one.owner) or reader.is_moderator
    )
    waiting = [one.id for one in every if one.id not in known]
    return known | answered_among(connection, waiting, reader)
