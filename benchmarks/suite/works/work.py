"""A work: a name, a unit, and a function that does it on a server and tells what it came to.

Each checks, outside of what is timed, that the bytes are those that were made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.suite.data.corpus import Corpus
from benchmarks.suite.load import Measured
from benchmarks.suite.servers.server import Server

DICOM_JSON = "application/dicom+json"
PART_10 = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class Unit(StrEnum):
    """What is measured."""

    REQUESTS = "requests/s"
    INSTANCES = "instances/s"
    MEGABYTES = "MB/s"
    MILLISECONDS = "ms"

    @property
    def more_is_better(self) -> bool:
        """Whether a server that has more of it is faster."""
        return self is not Unit.MILLISECONDS


@dataclass(frozen=True)
class Scene:
    """What a work needs to know."""

    corpus: Corpus
    seconds: float
    """How long a rate is measured; waits are asked for half as long."""


@dataclass(frozen=True)
class Work:
    """A row of the tables."""

    name: str
    unit: Unit
    run: Callable[[Server, Scene], Measured]
    columns: frozenset[str]
    """The servers that do it."""
    leaves_work: bool = False
    """Whether a server has more to do when it has answered, such as for its queue."""
