"""What is done with a study that has news: each step once for each series that is behind.

A study in quarantine goes the way of `deidentification` instead.

Every step may be done again without harm: what a series has already, at its revision, is not
made again. One series that fails is passed by; a picture that cannot be made is no failure of
the study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from celery.exceptions import SoftTimeLimitExceeded

from archive import publish
from archive.archive import Announcement, Archive
from archive.collections import quarantined_for
from archive.errors import NotFound, StoreUnavailable
from imaging.errors import ImagingError
from telemetry import metrics
from telemetry.logs import get_logger
from worker.deidentification import deidentify_study
from worker.shifts import ALONE, Others
from worker.thumbnails import thumbnail_of

log = get_logger(__name__)

# Not of one picture's making: the task as a whole has to end, or come again.
NOT_A_PICTURES_FAULT = (StoreUnavailable, SoftTimeLimitExceeded, MemoryError)


def process_study(archive: Archive, news: Announcement, others: Others = ALONE) -> None:
    """Make what is missing of a study and note that it is done.

    The revision that is noted is the one read before the work began: whatever came in since is
    work of its own, and is or will be announced.

    Raises
    ------
    NotFound
        The study or its collection is gone.
    """
    if quarantined_for(archive, news.collection) is not None:
        deidentify_study(archive, news, others)
        return
    collection, study = news.collection, news.study_instance_uid
    revision = publish.current_revision(archive, collection, study)
    if revision is None:
        raise NotFound("no such study")
    for series in publish.series_without_metadata(archive, collection, study):
        _unless_erased(publish.keep_series_metadata, archive, collection, study, series)
    for series in publish.series_without_thumbnail(archive, collection, study):
        _unless_erased(_keep_thumbnail, archive, collection, study, series)
    publish.mark_processed(archive, replace(news, revision=revision))


def _unless_erased(step: Callable[..., object], archive: Archive, *names: str) -> None:
    try:
        step(archive, *names)
    except NotFound:
        log.info("a series was erased while it was worked on", collection=names[0])


def _keep_thumbnail(archive: Archive, collection: str, study: str, series: str) -> None:
    chosen = publish.representative(archive, collection, study, series)
    if chosen is None:
        return
    try:
        picture = thumbnail_of(archive, chosen.instance)
    except (NotFound, *NOT_A_PICTURES_FAULT):
        raise
    except ImagingError as error:
        _count_failure("decode", chosen, detail=str(error), error=type(error).__name__)
    except Exception:
        _count_failure("thumbnail", chosen)
        log.exception("a picture could not be made because of an error of ours")
    else:
        publish.keep_thumbnail(archive, chosen, picture)


def _count_failure(step: str, chosen: publish.Representative, **said: object) -> None:
    metrics.count_worker_failure(step)
    log.warning(
        "no picture could be made of an instance",
        step=step,
        collection=chosen.instance.collection,
        sop_instance_uid=chosen.instance.sop_instance_uid,
        sop_class_uid=chosen.instance.sop_class_uid,
        transfer_syntax_uid=str(chosen.instance.transfer_syntax_uid),
        **said,
    )
