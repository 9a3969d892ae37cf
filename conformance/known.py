"""What is known to lie on the server: the runner's own instances, or some that were found there.

With the corpus, answers are compared with what was written. Without it, a few studies that the
server shows are compared with themselves: their metadata with their files, their files with what
searches say. Of nothing, nothing can be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from conformance.corpus.corpus import Corpus
from conformance.corpus.making import Made
from conformance.verdicts import Undecided


class Source(StrEnum):
    """Where the instances came from that answers are compared with."""

    WRITTEN = "written"
    FOUND = "found"
    SAMPLED = "sampled"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """An instance somewhere on the server, by its UIDs."""

    study_uid: str
    series_uid: str
    instance_uid: str

    @property
    def study(self) -> str:
        """Path of its study."""
        return f"/studies/{self.study_uid}"

    @property
    def series(self) -> str:
        """Path of its series."""
        return f"{self.study}/series/{self.series_uid}"

    @property
    def instance(self) -> str:
        """Path of itself."""
        return f"{self.series}/instances/{self.instance_uid}"


@dataclass
class Known:
    """What checks may compare with.

    Attributes
    ----------
    corpus
        The runner's own instances, whether they are on the server or not.
    stored
        Names of those that the server took.
    lost
        Names of those that it took and that did not appear in time.
    sample
        Instances of the server's own, when there is none of ours.
    narrow
        A query that finds the corpus' studies and no others; empty when the server has none.
    edition
        The edition of the standard that the server is held to.
    """

    corpus: Corpus
    source: Source = Source.NONE
    stored: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    sample: tuple[Place, ...] = ()
    narrow: dict[str, str] = field(default_factory=dict)
    may_write: bool = False
    edition: str = "2026c"
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def has_corpus(self) -> bool:
        """Whether the runner's own instances are there."""
        return self.source in (Source.WRITTEN, Source.FOUND)

    def studies(self) -> set[str]:
        """The names of the studies that the server took."""
        return {self.corpus.instance(name).study for name in self.stored}

    def instance(self, name: str) -> Made:
        """One of ours that the server took.

        Raises
        ------
        Undecided
            It did not take this one.
        """
        if name not in self.stored:
            raise Undecided(f"the server did not take the instance {name!r} of the corpus")
        return self.corpus.instance(name)

    def place(self) -> Place:
        """Some image instance: ours when there is one, else one of the server's.

        Raises
        ------
        Undecided
            The server shows none.
        """
        if self.has_corpus:
            made = self.instance("ct-1-1")
            return Place(made.study_uid, made.series_uid, made.instance_uid)
        if not self.sample:
            raise Undecided("the server shows no study, and this run may not write any")
        return self.sample[0]
