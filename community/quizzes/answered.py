"""Of which cases a reader has committed an answer, or given up: who has may know the diagnosis.

A reader is a person, or a browser by the key of its cookie; who answered before they signed in has
answered.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, or_, select

from community.cases.readers import Reader
from community.quiz_models import quiz_attempt

_KEY: Final = re.compile(r"[0-9a-f]{64}")


def answered_among(
    connection: Connection, cases: Collection[str], reader: Reader
) -> frozenset[str]:
    """The ids of those cases that a reader has answered, asked at once for a whole list."""
    own = is_theirs(reader)
    if own is None or not cases:
        return frozenset()
    query = select(quiz_attempt.c.case_id).where(quiz_attempt.c.case_id.in_(cases), own)
    return frozenset(connection.scalars(query))


def is_theirs(reader: Reader) -> ColumnElement[bool] | None:
    """As a condition on `quiz_attempt`: it is this reader's; None for one whom nothing names."""
    found = []
    if reader.person is not None:
        found.append(quiz_attempt.c.person == reader.person.id)
    key = browser_key(reader)
    if key is not None:
        found.append(quiz_attempt.c.browser_sha256 == key)
    return or_(*found) if found else None


def browser_key(reader: Reader) -> bytes | None:
    """By what the attempts of a reader's browser are found."""
    written = reader.answered_as or ""
    return bytes.fromhex(written) if _KEY.fullmatch(written) else None
