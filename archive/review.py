"""What a person is asked about instances in quarantine, and what the person decides.

The only way by which anything of a quarantine can be looked at, for those with the scope `review`
of the collection. Whoever shows the frames keeps no copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from archive import quarantine, uploads
from archive.access import Principal, Scope, effective
from archive.archive import Archive, announce
from archive.collections import DEIDENTIFY, get_collection, list_collections, quarantine_of
from archive.database import reading, writing
from archive.documents import pack_document, unpack_document
from archive.errors import ArchiveError, NotAllowed, NotFound, Unauthenticated
from archive.models import cleaned_instance, instance, series, study, upload
from archive.publication import erase_originals
from archive.retrieve import StoredInstance, stored_instance
from archive.uploads import ASKING, LEAKING, LEFT_OUT, RECEIVED, REJECTED, Upload
from imaging.deidentify.cleaning import Cleaned
from imaging.deidentify.pixels.boxes import Box

BLACKEN, LEAVE_OUT = "blacken", "leave out"
MAX_BOXES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """One instance that somebody has to look at.

    Attributes
    ----------
    number
        Of the question; says nothing of the instance.
    proposed
        What would be blackened.
    decided
        What will be, once somebody decided; empty boxes mean nothing. None while it is open.
    left_out
        The instance will not be published.
    """

    number: int
    reason: str
    frames: int
    proposed: tuple[Box, ...]
    decided: tuple[Box, ...] | None = None
    left_out: bool = False


def waiting_for_review(
    archive: Archive, principal: Principal | None, after: int = 0, limit: int = 50
) -> list[Upload]:
    """Uploads that wait for a person, in all collections that the principal may review.

    Parameters
    ----------
    after
        Number of the last upload of the page before.

    Raises
    ------
    NotAllowed, Unauthenticated
        The principal may review none.
    """
    places, refusals = [], []
    for place in list_collections(archive):
        if place.ingest != DEIDENTIFY:
            continue
        try:
            _require(archive, principal, place.name)
            places.append(place.name)
        except NotAllowed as error:
            refusals.append(error)
    if refusals and not places:
        raise refusals[0]
    return uploads.uploads_waiting_for_review(archive, places, after, limit)


def upload_to_review(archive: Archive, principal: Principal | None, token: str) -> Upload:
    """An upload, for those who may review it, whatever its state.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        As `items`.
    """
    return _reviewable(archive, principal, token)


def items(archive: Archive, principal: Principal | None, token: str) -> list[Item]:
    """What is asked of an upload, decided or not.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        There is no such upload, or not for them.
    """
    one = _reviewable(archive, principal, token)
    query = _items(one).order_by(instance.c.id)
    with reading(archive.engine) as connection:
        return [_item(row) for row in connection.execute(query)]


def original_of(
    archive: Archive, principal: Principal | None, token: str, number: int
) -> StoredInstance:
    """The instance that is asked about, to be opened and shown to the reviewer.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        As `items`.
    """
    one = _reviewable(archive, principal, token)
    hidden = quarantine_of(archive, get_collection(archive, one.collection))
    query = (
        select(instance, study.c.study_instance_uid, series.c.series_instance_uid)
        .join(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .join(study, study.c.id == instance.c.study_id)
        .join(series, series.c.id == instance.c.series_id)
        .where(cleaned_instance.c.upload_id == one.id, cleaned_instance.c.state == ASKING)
        .where(instance.c.id == number)
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("no such question")
    return stored_instance(hidden, row)


def decide(
    archive: Archive,
    principal: Principal | None,
    token: str,
    number: int,
    boxes: Sequence[Box] | None,
) -> bool:
    """Take a reviewer's decision about one instance.

    Parameters
    ----------
    boxes
        What is blackened, perhaps nothing; None leaves the instance out.

    Returns
    -------
    bool
        Whether it was the last one: the study goes on then.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        As `items`.
    ArchiveError
        There are too many boxes.
    """
    one = _reviewable(archive, principal, token)
    if boxes is not None and len(boxes) > MAX_BOXES:
        raise ArchiveError(f"at most {MAX_BOXES} boxes can be drawn")
    with writing(archive.engine) as connection:
        _record(connection, one, principal, number, boxes)
        open_items = connection.scalar(
            select(cleaned_instance.c.instance_id)
            .where(cleaned_instance.c.upload_id == one.id, cleaned_instance.c.state == ASKING)
            .where(cleaned_instance.c.decision.is_(None))
            .limit(1)
        )
        if open_items is not None:
            return False
        _go_on(connection, one)
    announce(archive, uploads.announcement_of(archive, one))
    return True


def reject(archive: Archive, principal: Principal | None, token: str, reason: str) -> None:
    """Reject an upload; its originals are erased, what is published of it stays.

    Parameters
    ----------
    reason
        For the sender; must not say who the patient is.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        As `items`.
    """
    one = _reviewable(archive, principal, token)
    uploads.set_state(archive, one, REJECTED, reason)
    erase_originals(archive, one)


def retry(archive: Archive, principal: Principal | None, token: str) -> None:
    """Have a rejected or waiting upload worked on again from the beginning.

    Raises
    ------
    NotFound, NotAllowed, Unauthenticated
        As `items`.
    ArchiveError
        Its originals are gone.
    """
    one = _reviewable(archive, principal, token)
    if not quarantine.originals(archive, one):
        raise ArchiveError("the originals are erased; the study has to be sent again")
    with writing(archive.engine) as connection:
        connection.execute(
            update(cleaned_instance)
            .where(cleaned_instance.c.upload_id == one.id)
            .where(cleaned_instance.c.state.in_((ASKING, LEAKING, LEFT_OUT)))
            .values(basis="", state="", decision=None)
        )
        _go_on(connection, one)
    announce(archive, uploads.announcement_of(archive, one))


def proposal_of(made: Cleaned) -> dict[str, Any]:
    """What was found, as it is kept for the reviewer."""
    return {"frames": made.frames, "boxes": [asdict(box) for box in made.proposed]}


def boxes_of(decision: Mapping[str, Any] | None) -> tuple[Box, ...] | None:
    """What a reviewer wants blackened; None when nobody decided."""
    if decision is None or decision["kind"] != BLACKEN:
        return None
    return tuple(Box(**box) for box in decision["boxes"])


def _record(
    connection: Connection,
    one: Upload,
    principal: Principal | None,
    number: int,
    boxes: Sequence[Box] | None,
) -> None:
    decision = {
        "kind": LEAVE_OUT if boxes is None else BLACKEN,
        "boxes": [asdict(box) for box in boxes or ()],
        "by": principal.name if principal else "",
        "at": datetime.now(UTC).isoformat(),
    }
    statement = (
        update(cleaned_instance)
        .where(cleaned_instance.c.upload_id == one.id)
        .where(cleaned_instance.c.instance_id == number, cleaned_instance.c.state == ASKING)
    )
    if not connection.execute(statement.values(decision=pack_document(decision))).rowcount:
        raise NotFound("no such question")


def _go_on(connection: Connection, one: Upload) -> None:
    """All is answered: what was asked about is cleaned as was decided."""
    rows = connection.execute(
        select(cleaned_instance.c.instance_id, cleaned_instance.c.decision)
        .where(cleaned_instance.c.upload_id == one.id, cleaned_instance.c.state == ASKING)
        .where(cleaned_instance.c.decision.is_not(None))
    ).all()
    for row in rows:
        left_out = unpack_document(row.decision)["kind"] == LEAVE_OUT
        connection.execute(
            update(cleaned_instance)
            .where(cleaned_instance.c.instance_id == row.instance_id)
            .values(state=LEFT_OUT if left_out else "", basis="")
        )
    connection.execute(
        update(upload)
        .where(upload.c.id == one.id)
        .values(state=RECEIVED, reason="", changed_at=datetime.now(UTC))
    )


def _reviewable(archive: Archive, principal: Principal | None, token: str) -> Upload:
    try:
        one = uploads.find_upload(archive, _everything(archive, principal), token)
    except NotFound:
        raise NotFound("no such upload") from None
    _require(archive, principal, one.collection)
    return one


def _everything(archive: Archive, principal: Principal | None) -> Principal:
    """Whoever is known may learn that an upload is there; `_require` says whether more."""
    asking = effective(archive, principal)
    if asking is None:
        raise Unauthenticated("this needs a token")
    return Principal(asking.name, asking.grants, everything=True)


def _require(archive: Archive, principal: Principal | None, collection: str) -> None:
    asking = effective(archive, principal)
    if asking is None:
        raise Unauthenticated("this needs a token")
    if not asking.may(collection, Scope.REVIEW):
        raise NotAllowed(f"this needs the scope 'review' in the collection '{collection}'")


def _items(one: Upload) -> Any:
    return (
        select(
            instance.c.id,
            instance.c.number_of_frames,
            cleaned_instance.c.reason,
            cleaned_instance.c.proposed,
            cleaned_instance.c.decision,
        )
        .join(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .where(cleaned_instance.c.upload_id == one.id, cleaned_instance.c.state == ASKING)
    )


def _item(row: Row[Any]) -> Item:
    proposed = unpack_document(row.proposed) if row.proposed else {}
    decision = unpack_document(row.decision) if row.decision else None
    return Item(
        row.id,
        row.reason,
        row.number_of_frames,
        tuple(Box(**box) for box in proposed.get("boxes", ())),
        boxes_of(decision),
        decision is not None and decision["kind"] == LEAVE_OUT,
    )
