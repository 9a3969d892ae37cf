"""Keeping the index: what was changed of a case is found, or not found, when the change is there.

Whoever changes a case calls `index_case` in the same transaction, whatever it was that changed, and
whoever changes what is said about it `index_discussions`. Only public cases are found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select, text, update

from archive.archive import Archive
from archive.database import is_sqlite, writing
from community.case_models import medical_case
from community.cases.model import PUBLIC, CaseView
from community.cases.reading import NOBODY, views_in
from community.cases.rows import find_cases
from community.discussion import rows
from community.discussion.mentions import unnamed
from community.finding.entries import KNOWN, Entry, entry_of
from community.finding.full_text import keep_words, scrub_words
from community.finding_models import case_entry, case_facet, case_tag, tag
from community.talk_models import comment

max_comments: Final = 200
"""Of a case, by whose words it is found; the latest."""
_BATCH: Final = 200
_LOCK: Final = 0x46494E44  # any number that no other user of the database takes


def index_case(connection: Connection, case_id: str) -> None:
    """Have the index say of a case what anybody may know of it now; a part of the change itself."""
    index_cases(connection, [case_id])


def index_cases(connection: Connection, ids: Sequence[str]) -> None:
    """The same of several cases."""
    _lock(connection)
    known = find_cases(connection, ids)
    listed = [case for case in known.values() if case.state == PUBLIC]
    withdrawn = set(ids) - {case.id for case in listed}
    if withdrawn:
        forget_cases(connection, withdrawn)
    # In the order in which they became public, so that their numbers follow it.
    listed.sort(key=lambda case: (case.published_at or case.created_at, case.id))
    views = views_in(connection, NOBODY, listed)
    tags = _tags_of(connection, [case.id for case in listed])
    numbers = _numbers_of(connection, [case.id for case in listed])
    for view in views:
        entry = entry_of(view, tags[view.case.id], _said_of(connection, view))
        _keep(connection, view, entry, numbers.get(view.case.id))


def index_discussions(connection: Connection, ids: Iterable[str], *, is_less: bool = False) -> None:
    """Have what is said about cases found, as far as anybody may read it now.

    Parameters
    ----------
    is_less
        Something was taken away, of which no word may be left.
    """
    every, is_found = list(ids), False
    for at in range(0, len(every), _BATCH):
        known = find_cases(connection, every[at : at + _BATCH]).values()
        found = [case.id for case in known if case.state == PUBLIC and not case.is_unknown]
        if found:
            index_cases(connection, found)
            is_found = True
    if is_found and is_less:
        scrub_words(connection)


def forget_cases(connection: Connection, ids: Iterable[str]) -> None:
    """Have cases not found any more."""
    gone = connection.execute(delete(case_entry).where(case_entry.c.case_id.in_(list(ids))))
    if gone.rowcount:
        scrub_words(connection)


def index_everything(archive: Archive) -> int:
    """Make the whole index anew; return how many public cases there are."""
    query = select(medical_case.c.id).where(medical_case.c.state == PUBLIC)
    with writing(archive.engine) as connection:
        ids = list(
            connection.scalars(query.order_by(medical_case.c.published_at, medical_case.c.id))
        )
        kept = connection.scalars(select(case_entry.c.case_id))
        if gone := set(kept) - set(ids):
            forget_cases(connection, gone)
        for at in range(0, len(ids), _BATCH):
            index_cases(connection, ids[at : at + _BATCH])
    return len(ids)


def _keep(connection: Connection, view: CaseView, entry: Entry, number: int | None) -> None:
    values = {"language": entry.language, "plain": entry.plain}
    if number is None:
        made = connection.execute(insert(case_entry).values(case_id=view.case.id, **values))
        assert made.inserted_primary_key is not None
        number = int(made.inserted_primary_key[0])
    else:
        connection.execute(update(case_entry).where(case_entry.c.number == number).values(values))
    dropped = _keep_facets(connection, number, entry.facets)
    keep_words(connection, number, entry.words)
    if ("mode", KNOWN) in dropped:
        # What it was called until now is what its readers are asked for from now on.
        scrub_words(connection)


def _keep_facets(
    connection: Connection, number: int, facets: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Have an entry chosen by these; return those by which it was until now."""
    query = select(case_facet.c.facet, case_facet.c.value).where(case_facet.c.number == number)
    known = frozenset((row.facet, row.value) for row in connection.execute(query))
    for facet, value in sorted(known - facets):
        connection.execute(
            delete(case_facet).where(
                case_facet.c.facet == facet,
                case_facet.c.value == value,
                case_facet.c.number == number,
            )
        )
    new = [{"facet": f, "value": v, "number": number} for f, v in sorted(facets - known)]
    if new:
        connection.execute(insert(case_facet), new)
    return known - facets


def _numbers_of(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    query = select(case_entry.c.case_id, case_entry.c.number)
    found = connection.execute(query.where(case_entry.c.case_id.in_(ids)))
    return {row.case_id: row.number for row in found}


def _tags_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    query = (
        select(case_tag.c.case_id, tag.c.slug, tag.c.label)
        .join(tag, tag.c.slug == case_tag.c.tag)
        .where(case_tag.c.case_id.in_(ids))
    )
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.case_id].append((row.slug, row.label))
    return found


def _said_of(connection: Connection, view: CaseView) -> list[str]:
    """What anybody may read of what was said about a case, the latest first.

    What its author folded up is left out: a list would unfold it.
    """
    if view.is_hiding:
        return []
    query = rows.listed(NOBODY).where(comment.c.case_id == view.case.id)
    query = query.order_by(comment.c.id.desc()).limit(max_comments)
    found = rows.comments_in(connection, NOBODY, query)
    return [unnamed(one.markdown) for one in found if one.markdown and not one.is_spoiler]


def _lock(connection: Connection) -> None:
    """Let one at a time change counts, which all share; SQLite does so anyway."""
    if not is_sqlite(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
