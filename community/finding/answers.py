"""The lines that stand under a hit: of the case itself where it answers, else of its discussion."""

from __future__ import annotations

from dataclasses import dataclass

from community.finding.asking import Question
from community.finding.looking import Hit
from community.finding.marking import Piece, excerpt


@dataclass(frozen=True, slots=True)
class Lines:
    """Some words of a case, in pieces of which some were asked for.

    Attributes
    ----------
    is_said
        They are of a comment.
    """

    pieces: tuple[Piece, ...] = ()
    is_said: bool = False


def lines_of(hit: Hit | None, question: Question) -> Lines:
    """The lines of a hit; its beginning, if what was asked for is in its title alone."""
    if hit is None:
        return Lines()
    own = Lines(tuple(excerpt(hit.plain, question, hit.language)))
    if not hit.said or _has_hit(own):
        return own
    said = Lines(tuple(excerpt(hit.said, question, hit.language)), is_said=True)
    return said if _has_hit(said) else own


def _has_hit(lines: Lines) -> bool:
    return any(piece.is_hit for piece in lines.pieces)
