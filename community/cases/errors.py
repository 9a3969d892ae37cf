"""What can go wrong with cases.

ArchiveError
└── CaseError             something about a case cannot be as asked; `field` names where
    └── VersionConflict   somebody changed it meanwhile; 409, or 412 of an API
"""

from __future__ import annotations

from archive.errors import ArchiveError


class CaseError(ArchiveError):
    """Something about a case cannot be done as asked.

    Parameters
    ----------
    field
        Name of what was filled in wrongly; empty when it is none.
    """

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class VersionConflict(CaseError):  # noqa: N818 - it is read in sentences
    """The case is not any more what whoever changes it saw."""

    def __init__(self, current: int) -> None:
        super().__init__("this case was changed meanwhile; look at it again and repeat your change")
        self.current = current
