"""Playlists: cases in an order, of one person, for themselves, for whoever has the address, or all.

A playlist holds which cases, never what they are called: what a reader sees of each is
`community.cases.reading`'s to say, and a case that they may not read is not there for them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotAllowed, NotFound
from community.accounts.people import SHOWN, Person, person_from
from community.cases.model import CaseView
from community.cases.patient_words import names_patient
from community.cases.reading import Reader, view_case, view_cases
from community.ids import is_id, new_id
from community.look.words import N_
from community.models import person
from community.quiz_models import playlist, playlist_item
from community.quizzes.errors import QuizError

PRIVATE: Final = "private"
UNLISTED: Final = "unlisted"
PUBLIC: Final = "public"
VISIBILITIES: Final = {
    PRIVATE: N_("Only you"),
    UNLISTED: N_("Whoever has the address"),
    PUBLIC: N_("Everybody"),
}

max_title_chars: Final = 200
max_description_chars: Final = 2_000
max_playlists: Final = 200
"""Of one person."""
max_items: Final = 200
max_limit: Final = 100

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_SLUG_CHARS: Final = 12
_SLUG: Final = re.compile(f"[{_ALPHABET}]{{{_SLUG_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist without its cases.

    Attributes
    ----------
    count
        How many cases it has, also those that not everybody may read.
    version
        Whoever changes it says which one they saw.
    """

    id: str
    slug: str
    owner: str
    title: str
    description: str
    visibility: str
    created_at: datetime
    changed_at: datetime
    version: int
    count: int = 0


@dataclass(frozen=True, slots=True)
class PlaylistView:
    """What one reader sees of a playlist.

    Attributes
    ----------
    lost
        Ids of cases that its owner sees only to remove: they are not shown any more.
    """

    playlist: Playlist
    owner: Person | None
    is_owner: bool
    cases: tuple[CaseView, ...]
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """What an owner says of a playlist."""

    title: str
    description: str = ""
    visibility: str = PRIVATE


class Stale(QuizError):  # noqa: N818 - it is read in sentences
    """The playlist is not any more what whoever changes it saw."""

    def __init__(self) -> None:
        super().__init__("this playlist was changed meanwhile; look at it again")


def is_slug(text: str) -> bool:
    """Whether `make_playlist` could have made this."""
    return _SLUG.fullmatch(text) is not None


# ---- reading


def view_playlist(archive: Archive, reader: Reader, slug_or_id: str) -> PlaylistView:
    """A playlist as a reader sees it, with their cases in its order.

    Raises
    ------
    NotFound
        There is none, or not for them.
    """
    with reading(archive.engine) as connection:
        found, owner = _find(connection, reader, slug_or_id)
        query = select(playlist_item.c.case_id).where(playlist_item.c.playlist == found.id)
        ids = list(connection.scalars(query.order_by(playlist_item.c.position)))
    cases = tuple(view_cases(archive, reader, ids))
    is_owner = reader.owns(found.owner)
    shown = {one.case.id for one in cases}
    lost = tuple(one for one in ids if one not in shown) if is_owner else ()
    return PlaylistView(found, owner if owner.state in SHOWN else None, is_owner, cases, lost)


