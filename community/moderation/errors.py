"""What can go wrong with reports and decisions.

ArchiveError
└── ModerationError   something about a report or a decision cannot be as asked; `field` names where
"""

from __future__ import annotations

from archive.errors import ArchiveError


class ModerationError(ArchiveError):
    """Something cannot be done as asked.

    Parameters
    ----------
    field
        Name of what was filled in wrongly; empty when it is none.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field
