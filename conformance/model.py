"""What the runner talks about: requirements, verdicts, results. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much the standard asks."""

    SHALL = "SHALL"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(StrEnum):
    """What a check came to, the worst last.

    `NOT_OFFERED` is an optional service that is honestly absent; `WEAK` something recommended that
    does not hold; `FAIL` something demanded that does not; `ERROR` a fault of the runner itself.
    """

    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_OFFERED = "not offered"
    SKIP = "skip"
    BLOCKED = "blocked"
    WEAK = "weak"
    FAIL = "fail"
    ERROR = "error"


WORST: Final[Mapping[Outcome, int]] = {outcome: rank for rank, outcome in enumerate(Outcome)}

EDITIONS: Final = tuple(
    edition
    for edition in (f"{year}{letter}" for year in range(2019, 2027) for letter in "abcde")
    if "2019e" <= edition <= "2026c"
)
"""Editions of the standard that requirements may name, 2019e to 2026c."""


class Severity(StrEnum):
    """Whether a failure is a defect like others, or puts patients' privacy at stake."""

    NORMAL = "normal"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the standard that a server can be held to.

    Parameters
    ----------
    id
        Stable for ever, such as ``QIDO-MATCH-RANGE-DATE``.
    part, section
        Where it stands, such as ``PS3.18`` and ``8.3.4.1``.
    since, until
        The first edition it was found in, and the last, when it went away.
    group
        The service it belongs to, a key of the catalogue's files.
    standard
        Whether the standard says it: False for what servers do beyond it, such as deleting.
    """

    id: str
    part: str
    section: str
    level: Level
    title: str
    group: str
    since: str = "2019e"
    until: str | None = None
    standard: bool = True

    def holds_in(self, edition: str) -> bool:
        """Whether this edition asks it."""
        return self.since <= edition and (self.until is None or edition <= self.until)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One request and its answer, as far as a report may show them.

    Parameters
    ----------
    excerpt
        The beginning of the answer's body, when it can name no patient.
    """

    curl: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_bytes: int
    status: int | None
    response_headers: tuple[tuple[str, str], ...]
    response_bytes: int
    response_sha256: str
    elapsed_s: float
    excerpt: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one check came to.

    Parameters
    ----------
    reason
        Why it is no plain pass, as a sentence.
    blocked_by
        The check that has to pass before this one says anything.
    """

    check: str
    title: str
    requirements: tuple[str, ...]
    outcome: Outcome
    reason: str = ""
    severity: Severity = Severity.NORMAL
    blocked_by: str | None = None
    evidence: tuple[Evidence, ...] = ()
    elapsed_s: float = 0.0


class ClaimVerdict(StrEnum):
    """What became of a claim, the worst first."""

    ERROR = "error"
    NOTE = "note"
    UNDECIDED = "not decided"
    UNKNOWN = "not looked at"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A feature that a server claims, or has without claiming it."""

    feature: str
    name: str
    verdict: ClaimVerdict
    words: str


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one standard request took, over some rounds.

    Parameters
    ----------
    trouble
        Why it could not be measured, or which threshold it does not keep; empty when all is well.
    """

    name: str
    rounds: int
    p50_ms: float
    p95_ms: float
    response_bytes: int
    trouble: str = ""
    is_too_slow: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run against one server.

    Parameters
    ----------
    began
        ISO 8601, UTC.
    data
        Where the instances came from that answers were compared with: ``written``, ``found``
        (those of this seed were there), ``sampled`` (the server's own), or ``none``.
    """

    base: str
    edition: str
    seed: str
    mode: str
    data: str
    began: str
    elapsed_s: float
    results: tuple[Result, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claimed, ...] = ()
    timings: tuple[Timed, ...] = ()

    def counts(self) -> dict[Outcome, int]:
        """How many checks came to what."""
        return {one: sum(r.outcome is one for r in self.results) for one in Outcome}
