"""Writing events at the end of the chain: append-only, in the transaction of what happened.

An event has no text that somebody wrote. People stand in it by a pseudonym, which `audit_name`
alone leads back to them; see `community.audit_models`. Reading the trail, seeing whether it is
whole and forgetting its beginning are in the modules beside this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from archive.database import insert_missing
from community.audit.actions import ACTIONS
from community.audit.chain import START, Event, Fact, link, spelled
from community.audit_models import audit_end, audit_event, audit_name
from community.ids import new_id
from community.models import person

SYSTEM: Final = "system"
OPERATOR: Final = "operator"
"""Whoever types commands on the server."""

_PERSON: Final = "person"
_TARGET: Final = re.compile(r"(?:[a-z_]{1,24} [0-9A-Za-z_.:/~-]{1,160})?")
_END: Final = 1


def by_person(person_id: str) -> str:
    """How an actor is named that is a person."""
    return f"{_PERSON} {person_id}"


def record(
    connection: Connection,
    actor: str,
    action: str,
    *,
    target: str = "",
    subject: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> None:
    """Keep that something happened, in the transaction in which it did.

    Call it last: from here on nobody else records anything until the transaction ends.

    Parameters
    ----------
    actor
        ``person <id>``, `SYSTEM` or `OPERATOR`.
    action
        A row of `community.audit.actions`.
    target
        A kind and a name, such as ``case <id>`` or ``study <collection>/<uid>``; never a person,
        who is the `subject`.
    subject
        Id of the person whose data it concerns.
    facts
        Words of our lists, numbers, yes and no; never what somebody wrote.

    Raises
    ------
    ValueError
        It could not be kept as said: our own mistake.
    """
    if action not in ACTIONS:
        raise ValueError(f"'{action}' is no row of community.audit.actions")
    if _TARGET.fullmatch(target) is None or target.startswith(f"{_PERSON} "):
        raise ValueError("a target is a kind and a name, and never a person")
    names = (_actor(connection, actor), subject and _pseudonym(connection, subject))
    end = _locked_end(connection)
    event = Event(
        end.last_number + 1,
        datetime.now(UTC),
        names[0],
        action,
        target,
        names[1],
        spelled(facts or {}),
    )
    _append(connection, event, end.last_sha256)


def pseudonym_of(connection: Connection, person_id: str) -> str | None:
    """By which name events know somebody; None of whom none speaks."""
    query = select(audit_name.c.pseudonym).where(audit_name.c.person == person_id)
    return connection.scalar(query)


def forget_person(connection: Connection, person_id: str) -> None:
    """Let nothing in the trail lead to somebody any more; what happened stays in it."""
    connection.execute(delete(audit_name).where(audit_name.c.person == person_id))


def _append(connection: Connection, event: Event, previous: bytes) -> None:
    sha256 = link(previous, event)
    row = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    connection.execute(insert(audit_event).values(**row, previous_sha256=previous, sha256=sha256))
    changed = {"last_number": event.number, "last_sha256": sha256}
    connection.execute(update(audit_end).where(audit_end.c.id == _END).values(changed))


def _locked_end(connection: Connection) -> Row[Any]:
    """Where the chain ends, which nobody else changes until the transaction ends."""
    query = select(audit_end).where(audit_end.c.id == _END).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        row = {
            "id": _END,
            "last_number": 0,
            "last_sha256": START,
            "forgotten_number": 0,
            "forgotten_sha256": START,
        }
        insert_missing(connection, audit_end, [row], ["id"])
        found = connection.execute(query).one()
    return found


def _actor(connection: Connection, actor: str) -> str:
    if actor in (SYSTEM, OPERATOR):
        return actor
    kind, _, person_id = actor.partition(" ")
    if kind != _PERSON or not person_id:
        raise ValueError("an actor is 'person <id>', 'system' or 'operator'")
    return f"{_PERSON} {_pseudonym(connection, person_id)}"


def _pseudonym(connection: Connection, person_id: str) -> str:
    """The name of somebody in the trail; of whom there is no account (any more), one for once."""
    found = pseudonym_of(connection, person_id)
    if found is not None:
        return found
    known = connection.scalar(select(person.c.id).where(person.c.id == person_id))
    if known is None:
        return new_id()
    made = {"pseudonym": new_id(), "person": person_id}
    insert_missing(connection, audit_name, [made], ["person"])
    found = pseudonym_of(connection, person_id)
    assert found is not None  # it was just inserted, by us or by somebody else
    return found
