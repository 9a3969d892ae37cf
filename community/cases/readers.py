"""Who reads cases: somebody who is signed in, somebody who came by a link, or anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import Request, current_app

from archive.access import Principal
from community.accounts.people import ACTIVE, MODERATOR, Person
from community.accounts.signed_in import person_of

_CASE: Final = "case:"
ANSWERED_AS: Final = "dicomtube.answered_as"
"""Where an app keeps how it knows a reader without an account again who answered a question."""

AnsweredAs = Callable[[Request], str | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.

    Attributes
    ----------
    answered_as
        Key of a reader without an account, by which their answers are found.
    opened
        Ids of cases to which they came by a link: they read these as drafts, too.
    """

    person: Person | None = None
    answered_as: str | None = None
    opened: frozenset[str] = frozenset()

    def owns(self, owner: str | None) -> bool:
        """Whether what has this owner is theirs."""
        return self.person is not None and self.person.id == owner

    @property
    def may_write(self) -> bool:
        """Whether they may write at all."""
        return self.person is not None and self.person.state == ACTIVE

    @property
    def is_moderator(self) -> bool:
        """Whether they look after what others write."""
        return self.person is not None and self.person.is_at_least(MODERATOR)


NOBODY: Final = Reader()
"""Of feeds, search engines and mails: what is the same for all."""


def reader_of(request: Request, principal: Principal | None = None) -> Reader:
    """Who sends a request.

    Parameters
    ----------
    principal
        As the archive knows them; what links opened is in it.
    """
    known = cast("AnsweredAs | None", current_app.extensions.get(ANSWERED_AS))
    return Reader(
        person_of(request),
        known(request) if known is not None else None,
        opened_by(principal),
    )


def opened_by(principal: Principal | None) -> frozenset[str]:
    """The ids of cases that a principal came to by links."""
    audiences = principal.audiences if principal is not None else ()
    return frozenset(one.removeprefix(_CASE) for one in audiences if one.startswith(_CASE))
