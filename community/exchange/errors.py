"""What can go wrong with cases that come from elsewhere.

ArchiveError
└── BadBundle    a file is not what can be read here, or is more than is read
"""

from __future__ import annotations

from archive.errors import ArchiveError


class BadBundle(ArchiveError):  # noqa: N818 - it is read in sentences
    """A file with a case cannot be taken; says what to do instead."""
