"""Where a question is answered in a text: the words around it, and which of them were asked for.

Pieces of text and a yes or no; whoever shows them escapes them as any text. May live here: choosing
and marking. May not: markup.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from community.finding.asking import Question, Term
from community.finding.scanning import SPACE, Known, KnownWord, placed, words_in

max_read_chars: Final = 20_000
"""Of one text; what is asked for is not looked for behind that."""
_BEFORE, _AROUND = 60, 220
_MORE = "\u2026"


Hit = tuple[int, int, int]
"""Start and end of a word in a text, and the number of the term that it answers."""


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


def _hits(text: str, question: Question, language: str) -> list[Hit]:
    """Start, end and number of the term of every word that was asked for."""
    chunks = text.split(SPACE)
    answers = _answers(question, language).of(chunks)
    hits = {
        (begin + start, begin + end, number)
        for begin, (start, end, number) in placed(chunks, answers)
    }
    phrases = [(at, term) for at, term in enumerate(question.wanted) if _is_phrase(term)]
    if phrases:
        words = _words(chunks, language)
        hits.update(hit for at, term in phrases for hit in _phrases(words, term, at))
    return sorted(hits)


def _is_phrase(term: Term) -> bool:
    return len(term.folded) > 1


@lru_cache(maxsize=16)
def _answers(question: Question, language: str) -> Known[tuple[Hit, ...]]:
    """Where chunks of a text answer the terms of a question that are one word."""
    words = words_in(language)
    whole: defaultdict[str, list[int]] = defaultdict(list)
    begun: list[tuple[tuple[str, ...], int]] = []
    for at, term in enumerate(question.wanted):
        forms = () if _is_phrase(term) else tuple(form[0] for form in term.forms)
        if term.is_beginning:
            begun.append((forms, at))
        else:
            for form in forms:
                whole[form].append(at)

    def make(chunk: str) -> tuple[Hit, ...]:
        return tuple(
            (start, end, at)
            for folded, cut, start, end in words.of((chunk,))[0]
            for at in (
                *whole.get(cut, ()),
                *(at for forms, at in begun if folded.startswith(forms) or cut.startswith(forms)),
            )
        )

    return Known(make)


def _words(chunks: Sequence[str], language: str) -> list[KnownWord]:
    """The words of a whole text."""
    found = placed(chunks, words_in(language).of(chunks))
    return [(folded, cut, begin + start, begin + end) for begin, (folded, cut, start, end) in found]


def _phrases(words: Sequence[KnownWord], term: Term, number: int) -> Iterator[Hit]:
    """Where words follow one another as those of a term do."""
    length = len(term.folded)
    for at in range(len(words) - length + 1):
        here = words[at : at + length]
        stems, (folded, cut, _, end) = tuple(word[1] for word in here), here[-1]
        if any(
            stems[:-1] == form[:-1] and _is_word(form[-1], term, folded, cut) for form in term.forms
        ):
            yield here[0][2], end, number


def _is_word(wanted: str, term: Term, folded: str, cut: str) -> bool:
    """Whether a word is the last one of a form of a term."""
    if cut == wanted:
        return True
    return term.is_beginning and (folded.startswith(wanted) or cut.startswith(wanted))


def _densest(hits: list[Hit]) -> int:
    """Where the window begins that has the most different terms; the first of such windows."""
    starts = [start for start, _, _ in hits]
    best, most = 0, 0
    for at, (start, _, _) in enumerate(hits):
        inside = hits[at : bisect_left(starts, start + _AROUND - _BEFORE)]
        count = len({number for _, _, number in inside})
        if count > most:
            best, most = start, count
    return best


def _cut(text: str, hits: list[Hit], start: int, end: int) -> list[Piece]:
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
