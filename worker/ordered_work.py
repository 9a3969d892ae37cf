"""Work done in several processes, its results given in order; what kills its process fails alone.

How processes are started, asked and ended may live here; what they do is the caller's. They are
forked, so that all the caller has gathered is theirs without being sent; only numbers go there,
and results come back.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

_FORK: Final = get_context("fork")
_MAX_AHEAD: Final = 16
_MAX_GOODBYE_S: Final = 5.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Lost:
    """In the place of a result: the process ended over this piece of work."""


LOST: Final = Lost()


def processors() -> int:
    """How many processors this process may use."""
    return max(1, len(os.sched_getaffinity(0)))


def in_order(
    work: Callable[[int], Result], count: int, jobs: int
) -> Generator[Result | Lost, None, None]:
    """Do pieces of work that have numbers from 0.

    Parameters
    ----------
    work
        Its result can be pickled. With one job it is called in this process.

    Yields
    ------
    Result or Lost
        In the order of the numbers; not many are begun before those ahead of them are done. Close
        the iterator to end the processes before the work is done.
    """
    jobs = min(jobs, count)
    if jobs <= 1:
        yield from map(work, range(count))
        return
    team = _Team(work, jobs)
    try:
        yield from team.results(count)
    finally:
        team.end()


class _Process:
    """One process; it has at most one piece of work."""

    def __init__(self, work: Callable[[int], Any], others: list[Connection]) -> None:
        self.connection, theirs = _FORK.Pipe()
        self.number: int | None = None
        # Ends that a later process has of earlier ones would keep them waiting for nobody.
        self._process = _FORK.Process(
            target=_serve, args=(theirs, [self.connection, *others], work), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self, number: int) -> None:
        self.number = number
        self.connection.send(number)

    def answer(self) -> Any:
        """The result; EOFError when it ended over the work."""
        result = self.connection.recv()
        self.number = None
        return result

    def end(self) -> None:
        self.connection.close()
        if self.number is not None:
            self._process.terminate()
        self._process.join(_MAX_GOODBYE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class _Team:
    """Processes at work."""

    def __init__(self, work: Callable[[int], Any], jobs: int) -> None:
        self._work = work
        self._processes: list[_Process] = []
        try:
            for _ in range(jobs):
                self._processes.append(self._new())
        except BaseException:
            self.end()
            raise

    def results(self, count: int) -> Iterator[Any]:
        done: dict[int, Any] = {}
        begun = given = 0
        while given < count:
            most = min(count, given + _MAX_AHEAD * len(self._processes))
            for process in self._processes:
                if process.number is None and begun < most:
                    self._begin(process, begun)
                    begun += 1
            done.update(self._answers())
            while given in done:
                yield done.pop(given)
                given += 1

    def _begin(self, process: _Process, number: int) -> None:
        try:
            process.begin(number)
        except OSError:  # it ended while it had nothing to do
            self._replaced(process).begin(number)

    def _answers(self) -> Iterator[tuple[int, Any]]:
        at_work = {
            each.connection: (each, each.number)
            for each in self._processes
            if each.number is not None
        }
        for connection in wait([*at_work]):
            process, number = at_work[connection]  # type: ignore[index] # it is one of them
            try:
                yield number, process.answer()
            except (EOFError, OSError):
                self._replaced(process)
                yield number, LOST

    def _replaced(self, process: _Process) -> _Process:
        process.end()
        at = self._processes.index(process)
        del self._processes[at]
        new = self._new()
        self._processes.insert(at, new)
        return new

    def _new(self) -> _Process:
        return _Process(self._work, [process.connection for process in self._processes])

    def end(self) -> None:
        for process in self._processes:
            process.end()
        self._processes.clear()


def _serve(connection: Connection, others: list[Connection], work: Callable[[int], Any]) -> None:
    # Ctrl-C is for the process that tells the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        other.close()
    while True:
        try:
            number = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(work(number))
