"""Collections: what an archive holds apart from one another, and their ingest policy.

`archive` and `community` are always there. A collection that de-identifies
stores what arrives in its quarantine, a hidden collection that no door
exposes; see docs/decisions/0002-quarantine.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from archive.database import reading, writing
from archive.errors import ArchiveError, NotFound
from archive.models import collection as table
from archive.policies import insert_policy

if TYPE_CHECKING:
    from archive.archive import Archive

KEEP_FIRST = "keep-first"
REPLACE = "replace"
AS_RECEIVED = "as-received"
DEIDENTIFY = "deidentify"

ARCHIVE = "archive"
COMMUNITY = "community"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,47}")
_AE_TITLE = re.compile(r"[A-Za-z0-9_.-]{1,16}")
_QUARANTINE_SUFFIX = ".quarantine"
"""No collection that an operator names can hold a dot."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection.

    Attributes
    ----------
    ingest : str
        `AS_RECEIVED`, or `DEIDENTIFY`: what arrives goes into quarantine.
    duplicate_rule : str
        What another data set under a known SOP Instance UID does:
        `KEEP_FIRST` or `REPLACE`.
    quarantine_id : int or None
        The hidden collection of one that de-identifies.
    """

    id: int
    name: str
    ae_title: str | None
    duplicate_rule: str
    ingest: str
    hidden: bool
    quarantine_id: int | None

    @property
    def root_path(self) -> str:
        """Where its DICOMweb root is, below the server's address."""
        built_in = {ARCHIVE: "/dicom-web", COMMUNITY: "/community/dicom-web"}
        return built_in.get(self.name, f"/collections/{self.name}/dicom-web")


def get_collection(archive: Archive, name: str) -> Collection:
    """The collection of this name; hidden ones have none for the doors.

    Raises
    ------
    NotFound
        No such collection.
    """
    known: Collection | None = archive.known_collections.get(name)
    if known is not None:
        return known
    if _NAME.fullmatch(name) is not None:
        with reading(archive.engine) as connection:
            row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
        if row is not None and not row.hidden:
            found = _collection(row)
            archive.known_collections.put(name, found)
            return found
    raise NotFound("no such collection")


def collection_by_ae_title(archive: Archive, ae_title: str) -> Collection:
    """The collection that answers to a called AE title.

    Raises
    ------
    NotFound
        No collection has this title.
    """
    title = ae_title.strip()
    if _AE_TITLE.fullmatch(title) is not None:
        with reading(archive.engine) as connection:
            row = connection.execute(select(table).where(table.c.ae_title == title)).one_or_none()
        if row is not None and not row.hidden:
            return _collection(row)
    raise NotFound("no collection has this AE title")


def quarantined_for(archive: Archive, name: str) -> Collection | None:
    """The collection whose quarantine has this name; None of a name that is no quarantine's.

    Raises
    ------
    NotFound
        There is no such collection any more.
    """
    if not name.endswith(_QUARANTINE_SUFFIX):
        return None
    return get_collection(archive, name.removesuffix(_QUARANTINE_SUFFIX))


def list_collections(archive: Archive) -> list[Collection]:
    """Every collection that a door may expose, oldest first."""
    query = select(table).where(~table.c.hidden).order_by(table.c.id)
    with reading(archive.engine) as connection:
        return [_collection(row) for row in connection.execute(query)]


def quarantine_of(archive: Archive, collection: Collection) -> Collection:
    """Where what arrives for a collection that de-identifies is kept.

    Raises
    ------
    NotFound
        The collection keeps what arrives as received.
    """
    query = select(table).where(table.c.id == collection.quarantine_id)
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("this collection has no quarantine")
    return _collection(row)


def create_collection(
    archive: Archive,
    name: str,
    ae_title: str | None = None,
    duplicate_rule: str = KEEP_FIRST,
    ingest: str = AS_RECEIVED,
) -> Collection:
    """Make a collection.

    Raises
    ------
    ArchiveError
        The name or the title cannot be used, or is taken.
    """
    _check(name, ae_title, duplicate_rule, ingest)
    try:
        with writing(archive.engine) as connection:
            insert_collection(connection, name, ae_title, duplicate_rule, ingest)
    except IntegrityError as exc:
        raise ArchiveError("a collection has this name or AE title already") from exc
    return get_collection(archive, name)


def insert_collection(
    connection: Connection, name: str, ae_title: str | None, duplicate_rule: str, ingest: str
) -> None:
    """Write the rows of a collection and of its quarantine, when it has one."""
    quarantine_id = None
    if ingest == DEIDENTIFY:
        quarantine_id = _insert(
            connection,
            name=name + _QUARANTINE_SUFFIX,
            duplicate_rule=KEEP_FIRST,
            ingest=AS_RECEIVED,
            hidden=True,
        )
    collection_id = _insert(
        connection,
        name=name,
        ae_title=ae_title,
        duplicate_rule=duplicate_rule,
        ingest=ingest,
        hidden=False,
        quarantine_id=quarantine_id,
    )
    if ingest == DEIDENTIFY:
        insert_policy(connection, collection_id)


def _insert(connection: Connection, **values: object) -> int:
    statement = insert(table).values(**values).returning(table.c.id)
    return int(connection.execute(statement).scalar_one())


def _check(name: str, ae_title: str | None, duplicate_rule: str, ingest: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise ArchiveError("a collection's name is small letters, digits and '-', at most 48")
    if ae_title is not None and _AE_TITLE.fullmatch(ae_title) is None:
        raise ArchiveError("an AE title is 1 to 16 letters, digits, '_', '.' or '-'")
    if duplicate_rule not in (KEEP_FIRST, REPLACE):
        raise ArchiveError(f"the duplicate rule is '{KEEP_FIRST}' or '{REPLACE}'")
    if ingest not in (AS_RECEIVED, DEIDENTIFY):
        raise ArchiveError(f"the ingest policy is '{AS_RECEIVED}' or '{DEIDENTIFY}'")


def _collection(row: Row[tuple[object, ...]]) -> Collection:
    return Collection(**row._mapping)
