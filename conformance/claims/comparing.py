"""Claims beside a run: claimed and failing is an error, unclaimed and holding a note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.claims.features import Feature, Found, found
from conformance.claims.reading import Claims
from conformance.claims.rows import FEATURES
from conformance.model import Claimed, ClaimVerdict, Run

_CLAIMED = {
    Found.HOLDS: (ClaimVerdict.HOLDS, "it is claimed, and it holds"),
    Found.PARTLY: (ClaimVerdict.NOTE, "it is claimed, and holds in part"),
    Found.FAILS: (ClaimVerdict.ERROR, "it is claimed, and does not hold"),
    Found.ABSENT: (ClaimVerdict.ERROR, "it is claimed, and the server does not offer it"),
    Found.UNDECIDED: (ClaimVerdict.UNDECIDED, "it is claimed, and this run cannot tell"),
}


def compared(run: Run, claims: Claims) -> Run:
    """The run with what became of each claim; errors first."""
    rows = [*_of_features(run, claims), *_of_others(claims)]
    order = list(ClaimVerdict)
    return replace(run, claims=tuple(sorted(rows, key=lambda one: order.index(one.verdict))))


def _of_features(run: Run, claims: Claims) -> Iterator[Claimed]:
    for one in FEATURES:
        said = claims.said.get(one.id)
        if said is None:
            continue
        came = found(one, run)
        if said:
            verdict, words = _CLAIMED[came]
        elif came in (Found.HOLDS, Found.PARTLY):
            verdict, words = ClaimVerdict.NOTE, "it is not claimed, and it holds"
        else:
            continue
        yield Claimed(one.id, _words(one), verdict, f"{words}{_checks(one, run, came)}")


def _words(one: Feature) -> str:
    of = f"{one.method} {one.path}".strip()
    return f"{one.name} ({of})" if of else f"{one.name} ({one.value})"


def _checks(one: Feature, run: Run, came: Found) -> str:
    if came is not Found.FAILS:
        return ""
    bad = [r.check for r in one.results(run) if r.outcome.value in ("fail", "weak", "error")]
    return f": {', '.join(bad[:5])}"


def _of_others(claims: Claims) -> Iterator[Claimed]:
    for one in claims.others:
        words = "it is claimed, and no check of this runner looks at it"
        yield Claimed(one, one, ClaimVerdict.UNKNOWN, words)
