"""What enters a quarantine: the names under which it lies there, and the upload it belongs to.

Everything is noted in the transaction that stores. What becomes of an upload afterwards is
`archive.uploads`, and where a study will go, `archive.destinations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update

from archive.archive import Announcement
from archive.candidates import Candidate, Refused, Uids
from archive.collections import Collection
from archive.database import insert_missing
from archive.destinations import Destination, Destinations
from archive.errors import NotAllowed, StoreNotAllowed, StoreUnavailable
from archive.models import quarantined, study, upload
from archive.outcomes import COERCED, Coming, Failed, Outcome
from archive.uploads import RECEIVED, instances_of
from archive.values import decode, encode

_MAX_SENDERS: Final = 16

_BLOCKED: Final = (
    "this image was erased here because it identified somebody, and is not taken again; "
    "give a cleaned image another SOP Instance UID"
)


@dataclass(frozen=True, slots=True)
class Way:
    """How what goes into a quarantine leaves it again.

    Attributes
    ----------
    going, sent_by
        Where studies go and who sent them, by the UIDs under which they lie in the quarantine.
    sent
        The UIDs that instances were sent under, by their places in the batch.
    """

    place: Collection
    destinations: Destinations
    going: dict[str, Destination] = field(default_factory=dict)
    sent_by: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[int, Uids] = field(default_factory=dict)

    def entered(self, index: int, candidate: Candidate, sender: str) -> Candidate | Refused:
        """An instance as it lies in the quarantine; where it goes and who sent it is noted."""
        uids = candidate.uids
        try:
            there = self.destinations.of(uids.study, candidate.patient, sender)
        except NotAllowed as error:
            return Refused(StoreNotAllowed(str(error)), uids.sop_class, uids.sop_instance)
        if self.destinations.blocks(there, uids.sop_instance):
            return Refused(StoreNotAllowed(_BLOCKED), uids.sop_class, uids.sop_instance)
        waiting = replace(
            uids,
            study=there.waits_as(uids.study),
            series=there.waits_as(uids.series),
            sop_instance=there.waits_as(uids.sop_instance),
        )
        self.sent[index] = uids
        self.going[waiting.study] = there
        self.sent_by.setdefault(waiting.study, set()).add(sender)
        return replace(candidate, uids=waiting)

    def told(self, index: int, outcome: Outcome) -> Outcome:
        """What became of an instance, in the words of who sent it."""
        uids = self.sent.get(index)
        if uids is None:
            return outcome
        if isinstance(outcome, Failed):
            return replace(outcome, sop_instance_uid=uids.sop_instance)
        there = self.going[outcome.study_instance_uid]
        coming = Coming(
            there.study_instance_uid,
            there.uid(uids.series),
            there.uid(uids.sop_instance),
            there.token,
        )
        return replace(
            outcome,
            study_instance_uid=uids.study,
            series_instance_uid=uids.series,
            sop_instance_uid=uids.sop_instance,
            warning=COERCED,
            retrievable=False,
            coming=coming,
        )

    def translated(self, quarantine: Collection, news: Announcement) -> Announcement:
        """News of a quarantined study under its new UID: the queue never hears of the old one."""
        uid = self.going[news.study_instance_uid].study_instance_uid
        return Announcement(quarantine.name, uid, news.revision)


def receive(
    connection: Connection,
    place: Collection,
    quarantine: Collection,
    arrived: Mapping[str, Destination],
    sent_by: Mapping[str, Iterable[str]],
) -> None:
    """Note in the transaction that stores instances what they will become.

    Parameters
    ----------
    arrived
        Destinations by the Study Instance UID under which each study lies in quarantine.
    sent_by
        Names of principals, or of callers, by the same.

    Raises
    ------
    StoreUnavailable
        Somebody else began the upload at this very moment; the second try finds that out.
    """
    now = datetime.now(UTC)
    rows = [_row(place, destination, now) for destination in arrived.values()]
    rows.sort(key=lambda row: str(row["study_instance_uid"]))
    insert_missing(connection, upload, rows, ("collection_id", "study_instance_uid"))
    for original in sorted(arrived):
        uid = arrived[original].study_instance_uid
        row = connection.execute(
            select(upload.c.id, upload.c.senders, upload.c.owner)
            .where(upload.c.collection_id == place.id, upload.c.study_instance_uid == uid)
            .with_for_update()
        ).one()
        if row.owner != arrived[original].owner:
            raise StoreUnavailable("this study was begun by somebody else just now; try again")
        senders = _with(decode(row.senders), sent_by.get(original, ()))
        study_id = connection.scalar(
            select(study.c.id).where(
                study.c.collection_id == quarantine.id, study.c.study_instance_uid == original
            )
        )
        link = {"study_id": study_id, "upload_id": row.id}
        insert_missing(connection, quarantined, [link], ("study_id",))
        connection.execute(
            update(upload)
            .where(upload.c.id == row.id)
            .values(
                state=RECEIVED,
                # Whoever cleans it knows of this no more, and begins anew.
                basis="",
                reason="",
                # Another one only of a study that keeps its UIDs and whose key was retired.
                key_id=arrived[original].secret.id,
                senders=encode(senders),
                changed_at=now,
                instances=instances_of(row.id),
            )
        )


def _with(known: Sequence[str], more: Iterable[str]) -> list[str]:
    """Senders, the first of them first: who comes late takes nobody's sight away."""
    return list(dict.fromkeys([*known, *sorted(set(more) - {""})]))[:_MAX_SENDERS]


def _row(place: Collection, destination: Destination, now: datetime) -> dict[str, Any]:
    return {
        "token": destination.token,
        "collection_id": place.id,
        "study_instance_uid": destination.study_instance_uid,
        "key_id": destination.secret.id,
        "patient": destination.patient,
        "owner": destination.owner,
        "state": RECEIVED,
        "created_at": now,
        "changed_at": now,
    }
