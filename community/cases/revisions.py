"""What a case said earlier: its text after each change, and what differs from the one before.

Who may read a case may read what it said since it was published, once nothing of it is kept back
from them; what was written before is its owner's alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from archive.archive import Archive
from archive.database import reading
from archive.documents import pack_document, unpack_document
from archive.errors import NotFound
from community.accounts.people import SHOWN as SHOWN_PEOPLE
from community.accounts.people import Person, person_from
from community.case_models import case_revision
from community.cases.model import KINDS, SHOWN, Case, CaseView, Section
from community.models import person

max_revisions: Final = 200
"""Of one case; the oldest go first."""

_FACTS: Final = (
    "title", "unknown_title", "is_unknown", "specialty", "body_part", "modalities", "certainty",
    "proof", "difficulty", "age_band", "sex", "licence", "language",
)  # fmt: skip
_AROUND: Final = 2
_MAX_LINES: Final = 1_000
"""Of a text that is compared line by line; of longer ones the time grows with the square."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What a case was at a moment; `text` is empty in lists."""

    number: int
    at: datetime
    state: str
    note: str
    author: Person | None
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference; `sign` is ``+``, ``-``, or nothing for one that stayed."""

    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one field of two revisions."""

    field: str
    lines: tuple[Line, ...]


def keep_revision(
    connection: Connection, case: Case, sections: Iterable[Section], author: str, note: str
) -> None:
    """Keep what a case says now, in the transaction that changed it."""
    facts = {name: getattr(case, name) for name in _FACTS}
    document = {**facts, "sections": [asdict(section) for section in sections]}
    connection.execute(
        insert(case_revision).values(
            case_id=case.id,
            number=case.version,
            author=author,
            at=case.changed_at,
            state=case.state,
            note=note,
            document=pack_document(document),
        )
    )
    numbers = (
        select(case_revision.c.number)
        .where(case_revision.c.case_id == case.id)
        .order_by(case_revision.c.number.desc())
        .offset(max_revisions)
        .limit(1)
    )
    last = connection.scalar(numbers)
    if last is not None:
        old = (case_revision.c.case_id == case.id, case_revision.c.number <= last)
        connection.execute(delete(case_revision).where(*old))


def list_revisions(archive: Archive, view: CaseView) -> list[Revision]:
    """The revisions of a case that whoever has this view may read, the newest first."""
    if view.is_hiding:
        return []
    listed = [one for one in case_revision.c if one.name != "document"]
    query = (
        select(*listed)
        .where(case_revision.c.case_id == view.case.id)
        .order_by(case_revision.c.number.desc())
    )
    if not view.is_owner:
        query = query.where(case_revision.c.state.in_(SHOWN))
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
        people = _people(connection, {row.author for row in rows if row.author})
    return [_revision(row, people, {}) for row in rows]


def find_revision(archive: Archive, view: CaseView, number: int) -> tuple[Revision, list[Change]]:
    """A revision and what it changed.

    Raises
    ------
    NotFound
        There is none of this number, or not for them.
    """
    listed = list_revisions(archive, view)
    at = next((i for i, one in enumerate(listed) if one.number == number), None)
    if at is None:
        raise NotFound("there is no such revision")
    before = listed[at + 1].number if at + 1 < len(listed) else None
    query = select(case_revision).where(
        case_revision.c.case_id == view.case.id,
        case_revision.c.number.in_([number] if before is None else [number, before]),
    )
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
        people = _people(connection, {row.author for row in rows if row.author})
    found = {row.number: _revision(row, people, _text(row.document)) for row in rows}
    this = found[number]
    return this, list(changes(found[before].text if before in found else {}, this.text))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """What differs between two texts, field by field in the order in which they are read."""
    for name in (*_FACTS, *KINDS):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Change(name, tuple(_lines(old, new)))


def _lines(old: str, new: str) -> Iterator[Line]:
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > _MAX_LINES:
        yield from (Line("-", line) for line in before)
        yield from (Line("+", line) for line in after)
        return
    every = difflib.unified_diff(before, after, lineterm="", n=_AROUND)
    for line in list(every)[2:]:
        if line.startswith("@@"):
            continue
        yield Line(line[0].strip(), line[1:])


def _text(packed: bytes) -> dict[str, str]:
    document: dict[str, Any] = unpack_document(packed)
    facts = {name: _said(document.get(name, "")) for name in _FACTS}
    return facts | {one["kind"]: one["markdown"] for one in document.get("sections", ())}


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _people(connection: Connection, ids: set[str]) -> dict[str, Person]:
    if not ids:
        return {}
    query = select(person).where(person.c.id.in_(ids), person.c.state.in_(SHOWN_PEOPLE))
    return {row.id: person_from(row) for row in connection.execute(query)}


def _revision(row: Any, people: Mapping[str, Person], text: Mapping[str, str]) -> Revision:
    author = people.get(row.author or "")
    return Revision(row.number, row.at, row.state, row.note, author, text)
