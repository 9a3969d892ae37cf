"""Restriction: what is somebody's is kept, and shown and used no more, until they want it again.

Their account reads and writes nothing; nobody is shown their profile, their cases, their studies or
what they wrote. Only a copy of it is given to them, or all of it erased.

References
----------
Regulation (EU) 2016/679 article 18.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select, update

from archive import holds
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import writing
from community.accounts.errors import AccountError
from community.accounts.people import ACTIVE, RESTRICTED
from community.audit.trail import by_person, record
from community.case_models import medical_case
from community.cases.holding import hold_case, release_case
from community.finding.indexing import index_cases
from community.models import person
from community.rights.erasing import erase_reports
from community.rights.own_studies import Owned, studies_of, uploads_of
from community.talk_models import comment

_WHY: Final = holds.RESTRICTED


def restrict(archive: Archive, person_id: str) -> None:
    """Keep what is somebody's, and use it no more.

    Raises
    ------
    AccountError
        Their account is in no state for it.
    """
    with writing(archive.engine) as connection:
        _change(connection, person_id, ACTIVE, RESTRICTED)
        for case_id in _cases(connection, person_id):
            hold_case(connection, case_id, _WHY)
        for one in _studies(connection, person_id):
            place = get_collection(archive, one.collection)
            uid = one.study_instance_uid
            holds.hold_study(connection, place, uid, _WHY, by_person(person_id))
        _index_talk(connection, person_id)
        record(connection, by_person(person_id), "account.restricted", subject=person_id)
    # They lie beside studies of others, and can be made again.
    erase_reports(archive, person_id)


def release(archive: Archive, person_id: str) -> None:
    """Use what is somebody's again.

    Raises
    ------
    AccountError
        Nothing of theirs is restricted.
    """
    with writing(archive.engine) as connection:
        _change(connection, person_id, RESTRICTED, ACTIVE)
        for case_id in _cases(connection, person_id):
            release_case(connection, case_id, _WHY)
        for one in _studies(connection, person_id):
            place = get_collection(archive, one.collection)
            holds.release_study(connection, place, one.study_instance_uid, _WHY)
        _index_talk(connection, person_id)
        record(connection, by_person(person_id), "account.released", subject=person_id)


def _change(connection: Connection, person_id: str, before: str, after: str) -> None:
    locked = select(person.c.state).where(person.c.id == person_id).with_for_update()
    if connection.scalar(locked) != before:
        raise AccountError("this account is in another state; look at it again")
    connection.execute(update(person).where(person.c.id == person_id).values(state=after))


def _cases(connection: Connection, person_id: str) -> list[str]:
    query = select(medical_case.c.id).where(medical_case.c.owner == person_id)
    return list(connection.scalars(query.order_by(medical_case.c.id)))


def _studies(connection: Connection, person_id: str) -> list[Owned]:
    """What is published, and what is on its way."""
    return sorted({*studies_of(connection, person_id), *uploads_of(connection, person_id)})


def _index_talk(connection: Connection, person_id: str) -> None:
    """Have what they wrote found no more, or again."""
    query = select(comment.c.case_id).where(comment.c.author == person_id).distinct()
    index_cases(connection, sorted(connection.scalars(query)))
