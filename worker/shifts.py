"""One process's part in the work on a study: what it takes, how much at once, and when it stops.

Others may be at the same study (`archive.claims`). A process takes a few originals, answers them,
notes the answers and takes more, until none is left or its time is over: other studies wait, too.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded

from archive import claims
from archive.answers import Answer, CleanedFile, keep_answers
from archive.archive import Announcement
from archive.claims import Share
from imaging.deidentify.cleaning import Known
from telemetry.logs import get_logger
from worker.cleaning import answer_of
from worker.studies import Study

log = get_logger(__name__)

# Finished files that become durable together.
max_batch_files: Final = 16
max_batch_bytes: Final = 64 << 20
# How often answers are noted: so much work is lost with a process, so often progress is seen.
note_every_s: Final = 2.0


@dataclass(frozen=True, slots=True)
class Others:
    """The rest of the workers, as far as a study's work is concerned.

    Parameters
    ----------
    call
        Puts into the queue that somebody who has nothing to do may help with a study.
    turn_s
        How long a process works on one study before others have their turn.
    longest_s
        The same at most, of studies that take long to read.
    help_s
        What is left must take so long that it is worth another process's while to read the study.
    """

    call: Callable[[Announcement], None] = lambda news: None
    turn_s: float = float("inf")
    longest_s: float = float("inf")
    help_s: float = float("inf")


ALONE: Final = Others()


class Shift:
    """The work of one process on one study, once.

    Parameters
    ----------
    known, basis
        What the study says of its people, and the name of it.
    news
        What others are told of when they are called, once, because the rest would take long.
    """

    def __init__(
        self, study: Study, known: Known, basis: str, news: Announcement, others: Others
    ) -> None:
        self._study = study
        self._known = known
        self._basis = basis
        self._news = news
        self._others = others
        self._ends_at = time.monotonic() + others.turn_s
        self._called = False
        # The first tells how long they take: slow ones are soon noted, and helped with.
        self._most = 1
        self.answered = 0

    def run(self, numbers: Sequence[int]) -> bool:
        """Answer what nobody else does; False when the time was over before.

        Parameters
        ----------
        numbers
            Of originals, in order.

        Raises
        ------
        Superseded
            The study is not cleaned on this basis any more.
        """
        for chunk in self._chunks(numbers):
            began = time.monotonic()
            self._answer(chunk)
            self.answered += len(chunk)
            each_s = (time.monotonic() - began) / len(chunk)
            self._most = max(1, min(max_batch_files, int(note_every_s / (each_s + 1e-6))))
            ahead = len(numbers) - bisect_right(numbers, chunk[-1].original.number)
            if not self._called and ahead * each_s > self._others.help_s:
                self._called = True
                self._others.call(self._news)
            if time.monotonic() > self._ends_at:
                return False
        return True

    def _chunks(self, numbers: Sequence[int]) -> Iterator[list[Share]]:
        study = self._study
        for start in range(0, len(numbers), claims.window):
            some = numbers[start : start + claims.window]
            while chunk := claims.take(
                study.archive, study.upload, self._basis, some, self._most, max_batch_bytes
            ):
                yield chunk

    def _answer(self, chunk: Sequence[Share]) -> None:
        study = self._study
        answers: list[Answer] = []
        try:
            for share in chunk:
                answers.append(  # noqa: PERF401 - what was made before an error is discarded
                    answer_of(study, share, self._known)
                )
            keep_answers(study.archive, study.upload, study.place, self._basis, answers)
        except BaseException as error:
            self._give_back(chunk, len(answers), error)
            raise
        finally:
            for answer in answers:
                if isinstance(answer, CleanedFile):
                    answer.spool.discard()

    def _give_back(self, chunk: Sequence[Share], done: int, error: BaseException) -> None:
        """Let others have it; what ran into the time limit is not taken with others again."""
        numbers = [share.original.number for share in chunk]
        late = isinstance(error, SoftTimeLimitExceeded) and done < len(chunk)
        # What cannot be given back now is free when this process ends, or its time is over.
        with suppress(Exception):
            claims.give_back(self._study.archive, numbers, numbers[done] if late else None)
