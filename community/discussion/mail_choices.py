"""Of what somebody wants mail, and to which address. Nobody gets any who did not ask for it.

Addresses are those that sign-in providers vouched for, and relays of theirs unless the provider
says that they forward nothing any more; none is typed here, so nobody sends mail to somebody else
through us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select

from archive.archive import Archive
from archive.database import reading, writing
from community.discussion.errors import TalkError
from community.discussion.notifying import KINDS
from community.models import identity
from community.request_models import stopped_address
from community.talk_models import mail_choice


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address that a provider vouched for; `id` is the identity's."""

    id: str
    email: str
    provider: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Of what somebody wants mail; without an address of nothing."""

    identity: str | None = None
    kinds: frozenset[str] = frozenset()


def addresses_of(archive: Archive, person: str) -> list[Address]:
    """The addresses that somebody may choose from."""
    with reading(archive.engine) as connection:
        return addresses_in(connection, person)


def addresses_in(connection: Connection, person: str) -> list[Address]:
    """As `addresses_of`, within a transaction."""
    query = (
        select(identity.c.id, identity.c.email, identity.c.provider)
        .outerjoin(stopped_address, stopped_address.c.identity == identity.c.id)
        .where(
            identity.c.person == person,
            identity.c.email.is_not(None),
            stopped_address.c.identity.is_(None),
            or_(identity.c.email_verified, identity.c.is_relay),
        )
        .order_by(identity.c.linked_at, identity.c.id)
    )
    return [Address(row.id, row.email, row.provider) for row in connection.execute(query)]


def choice_of(archive: Archive, person: str) -> Choice:
    """What somebody chose."""
    query = select(mail_choice).where(mail_choice.c.person == person)
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    return Choice() if row is None else Choice(row.identity, frozenset(row.kinds.split()))


def choose(archive: Archive, person: str, address: str, kinds: Iterable[str]) -> None:
    """Choose; no kinds are no mail.

    Raises
    ------
    TalkError
        The address is none of theirs, or there is no such kind.
    """
    wanted = set(kinds)
    if wanted - KINDS.keys():
        raise TalkError("choose from the list of what one hears of", "kinds")
    with writing(archive.engine) as connection:
        if wanted and address not in {one.id for one in addresses_in(connection, person)}:
            raise TalkError("choose one of your addresses", "address")
        write_choice(connection, person, address if wanted else None, wanted)


def write_choice(
    connection: Connection, person: str, address: str | None, kinds: Iterable[str]
) -> None:
    """Keep a choice."""
    connection.execute(delete(mail_choice).where(mail_choice.c.person == person))
    row = {"person": person, "identity": address, "kinds": " ".join(sorted(kinds))}
    connection.execute(insert(mail_choice).values(row))
