"""Storage commitment: answering for instances, so that who sent them may forget them.

What is stored here is durable before it is acknowledged, so a commitment is looked up and not
worked for: the row is there, and so is the object, as long as the row says. A short list is
answered at once; a long one by the worker, which finds it by its state. The answer is remembered
for a while, as the one who asked may have lost it.

References
----------
PS3.18 chapter 13 and Annex J; PS3.4 Annex J.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from archive.access import (
    Principal,
    Scope,
    audiences_of,
    effective,
    person_of,
    reads_all,
    require,
)
from archive.archive import Archive
from archive.collections import Collection, get_collection
from archive.database import reading, writing
from archive.documents import pack_document, unpack_document
from archive.errors import InUse, NotFound, TooBroad, TooMany
from archive.models import collection as collections
from archive.models import commitment
from archive.safekeeping import Reference, check

KEPT_FOR = timedelta(days=1)
"""How long a request and its result are remembered, and its UID stays taken."""

max_answered_at_once = 200
"""A longer list is left to the worker."""

_IN_USE = "this transaction UID is in use: ask for its result, or take another"


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request, and what came of it.

    Attributes
    ----------
    reasons
        One for each reference: `COMMITTED`, or the Failure Reason; None while that is worked out.
    """

    references: tuple[Reference, ...]
    reasons: tuple[int, ...] | None


def request_commitment(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    transaction_uid: str,
    references: Sequence[Reference],
) -> Commitment:
    """Ask that the archive answers for instances.

    Raises
    ------
    InUse
        The transaction UID was used already.
    TooBroad, TooMany
        The list is too long; too many requests of this caller are remembered.
    Unauthenticated, NotAllowed, NotFound
        Of the collection.
    """
    asking = _asking(archive, principal, collection)
    place = get_collection(archive, collection)
    audiences = _spoken_of(effective(archive, principal), place)
    limits = archive.settings.limits
    if len(references) > limits.max_references:
        raise TooBroad(f"a request may name {limits.max_references} instances")
    asked = tuple(references)
    try:
        with writing(archive.engine) as connection:
            _make_room(connection, place, asking, transaction_uid, limits.max_commitments)
            row_id = _insert(connection, place, asking, transaction_uid, asked, audiences)
    except IntegrityError as exc:  # somebody else was quicker
        raise InUse(_IN_USE) from exc
    if len(asked) > max_answered_at_once:
        return Commitment(asked, None)
    reasons = check(archive, place, asked, audiences)
    _keep_result(archive, row_id, reasons)
    return Commitment(asked, reasons)


def find_commitment(
    archive: Archive, principal: Principal | None, collection: str, transaction_uid: str
) -> Commitment:
    """What came of a request; only who asked is told.

    Raises
    ------
    NotFound
        No such request of this caller, or it was too long ago.
    Unauthenticated, NotAllowed
        Of the collection.
    """
    asking = _asking(archive, principal, collection)
    query = select(commitment.c.request, commitment.c.result).where(
        commitment.c.collection_id == get_collection(archive, collection).id,
        commitment.c.transaction_uid == transaction_uid,
        commitment.c.principal == asking,
        commitment.c.expires_at > datetime.now(UTC),
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("no such request for storage commitment, or it was too long ago")
    reasons = None if row.result is None else tuple(unpack_document(row.result)["reasons"])
    return Commitment(_references_of(row.request), reasons)


def finish_commitments(archive: Archive, budget_s: float = 60.0) -> int:
    """Answer the requests that were left open, oldest first, and forget those that are too old.

    Parameters
    ----------
    budget_s
        No further request is begun after this.
    """
    _forget_old(archive)
    until = time.monotonic() + budget_s
    finished = 0
    query = (
        select(commitment.c.id, commitment.c.request, collections.c.name)
        .join(collections, collections.c.id == commitment.c.collection_id)
        .where(commitment.c.result.is_(None))
        .order_by(commitment.c.id)
        .limit(1)
    )
    while time.monotonic() < until:
        with reading(archive.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            break
        place = get_collection(archive, row.name)
        audiences = unpack_document(row.request).get("audiences")
        reasons = check(archive, place, _references_of(row.request), audiences)
        _keep_result(archive, row.id, reasons)
        finished += 1
    return finished


def _asking(archive: Archive, principal: Principal | None, collection: str) -> str:
    require(archive, principal, collection, Scope.WRITE)
    asking = effective(archive, principal)
    assert asking is not None  # nobody was refused by `require`
    return asking.name


def _spoken_of(asking: Principal | None, place: Collection) -> list[str] | None:
    """Whose studies an answer may speak of; None is all, which machines that write may hear of."""
    if asking is None or person_of(asking.name) is None or reads_all(asking, place):
        return None
    return audiences_of(asking)


def _make_room(
    connection: Connection,
    place: Collection,
    asking: str,
    transaction_uid: str,
    max_commitments: int,
) -> None:
    now = datetime.now(UTC)
    here = commitment.c.collection_id == place.id
    same = commitment.c.transaction_uid == transaction_uid
    connection.execute(delete(commitment).where(here, same, commitment.c.expires_at <= now))
    if connection.scalar(select(commitment.c.id).where(here, same)) is not None:
        raise InUse(_IN_USE)
    remembered = (
        select(func.count())
        .select_from(commitment)
        .where(here, commitment.c.principal == asking, commitment.c.expires_at > now)
    )
    if int(connection.scalar(remembered) or 0) >= max_commitments:
        raise TooMany(f"{max_commitments} requests for storage commitment are remembered already")


def _insert(
    connection: Connection,
    place: Collection,
    asking: str,
    transaction_uid: str,
    references: Sequence[Reference],
    audiences: Sequence[str] | None,
) -> int:
    now = datetime.now(UTC)
    values = {
        "collection_id": place.id,
        "transaction_uid": transaction_uid,
        "principal": asking,
        "requested_at": now,
        "expires_at": now + KEPT_FOR,
        "request": pack_document(
            {"references": [_packed(one) for one in references], "audiences": audiences}
        ),
    }
    statement = insert(commitment).values(values).returning(commitment.c.id)
    return int(connection.execute(statement).scalar_one())


def _keep_result(archive: Archive, row_id: int, reasons: Sequence[int]) -> None:
    statement = (
        update(commitment)
        .where(commitment.c.id == row_id, commitment.c.result.is_(None))
        .values(result=pack_document({"reasons": list(reasons)}))
    )
    with writing(archive.engine) as connection:
        connection.execute(statement)


def _forget_old(archive: Archive) -> None:
    with writing(archive.engine, durable=False) as connection:
        connection.execute(delete(commitment).where(commitment.c.expires_at < datetime.now(UTC)))


def _packed(one: Reference) -> list[str | None]:
    return [
        one.sop_class_uid,
        one.sop_instance_uid,
        one.study_instance_uid,
        one.series_instance_uid,
    ]


def _references_of(blob: bytes) -> tuple[Reference, ...]:
    return tuple(Reference(*one) for one in unpack_document(blob)["references"])
