"""One original and its answer: a finished file, searched once more, or a question to a person.

Whatever is wrong with an original is its own answer; only what is wrong with the machine is raised.
"""

from __future__ import annotations

from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from archive import quarantine
from archive.answers import Answer, CleanedFile, Question, read_cleaned
from archive.candidates import Refused
from archive.claims import Share
from archive.errors import ObjectMissing, StoreUnavailable
from archive.objects import SpoolFile
from archive.policies import ALWAYS
from archive.review import boxes_of, proposal_of
from imaging.deidentify.cleaning import (
    Known,
    Leaking,
    NotClean,
    Review,
    Work,
    check_finished,
    clean,
)
from imaging.errors import CodecsBusy, ImagingError
from telemetry import metrics
from telemetry.logs import get_logger
from worker.studies import Study

log = get_logger(__name__)

# So many processes may be lost over an original, the last of them over nothing else.
max_lost: Final = 2
# Of the machine's making: the task as a whole has to come again.
NOT_ITS_FAULT: Final = (
    StoreUnavailable,
    CodecsBusy,
    SoftTimeLimitExceeded,
    SQLAlchemyError,
    OSError,
)


def answer_of(study: Study, share: Share, known: Known) -> Answer:
    """Clean an original; the caller takes over the file of the answer."""
    if share.lost >= max_lost:
        metrics.count_worker_failure("lost")
        return Question(share.original, "whoever worked on it was lost, each time")
    spool = study.archive.objects.spool()
    try:
        answer = _answer(study, share, known, spool)
    except BaseException:
        spool.discard()
        raise
    if not isinstance(answer, CleanedFile):
        spool.discard()
    return answer


def _answer(study: Study, share: Share, known: Known, spool: SpoolFile) -> Answer:
    original = share.original
    try:
        return _cleaned(study, share, known, spool)
    except ObjectMissing:
        return Question(original, "its bytes are missing")
    except NOT_ITS_FAULT:
        raise
    except Leaking as error:
        metrics.count_worker_failure("second-pass")
        return Question(original, str(error), leaking=True)
    except ImagingError as error:
        metrics.count_worker_failure("deidentify")
        return Question(original, f"it cannot be cleaned: {error}")
    except MemoryError:
        metrics.count_worker_failure("memory")
        return Question(original, "it needs more memory than there is")
    except Exception:
        metrics.count_worker_failure("deidentify")
        log.exception("an instance could not be cleaned because of an error of ours")
        return Question(original, "it could not be cleaned because of an error of ours")


def _cleaned(study: Study, share: Share, known: Known, spool: SpoolFile) -> Answer:
    original = share.original
    # Where nobody looks nothing uncertain is given away either: the upload is rejected.
    review = Review.ALWAYS if study.policy.review == ALWAYS else Review.UNCERTAIN
    work = Work(study.plan(original), study.policy.stored_syntax, review)
    with quarantine.open_original(study.archive, original) as source:
        made = clean(source, work, known, spool.write, boxes_of(original.decision))
    if made.evidence is None:
        return Question(original, "; ".join(made.review), proposal_of(made))
    candidate = read_cleaned(study.archive, spool)
    if isinstance(candidate, Refused):
        raise NotClean(f"what was made of it cannot be stored: {candidate.failure}")
    with spool.path.open("rb") as finished:
        check_finished(finished, known)
    return CleanedFile(original, spool, candidate, made.evidence)
