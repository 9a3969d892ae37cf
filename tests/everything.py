"""Somebody who has a row in every table in which people have rows, with a canary in every word.

What people do on pages is done by `tests.peopled`; a table that is still empty then gets a row that
is made from its columns, so that a new table is filled without anybody thinking of it. May live
here: how. May not: expectations.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from archive.archive import Archive
from archive.database import reading, writing
from archive.documents import pack_document
from archive.models import collection
from community.audit.trail import by_person, record
from community.ids import new_id
from community.rights.links import By, Through
from community.rights.rules import Rule, links_of, rows_of, ruled_tables
from community.rights.schema import every_table
from tests.people import Town
from tests.peopled import Things, fill

CANARY: Final = "kanarienwort"
"""No word of anything else: whatever has it came from the person who is filled."""

# What texts hold that are read by programs, and not by people.
_SPELLED: Final = {
    "modalities", "kinds", "grants", "options_json", "answer_json", "receipt", "senders", "facts",
    "headers", "next_path", "target", "principal", "fields", "audience",
}  # fmt: skip
# Columns whose words decide something.
_WORDS: Final[dict[tuple[str, str], Any]] = {
    ("follow", "kind"): "case",
    ("ticket", "kind"): "access",
    ("ticket", "state"): "closed",
    ("ticket", "source"): "form",
    ("link", "kind"): "case",
    ("identity", "provider"): "google",
    ("notification", "kind"): "comment",
    ("mail_out", "state"): "sent",
    ("export_job", "state"): "failed",
    ("export_job", "object_key"): None,
    ("erasure_wish", "was_state"): "active",
    ("objection", "purpose"): "statistics",
    ("ticket", "outcome"): "done",
    ("ticket", "identity_by"): "",
    ("ticket_event", "kind"): "note",
    ("ticket_event", "side"): "person",
    ("moderation_matter", "kind"): "profile",
    ("moderation_matter", "state"): "decided",
    ("moderation_decision", "verb"): "keep",
    ("report", "reason"): "abuse",
    ("case_hold", "reason"): "reported",
    ("case_hold", "state_before"): "draft",
    ("moderation_matter", "target"): "an id",
    ("study_hold", "study_instance_uid"): "1.2.3",
    ("consent_event", "browser"): "a random number",
    ("consent_event", "categories"): "analytics",
    ("study_hold", "reason"): "reported",
    ("consent_event", "version"): "1",
    ("role_offer", "role"): "moderator",
    ("ticket", "locale"): "en",
    ("ticket", "reference"): "BCDFGHJK",
    ("ticket_event", "fact"): "",
    ("ai_call", "purpose"): "tags",
    ("ai_call", "tier"): "paid",
    ("ai_call", "fields"): "title history",
    ("ai_call", "model"): "a model",
    ("ai_call", "outcome"): "done",
    ("assistant_wish", "state"): "done",
    ("assistant_suggestion", "state"): "open",
    ("assistant_suggestion", "kind"): "tags",
    ("quiz_attempt", "browser_sha256"): None,
}


def fill_everything(here: Town, handle: str, other: str) -> Things:
    """Give somebody a row in every table.

    Parameters
    ----------
    other
        Somebody who answers, mentions and follows them.
    """
    made = fill(here, handle, other, CANARY, StudyDescription=CANARY, SeriesDescription=CANARY)
    person = here.ids[handle]
    with writing(here.archive.engine) as connection:
        record(connection, by_person(person), "account.signed_in", subject=person)
    # First what names them, then what belongs to that.
    every = sorted(ruled_tables(), key=lambda one: isinstance(one[1].mine[0], Through))
    for table, rule in every:
        if not count_rows(here.archive, table, person):
            with writing(here.archive.engine) as connection:
                connection.execute(insert(table).values(_row(connection, table, rule, person)))
    _mark(here.archive, person)
    return made


def count_rows(archive: Archive, table: Table, person: str) -> int:
    """How many rows of a table are somebody's."""
    query = select(func.count()).select_from(table).where(rows_of(table, person))
    with reading(archive.engine) as connection:
        return connection.scalar(query) or 0


def _mark(archive: Archive, person: str) -> None:
    """Put the canary into every text of theirs that people read."""
    with writing(archive.engine) as connection:
        for table, rule in ruled_tables():
            links = {one for link in rule.mine for one in link.columns}
            for column in table.c:
                if _is_prose(column) and column.name not in {*links, *rule.packed}:
                    whose = rows_of(table, person) & column.is_not(None)
                    connection.execute(update(table).where(whose).values({column.name: CANARY}))


def _is_prose(column: Column[Any]) -> bool:
    is_free = not column.primary_key and not column.unique and not column.foreign_keys
    return isinstance(column.type, Text) and is_free and column.name not in _SPELLED


def _row(connection: Connection, table: Table, rule: Rule, person: str) -> dict[str, Any]:
    row = {
        column.name: _value(connection, table, column)
        for column in table.c
        if not (column.name == "id" and isinstance(column.type, Integer))
    }
    for name in rule.packed:
        row[name] = pack_document({"words": CANARY})
    return row | _linked(connection, rule, person)


def _linked(connection: Connection, rule: Rule, person: str) -> dict[str, Any]:
    """The columns by which a row is somebody's."""
    link = rule.mine[0]
    if isinstance(link, By):
        only = {} if link.only is None else {link.only[0]: link.only[1]}
        return {link.column: link.spelled.format(person), **only}
    assert isinstance(link, Through)
    above = every_table()[link.table]
    whose = select(*(above.c[key] for key in link.keys)).where(rows_of(above, person)).limit(1)
    assert links_of(link.table)
    return dict(zip(link.columns, connection.execute(whose).one(), strict=True))


def _value(connection: Connection, table: Table, column: Column[Any]) -> Any:
    if (table.name, column.name) in _WORDS:
        return _WORDS[table.name, column.name]
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).limit(1))
    if column.name == "collection_id":
        return connection.scalar(select(collection.c.id).limit(1))
    kind = column.type
    if column.primary_key and column.name == "id":
        return new_id()
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, LargeBinary):
        return new_id().encode()[: kind.length or 36].ljust(kind.length or 36, b"-")
    if isinstance(kind, Date):
        return datetime.now(UTC).date()
    length = getattr(kind, "length", None)
    if isinstance(kind, Text) or length:
        return CANARY[: length or None]
    return datetime.now(UTC)
