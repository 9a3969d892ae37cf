"""Under which new names a study will be published: known at once, from the keys, without waiting.

Which key a study gets lives here: the one its earlier instances had, else the one under which its
patient is known, else the newest. What a person sends is named by a key that is theirs alone, made
from that one: nobody meets in it, or learns from what they send how somebody else's is called.
What is derived from a key is `imaging.deidentify`'s.

References
----------
docs/decisions/0181-what-a-person-sends-is-their-own.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from sqlalchemy import Connection, exists, or_, select

from archive.access import audience_of, person_of
from archive.archive import Archive
from archive.blocking import blocks_any, is_blocked
from archive.collections import Collection
from archive.database import reading
from archive.deid_keys import keys_at
from archive.errors import NotAllowed, StoreUnavailable
from archive.models import instance, series, study, upload
from archive.policies import policy_of
from archive.sharing import is_shared_in
from imaging.deidentify.profile import Option
from imaging.deidentify.pseudonyms import pseudonym
from imaging.deidentify.secrets import BadKeyFile, Secret
from imaging.deidentify.uids import map_uid, waiting_uid

_NOT_THEIRS: Final = (
    "a study of this UID is in this collection and is not yours: only whose it is can add to it"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the instances of one study go.

    Attributes
    ----------
    token
        Of the upload; nobody who lacks the key can guess it.
    patient
        By what the patient is known again, derived from the key; leads nowhere without it.
    keeps_uids
        The collection retains UIDs, or the study is a published one and speaks by its names.
    secret
        From which the study's names are made: the owner's.
    owner
        The person whose upload it is; empty where machines share one.
    """

    collection: str
    study_instance_uid: str
    token: str
    patient: str
    keeps_uids: bool
    secret: Secret = field(repr=False)
    owner: str = ""

    def uid(self, original: str) -> str:
        """The new UID in the place of one of the study's."""
        if self.keeps_uids:
            return original
        return map_uid(self.secret, self.collection, original)

    def waits_as(self, original: str) -> str:
        """The UID under which something of the study lies in quarantine.

        Two people may send the same original, so that of a person lies under a name of their own.
        """
        if self.keeps_uids or not self.owner:
            return original
        return waiting_uid(self.secret, self.collection, original)


