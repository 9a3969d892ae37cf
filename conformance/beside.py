"""``beside``: runs against several servers on one page, from the JSON that each run left.

The page keeps the last exchange of what did not pass and none of what did, so that it stays small
enough to be kept beside a document.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from conformance.model import Outcome, Result, Run
from conformance.reports.as_html import to_html
from conformance.reports.as_json import read_report

max_excerpt_chars: Final = 300
_SHOWN: Final = frozenset({Outcome.FAIL, Outcome.WEAK, Outcome.ERROR})


def add_beside(commands: Any) -> None:
    """The command ``beside``."""
    one = commands.add_parser("beside", help="several JSON reports on one page")
    one.add_argument("html", type=Path, metavar="HTML", help="the page to write")
    one.add_argument("reports", nargs="+", metavar="[NAME=]JSON", help="reports, left to right")
    one.set_defaults(act=_beside)


def _beside(options: argparse.Namespace) -> int:
    page = to_html(*(trimmed(named(text)) for text in options.reports))
    options.html.write_text(page, "utf-8")
    return 0


def named(text: str) -> Run:
    """A run from a file's name, called as the text before it says."""
    name, equals, path = text.rpartition("=")
    run = read_report(Path(path))
    return replace(run, base=name) if equals else run


def trimmed(run: Run) -> Run:
    """The run with no more evidence than a reader of the page needs."""
    return replace(run, results=tuple(_trimmed(one) for one in run.results))


def _trimmed(one: Result) -> Result:
    if one.outcome not in _SHOWN:
        return replace(one, evidence=())
    return replace(
        one,
        evidence=tuple(
            replace(shown, excerpt=shown.excerpt and shown.excerpt[:max_excerpt_chars])
            for shown in one.evidence[-1:]
        ),
    )
