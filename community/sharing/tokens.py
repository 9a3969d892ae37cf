"""What API tokens people may make for themselves: no more than they may do now.

That a token does no more than they may *then* is `archive.tokens`' to see to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.access import Grant, Principal, Scope, person_of
from archive.archive import Archive
from archive.collections import COMMUNITY, list_collections
from archive.errors import ArchiveError, NotAllowed
from archive.tokens import Token, create_token, list_tokens

max_days: Final = 366
usual_days: Final = 90
max_tokens: Final = 50
"""That are worth something at the same time, of one person."""
max_name_chars: Final = 100


def offered(archive: Archive, asking: Principal) -> list[Grant]:
    """What a token of this person could be given, one collection after the other.

    To read in the community is for everybody: what is public, and what is shared with them.
    """
    return [
        (one.name, scope.value)
        for one in list_collections(archive)
        for scope in Scope
        if asking.may(one.name, scope) or (one.name == COMMUNITY and scope is Scope.READ)
    ]


def make_token(
    archive: Archive, asking: Principal, name: str, grants: Iterable[Grant], days: int = usual_days
) -> tuple[int, str]:
    """Make a token of a person; returns its number and the secret, shown this once.

    Raises
    ------
    NotAllowed
        A grant is more than they may do.
    ArchiveError
        Something about it cannot be.
    """
    person = person_of(asking.name)
    if person is None:
        raise NotAllowed("only people make tokens for themselves")
    known = " ".join(name.split())
    if not 0 < len(known) <= max_name_chars or not known.isprintable():
        raise ArchiveError(f"a token has a name of at most {max_name_chars} characters")
    if not 1 <= days <= max_days:
        raise ArchiveError(f"a token is good for 1 to {max_days} days")
    wanted = frozenset(grants)
    if not wanted:
        raise ArchiveError("choose what the token may do")
    if not wanted <= set(offered(archive, asking)):
        raise NotAllowed("a token may do no more than you may")
    now = datetime.now(UTC)
    if sum(is_good(one, now) for one in list_tokens(archive, person)) >= max_tokens:
        raise ArchiveError(f"{max_tokens} tokens of yours are good already; revoke some first")
    return create_token(archive, known, wanted, now + timedelta(days=days), person)


def is_good(token: Token, now: datetime) -> bool:
    """Whether a token is worth something."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)
