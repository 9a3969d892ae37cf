"""What a signed-in person may do in the archive: a person as the archive's `Principal`."""

from __future__ import annotations

from archive.access import Grant, Principal, Scope
from archive.collections import COMMUNITY
from community.accounts.people import ACTIVE, MODERATOR, OPERATOR, Person

_MEMBER: frozenset[Grant] = frozenset({(COMMUNITY, Scope.WRITE.value)})
_MODERATOR: frozenset[Grant] = _MEMBER | {(COMMUNITY, Scope.REVIEW.value)}


def audience_of(person_id: str) -> str:
    """How the archive calls what is shared with this person."""
    return f"person:{person_id}"


def name_of(person_id: str) -> str:
    """How the archive calls this person."""
    return f"person {person_id}"


def principal_of(person: Person) -> Principal:
    """The person as the archive knows them.

    Members push into `community` and read what is public or shared with them. A person whose
    account is restricted keeps reading what is theirs, and writes nothing.
    """
    name, audiences = name_of(person.id), frozenset({audience_of(person.id)})
    if person.state != ACTIVE:
        return Principal(name, audiences=audiences)
    if person.role == OPERATOR:
        return Principal(name, everything=True, audiences=audiences)
    grants = _MODERATOR if person.role == MODERATOR else _MEMBER
    return Principal(name, grants, audiences=audiences)
