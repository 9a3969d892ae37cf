"""What is done with a study in quarantine: gathered, cleaned, searched again, published, erased.

Each step may be done again without harm and is resumed where it was left: what is clean already,
on the same basis, is not cleaned again. Several processes may be at one study; the one that notes
the last answer publishes. A study that cannot be published fails alone.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from archive import answers, claims, publication, quarantine, uploads
from archive.archive import Announcement, Archive, announce
from archive.claims import Superseded
from archive.collections import Collection, quarantined_for
from archive.errors import NotFound
from archive.policies import NEVER, policy_of
from archive.uploads import Upload
from telemetry.logs import get_logger
from worker.gathering import basis_of, gathered
from worker.shifts import ALONE, Others, Shift
from worker.studies import Study

log = get_logger(__name__)

# A turn is so many times as long as it took to read the study, if that is longer than usual.
_TURN_TO_READING: Final = 4


def deidentify_study(archive: Archive, news: Announcement, others: Others = ALONE) -> None:
    """Work on a study of a quarantine until it is published, or somebody must look, or it fails.

    If it takes long, other processes are called, and it is announced again when the turn is over.

    Raises
    ------
    NotFound
        There is no such upload, or its collection is gone.
    """
    place, upload = _find(archive, news)
    if upload.state in uploads.WAITING:
        uploads.set_state(archive, upload, uploads.WORKING, only_from=uploads.WAITING)
        study = Study(archive, place, upload)
        if not study.keeps_its_word(quarantine.originals(archive, upload)):
            _send_back(study)
        elif not _work(study, news, others):
            announce(archive, news)
    _erase_if_due(archive, place, upload)


def help_with_study(archive: Archive, news: Announcement, others: Others) -> None:
    """Take a share of the work on a study that somebody else has begun.

    Raises
    ------
    NotFound
        There is no such upload, or its collection is gone.
    """
    place, upload = _find(archive, news)
    if upload.state == uploads.WORKING and not _work(Study(archive, place, upload), news, others):
        others.call(news)
    _erase_if_due(archive, place, upload)


def _find(archive: Archive, news: Announcement) -> tuple[Collection, Upload]:
    place = quarantined_for(archive, news.collection)
    if place is None:
        raise NotFound("this collection is no quarantine")
    upload = uploads.upload_of_study(archive, place, news.study_instance_uid)
    if upload is None:
        raise NotFound("no such upload")
    return place, upload


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


def erase_due(archive: Archive, now: datetime | None = None) -> int:
    """Erase the originals whose time is over, now or at another moment; for the sweep."""
    return sum(
        publication.erase_originals(archive, upload)
        for upload in publication.due_for_erasure(archive, now)
    )


def _erase_if_due(archive: Archive, place: Collection, upload: Upload) -> None:
    if policy_of(archive, place.id).keep_original_s == 0 and (
        upload_now(archive, place, upload).state == uploads.PUBLISHED
    ):
        publication.erase_originals(archive, upload)


def _send_back(study: Study) -> None:
    """Reject a study whose names were told under another policy, so that it can be sent again."""
    reason = "whether its UIDs stay was changed after it was sent; send it again"
    if uploads.set_state(
        study.archive, study.upload, uploads.REJECTED, reason, only_from=[uploads.WORKING]
    ):
        publication.erase_originals(study.archive, study.upload)


def _work(study: Study, news: Announcement, others: Others) -> bool:
    """Do what this process can do; False if it has to come again."""
    began = time.monotonic()
    every = quarantine.originals(study.archive, study.upload)
    if not every:
        return True
    known = gathered(study, every)
    basis = basis_of(study, known)
    turn_s = max(others.turn_s, _TURN_TO_READING * (time.monotonic() - began))
    turn = replace(others, turn_s=min(turn_s, others.longest_s))
    shift = Shift(study, known, basis, news, turn)
    todo = [one.number for one in every if not one.is_answered(basis)]
    try:
        claims.begin(study.archive, study.upload, basis)
        while True:
            before = shift.answered
            if not shift.run(todo):
                return False
            left = claims.left(study.archive, study.upload, basis)
            if not left.free:
                break
            if shift.answered == before:
                return False
    except Superseded:
        return False
    if not left.held:
        _conclude(study, basis)
    return True


def _conclude(study: Study, basis: str) -> None:
    """Say what becomes of a study whose originals all have their answers."""
    found = answers.tally(study.archive, study.upload)
    asking = found[uploads.ASKING]
    say = partial(uploads.set_state, study.archive, study.upload, only_from=[uploads.WORKING])
    if found[uploads.LEAKING]:
        say(uploads.REJECTED, "the second pass found what identifies in a finished file")
    elif asking and study.policy.review == NEVER:
        say(uploads.REJECTED, "a person would have to look, and nobody does here")
    elif asking:
        say(uploads.REVIEW, f"a person must look at {asking} of {found.total()} instances")
    elif set(found) == {uploads.LEFT_OUT}:
        say(uploads.REJECTED, "every instance was left out")
    else:
        publication.publish(study.archive, study.upload, study.place, study.policy, basis)
