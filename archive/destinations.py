"""Under which new names a study will be published: known at once, from the keys, without waiting.

Which key a study gets lives here: the one its earlier instances had, else the one under which its
patient is known, else the newest. What is derived from a key is `imaging.deidentify`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection, exists, or_, select

from archive.archive import Archive
from archive.collections import Collection
from archive.database import reading
from archive.deid_keys import keys_at
from archive.errors import StoreUnavailable
from archive.models import instance, series, study, upload
from archive.policies import policy_of
from imaging.deidentify.profile import Option
from imaging.deidentify.pseudonyms import pseudonym
from imaging.deidentify.secrets import BadKeyFile, Secret
from imaging.deidentify.uids import map_uid


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the instances of one study go.

    Attributes
    ----------
    token
        Of the upload; nobody who lacks the key can guess it.
    ours
        The study is a published one already: what is added to it keeps its UIDs.
    """

    collection: str
    study_instance_uid: str
    token: str
    ours: bool
    keeps_uids: bool
    secret: Secret = field(repr=False)

    def uid(self, original: str) -> str:
        """The new UID in the place of one of the study's."""
        if self.keeps_uids:
            return original
        return map_uid(self.secret, self.collection, original)


class Destinations:
    """Those of the studies of one request, each found once."""

    def __init__(self, archive: Archive, place: Collection) -> None:
        self._archive = archive
        self._place = place
        self._known: dict[str, Destination] = {}

    def of(self, study_instance_uid: str, patient: str) -> Destination:
        """The destination of a study.

        Parameters
        ----------
        patient
            `imaging.deidentify.engine.patient_of` an instance of it.

        Raises
        ------
        StoreUnavailable
            The keys cannot be read.
        """
        found = self._known.get(study_instance_uid)
        if found is None:
            with reading(self._archive.engine) as connection:
                found = self._find(connection, study_instance_uid, patient)
            self._known[study_instance_uid] = found
        return found

    def known(self, study_instance_uid: str) -> Destination | None:
        """The destination of a study that was asked for before."""
        return self._known.get(study_instance_uid)

    @cached_property
    def _retains(self) -> bool:
        return Option.RETAIN_UIDS in policy_of(self._archive, self._place.id).profile

    def _find(self, connection: Connection, uid: str, patient: str) -> Destination:
        secrets = list(reversed(keys_of(self._archive)))
        if row := _published(connection, self._place, uid):
            secret = next((one for one in secrets if one.id == row), secrets[0])
            return self._made(secret, uid, ours=True)
        if self._retains:
            return self._made(secrets[0], uid, ours=False)
        for secret in secrets if len(secrets) > 1 else ():
            made = self._made(secret, map_uid(secret, self._place.name, uid), ours=False)
            if _has_upload(connection, self._place, made.study_instance_uid):
                return made
        secret = self._secret_of(connection, secrets, patient)
        return self._made(secret, map_uid(secret, self._place.name, uid), ours=False)

    def _secret_of(self, connection: Connection, secrets: list[Secret], patient: str) -> Secret:
        for secret in secrets if len(secrets) > 1 else ():
            if _knows(connection, self._place, pseudonym(secret, self._place.name, patient)):
                return secret
        return secrets[0]

    def _made(self, secret: Secret, uid: str, *, ours: bool) -> Destination:
        token = secret.derive("upload", self._place.name, uid).hex()[:32]
        keeps = ours or self._retains
        return Destination(self._place.name, uid, token, ours, keeps, secret)


def keys_of(archive: Archive) -> list[Secret]:
    """The keys of an archive, the newest last; made at first use.

    Raises
    ------
    StoreUnavailable
        They cannot be read: nothing that has to be de-identified can be taken.
    """
    try:
        return keys_at(archive.settings.deid_key_file)
    except BadKeyFile as error:
        raise StoreUnavailable(f"the keys of de-identification cannot be used: {error}") from error


def key_named(archive: Archive, key_id: str) -> Secret:
    """The key of an upload.

    Raises
    ------
    StoreUnavailable
        It is not in the file of this machine.
    """
    for secret in keys_of(archive):
        if secret.id == key_id:
            return secret
    raise StoreUnavailable(
        f"the key '{key_id}' is not in {archive.settings.deid_key_file}; "
        "every machine of an archive needs the same file"
    )


def is_published(archive: Archive, place: Collection, uid: str) -> bool:
    """Whether something that the collection shows has this UID."""
    queries: Iterator[object] = iter(
        (
            exists().where(study.c.collection_id == place.id, study.c.study_instance_uid == uid),
            exists().where(series.c.collection_id == place.id, series.c.series_instance_uid == uid),
            exists().where(
                instance.c.collection_id == place.id, instance.c.sop_instance_uid == uid
            ),
        )
    )
    with reading(archive.engine) as connection:
        return bool(connection.scalar(select(or_(*queries))))  # type: ignore[arg-type]
        # The typing of or_ knows no Exists beside others.


def patient_published_as(archive: Archive, place: Collection, uid: str) -> str | None:
    """The Patient ID that a published study has; None when there is no such study."""
    query = select(study.c.patient_id).where(
        study.c.collection_id == place.id, study.c.study_instance_uid == uid
    )
    with reading(archive.engine) as connection:
        found: str | None = connection.scalar(query)
    return found


def _published(connection: Connection, place: Collection, uid: str) -> str | None:
    """The name of the key of a published study, or "?" when nobody knows; None if there is none."""
    query = (
        select(upload.c.key_id)
        .select_from(study)
        .outerjoin(
            upload,
            (upload.c.collection_id == study.c.collection_id)
            & (upload.c.study_instance_uid == study.c.study_instance_uid),
        )
        .where(study.c.collection_id == place.id, study.c.study_instance_uid == uid)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else row.key_id or "?"


def _has_upload(connection: Connection, place: Collection, uid: str) -> bool:
    query = select(upload.c.id).where(
        upload.c.collection_id == place.id, upload.c.study_instance_uid == uid
    )
    return connection.scalar(query) is not None


def _knows(connection: Connection, place: Collection, patient_id: str) -> bool:
    query = (
        select(study.c.id)
        .where(study.c.collection_id == place.id, study.c.patient_id == patient_id)
        .limit(1)
    )
    return connection.scalar(query) is not None