def list_playlists(
    archive: Archive, reader: Reader, *, mine: bool = False, before: str = "", limit: int = 24
) -> tuple[list[Playlist], str | None]:
    """Playlists, the newest first, and the id before which the next ones are.

    Parameters
    ----------
    mine
        Their own, in whatever visibility; else what everybody sees.
    before
        Id of the last one of the part before.
    """
    limit = max(1, min(limit, max_limit))
    query = _counted().join(person, person.c.id == playlist.c.owner)
    if mine:
        if reader.person is None:
            return [], None
        query = query.where(playlist.c.owner == reader.person.id)
    else:
        query = query.where(playlist.c.visibility == PUBLIC, person.c.state.in_(SHOWN))
    if is_id(before):
        query = query.where(playlist.c.id < before)
    with reading(archive.engine) as connection:
        rows = connection.execute(query.order_by(playlist.c.id.desc()).limit(limit + 1)).all()
    found = [_playlist(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


# ---- writing


def make_playlist(archive: Archive, reader: Reader, wording: Wording) -> Playlist:
    """Make a playlist without cases.

    Raises
    ------
    QuizError
        Something is missing or too long, or they have too many.
    NotAllowed
        They may not write.
    """
    owner, said, now = _writer(reader), _checked(wording), datetime.now(UTC)
    slug = "".join(secrets.choice(_ALPHABET) for _ in range(_SLUG_CHARS))
    row = {
        "id": new_id(),
        "slug": slug,
        "owner": owner.id,
        **said,
        "created_at": now,
        "changed_at": now,
        "version": 1,
    }
    with writing(archive.engine) as connection:
        count = select(func.count()).select_from(playlist).where(playlist.c.owner == owner.id)
        if (connection.scalar(count) or 0) >= max_playlists:
            raise QuizError(f"you have {max_playlists} playlists; delete one first")
        connection.execute(insert(playlist).values(row))
    return Playlist(**row)  # type: ignore[arg-type]


def edit_playlist(
    archive: Archive, reader: Reader, slug_or_id: str, wording: Wording, version: int | None
) -> Playlist:
    """Change what is said of a playlist; of the version that they saw, unless None.

    Raises
    ------
    Stale
        Somebody changed it meanwhile.
    QuizError, NotAllowed, NotFound
        As for `make_playlist`; it is not theirs.
    """
    said = _checked(wording)
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        if version is not None and version != found.version:
            raise Stale
        _touch(connection, found, **said)
        return _find(connection, reader, found.id)[0]


def delete_playlist(archive: Archive, reader: Reader, slug_or_id: str) -> None:
    """Forget a playlist; its cases stay."""
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        connection.execute(delete(playlist).where(playlist.c.id == found.id))


def add_case(archive: Archive, reader: Reader, slug_or_id: str, case: str) -> None:
    """Put a case at the end of a playlist; again changes nothing.

    Raises
    ------
    QuizError
        It is full.
    NotFound, Gone
        There is no such case for them.
    """
    case_id = view_case(archive, reader, case).case.id
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        items = _items(connection, found.id)
        if case_id in items:
            return
        if len(items) >= max_items:
            raise QuizError(f"a playlist has at most {max_items} cases")
        last = func.coalesce(func.max(playlist_item.c.position), -1) + 1
        place = select(last).where(playlist_item.c.playlist == found.id).scalar_subquery()
        row = {"playlist": found.id, "case_id": case_id, "position": place}
        connection.execute(insert(playlist_item).values(row))
        _touch(connection, found)


def remove_case(archive: Archive, reader: Reader, slug_or_id: str, case_id: str) -> None:
    """Take a case out of a playlist."""
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        here = (playlist_item.c.playlist == found.id, playlist_item.c.case_id == case_id)
        if not connection.execute(delete(playlist_item).where(*here)).rowcount:
            raise NotFound("this playlist has no such case")
        _touch(connection, found)


def move_case(archive: Archive, reader: Reader, slug_or_id: str, case_id: str, by: int) -> None:
    """Put a case one place further up (-1) or down (1); at an end it stays."""
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        items = _items(connection, found.id)
        if case_id not in items:
            raise NotFound("this playlist has no such case")
        at = items.index(case_id)
        to = min(max(at + (1 if by > 0 else -1), 0), len(items) - 1)
        items.insert(to, items.pop(at))
        _order(connection, found, items)


def order_cases(archive: Archive, reader: Reader, slug_or_id: str, cases: Sequence[str]) -> None:
    """Put all cases of a playlist into an order.

    Raises
    ------
    QuizError
        These are not just its cases.
    """
    with writing(archive.engine) as connection:
        found = _claimed(connection, reader, slug_or_id)
        if sorted(cases) != sorted(_items(connection, found.id)):
            raise QuizError("name every case of the playlist once", "cases")
        _order(connection, found, cases)


def _order(connection: Connection, found: Playlist, cases: Sequence[str]) -> None:
    for position, case_id in enumerate(cases):
        connection.execute(
            update(playlist_item)
            .where(playlist_item.c.playlist == found.id, playlist_item.c.case_id == case_id)
            .values(position=position)
        )
    _touch(connection, found)


def _touch(connection: Connection, found: Playlist, **said: str) -> None:
    values: dict[str, Any] = {
        **said,
        "changed_at": datetime.now(UTC),
        "version": playlist.c.version + 1,
    }
    connection.execute(update(playlist).where(playlist.c.id == found.id).values(values))


def _items(connection: Connection, playlist_id: str) -> list[str]:
    query = select(playlist_item.c.case_id).where(playlist_item.c.playlist == playlist_id)
    return list(connection.scalars(query.order_by(playlist_item.c.position)))


def _claimed(connection: Connection, reader: Reader, slug_or_id: str) -> Playlist:
    """A playlist that this reader may change, locked until the transaction ends."""
    owner = _writer(reader)
    found, _ = _find(connection, reader, slug_or_id)
    if found.owner != owner.id:
        raise NotAllowed("this playlist is somebody else's")
    locked = select(playlist.c.version).where(playlist.c.id == found.id).with_for_update()
    connection.execute(locked)
    return found


def _writer(reader: Reader) -> Person:
    if reader.person is None or not reader.may_write:
        raise NotAllowed("sign in with an account that may write")
    return reader.person


def _find(connection: Connection, reader: Reader, slug_or_id: str) -> tuple[Playlist, Person]:
    """A playlist that a reader may see, and whose it is."""
    if not (is_id(slug_or_id) or is_slug(slug_or_id)):
        raise NotFound("there is no such playlist")
    column = playlist.c.id if is_id(slug_or_id) else playlist.c.slug
    query = _counted().where(column == slug_or_id, _is_seen(reader))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such playlist")
    owner = connection.execute(select(person).where(person.c.id == row.owner)).one()
    return _playlist(row), person_from(owner)


def _is_seen(reader: Reader) -> ColumnElement[bool]:
    """As a condition: a reader may see it; of people who are not shown, nobody else does."""
    shown = select(person.c.id).where(person.c.id == playlist.c.owner, person.c.state.in_(SHOWN))
    open_to_all = and_(playlist.c.visibility.in_((UNLISTED, PUBLIC)), shown.exists())
    if reader.person is None:
        return open_to_all
    return or_(open_to_all, playlist.c.owner == reader.person.id)


def _counted() -> Select[Any]:
    items = select(func.count()).where(playlist_item.c.playlist == playlist.c.id)
    return select(playlist, items.scalar_subquery().label("count"))


def _playlist(row: Row[Any]) -> Playlist:
    return Playlist(
        row.id,
        row.slug,
        row.owner,
        row.title,
        row.description,
        row.visibility,
        row.created_at,
        row.changed_at,
        row.version,
        row[-1],
    )


def _checked(wording: Wording) -> dict[str, str]:
    title = " ".join(wording.title.split())
    said = wording.description.replace("\r\n", "\n").strip()
    if not title or not title.isprintable():
        raise QuizError("give the playlist a title", "title")
    if len(title) > max_title_chars:
        raise QuizError(f"the title has {len(title)} characters; {max_title_chars} fit", "title")
    if len(said) > max_description_chars:
        words = f"the description has {len(said)} characters; {max_description_chars} fit"
        raise QuizError(words, "description")
    if not all(one.isprintable() or one == "\n" for one in said):
        raise QuizError("the description has characters that cannot be shown", "description")
    for field, text in (("title", title), ("description", said)):
        if names_patient(text):
            raise QuizError("this may identify somebody: take the number or the name out", field)
    if wording.visibility not in VISIBILITIES:
        raise QuizError("choose who sees the playlist", "visibility")
    return {"title": title, "description": said, "visibility": wording.visibility}
