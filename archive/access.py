"""Who may do what: the one rule that every verb and every door applies.

People's accounts and the visibility of single studies will join the same two
functions; there is no second rule elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, false

from archive.errors import NotAllowed, Unauthenticated
from archive.models import study
from archive.settings import OPEN

if TYPE_CHECKING:
    from archive.archive import Archive
    from archive.collections import Collection


class Scope(StrEnum):
    """What a grant allows in a collection."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    REVIEW = "review"


Grant = tuple[str, str]
"""The name of a collection and a scope."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. Nobody is None.

    Parameters
    ----------
    name : str
        For the log and the audit, such as ``token 12``.
    grants : frozenset of (collection, scope)
        What it may do.
    everything : bool
        It may do all: whoever reaches an archive of `open` access.
    """

    name: str
    grants: frozenset[Grant] = frozenset()
    everything: bool = False

    def may(self, collection: str, scope: str) -> bool:
        """Whether this principal has the scope in the collection."""
        return self.everything or (collection, str(scope)) in self.grants


LOCAL = Principal("local", everything=True)


def require(archive: Archive, principal: Principal | None, collection: str, scope: str) -> None:
    """Let the principal pass, or raise.

    In `open` access whoever reaches the port is `LOCAL`, also without a token.

    Raises
    ------
    Unauthenticated
        Nobody we know asks.
    NotAllowed
        The principal lacks the scope.
    """
    asking = effective(archive, principal)
    if asking is None:
        raise Unauthenticated("this needs a token")
    if not asking.may(collection, scope):
        raise NotAllowed(f"this needs the scope '{scope}' in the collection '{collection}'")


def effective(archive: Archive, principal: Principal | None) -> Principal | None:
    """The principal that counts: `LOCAL` for nobody, where access is open."""
    if principal is None and archive.settings.access == OPEN:
        return LOCAL
    return principal


@lru_cache(maxsize=512)
def readable(principal: Principal | None, collection: Collection) -> ColumnElement[bool]:
    """The studies of `collection` that `principal` may read, as a condition on `study`.

    Hidden collections (quarantine) have no reader, not even `LOCAL`. It depends on nothing but
    the two: what else will decide has to be asked of the index, by the condition itself.
    """
    if collection.hidden or principal is None or not principal.may(collection.name, Scope.READ):
        return false()
    return and_(study.c.collection_id == collection.id)


def is_public(_archive: Archive, _collection: str) -> bool:
    """Whether anybody at all may read a collection, so that caches between us may keep it.

    Nothing is public yet, and `open` access is not either: it means whoever is on this machine.
    Doors ask here, so that visibility of studies changes what caches are told in one place.
    """
    return False


def checked_grants(grants: Iterable[Grant]) -> frozenset[Grant]:
    """Grants with every scope known.

    Raises
    ------
    ValueError
        A scope is not one of `Scope`.
    """
    return frozenset((collection, Scope(scope).value) for collection, scope in grants)
