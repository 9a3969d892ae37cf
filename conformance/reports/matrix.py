"""Traceability: every requirement with its checks, and what they came to in a run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue import CATALOGUE
from conformance.model import WORST, Outcome, Requirement, Run
from conformance.registry import Check
from conformance.reports.as_html import rendered


@dataclass(frozen=True, slots=True)
class Traced:
    """A requirement and what speaks of it.

    Parameters
    ----------
    outcome
        The worst of its checks; None when none of them was run.
    """

    requirement: Requirement
    checks: tuple[str, ...]
    outcome: Outcome | None


def traced(
    checks: Iterable[Check],
    run: Run | None = None,
    catalogue: Mapping[str, Requirement] = CATALOGUE,
) -> list[Traced]:
    """Every requirement of the catalogue, in its order."""
    by_requirement: dict[str, list[str]] = {}
    for one in checks:
        for name in one.requirements:
            by_requirement.setdefault(name, []).append(one.id)
    outcomes = {} if run is None else {one.check: one.outcome for one in run.results}
    return [
        Traced(row, tuple(ids := by_requirement.get(name, [])), _worst(ids, outcomes))
        for name, row in catalogue.items()
    ]


def _worst(ids: list[str], outcomes: Mapping[str, Outcome]) -> Outcome | None:
    found = [outcomes[one] for one in ids if one in outcomes]
    return max(found, key=lambda one: WORST[one], default=None)


def to_csv(rows: Iterable[Traced]) -> str:
    """A line a requirement, for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["requirement", "level", "part", "section", "since", "until", "title", "checks", "outcome"]
    )
    for row in rows:
        r = row.requirement
        outcome = row.outcome.value if row.outcome else ""
        checks = " ".join(row.checks)
        writer.writerow(
            [r.id, r.level, r.part, r.section, r.since, r.until or "", r.title, checks, outcome]
        )
    return out.getvalue()


def to_page(rows: Sequence[Traced], run: Run | None = None) -> str:
    """A table a service, as one page that needs nothing else."""
    groups = list(dict.fromkeys(row.requirement.group for row in rows))
    return rendered("matrix.html", rows=rows, groups=groups, run=run)


def matrix_for(name: str, rows: Sequence[Traced], run: Run | None = None) -> str:
    """The matrix as the name of its file says: a page for ``.html``, else CSV."""
    return to_page(rows, run) if name.lower().endswith((".html", ".htm")) else to_csv(rows)