class Destinations:
    """Those of the studies of one request, each found once.

    Parameters
    ----------
    adds_to_all
        Whether people who send may add to published studies that are not theirs.
    """

    def __init__(self, archive: Archive, place: Collection, *, adds_to_all: bool = False) -> None:
        self._archive = archive
        self._place = place
        self._adds_to_all = adds_to_all
        self._known: dict[tuple[str, str], Destination] = {}

    def of(self, study_instance_uid: str, patient: str, sender: str = "") -> Destination:
        """The destination of a study.

        Parameters
        ----------
        patient
            `imaging.deidentify.engine.patient_of` an instance of it.
        sender
            The name of the principal, or of a caller.

        Raises
        ------
        NotAllowed
            It would be added to a study that is somebody else's.
        StoreUnavailable
            The keys cannot be read.
        """
        owner = person_of(sender) or ""
        found = self._known.get((study_instance_uid, owner))
        if found is None:
            with reading(self._archive.engine) as connection:
                found = self._find(connection, study_instance_uid, patient, owner)
            self._known[study_instance_uid, owner] = found
        return found

    def blocks(self, there: Destination, sop_instance_uid: str) -> bool:
        """Whether an instance, by the UID that it was sent under, may not come back."""
        if not self._blocks_any:
            return False
        with reading(self._archive.engine) as connection:
            return is_blocked(connection, self._place, there.uid(sop_instance_uid))

    @cached_property
    def _blocks_any(self) -> bool:
        with reading(self._archive.engine) as connection:
            return blocks_any(connection, self._place)

    @cached_property
    def _retains(self) -> bool:
        return Option.RETAIN_UIDS in policy_of(self._archive, self._place.id).profile

    def _find(self, connection: Connection, uid: str, patient: str, owner: str) -> Destination:
        if self._retains or _is_study(connection, self._place, uid):
            return self._kept(connection, uid, patient, owner)
        secrets = self._secrets(owner)
        if len(secrets) > 1:
            for secret in secrets:
                new = map_uid(secret, self._place.name, uid)
                if _upload(connection, self._place, new) is not None:
                    return self._made(secret, new, patient, owner)
        secret = self._secret_of(connection, secrets, patient)
        return self._made(secret, map_uid(secret, self._place.name, uid), patient, owner)

    def _secrets(self, owner: str) -> list[Secret]:
        return [secret.of(owner) for secret in reversed(keys_of(self._archive))]

    def _kept(self, connection: Connection, uid: str, patient: str, sender: str) -> Destination:
        """Of a study whose UID stays: it goes on under its upload, even if that key was retired."""
        row = _upload(connection, self._place, uid)
        is_theirs = bool(sender) and self._is_theirs(connection, uid, sender, row)
        if sender and not is_theirs and not self._adds_to_all:
            raise NotAllowed(_NOT_THEIRS)
        owner = row.owner if row is not None else sender if is_theirs else ""
        secrets = self._secrets(owner)
        secret = next((one for one in secrets if row is not None and one.id == row.key_id), None)
        if secret is None:
            secret = self._secret_of(connection, secrets, patient)
        token = None if row is None else row.token
        return self._made(secret, uid, patient, owner, keeps_uids=True, token=token)

    def _is_theirs(
        self, connection: Connection, uid: str, person: str, row: _Upload | None
    ) -> bool:
        """Whether a study is a person's to add to: published as theirs, or begun by them."""
        if _is_study(connection, self._place, uid):
            return is_shared_in(connection, self._place, uid, audience_of(person))
        return row is None or row.owner == person

    def _secret_of(self, connection: Connection, secrets: list[Secret], patient: str) -> Secret:
        """The key under which a patient was first seen, if that is any of ours."""
        for secret in secrets if len(secrets) > 1 else ():
            if _knows(connection, self._place, secret, patient):
                return secret
        return secrets[0]

    def _made(
        self,
        secret: Secret,
        uid: str,
        patient: str,
        owner: str,
        *,
        keeps_uids: bool = False,
        token: str | None = None,
    ) -> Destination:
        name = self._place.name
        return Destination(
            name,
            uid,
            token or secret.derive("upload", name, uid).hex()[:32],
            fingerprint(secret, name, patient),
            keeps_uids,
            secret,
            owner,
        )


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


def key_named(archive: Archive, key_id: str, owner: str = "") -> Secret:
    """The key of an upload, and of its owner.

    Raises
    ------
    StoreUnavailable
        It is not in the file of this machine.
    """
    for secret in keys_of(archive):
        if secret.id == key_id:
            return secret.of(owner)
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


def fingerprint(secret: Secret, collection: str, patient: str) -> str:
    """By what a patient of uploads is known again under a key, and to nobody without it."""
    return secret.derive("patient", collection, patient).hex()[:32]


class _Upload(NamedTuple):
    key_id: str
    token: str
    owner: str


def _is_study(connection: Connection, place: Collection, uid: str) -> bool:
    query = select(study.c.id).where(
        study.c.collection_id == place.id, study.c.study_instance_uid == uid
    )
    return connection.scalar(query) is not None


def _upload(connection: Connection, place: Collection, uid: str) -> _Upload | None:
    query = select(upload.c.key_id, upload.c.token, upload.c.owner).where(
        upload.c.collection_id == place.id, upload.c.study_instance_uid == uid
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _Upload(*row)


def _knows(connection: Connection, place: Collection, secret: Secret, patient: str) -> bool:
    """Whether a patient was seen under a key: in an upload, or, of old ones, in what is shown."""
    seen = exists().where(
        upload.c.collection_id == place.id,
        upload.c.patient == fingerprint(secret, place.name, patient),
    )
    shown = exists().where(
        study.c.collection_id == place.id,
        study.c.patient_id == pseudonym(secret, place.name, patient),
    )
    return bool(connection.scalar(select(or_(seen, shown))))
