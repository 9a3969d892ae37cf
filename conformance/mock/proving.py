"""Whether the checks notice what they have to, and nothing else: the mock, run wrong on purpose.

A run against the sound mock is compared with one against the mock with a defect. Each check that
fails or is weak now and was not before has noticed; each that says nothing any more (skipped, not
offered) or passes all of a sudden has turned. Checks that are blocked are consequences of those
that noticed, and count as neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.corpus.corpus import corpus_of
from conformance.mock.defects import DEFECTS, expand
from conformance.mock.server import Mock, serving
from conformance.model import EDITIONS, Outcome
from conformance.registry import Check
from conformance.running import run_checks
from conformance.seeding import prepare
from conformance.wire.server import Server
from conformance.wire.shown import Redaction
from conformance.wire.target import Target

SEED: Final = "proof"
settle_s: Final = 0.2
"""The mock answers at once, so that waiting longer for what it lost only takes time."""

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"})
_NOTICED: Final = frozenset({Outcome.FAIL, Outcome.WEAK})

Outcomes = Mapping[str, Outcome]
Told = Callable[["Proof", int, int], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """How a run against one defect differs from what the table says.

    Parameters
    ----------
    missed
        Checks that have to notice, and did not.
    wrongly
        Checks that noticed, and have nothing to do with it.
    turned
        Checks that say something else than before, and the table does not say so.
    broken
        Checks in which the runner itself failed.
    """

    defect: str
    missed: tuple[str, ...] = ()
    wrongly: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether exactly the right checks noticed."""
        return not (self.missed or self.wrongly or self.turned or self.broken)

    def __str__(self) -> str:
        """What does not hold, for people."""
        parts = [
            f"{word} {', '.join(ids)}"
            for word, ids in (
                ("not noticed by", self.missed),
                ("wrongly noticed by", self.wrongly),
                ("turned:", self.turned),
                ("the runner failed in", self.broken),
            )
            if ids
        ]
        return f"{self.defect}: " + ("; ".join(parts) or "noticed by exactly its checks")


def outcomes(defects: Iterable[str], checks: Sequence[Check]) -> Outcomes:
    """What the checks come to when the mock has these defects."""
    with serving(Mock(frozenset(defects))) as base:
        server = Server(Target(base), Redaction(shows_bodies=True), _METHODS)
        known = prepare(
            server,
            corpus_of(SEED),
            may_write=True,
            settle_s=settle_s,
            edition=EDITIONS[-1],
            say=lambda _: None,
        )
        results = run_checks(checks, server, known)
        server.close()
    return {one.check: one.outcome for one in results}


def compare(defect: str, sound: Outcomes, found: Outcomes) -> Proof:
    """Hold a run against a defect to the table."""
    row = DEFECTS[defect]
    changed = {check: now for check, now in found.items() if now is not sound[check]}
    noticed = {check for check, now in changed.items() if now in _NOTICED}
    broken = {check for check, now in found.items() if now is Outcome.ERROR}
    turned = changed.keys() - noticed - broken
    turned -= {check for check in turned if changed[check] is Outcome.BLOCKED}
    wanted = expand(row.noticed, found)
    return Proof(
        defect,
        tuple(sorted(wanted - noticed)),
        tuple(sorted(noticed - wanted)),
        tuple(sorted(turned - expand(row.turned, found))),
        tuple(sorted(broken)),
    )


def prove(names: Sequence[str], checks: Sequence[Check], told: Told) -> list[Proof]:
    """Run every one of these defects before all checks.

    Parameters
    ----------
    told
        Called after each with its proof, its number from 1, and how many there are.

    Returns
    -------
    Those that do not hold.

    Raises
    ------
    ValueError
        There is no such defect.
    """
    if unknown := set(names) - DEFECTS.keys():
        raise ValueError(f"the mock has no such defects: {', '.join(sorted(unknown))}")
    sound = outcomes((), checks)
    proofs = []
    for number, name in enumerate(names, 1):
        proof = compare(name, sound, outcomes((name,), checks))
        told(proof, number, len(names))
        proofs.append(proof)
    return [one for one in proofs if not one.holds]
