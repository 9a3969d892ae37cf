"""Two runs beside one another: what got better, what got worse, what waits under a waiver.

A waiver is a line of a TOML file that somebody answers for:

    [[waiver]]
    check = "wado.syntax-forbidden*"
    reason = "gateways need the bytes as they were stored"
    until = 2027-06-30
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from conformance.model import WORST, Outcome, Result, Run

_BAD: Final = frozenset({Outcome.FAIL, Outcome.ERROR})


class WaiverError(ValueError):
    """A file of waivers is written wrongly."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A failure that somebody knows of.

    Parameters
    ----------
    check
        The id of a check; stars stand for anything.
    until
        The last day that it holds; afterwards the failure counts again.
    """

    check: str
    reason: str
    until: date

    def covers(self, result: Result, today: date) -> bool:
        """Whether the failure is waived today."""
        # The brackets of checks' ids mean themselves, not a choice of characters.
        pattern = self.check.replace("[", "[[]")
        return today <= self.until and fnmatchcase(result.check, pattern)


@dataclass(frozen=True, slots=True)
class Change:
    """One check in two runs; None where it was not run."""

    check: str
    title: str
    before: Outcome | None
    after: Outcome | None
    reason: str

    @property
    def is_worse(self) -> bool:
        """Whether it went down, to what is demanded and does not hold."""
        return self.after in _BAD and self.before not in _BAD

    @property
    def is_better(self) -> bool:
        """Whether it went up from there."""
        return self.before in _BAD and self.after is not None and self.after not in _BAD


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file.

    Raises
    ------
    WaiverError
        It is no TOML, or a waiver lacks its check, reason or day.
    """
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("waiver", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WaiverError(f"{path} cannot be read: {error}") from error
    return tuple(_waiver(row, path) for row in rows)


def _waiver(row: dict[str, Any], path: Path) -> Waiver:
    until = row.get("until")
    if set(row) != {"check", "reason", "until"} or not isinstance(until, date):
        raise WaiverError(f"{path}: a waiver has check, reason and until, a day such as 2027-06-30")
    if not str(row["reason"]).strip():
        raise WaiverError(f"{path}: a waiver without a reason is none")
    return Waiver(str(row["check"]), str(row["reason"]), until)


def waived(run: Run, waivers: Sequence[Waiver], today: date) -> Run:
    """The run with failures that are waived as weak, each with the waiver's reason."""
    return replace(run, results=tuple(_waived(r, waivers, today) for r in run.results))


def _waived(result: Result, waivers: Sequence[Waiver], today: date) -> Result:
    if result.outcome is not Outcome.FAIL:
        return result
    for one in waivers:
        if one.covers(result, today):
            reason = f"{result.reason} (waived until {one.until}: {one.reason})"
            return replace(result, outcome=Outcome.WEAK, reason=reason)
    return result


def changes(before: Run, after: Run) -> list[Change]:
    """Every check whose outcome differs, the worst first."""
    old = {one.check: one for one in before.results}
    new = {one.check: one for one in after.results}
    found = [_change(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]
    differing = [one for one in found if one.before is not one.after]
    return sorted(differing, key=lambda one: -WORST[one.after] if one.after else 1)


def _change(name: str, old: Result | None, new: Result | None) -> Change:
    some = new or old
    assert some is not None
    return Change(
        name,
        some.title,
        old.outcome if old else None,
        new.outcome if new else None,
        some.reason,
    )


def regressions(found: Iterable[Change]) -> list[Change]:
    """Those that got worse."""
    return [one for one in found if one.is_worse]
