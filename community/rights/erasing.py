"""Erasing somebody: by the table of rules, and whole, or not at all and again.

The ledger is written first. Studies go before the rows that lead to them, and all rows in one
transaction, which ends by looking whether anything still leads to the person: then it is undone
and fails loudly. Whatever was interrupted is begun anew and does what is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, delete, func, select, update

from archive import removal
from archive.archive import Archive
from archive.database import insert_missing, note_deletion, reading, writing
from archive.errors import ArchiveError
from archive.outbox import delete_objects
from archive.sharing import unshare_everything
from archive.values import decode, encode
from community.accounts.closing import end_request, wish_of
from community.audit.trail import SYSTEM, record
from community.case_models import medical_case
from community.cases.editing import locked
from community.cases.model import SHOWN
from community.cases.removing import remove_case
from community.discussion.model import ERASED
from community.discussion.reports import erase_report
from community.discussion.writing import remove_several
from community.models import link, person
from community.requests import kinds
from community.rights import ledger
from community.rights.links import By, Through
from community.rights.own_studies import erase_studies
from community.rights.rules import Act, Rule, rows_of, ruled_tables
from community.rights_models import export_job, retired_handle
from community.talk_models import comment, comment_report, comment_vote

handle_rests: Final = timedelta(days=365)
"""Until somebody else may take a handle."""


class NotErased(ArchiveError):  # noqa: N818 - it is read in sentences
    """Something still leads to somebody who was to be erased: our own mistake.

    Parameters
    ----------
    tables
        In which.
    """

    def __init__(self, tables: Iterable[str]) -> None:
        super().__init__(f"rows of somebody who was to be erased are left in: {', '.join(tables)}")


def erase_person(archive: Archive, person_id: str, *, keeps_work: bool = False) -> bool:
    """Erase somebody for good; False if there is nobody of this id.

    Parameters
    ----------
    keeps_work
        Cases that others see, and comments, stay without their name.

    Raises
    ------
    NotErased
        A table has no true rule.
    """
    if not _is_there(archive, person_id):
        return False
    ledger.note(archive, ledger.PERSON, person_id, keeps_work=keeps_work)
    erase_studies(archive, person_id, keeps_work=keeps_work)
    if not keeps_work:
        erase_reports(archive, person_id)
    with writing(archive.engine) as connection:
        keys = _erase_rows(connection, person_id, keeps_work=keeps_work)
    delete_objects(archive, keys)
    return True


def erase_reports(archive: Archive, person_id: str) -> None:
    """Erase what was made of somebody's comments and lies beside studies."""
    query = (
        select(comment.c.id)
        .join(comment_report, comment_report.c.comment == comment.c.id)
        .where(comment.c.author == person_id)
    )
    with reading(archive.engine) as connection:
        found = list(connection.scalars(query))
    for one in found:
        erase_report(archive, one)


def _is_there(archive: Archive, person_id: str) -> bool:
    with reading(archive.engine) as connection:
        return connection.scalar(select(person.c.id).where(person.c.id == person_id)) is not None


def _erase_rows(connection: Connection, person_id: str, *, keeps_work: bool) -> list[str]:
    """Let nothing lead to somebody any more; return keys of objects that nobody needs."""
    note_deletion(connection)
    this = select(person.c.handle_folded).where(person.c.id == person_id)
    folded = connection.scalar(this.with_for_update())
    if folded is None:  # somebody else was quicker
        return []
    keys = _loosened_exports(connection, person_id)
    if wish := wish_of(connection, person_id):
        end_request(connection, wish, kinds.DONE, side=kinds.SYSTEM)
    _remove_cases(connection, person_id, keeps_work=keeps_work)
    if not keeps_work:
        _remove_comments(connection, person_id)
    _take_votes_back(connection, person_id)
    _close_links(connection, person_id)
    _retire(connection, str(folded))
    record(connection, SYSTEM, "account.erased", subject=person_id)
    for table, rule in _in_order():
        _apply(connection, table, rule, person_id, keeps_work=keeps_work)
    _check(connection, person_id)
    return keys


def _in_order() -> list[tuple[Table, Rule]]:
    """What leads there through other rows comes before those; the person is last of theirs."""
    every = list(reversed(ruled_tables()))
    through = [(t, r) for t, r in every if any(isinstance(one, Through) for one in r.mine)]
    direct = [(t, r) for t, r in every if (t, r) not in through and t is not person]
    return [*through, *direct, *((t, r) for t, r in every if t is person)]


