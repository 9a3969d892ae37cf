"""Where a question is answered in a text: the words around it, and which of them were asked for.

Pieces of text and a yes or no; whoever shows them escapes them as any text. May live here: choosing
and marking. May not: markup.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from community.finding.asking import Question, Term
from community.finding.scanning import Scan, scan

max_read_chars: Final = 20_000
"""Of one text; what is asked for is not looked for behind that."""
_BEFORE, _AROUND = 60, 220
_MORE = "\u2026"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `is_hit` when it was asked for."""

    text: str
    is_hit: bool = False


def mark(text: str, question: Question, language: str) -> list[Piece]:
    """A whole text in pieces."""
    return _cut(text, _hits(text, question, language), 0, len(text))


def excerpt(text: str, question: Question, language: str) -> list[Piece]:
    """The part of a text in which the most of what was asked for stands closest together.

    Its beginning, if nothing of it does.
    """
    text = text[:max_read_chars]
    hits = _hits(text, question, language)
    start = max(0, _densest(hits) - _BEFORE)
    end = min(len(text), start + _AROUND)
    start, end = _at_space(text, start, 0), _at_space(text, end, len(text))
    pieces = _cut(text, hits, start, end)
    if start > 0:
        pieces.insert(0, Piece(_MORE + " "))
    if end < len(text):
        pieces.append(Piece(" " + _MORE))
    return pieces


def _hits(text: str, question: Question, language: str) -> list[tuple[int, int, int]]:
    """Start, end and number of the term of every word that was asked for."""
    scanned = scan(text, language)
    return sorted(
        {
            (*scanned.span(first, last), number)
            for number, term in enumerate(question.wanted)
            for first, last in (_phrases if _has_phrase(term) else _words)(term, scanned)
        }
    )


def _has_phrase(term: Term) -> bool:
    return any(len(form) > 1 for form in term.forms)


def _words(term: Term, scanned: Scan) -> Iterator[tuple[int, int]]:
    """First and last number of the tokens of a term that is a word."""
    if term.is_beginning:
        beginnings = tuple(form[0] for form in term.forms)
        found = scanned.words_that(
            lambda folded, cut: folded.startswith(beginnings) or cut.startswith(beginnings)
        )
    else:
        found = chain.from_iterable(scanned.words(form[0]) for form in term.forms)
    return ((at, at) for at in found)


def _phrases(term: Term, scanned: Scan) -> Iterator[tuple[int, int]]:
    """First and last number of the tokens of a term that is several words, one after the other."""
    for form in term.forms:
        for first, last, cut, folded in scanned.runs(len(form)):
            if cut == form or (
                term.is_beginning
                and cut[:-1] == form[:-1]
                and (folded.startswith(form[-1]) or cut[-1].startswith(form[-1]))
            ):
                yield first, last


def _densest(hits: list[tuple[int, int, int]]) -> int:
    """Where the window begins that has the most different terms; the first of such windows."""
    starts = [start for start, _, _ in hits]
    best, most = 0, 0
    for at, (start, _, _) in enumerate(hits):
        inside = hits[at : bisect_left(starts, start + _AROUND - _BEFORE)]
        count = len({number for _, _, number in inside})
        if count > most:
            best, most = start, count
    return best


def _cut(text: str, hits: list[tuple[int, int, int]], start: int, end: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = start
    for first, last, _ in hits:
        if first < at or last > end:
            continue
        if first > at:
            pieces.append(Piece(text[at:first]))
        pieces.append(Piece(text[first:last], is_hit=True))
        at = last
    if at < end:
        pieces.append(Piece(text[at:end]))
    return pieces


def _at_space(text: str, at: int, edge: int) -> int:
    """A place near this one where no word is cut."""
    if at == edge:
        return at
    space = text.find(" ", at, at + 30)
    return at if space < 0 else space + (1 if edge == 0 else 0)
