"""Runs as one page that needs nothing else: no script is fetched, and without scripts all is there.

One run, or two of the same checks against two servers side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from conformance.catalogue import CATALOGUE
from conformance.model import WORST, Outcome, Requirement, Result, Run, Severity

_WORDS: Final = {
    Outcome.PASS: "holds",
    Outcome.NOT_OFFERED: "is not offered, and the server says so",
    Outcome.SKIP: "could not be decided",
    Outcome.BLOCKED: "waits for another check that did not pass",
    Outcome.WEAK: "is recommended and does not hold, or holds badly",
    Outcome.FAIL: "is demanded and does not hold",
    Outcome.ERROR: "the runner itself failed",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its result in each run, None where it was not run."""

    check: str
    title: str
    group: str
    requirements: tuple[Requirement, ...]
    results: tuple[Result | None, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its results."""
        found = [one.outcome for one in self.results if one is not None]
        return max(found, key=lambda one: WORST[one])

    @property
    def is_privacy(self) -> bool:
        """Whether patients' privacy is at stake."""
        return any(one is not None and one.severity is Severity.PRIVACY for one in self.results)

    @property
    def differs(self) -> bool:
        """Whether the servers differ in it."""
        return len({one.outcome if one else None for one in self.results}) > 1


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """A row a check, in the order of the first run that has it."""
    by_run = [{one.check: one for one in run.results} for run in runs]
    names = dict.fromkeys(name for run in by_run for name in run)
    return [_row(name, tuple(run.get(name) for run in by_run)) for name in names]


def _row(name: str, results: tuple[Result | None, ...]) -> Row:
    first = next(one for one in results if one is not None)
    requirements = tuple(CATALOGUE[one] for one in first.requirements if one in CATALOGUE)
    group = requirements[0].group if requirements else "other"
    return Row(name, first.title, group, requirements, results)


def to_html(*runs: Run) -> str:
    """The page."""
    rows = rows_of(runs)
    return rendered(
        "report.html",
        runs=runs,
        counts=[run.counts() for run in runs],
        rows=rows,
        groups=list(dict.fromkeys(row.group for row in rows)),
        outcomes=list(Outcome),
        words=_WORDS,
        script=files("conformance.reports").joinpath("report.js").read_text("utf-8"),
    )


def rendered(template: str, **values: Any) -> str:
    """A page of the reports' folder, with the style that they share."""
    environment = Environment(
        loader=PackageLoader("conformance", "reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("conformance.reports").joinpath("report.css").read_text("utf-8")
    return environment.get_template(template).render(style=style, **values)
