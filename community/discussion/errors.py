"""What can go wrong in discussions.

ArchiveError
└── TalkError            it cannot be done as asked; `field` names where
    └── CommentChanged   somebody changed the comment meanwhile; 409, or 412 of an API
"""

from __future__ import annotations

from archive.errors import ArchiveError


class TalkError(ArchiveError):
    """Something in a discussion cannot be done as asked.

    Parameters
    ----------
    field
        Name of what was filled in wrongly; empty when it is none.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class CommentChanged(TalkError):  # noqa: N818 - it is read in sentences
    """The comment is not any more what whoever changes it saw."""

    def __init__(self, current: int) -> None:
        super().__init__(
            "this comment was changed meanwhile; look at it again and repeat your change"
        )
        self.current = current