def _apply(
    connection: Connection, table: Table, rule: Rule, person_id: str, *, keeps_work: bool
) -> None:
    act = rule.act(keeps_work=keeps_work)
    mine = rows_of(table, person_id)
    if act is Act.DELETE:
        connection.execute(delete(table).where(mine))
    if act is Act.UNNAME:
        columns = [one.column for one in rule.mine if isinstance(one, By)]
        empty = {name: _nobody(table.c[name]) for name in (*columns, *rule.blanked)}
        connection.execute(update(table).where(mine).values(empty))
    for by, what in rule.named.items():
        if what is Act.DELETE:
            connection.execute(delete(table).where(by.finds(table, person_id)))
        elif by.inside:
            _unname_inside(connection, table, by, person_id)
        else:
            empty = {by.column: _nobody(table.c[by.column])}
            connection.execute(update(table).where(by.finds(table, person_id)).values(empty))


def _nobody(column: Column[Any]) -> str | None:
    return None if column.nullable else ""


def _unname_inside(connection: Connection, table: Table, by: By, person_id: str) -> None:
    """Take a name out of several."""
    column, name = table.c[by.column], by.spelled.format(person_id)
    (key,) = table.primary_key.columns
    found = connection.execute(select(key, column).where(by.finds(table, person_id))).all()
    for number, several in found:
        left = encode([one for one in decode(several) if one != name])
        connection.execute(update(table).where(key == number).values({by.column: left}))


def _check(connection: Connection, person_id: str) -> None:
    left = [
        table.name
        for table, rule in ruled_tables()
        if _finds(connection, table, rows_of(table, person_id))
        or any(_finds(connection, table, by.finds(table, person_id)) for by in rule.named)
    ]
    if left:
        raise NotErased(left)


def _finds(connection: Connection, table: Table, which: Any) -> bool:
    return connection.scalar(select(func.count()).select_from(table).where(which)) != 0


def _remove_cases(connection: Connection, person_id: str, *, keeps_work: bool) -> None:
    query = select(medical_case.c.id).where(medical_case.c.owner == person_id)
    if keeps_work:
        query = query.where(medical_case.c.state.not_in(SHOWN))
    for case_id in connection.scalars(query.order_by(medical_case.c.id)).all():
        case = locked(connection, case_id)
        if case is not None:
            remove_case(connection, case, owner=None)


def _remove_comments(connection: Connection, person_id: str) -> None:
    """The latest first, so that places which nobody answers to any more go, too."""
    query = select(comment.c.id).where(comment.c.author == person_id).order_by(comment.c.id.desc())
    remove_several(connection, list(connection.scalars(query)), ERASED)


def _take_votes_back(connection: Connection, person_id: str) -> None:
    query = select(comment_vote.c.comment).where(comment_vote.c.person == person_id)
    voted = list(connection.scalars(query))
    connection.execute(delete(comment_vote).where(comment_vote.c.person == person_id))
    for comment_id in voted:
        count = select(func.count()).where(comment_vote.c.comment == comment_id)
        counted = {"helpful": connection.scalar(count.select_from(comment_vote)) or 0}
        connection.execute(update(comment).where(comment.c.id == comment_id).values(counted))


def _close_links(connection: Connection, person_id: str) -> None:
    query = select(link.c.id).where(link.c.created_by == person_id)
    for link_id in connection.scalars(query).all():
        unshare_everything(connection, f"link:{link_id}")


def _loosened_exports(connection: Connection, person_id: str) -> list[str]:
    """Copies that were made for them: nobody needs their objects any more."""
    query = select(export_job.c.object_key).where(
        export_job.c.person == person_id, export_job.c.object_key.is_not(None)
    )
    keys = [str(key) for key in connection.scalars(query)]
    removal.loosen(connection, keys, datetime.now(UTC))
    return keys


def _retire(connection: Connection, folded: str) -> None:
    """Keep a handle from others for a while, without keeping it."""
    row = {
        "folded_sha256": hashlib.sha256(folded.encode()).digest(),
        "until": datetime.now(UTC) + handle_rests,
    }
    insert_missing(connection, retired_handle, [row], ["folded_sha256"])
