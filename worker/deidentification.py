"""What is done with a study in quarantine: gathered, cleaned, searched again, published, erased.

Each step may be done again without harm and is resumed where it was left: what is clean already,
on the same basis, is not cleaned again. A study that cannot be published fails alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final

from archive import publication, quarantine, uploads
from archive.archive import Announcement, Archive
from archive.candidates import Refused
from archive.collections import Collection, quarantined_for
from archive.destinations import is_published, key_named, patient_published_as
from archive.errors import NotFound, ObjectMissing
from archive.objects import SpoolFile
from archive.other_keys import OtherKeys
from archive.policies import ALWAYS, NEVER, Policy, policy_of
from archive.quarantine import CleanedFile, Original
from archive.review import boxes_of, proposal_of
from archive.uploads import Upload
from imaging.deidentify.cleaning import (
    Known,
    Leaking,
    NotClean,
    Review,
    Work,
    check_finished,
    clean,
    gather_all,
)
from imaging.deidentify.engine import Plan
from imaging.deidentify.profile import Option
from imaging.deidentify.secrets import Secret
from imaging.errors import CodecsBusy, ImagingError
from imaging.part10 import Header, read_header
from imaging.version import VERSION
from telemetry import metrics
from telemetry.logs import get_logger

log = get_logger(__name__)

# Finished files that become durable together.
max_batch_files = 16
max_batch_bytes = 64 << 20
_PATIENT_ID: Final = 0x00100020


def deidentify_study(archive: Archive, news: Announcement) -> None:
    """Work on a study of a quarantine until it is published, or somebody must look, or it fails.

    Raises
    ------
    NotFound
        There is no such upload, or its collection is gone.
    """
    place = quarantined_for(archive, news.collection)
    if place is None:
        raise NotFound("this collection is no quarantine")
    upload = uploads.upload_of_study(archive, place, news.study_instance_uid)
    if upload is None:
        raise NotFound("no such upload")
    if upload.state in uploads.WAITING:
        uploads.set_state(archive, upload, uploads.WORKING, only_from=uploads.WAITING)
        _Study(archive, place, upload).run()
    if upload_now(archive, place, upload).state == uploads.PUBLISHED:
        _erase_if_due(archive, place, upload)


def give_up(archive: Archive, news: Announcement) -> None:
    """Say that a study was tried for the last time."""
    place = quarantined_for(archive, news.collection)
    upload = place and uploads.upload_of_study(archive, place, news.study_instance_uid)
    if upload:
        reason = "it could not be processed; an operator was told"
        uploads.set_state(archive, upload, uploads.REJECTED, reason, only_from=uploads.WAITING)


def upload_now(archive: Archive, place: Collection, upload: Upload) -> Upload:
    """The upload as it is now."""
    now = uploads.upload_of_study(archive, place, upload.study_instance_uid)
    if now is None:
        raise NotFound("no such upload")
    return now


def erase_due(archive: Archive) -> int:
    """Erase the originals whose time is over; for the sweep."""
    return sum(
        publication.erase_originals(archive, upload)
        for upload in publication.due_for_erasure(archive)
    )


def _erase_if_due(archive: Archive, place: Collection, upload: Upload) -> None:
    if policy_of(archive, place.id).keep_original_s == 0:
        publication.erase_originals(archive, upload)


@dataclass
class _Study:
    """One study on its way."""

    archive: Archive
    place: Collection
    upload: Upload
    secret: Secret = field(init=False, repr=False)
    policy: Policy = field(init=False)
    _whose: dict[int, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.secret = key_named(self.archive, self.upload.key_id)
        self.policy = policy_of(self.archive, self.place.id)

    def run(self) -> None:
        every = quarantine.originals(self.archive, self.upload)
        if not every:
            return
        known = self._gathered(every)
        basis = self._basis(known)
        with _Batch(self, basis) as batch:
            for original in every:
                if original.state not in (uploads.DONE, uploads.LEFT_OUT) and not (
                    original.basis == basis and original.state
                ):
                    self._one(original, known, basis, batch)
        self._conclude(basis)

    def _conclude(self, basis: str) -> None:
        left = quarantine.originals(self.archive, self.upload)
        states = {one.state for one in left}
        say = partial(uploads.set_state, self.archive, self.upload, only_from=[uploads.WORKING])
        if uploads.LEAKING in states:
            say(uploads.REJECTED, "the second pass found what identifies in a finished file")
        elif uploads.ASKING in states and self.policy.review == NEVER:
            say(uploads.REJECTED, "a person would have to look, and nobody does here")
        elif uploads.ASKING in states:
            count = sum(one.state == uploads.ASKING for one in left)
            say(uploads.REVIEW, f"a person must look at {count} of {len(left)} instances")
        elif states == {uploads.LEFT_OUT}:
            say(uploads.REJECTED, "every instance was left out")
        else:
            publication.publish(self.archive, self.upload, self.place, self.policy, basis)

    def _gathered(self, every: list[Original]) -> Known:
        """What the whole study says of its people, before anything of it is written."""
        found = Known()
        for mine in (True, False):
            some = [one for one in every if self._is_ours(one) == mine]
            if some:
                found |= gather_all(self._headers(some), self._plan(some[0]))
        return found

    def _headers(self, some: list[Original]) -> Iterator[Header]:
        for original in some:
            try:
                with quarantine.open_original(self.archive, original) as stream:
                    yield read_header(stream)
            except (ImagingError, ObjectMissing):
                continue  # what cannot be read is refused in its turn

    def _basis(self, known: Known) -> str:
        """Names what a finished file depends on besides its original; tells nothing of it."""
        said = json.dumps(
            [
                VERSION,
                sorted(self.policy.profile.options),
                self.policy.stored_syntax,
                self.policy.review,
                sorted(known.identity.texts()),
                sorted(known.uids),
            ]
        )
        return self.secret.derive("basis", hashlib.sha256(said.encode()).hexdigest()).hex()

    def _is_ours(self, original: Original) -> bool:
        if not self._published or original.study_instance_uid != self.upload.study_instance_uid:
            return False
        return Option.RETAIN_UIDS not in self.policy.profile or self._names_ours(original)

    def _names_ours(self, original: Original) -> bool:
        """Whether it is of the pseudonym: where UIDs stay, they do not tell who saw the study."""
        number = original.number
        if number not in self._whose:
            [*headers] = self._headers([original])
            self._whose[number] = bool(headers) and (
                headers[0].data_set.text(_PATIENT_ID) == self._pseudonym
            )
        return self._whose[number]

    @cached_property
    def _pseudonym(self) -> str | None:
        return patient_published_as(self.archive, self.place, self.upload.study_instance_uid)

    @cached_property
    def _other_keys(self) -> OtherKeys:
        return OtherKeys(self.archive, self.place, self.secret)

    @cached_property
    def _published(self) -> bool:
        return is_published(self.archive, self.place, self.upload.study_instance_uid)

    def _plan(self, original: Original) -> Plan:
        plan = Plan(
            self.policy.profile,
            self.secret,
            self.place.name,
            self._known_uid,
            known_as=self._other_keys.known_as,
        )
        if not self._is_ours(original):
            return plan
        # What is added to a published study by somebody who saw it: it speaks of it by its names.
        return replace(plan, is_ours=lambda _: True, patient=self._pseudonym)

    @cached_property
    def _known_uid(self) -> Callable[[str], bool]:
        known: dict[str, bool] = {}

        def is_ours(uid: str) -> bool:
            if uid not in known:
                if len(known) > 10_000:
                    known.clear()
                known[uid] = is_published(self.archive, self.place, uid)
            return known[uid]

        return is_ours

    def _one(self, original: Original, known: Known, basis: str, batch: _Batch) -> None:
        spool = self.archive.objects.spool()
        try:
            file = self._cleaned(original, known, basis, spool)
        except CodecsBusy:
            spool.discard()
            raise
        except Leaking as error:
            spool.discard()
            self._ask(original, basis, str(error), leaking=True)
            metrics.count_worker_failure("second-pass")
        except ObjectMissing:
            spool.discard()
            self._ask(original, basis, "its bytes are missing")
        except ImagingError as error:
            spool.discard()
            self._ask(original, basis, f"it cannot be cleaned: {error}")
            metrics.count_worker_failure("deidentify")
        except BaseException:
            spool.discard()
            raise
        else:
            if file is None:
                spool.discard()
            else:
                batch.add(file)

    def _cleaned(
        self, original: Original, known: Known, basis: str, spool: SpoolFile
    ) -> CleanedFile | None:
        # Where nobody looks nothing uncertain is given away either: the upload is rejected.
        review = Review.ALWAYS if self.policy.review == ALWAYS else Review.UNCERTAIN
        work = Work(self._plan(original), self.policy.stored_syntax, review)
        with quarantine.open_original(self.archive, original) as source:
            made = clean(source, work, known, spool.write, boxes_of(original.decision))
        if made.evidence is None:
            self._ask(original, basis, "; ".join(made.review), proposal_of(made))
            return None
        candidate = quarantine.read_cleaned(self.archive, spool)
        if isinstance(candidate, Refused):
            raise NotClean(f"what was made of it cannot be stored: {candidate.failure}")
        with spool.path.open("rb") as finished:
            check_finished(finished, known)
        return CleanedFile(original, basis, spool, candidate, made.evidence)

    def _ask(
        self,
        original: Original,
        basis: str,
        reason: str,
        proposed: dict[str, object] | None = None,
        *,
        leaking: bool = False,
    ) -> None:
        quarantine.keep_question(
            self.archive, self.upload, original, basis, reason, proposed or {}, leaking=leaking
        )


class _Batch:
    """Finished files on their way to become durable together; a context manager."""

    def __init__(self, study: _Study, basis: str) -> None:
        self._study = study
        self._basis = basis
        self._files: list[CleanedFile] = []
        self._left = ExitStack()

    def __enter__(self) -> _Batch:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._left:
            if kind is None:
                self._flush()

    def add(self, file: CleanedFile) -> None:
        """Take over a finished file."""
        self._left.callback(file.spool.discard)
        self._files.append(file)
        size = sum(one.spool.size for one in self._files)
        if len(self._files) >= max_batch_files or size >= max_batch_bytes:
            self._flush()

    def _flush(self) -> None:
        files, self._files = self._files, []
        study = self._study
        quarantine.keep_cleaned(study.archive, study.upload, study.place, files)
        self._left.close()
