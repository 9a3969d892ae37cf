"""A feature: something that a server can be said to do, and what a run says of it.

`rows` holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from conformance.model import Outcome, Result, Run


class Kind(StrEnum):
    """Which table a feature stands in, and how a source names it."""

    TRANSACTION = "transaction"
    MEDIA_TYPE = "media type"
    PARAMETER = "parameter"
    KEY = "key"
    RETURNED = "returned"
    SYNTAX = "transfer syntax"
    CHARACTER_SET = "character set"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a server does or does not.

    Parameters
    ----------
    id
        What a profile calls it, such as ``retrieve.study`` or ``retrieve.study application/zip``.
    name
        Words for people.
    method, path
        The transaction it belongs to; templates of the path are ``{}``.
    value
        The media type, parameter, attribute or transfer syntax.
    checks
        Ids of checks; stars stand for anything.
    """

    id: str
    kind: Kind
    name: str
    checks: tuple[str, ...]
    method: str = ""
    path: str = ""
    value: str = ""

    def results(self, run: Run) -> list[Result]:
        """What its checks came to."""
        patterns = [one.replace("[", "[[]") for one in self.checks]
        return [r for r in run.results if any(fnmatchcase(r.check, p) for p in patterns)]


class Found(StrEnum):
    """What a run says of a feature."""

    HOLDS = "yes"
    PARTLY = "partly"
    FAILS = "fails"
    ABSENT = "no"
    UNDECIDED = "not decided"


_BAD: Final = frozenset({Outcome.FAIL, Outcome.ERROR})


def found(feature: Feature, run: Run) -> Found:
    """What the run says of it.

    One failed check is enough to fail; what is blocked by something absent is absent.
    """
    by_check = {one.check: one.outcome for one in run.results}
    outcomes = [_seen(one, by_check) for one in feature.results(run)]
    held = Outcome.PASS in outcomes
    if any(one in _BAD for one in outcomes) or (Outcome.WEAK in outcomes and not held):
        return Found.FAILS
    absent = Outcome.NOT_OFFERED in outcomes
    if held:
        return Found.PARTLY if absent or Outcome.WEAK in outcomes else Found.HOLDS
    return Found.ABSENT if absent else Found.UNDECIDED


def _seen(result: Result, by_check: Mapping[str, Outcome]) -> Outcome:
    by = by_check.get(result.blocked_by or "")
    return Outcome.NOT_OFFERED if by is Outcome.NOT_OFFERED else result.outcome
