"""What can go wrong with cases.

ArchiveError
└── CaseError             something about a case cannot be as asked; `field` names where
    └── VersionConflict   somebody changed it meanwhile; 409, or 412 of an API
NotAllowed
└── CaseHidden            nobody reads it at present, and whose it is may know why; 403
"""

from __future__ import annotations

from archive.errors import ArchiveError, NotAllowed


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


class CaseHidden(NotAllowed):
    """A case is shown to nobody at present; only who owns it is told so."""

    def __init__(self, state: str) -> None:
        super().__init__(
            "this case is hidden from everybody at present; what was reported, what was decided "
            "and how you can answer stands at /settings/decisions"
        )
        self.state = state
