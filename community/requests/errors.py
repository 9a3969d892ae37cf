"""What can go wrong with requests.

ArchiveError
└── RequestError   something about a request cannot be as asked; `field` names where
"""

from __future__ import annotations

from archive.errors import ArchiveError


class RequestError(ArchiveError):
    """Something about a request cannot be done as asked.

    Parameters
    ----------
    field
        Name of what was filled in wrongly; empty when it is none.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field
