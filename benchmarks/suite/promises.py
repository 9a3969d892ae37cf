"""What is promised, a row each: how many times as fast as what, at least, and what is aimed for.

May live here: the numbers of the promise. May not: how anything is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.suite.works.searching import SEARCHES
from benchmarks.suite.works.table import EDGE, LIMIT, OURS, PEER, S3

_FRAMES = "CT frame, 8 connections"


@dataclass(frozen=True)
class Promise:
    """One ratio: a work on a column, to another work or column."""

    work: str
    at_least: float
    aim: float
    than: str = PEER
    of: str = OURS
    than_work: str = ""
    """Where the other does something else; the same work if empty."""

    @property
    def other_work(self) -> str:
        """What the other does."""
        return self.than_work or self.work


PROMISES = (
    Promise(_FRAMES, 8, 15),
    Promise(_FRAMES, 0.45, 0.8, LIMIT, than_work="file of a frame, 8 connections"),
    Promise(_FRAMES, 0.45, 0.8, LIMIT, EDGE, than_work="file of a frame, 8 connections"),
    Promise("compressed frame, 8 connections", 10, 30),
    Promise("series metadata, 1 connection", 100, 1000),
    Promise("series metadata, 8 connections", 100, 1000),
    Promise("study metadata", 50, 200),
    *(Promise(f"search: {name}", 10, 50) for name in SEARCHES),
    Promise("STOW, 1 connection", 1.5, 3),
    Promise("STOW, 4 connections", 1.5, 3),
    Promise("STOW, tiny, 4 connections", 2, 4),
    Promise("C-STORE, 1 association", 1.5, 2),
    Promise("C-STORE, 4 associations", 1.5, 2),
    Promise("series retrieve", 2, 3),
    Promise("rendered JPEG", 4, 8),
    Promise("thumbnail", 10, 40, than_work="rendered JPEG"),
    Promise("raw to JPEG-LS", 3, 4),
    Promise("decoded frame", 20, 50),
    Promise("OHIF opens a study", 2, 5),
    # "Within 2 times" the file store, aiming at 1.3 times.
    Promise(_FRAMES, 1 / 2, 1 / 1.3, OURS, S3),
    Promise("series metadata, 1 connection", 1 / 2, 1 / 1.3, OURS, S3),
    Promise("series metadata, 8 connections", 1 / 2, 1 / 1.3, OURS, S3),
)

# A third of the peer's, aiming at a fifth: how many times as much the other takes.
MEMORY_AT_LEAST, MEMORY_AIM = 3.0, 5.0
