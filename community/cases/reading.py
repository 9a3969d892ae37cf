"""What a reader sees of a case. Every page, feed, answer and export takes its cases from here.

A draft is its owner's, and theirs whom they gave a link; what is unlisted or public is read by
whoever has the address. Of an unknown case nothing leaves the server, before the answer, that
gives the diagnosis away: `shown_to` is the one place that says what that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from archive.archive import Archive
from archive.database import reading
from archive.errors import BadSearch, Gone, NotFound
from community.accounts.people import Person
from community.case_models import medical_case
from community.cases.errors import CaseHidden
from community.cases.model import (
    ALWAYS,
    DIAGNOSIS,
    HIDDEN,
    PUBLIC,
    SHOWN,
    TOMBSTONE,
    Case,
    CaseStudy,
    CaseView,
    KeyImage,
    Section,
)
from community.cases.readers import NOBODY, Reader
from community.cases.revealing import revealed_among
from community.cases.rows import (
    CASE,
    authors_of,
    case_from,
    find_case,
    find_cases,
    parts_of,
)
from community.ids import is_id
from community.look.words import N_

__all__ = [
    "NOBODY", "CaseQuery", "Page", "Reader", "list_cases", "listed_in", "may_read", "shown_to",
    "view_case", "view_cases", "views_in",
]  # fmt: skip

UNTITLED: Final = N_("A case without a title")
UNKNOWN: Final = N_("An unknown case")
"""What is called so is translated where it is shown."""

max_limit: Final = 100
_SEPARATOR: Final = "~"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT: Final = timedelta(microseconds=1)
_NUMBER: Final = re.compile(r"[0-9]{1,17}")


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases.

    Attributes
    ----------
    owner
        Of one person; to others only what they made public.
    state
        In one state; only an owner's own drafts and unlisted cases are ever listed.
    """

    owner: str | None = None
    state: str | None = None
    specialty: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the cases of a list: without texts, and each with its cover at most."""

    items: tuple[CaseView, ...]
    next_cursor: str | None


def view_case(archive: Archive, reader: Reader, slug_or_id: str) -> CaseView:
    """What a reader may know of a case.

    Raises
    ------
    NotFound
        There is none, or not for them.
    Gone
        It was removed after others had seen it.
    CaseHidden
        It is theirs, and shown to nobody at present.
    """
    with reading(archive.engine) as connection:
        case = find_case(connection, slug_or_id)
        if case is None or not may_read(case, reader):
            raise _lost(case, reader)
        return views_in(connection, reader, [case])[0]


def view_cases(archive: Archive, reader: Reader, ids: Sequence[str]) -> list[CaseView]:
    """What a reader may know of several cases, as a list shows them, in the order of the ids."""
    with reading(archive.engine) as connection:
        return listed_in(connection, reader, ids)


def listed_in(connection: Connection, reader: Reader, ids: Sequence[str]) -> list[CaseView]:
    """As `view_cases`, within a transaction that somebody else began."""
    known = find_cases(connection, ids)
    cases = [known[one] for one in ids if one in known and may_read(known[one], reader)]
    return list(views_in(connection, reader, cases, texts=False))


def list_cases(
    archive: Archive, reader: Reader, wanted: CaseQuery, cursor: str = "", limit: int = 24
) -> Page:
    """Cases that a reader may find, the newest first.

    Parameters
    ----------
    cursor
        `Page.next_cursor` of the page before.

    Raises
    ------
    BadSearch
        The cursor is none of ours.
    """
    limit = max(1, min(limit, max_limit))
    is_own = wanted.owner is not None and reader.owns(wanted.owner)
    query = _listed(wanted, is_own=is_own)
    if cursor:
        query = query.where(_behind(cursor, is_own=is_own))
    with reading(archive.engine) as connection:
        found = [case_from(row) for row in connection.execute(query.limit(limit + 1))]
        views = views_in(connection, reader, found[:limit], texts=False)
    more = _cursor(found[limit - 1]) if len(found) > limit else None
    return Page(views, more)


def may_read(case: Case, reader: Reader) -> bool:
    """Whether a reader may read a case at all; what of it, `shown_to` says."""
    if case.state in SHOWN:
        return True
    if case.state == TOMBSTONE or case.state in HIDDEN:
        return False
    return reader.owns(case.owner) or case.id in reader.opened


def views_in(
    connection: Connection, reader: Reader, cases: Sequence[Case], *, texts: bool = True
) -> tuple[CaseView, ...]:
    """What a reader may know of cases that they may read, in as many questions as for one.

    Parameters
    ----------
    texts
        Without them a view has no sections and its cover at most, as lists show it.
    """
    ids = [case.id for case in cases]
    if not ids:
        return ()
    parts = parts_of(connection, ids, texts=texts)
    authors = authors_of(connection, cases)
    revealed = revealed_among(connection, cases, reader)
    views = (
        shown_to(
            case,
            parts.sections.get(case.id, ()),
            parts.key_images.get(case.id, ()),
            reader.owns(case.owner),
            case.id in revealed,
            studies=parts.studies.get(case.id, ()),
            may_edit=reader.owns(case.owner) and reader.may_write,
            author=authors.get(case.owner or ""),
        )
        for case in cases
    )
    return tuple(views if texts else map(_as_listed, views))


def shown_to(
    case: Case,
    sections: Iterable[Section],
    key_images: Iterable[KeyImage],
    is_owner: bool,
    is_revealed: bool,
    *,
    studies: Iterable[CaseStudy] = (),
    may_edit: bool = False,
    author: Person | None = None,
) -> CaseView:
    """What of a case is shown: the one rule of what gives a diagnosis away.

    An unknown case that is not revealed has its other title, and neither certainty nor proof, nor
    sections that wait for the answer, nor key images that give it away, nor what its author calls
    its studies. Its diagnosis waits whatever its author ticked. A key image that nobody described
    is its owner's alone.
    """
    is_hiding = case.is_unknown and not is_revealed and not is_owner
    if not is_owner:
        key_images = [one for one in key_images if one.alt]
    if is_hiding:
        title = case.unknown_title or UNKNOWN
        case = replace(case, title=title, unknown_title=title, certainty="", proof="")
        sections = (one for one in sections if one.reveal == ALWAYS and one.kind != DIAGNOSIS)
        # A region says where the finding is, which readers may be asked to find.
        key_images = (replace(one, region=None) for one in key_images if not one.is_spoiler)
        studies = (replace(one, label="") for one in studies)
    return CaseView(
        case=case,
        shown_title=case.title or UNTITLED,
        sections=tuple(sections),
        studies=tuple(studies),
        key_images=tuple(key_images),
        is_owner=is_owner,
        may_edit=may_edit,
        is_revealed=not is_hiding,
        is_hiding=is_hiding,
        author=author,
    )


def _as_listed(view: CaseView) -> CaseView:
    return replace(view, key_images=view.key_images[:1]) if len(view.key_images) > 1 else view


def _lost(case: Case | None, reader: Reader) -> NotFound | Gone | CaseHidden:
    if case is not None and case.state in HIDDEN and reader.owns(case.owner):
        return CaseHidden(case.state)
    if case is not None and case.state == TOMBSTONE and case.published_at is not None:
        return Gone("case", case.changed_at)
    return NotFound("there is no such case")


def _listed(wanted: CaseQuery, *, is_own: bool) -> Select[Any]:
    query = select(*CASE)
    if wanted.owner is not None:
        query = query.where(medical_case.c.owner == wanted.owner)
    if wanted.state is not None:
        query = query.where(medical_case.c.state == wanted.state)
    if wanted.specialty is not None:
        query = query.where(medical_case.c.specialty == wanted.specialty)
    if is_own:
        query = query.where(medical_case.c.state != TOMBSTONE)
        return query.order_by(medical_case.c.id.desc())
    query = query.where(medical_case.c.state == PUBLIC)
    return query.order_by(medical_case.c.published_at.desc(), medical_case.c.id.desc())


def _cursor(case: Case) -> str:
    when = case.published_at or case.created_at
    return f"{(when - _EPOCH) // _UNIT}{_SEPARATOR}{case.id}"


def _behind(cursor: str, *, is_own: bool) -> ColumnElement[bool]:
    written, _, case = cursor.partition(_SEPARATOR)
    if not (_NUMBER.fullmatch(written) and is_id(case)):
        raise BadSearch("this list has no such place; begin at its first page")
    when = _EPOCH + int(written) * _UNIT
    if is_own:
        return medical_case.c.id < case
    at = medical_case.c.published_at
    return or_(at < when, and_(at == when, medical_case.c.id < case))
