"""Who calls, and what they may do: an association is admitted or rejected here.

The called AE title chooses the collection. Where access is by accounts, the calling AE title and
address must be those of a peer whom the archive knows, with the scope it needs.

References
----------
PS3.8 9.3.4 table 9-21 (A-ASSOCIATE-RJ: result, source, reason).
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.access import Principal, Scope, effective
from archive.archive import Archive
from archive.collections import Collection, collection_by_ae_title
from archive.errors import NotFound
from archive.peers import principal_for_peer


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom, from where, as the association request says."""

    calling_ae_title: str
    called_ae_title: str
    address: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller we serve, and where what it sends goes."""

    caller: Caller
    collection: Collection
    principal: Principal


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an association is rejected: a word for metrics and the numbers of the PDU."""

    reason: str
    result: int
    source: int
    diagnostic: int


PERMANENT, TRANSIENT = 1, 2
BY_USER, BY_PRESENTATION = 1, 3

UNKNOWN_CALLED = Rejection("called-ae-title", PERMANENT, BY_USER, 7)
UNKNOWN_CALLING = Rejection("calling-ae-title", PERMANENT, BY_USER, 3)
NOT_NOW = Rejection("unavailable", TRANSIENT, BY_PRESENTATION, 1)


def admit(archive: Archive, caller: Caller) -> Admitted | Rejection:
    """Decide about a caller.

    A peer that is known, but may not write, is admitted when it may read: C-ECHO tells it that
    the connection works, and each C-STORE is answered "not authorised".
    """
    try:
        collection = collection_by_ae_title(archive, caller.called_ae_title)
    except NotFound:
        return UNKNOWN_CALLED
    known = principal_for_peer(archive, caller.calling_ae_title, caller.address)
    principal = effective(archive, known)
    if principal is None or not _any_scope(principal, collection.name):
        return UNKNOWN_CALLING
    return Admitted(caller, collection, principal)


def _any_scope(principal: Principal, collection: str) -> bool:
    return any(principal.may(collection, scope) for scope in Scope)
