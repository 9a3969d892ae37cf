"""Erasing again, after a backup was put back, what the ledger says was erased since it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from sqlalchemy import func, select

from archive.access import LOCAL
from archive.archive import Archive
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import Gone, NotFound
from archive.models import collection, instance, study
from community.cases.editing import locked
from community.cases.model import TOMBSTONE
from community.cases.removing import remove_case
from community.rights import ledger
from community.rights.erasing import erase_person
from community.rights.ledger import CASE, PERSON, STUDY, Entry


def replay(archive: Archive, more: Iterable[Entry] = ()) -> dict[str, int]:
    """Erase again what was erased; what is gone stays so.

    Parameters
    ----------
    more
        Entries that an operator kept elsewhere.

    Returns
    -------
    dict
        How many of each kind had come back.
    """
    with writing(archive.engine) as connection:
        ledger.keep_in(connection, more)
    done = dict.fromkeys(ledger.KINDS, 0)
    entries = ledger.listed(archive)
    with writing(archive.engine) as connection:
        ledger.keep_in(connection, entries)
    for entry in entries:
        done[entry.kind] += _AGAIN[entry.kind](archive, entry)
    return done


def _person(archive: Archive, entry: Entry) -> bool:
    return erase_person(archive, entry.subject, keeps_work=entry.keeps_work)


def _case(archive: Archive, entry: Entry) -> bool:
    with writing(archive.engine) as connection:
        case = locked(connection, entry.subject)
        if case is None or case.state == TOMBSTONE:
            return False
        remove_case(connection, case)
    return True


def _study(archive: Archive, entry: Entry) -> bool:
    """One that was stored anew since is another one, and stays."""
    name, _, uid = entry.subject.partition("/")
    first = (
        select(func.min(instance.c.stored_at))
        .join(study, study.c.id == instance.c.study_id)
        .join(collection, collection.c.id == study.c.collection_id)
        .where(collection.c.name == name, study.c.study_instance_uid == uid)
    )
    with reading(archive.engine) as connection:
        since = connection.scalar(first)
    if since is None or since > entry.at:
        return False
    with suppress(NotFound, Gone):
        erase(archive, LOCAL, name, uid)
    return True


_AGAIN: Final[dict[str, Callable[[Archive, Entry], bool]]] = {
    PERSON: _person,
    CASE: _case,
    STUDY: _study,
}
