"""Who asks the API: a person in a browser, a person's token, a machine, a link or nobody.

A token goes before a cookie. A person's token is that person for as much as it says: to read what
is theirs it has any grant to read, to write in their name the grant `community:write`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import current_app, g, request

from archive.access import Principal, Scope, audience_of, person_of
from archive.archive import Archive
from archive.collections import COMMUNITY
from archive.errors import NotAllowed, Unauthenticated
from community.accounts import signed_in
from community.accounts.people import ACTIVE, Person, find_person

EXTENSION: Final = "dicomtube.api"
"""Where an app keeps its `Desk`."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the API is given at the top.

    Attributes
    ----------
    viewer_of
        Says who sends the request at hand; raises `Unauthenticated` for a bad token.
    origin
        The address by which the sender reached us, with our prefix.
    """

    archive: Archive
    viewer_of: Callable[[], Principal | None]
    origin: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who sends a request.

    Attributes
    ----------
    principal
        As the archive knows them; links that they came by are in it.
    person
        Whose session or token it is, in whatever state.
    reads_as_person, writes_as_person
        Whether they are shown what is that person's, and may change it.
    """

    principal: Principal | None
    person: Person | None = None
    reads_as_person: bool = False
    writes_as_person: bool = False

    @property
    def reader(self) -> Person | None:
        """The person as whom they read."""
        return self.person if self.reads_as_person else None


def desk() -> Desk:
    """What the API of the app at hand was given."""
    return cast("Desk", current_app.extensions[EXTENSION])


def origin() -> str:
    """The address by which the sender reached us, with our prefix."""
    return desk().origin()


def asking() -> Asking:
    """Who sends the request at hand; found out once a request.

    Raises
    ------
    Unauthenticated
        A token was given that is not, or no longer, good.
    """
    if "api_asking" not in g:
        g.api_asking = _by_token() if request.headers.get("Authorization") else _by_cookie()
    return cast("Asking", g.api_asking)


def require_reader() -> Person:
    """The person as whom the request reads.

    Raises
    ------
    Unauthenticated, NotAllowed
        It is nobody's; it is a token that reads nothing of its person.
    """
    found = asking()
    if found.person is None:
        raise _nobody(found)
    if not found.reads_as_person:
        raise NotAllowed("this token may not read")
    return found.person


def require_writer() -> Person:
    """The person in whose name the request writes.

    Raises
    ------
    Unauthenticated, NotAllowed
        It is nobody's; its person, or the token, may not write.
    """
    found = asking()
    if found.person is None:
        raise _nobody(found)
    if found.person.state != ACTIVE:
        raise NotAllowed("your account may read only, at the moment")
    if not found.writes_as_person:
        raise NotAllowed("this token may not write: it needs community:write")
    return found.person


def _by_cookie() -> Asking:
    person = signed_in.person_of(request)
    return Asking(desk().viewer_of(), person, person is not None, person is not None)


def _by_token() -> Asking:
    principal = desk().viewer_of()
    named = person_of(principal.name) if principal is not None else None
    person = find_person(desk().archive, named) if named is not None else None
    if principal is None or person is None:
        return Asking(principal)
    reads = audience_of(person.id) in principal.audiences
    return Asking(principal, person, reads, principal.may(COMMUNITY, Scope.WRITE))


def _nobody(found: Asking) -> Unauthenticated | NotAllowed:
    if request.headers.get("Authorization"):
        return NotAllowed("this is for people: sign in, or use a token of yours")
    return Unauthenticated("sign in first, or send a token of yours")
