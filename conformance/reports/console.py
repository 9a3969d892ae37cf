"""What a terminal shows while the checks run, and at the end."""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

from conformance.model import ClaimVerdict, Outcome, Result, Run, Severity
from conformance.registry import Check

_MARKS: Final = {
    Outcome.PASS: ("✓", "32"),
    Outcome.NOT_OFFERED: ("–", "36"),
    Outcome.SKIP: ("·", "90"),
    Outcome.BLOCKED: ("·", "90"),
    Outcome.WEAK: ("!", "33"),
    Outcome.FAIL: ("✗", "31"),
    Outcome.ERROR: ("?", "35"),
}
_SPOKEN: Final = frozenset({Outcome.FAIL, Outcome.WEAK, Outcome.ERROR})


class Console:
    """Writes to a stream; on a terminal a line of progress is kept at the bottom.

    Parameters
    ----------
    quiet
        Only what does not hold, and the end.
    """

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = sys.stdout if out is None else out
        self._quiet = quiet
        self._is_terminal = self._out.isatty()
        self._colours = self._is_terminal and "NO_COLOR" not in os.environ

    def say(self, words: str) -> None:
        """Something that goes on."""
        if not self._quiet:
            self._line(words)

    def told(self, check: Check, result: Result, number: int, count: int) -> None:
        """One check has ended."""
        if result.outcome in _SPOKEN or not (self._quiet or self._is_terminal):
            self._line(self._mark(result) + f" {check.id}: {check.title}")
            if result.outcome in _SPOKEN:
                self._line(f"    {result.reason}")
                if result.evidence:
                    self._line(f"    {result.evidence[-1].curl}")
        if self._is_terminal and not self._quiet:
            self._out.write(f"\r\x1b[K{number}/{count} {check.id}")
            self._out.flush()

    def end(self, run: Run) -> None:
        """What it all came to."""
        counts = run.counts()
        words = ", ".join(f"{counts[one]} {one.value}" for one in Outcome if counts[one])
        self._line(f"{len(run.results)} checks in {run.elapsed_s:.1f} s: {words}.")
        if hazards := sum(r.severity is Severity.PRIVACY for r in run.results):
            self._line(self._paint(f"{hazards} of them put patients' privacy at risk.", "31"))
        if run.data == "none":
            self._line("The server shows no study, so nothing can be said: --write stores some.")

        for one in run.timings:
            words = f"p50 {one.p50_ms:.1f} ms, p95 {one.p95_ms:.1f} ms" if one.rounds else ""
            told = "; ".join(part for part in (words, one.trouble) if part)
            self._line(self._paint(f"{one.name}: {told}", "31" if one.is_too_slow else "0"))
        self._claims(run)

    def _claims(self, run: Run) -> None:
        for one in run.claims:
            told = one.verdict is ClaimVerdict.NOTE and not self._quiet
            if told or one.verdict is ClaimVerdict.ERROR:
                colour = "31" if one.verdict is ClaimVerdict.ERROR else "36"
                self._line(self._paint(f"claim: {one.name}: {one.words}", colour))
        if run.claims:
            held = sum(one.verdict is ClaimVerdict.HOLDS for one in run.claims)
            wrong = sum(one.verdict is ClaimVerdict.ERROR for one in run.claims)
            self._line(f"{held} claims hold, {wrong} do not.")

    def _mark(self, result: Result) -> str:
        return self._paint(*_MARKS[result.outcome])

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    def _line(self, words: str) -> None:
        if self._is_terminal:
            self._out.write("\r\x1b[K")
        self._out.write(words + "\n")
        self._out.flush()
