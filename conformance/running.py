"""One run: every chosen check once, in order, each with its evidence.

A check that comes after one that did not pass is blocked, so that one cause counts once. A server
that stops answering ends the run, and what was not asked is blocked by that.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.catalogue import CATALOGUE
from conformance.known import Known, Source
from conformance.model import Level, Outcome, Requirement, Result, Severity
from conformance.registry import Check, Needs
from conformance.verdicts import Failed, NotOffered, Undecided, Weak
from conformance.wire.server import Server, ServerGone

GONE: Final = "the server"
"""What blocks the rest when nothing answers any more."""

_PASSES_ON: Final = frozenset({Outcome.PASS, Outcome.WEAK})

Told = Callable[[Check, Result, int, int], None]


def run_checks(
    checks: Sequence[Check],
    server: Server,
    known: Known,
    told: Told = lambda *_: None,
    catalogue: Mapping[str, Requirement] = CATALOGUE,
) -> list[Result]:
    """Run them.

    Parameters
    ----------
    told
        Called after each with the check, its result, its number from 1, and how many there are.
    """
    asked = [one for one in checks if _is_asked(one, known.edition, catalogue)]
    results: dict[str, Result] = {}
    gone: str | None = None
    for number, one in enumerate(asked, 1):
        if gone is not None:
            result = _result(one, Outcome.BLOCKED, gone, blocked_by=GONE)
        elif (reason := _lacks(one, known)) is not None:
            result = _result(one, Outcome.SKIP, reason)
        elif (by := _blocker(one, results)) is not None:
            result = _result(one, Outcome.BLOCKED, f"{by} did not pass", blocked_by=by)
        else:
            result, gone = _run(one, server, known, catalogue)
        result = _on_nothing(result, known)
        results[one.id] = result
        told(one, result, number, len(asked))
    return list(results.values())


def _is_asked(one: Check, edition: str, catalogue: Mapping[str, Requirement]) -> bool:
    return any(catalogue[name].holds_in(edition) for name in one.requirements)


def _lacks(one: Check, known: Known) -> str | None:
    if one.needs is Needs.WRITING and not known.may_write:
        return "it stores instances, and this run may not (--write)"
    if one.needs is Needs.CORPUS and not known.has_corpus:
        return "it needs the runner's own instances, which are not there (--write or --dump)"
    if one.needs is Needs.SAMPLE and known.source is Source.NONE:
        return "the server shows no study, and this run may not store any"
    return None


def _blocker(one: Check, results: Mapping[str, Result]) -> str | None:
    """The first cause: what blocks a check that blocks is what blocks this one."""
    for name in one.after:
        before = results.get(name)
        if before is None or before.outcome in _PASSES_ON:
            continue
        if before.outcome is Outcome.SKIP:
            continue
        return before.blocked_by or name
    return None


def _run(
    one: Check, server: Server, known: Known, catalogue: Mapping[str, Requirement]
) -> tuple[Result, str | None]:
    server.begin()
    began = time.monotonic()
    gone, severity = None, Severity.NORMAL
    try:
        one.run(server, known)
        outcome, reason = Outcome.PASS, ""
    except ServerGone as error:
        gone = str(error)
        outcome, reason = Outcome.FAIL, gone
    except Failed as failed:
        severity = max(one.severity, failed.severity, key=lambda s: s is Severity.PRIVACY)
        outcome, reason = _failure(one, known.edition, catalogue), str(failed)
    except Weak as weak:
        outcome, reason = Outcome.WEAK, str(weak)
    except NotOffered as absent:
        outcome, reason = Outcome.NOT_OFFERED, str(absent)
    except Undecided as undecided:
        outcome, reason = Outcome.SKIP, str(undecided)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"the runner failed: {error!r} in {where.name}, line {where.lineno}"
        outcome = Outcome.ERROR
    result = _result(
        one,
        outcome,
        server.redaction.text(reason),
        severity=severity,
        evidence=server.evidence(),
        elapsed_s=time.monotonic() - began,
    )
    return result, gone


def _failure(one: Check, edition: str, catalogue: Mapping[str, Requirement]) -> Outcome:
    asked = [catalogue[name] for name in one.requirements]
    levels = {r.level for r in asked if r.holds_in(edition)}
    return Outcome.FAIL if Level.SHALL in levels else Outcome.WEAK


def _on_nothing(result: Result, known: Known) -> Result:
    """What held on an empty server says nothing: anything holds for nothing."""
    if known.source is Source.NONE and result.outcome is Outcome.PASS:
        reason = "it held, but on a server that shows no study; it says nothing before there is one"
        return replace(result, outcome=Outcome.SKIP, reason=reason)
    return result


def _result(one: Check, outcome: Outcome, reason: str, **more: Any) -> Result:
    return Result(one.id, one.title, one.requirements, outcome, reason, **more)
