"""What holds for a whole study while it is de-identified: its key, its policy, what is published.

How each original is treated follows from here. Reading, cleaning and publishing do not live here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from archive import quarantine
from archive.archive import Archive
from archive.collections import Collection
from archive.destinations import is_published, key_named, patient_published_as
from archive.errors import ObjectMissing
from archive.other_keys import OtherKeys
from archive.policies import Policy, policy_of
from archive.published_uids import PublishedUids
from archive.quarantine import Original
from archive.uploads import Upload
from imaging.deidentify.engine import Plan
from imaging.deidentify.profile import Option
from imaging.deidentify.secrets import Secret
from imaging.deidentify.uids import is_made
from imaging.errors import ImagingError
from imaging.part10 import Header, read_header

_PATIENT_ID: Final = 0x00100020


@dataclass
class Study:
    """One study on its way."""

    archive: Archive
    place: Collection
    upload: Upload
    secret: Secret = field(init=False, repr=False)
    policy: Policy = field(init=False)
    published_uids: PublishedUids = field(init=False, repr=False)
    _whose: dict[int, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.secret = key_named(self.archive, self.upload.key_id, self.upload.owner)
        self.policy = policy_of(self.archive, self.place.id)
        self.published_uids = PublishedUids(self.archive, self.place)

    def header_of(self, original: Original) -> Header | None:
        """Read a header; None if it cannot be read, for which the original is refused in turn."""
        try:
            with quarantine.open_header(self.archive, original) as stream:
                return read_header(stream)
        except (ImagingError, ObjectMissing):
            return None

    def plan(self, original: Original) -> Plan:
        """How an original is de-identified."""
        plan = Plan(
            self.policy.profile,
            self.secret,
            self.place.name,
            self.published_uids,
            known_as=self._other_keys.known_as,
        )
        if not self._is_added(original):
            return plan
        # What is added to a published study speaks of it by its names.
        patient = self._pseudonym if self.is_ours(original) else None
        return replace(plan, is_ours=lambda _: True, patient=patient)

    def is_ours(self, original: Original) -> bool:
        """Whether it was made of a published study, and not of the study that was sent.

        A UID that we made is known from the published study only. One that was retained does not
        tell who saw the study, also when the collection has ceased to retain them: the patient
        does.
        """
        if not self._is_added(original):
            return False
        made = is_made(self.upload.study_instance_uid) and not self._retains
        return made or self._names_ours(original)

    def keeps_its_word(self, every: Iterable[Original]) -> bool:
        """Whether each would be published under the UIDs that its sender was told."""
        return all(
            (one.study_instance_uid == self.upload.study_instance_uid)
            == (self._retains or self._is_added(one))
            for one in every
        )

    def _is_added(self, original: Original) -> bool:
        return self._published and original.study_instance_uid == self.upload.study_instance_uid

    @property
    def _retains(self) -> bool:
        return Option.RETAIN_UIDS in self.policy.profile

    def _names_ours(self, original: Original) -> bool:
        """Whether it is of the pseudonym."""
        number = original.number
        if number not in self._whose:
            header = self.header_of(original)
            named = "" if header is None else header.data_set.text(_PATIENT_ID)
            self._whose[number] = bool(named) and named == self._pseudonym
        return self._whose[number]

    @cached_property
    def _pseudonym(self) -> str | None:
        return patient_published_as(self.archive, self.place, self.upload.study_instance_uid)

    @cached_property
    def _other_keys(self) -> OtherKeys:
        return OtherKeys(self.archive, self.place, self.secret, self.upload.owner)

    @cached_property
    def _published(self) -> bool:
        return is_published(self.archive, self.place, self.upload.study_instance_uid)
