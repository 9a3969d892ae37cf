"""A run as JSON and back; ``REPORT_SCHEMA`` tells which shape it has."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.catalogue import CATALOGUE
from conformance.model import (
    Claimed,
    ClaimVerdict,
    Evidence,
    Outcome,
    Requirement,
    Result,
    Run,
    Severity,
    Timed,
)
from conformance.version import REPORT_SCHEMA, VERSION


class ReportError(ValueError):
    """A file is no report of this runner."""


def to_json(run: Run) -> str:
    """The whole run; of the requirements those that a check speaks of."""
    named = sorted({name for one in run.results for name in one.requirements})
    document = {
        "schema": REPORT_SCHEMA,
        "runner": VERSION,
        **asdict(run),
        "counts": {outcome.value: n for outcome, n in run.counts().items()},
        "requirements": {name: _requirement(CATALOGUE[name]) for name in named},
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _requirement(one: Requirement) -> dict[str, Any]:
    row = asdict(one)
    del row["id"]
    return row


def read_report(path: Path) -> Run:
    """A run from its JSON file.

    Raises
    ------
    ReportError
        The file is none, or of another schema.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["schema"] != REPORT_SCHEMA:
            raise ReportError(f"{path} has report schema {document['schema']}, not {REPORT_SCHEMA}")
        return _run(document)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"{path} is no report of this runner: {error}") from error


def _run(document: dict[str, Any]) -> Run:
    names = ("base", "edition", "seed", "mode", "data", "began", "elapsed_s", "facts")
    results = tuple(_result(row) for row in document["results"])
    claims = [
        Claimed(**{**row, "verdict": ClaimVerdict(row["verdict"])})
        for row in _some(document, "claims")
    ]
    timings = [Timed(**row) for row in _some(document, "timings")]
    return Run(
        **{name: document[name] for name in names},
        results=results,
        claims=tuple(claims),
        timings=tuple(timings),
    )


def _some(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Rows that reports of earlier days do not have."""
    return list(document.get(name, []))


def _result(row: dict[str, Any]) -> Result:
    return Result(
        **{
            **row,
            "requirements": tuple(row["requirements"]),
            "outcome": Outcome(row["outcome"]),
            "severity": Severity(row["severity"]),
            "evidence": tuple(_evidence(one) for one in row["evidence"]),
        }
    )


def _evidence(row: dict[str, Any]) -> Evidence:
    names = ("request_headers", "response_headers")
    fields = {name: tuple(map(tuple, row[name])) for name in names}
    return Evidence(**{**row, **fields})
