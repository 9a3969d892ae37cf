"""Search: a question to a collection, answered with DICOM JSON objects.

The verb, and the walk through its parts: `search_plan` sorts the conditions out, `search_sql`
spells them, `search_scan` reads documents where SQL cannot decide, `search_statements` finds the
page and `search_rows` makes its rows into objects.

References
----------
PS3.18 Section 10.6 (Search Transaction), PS3.4 Section C.2.2.2 (Attribute Matching)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from archive.access import (
    Principal,
    audiences_of,
    effective,
    find_collection,
    readable,
    reads_all,
    require_reader,
    sight_of,
    standing,
)
from archive.collections import Collection
from archive.conditions import Search
from archive.database import reading
from archive.errors import BadSearch
from archive.models import study
from archive.search_plan import plan
from archive.search_rows import Assembler, JsonObject
from archive.search_scan import find_by_documents
from archive.search_statements import Statements
from archive.sql_text import Sql, spelled

if TYPE_CHECKING:
    from archive.archive import Archive

MAX_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the answer.

    Parameters
    ----------
    rows
        DICOM JSON objects, the newest study first; series and instances of one study by number.
        Without RetrieveURL, which only a door can spell; their attributes in no order.
    remaining
        Matches after this page. Counting stops at some number: `remaining_is_exact` says whether
        it did not.
    """

    rows: list[JsonObject]
    remaining: int = 0
    remaining_is_exact: bool = True


def search(
    archive: Archive, principal: Principal | None, collection: str, question: Search
) -> Page:
    """Find studies, series or instances.

    Parameters
    ----------
    principal
        Who asks; only what they may read exists for them.
    collection
        Name of the collection.
    question
        What is asked. A limit above the archive's own is that.

    Raises
    ------
    Unauthenticated, NotAllowed
        Nothing of the collection can be for the principal.
    NotFound
        There is no such collection.
    BadSearch
        The question contradicts itself or has too many parts.
    TooBroad
        Documents would decide, and there are too many of them.
    """
    found = find_collection(archive, principal, collection)
    require_reader(archive, principal, found)
    asking = effective(archive, principal)
    limit = _limit(archive, question)
    assembler = Assembler(question)
    allowed, standing_here = _rules(asking, found, archive.engine.dialect.name)
    with reading(archive.engine) as connection:
        statements = Statements(
            connection=connection,
            collection_id=found.id,
            allowed=allowed,
            standing=standing_here,
            audiences=() if reads_all(asking, found) else tuple(audiences_of(asking)),
            search=question,
            plan=plan(question, archive.settings.timezone),
        )
        if statements.plan.residual:
            statements.found_by_documents(find_by_documents(statements))
        page = statements.page(assembler.columns, limit, assembler.documents)
    return Page([assembler.to_json(row) for row in page.rows], page.following, page.exact)


@lru_cache(maxsize=512)
def _rules(asking: Principal | None, collection: Collection, dialect: str) -> tuple[Sql, Sql]:
    """What somebody may see of a collection, and what of it nothing keeps back."""
    sight = sight_of(asking, collection)
    return (
        spelled(readable(asking, collection), study, dialect),
        spelled(standing(collection, sight), study, dialect),
    )


def _limit(archive: Archive, question: Search) -> int:
    if question.offset < 0 or (question.limit or 0) < 0:
        raise BadSearch("limit and offset are numbers from 0")
    if question.offset > MAX_OFFSET:
        raise BadSearch(f"offset goes up to {MAX_OFFSET}; narrow the search instead")
    most = archive.settings.limits.max_results
    return most if question.limit is None else min(question.limit, most)
