"""What was named by another key than the study that refers to it, so that references keep leading.

Which key a study itself has is `destinations`'.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, union_all

from archive.archive import Archive
from archive.collections import Collection
from archive.database import reading
from archive.destinations import is_published, keys_of
from archive.models import instance, quarantined, series, study, upload
from imaging.deidentify.secrets import Secret
from imaging.deidentify.uids import map_uid, waiting_uid

_MAX_REMEMBERED: Final = 10_000


class OtherKeys:
    """What a study refers to and what has its name from another key than the study has.

    A patient keeps a key and so do all of the patient's studies. References to another patient's
    (an atlas, a phantom, somebody whose ID was changed) would lead nowhere after a rotation.

    Parameters
    ----------
    secret, owner
        Of the study; what others sent has names of their own, to which nothing of this one leads.
    """

    def __init__(
        self, archive: Archive, place: Collection, secret: Secret, owner: str = ""
    ) -> None:
        self._archive = archive
        self._place = place
        self._secret = secret
        self._owner = owner
        self._others = [one.of(owner) for one in reversed(keys_of(archive)) if one.id != secret.id]
        self._known: dict[str, str | None] = {}

    def known_as(self, uid: str) -> str | None:
        """The new UID of a study, a series or an instance that another key named."""
        if not self._others:
            return None
        if uid not in self._known:
            if len(self._known) > _MAX_REMEMBERED:
                self._known.clear()
            self._known[uid] = self._found(uid)
        return self._known[uid]

    def _found(self, uid: str) -> str | None:
        if self._is_here(self._secret, uid):
            return None
        for other in self._others:
            if self._is_here(other, uid):
                return self._mapped(other, uid)
        return None

    def _is_here(self, secret: Secret, uid: str) -> bool:
        """Whether something has its name from a key: it waits, or is published."""
        waits_as = waiting_uid(secret, self._place.name, uid) if self._owner else uid
        if secret.id in _keys_of_original(self._archive, self._place, waits_as):
            return True
        return is_published(self._archive, self._place, self._mapped(secret, uid))

    def _mapped(self, secret: Secret, uid: str) -> str:
        return map_uid(secret, self._place.name, uid)


def _keys_of_original(archive: Archive, place: Collection, uid: str) -> frozenset[str]:
    """The keys of the uploads to which something that waits in quarantine belongs."""
    hidden = place.quarantine_id
    studies = select(study.c.id).where(
        study.c.collection_id == hidden, study.c.study_instance_uid == uid
    )
    of_series = select(series.c.study_id).where(
        series.c.collection_id == hidden, series.c.series_instance_uid == uid
    )
    of_instances = select(instance.c.study_id).where(
        instance.c.collection_id == hidden, instance.c.sop_instance_uid == uid
    )
    found = union_all(studies, of_series, of_instances).subquery()
    query = (
        select(upload.c.key_id)
        .join(quarantined, quarantined.c.upload_id == upload.c.id)
        .where(quarantined.c.study_id.in_(select(found.c.id)))
    )
    with reading(archive.engine) as connection:
        return frozenset(connection.scalars(query))
