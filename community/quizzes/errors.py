"""What can go wrong with questions, answers and playlists.

ArchiveError
└── QuizError             something about it cannot be as asked; `field` names where
    ├── AlreadyKnown      there is nothing left to answer: it was answered, or is theirs
    └── NotAnswered       what is asked for is shown after the answer
"""

from __future__ import annotations

from archive.errors import ArchiveError


class QuizError(ArchiveError):
    """Something about a question, an answer or a playlist cannot be done as asked.

    Parameters
    ----------
    field
        Id of what was filled in wrongly, as pages and programs call it; empty when it is none.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field

    @property
    def sentence(self) -> str:
        """What a page says: the words with a capital letter and a full stop."""
        words = str(self)
        return f"{words[:1].upper()}{words[1:]}."


class AlreadyKnown(QuizError):  # noqa: N818 - it is read in sentences
    """An answer is committed once: afterwards, and of one's own case, nothing can be said."""

    def __init__(self) -> None:
        super().__init__("you know this case already; an answer is given once and stays")


class NotAnswered(QuizError):  # noqa: N818 - it is read in sentences
    """The diagnosis waits for an answer."""

    def __init__(self) -> None:
        super().__init__("this is shown after you answered, or gave up")
