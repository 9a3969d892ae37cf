"""What can go wrong with the viewer's files.

::

    ViewerError          base; the message says what to do
    ├── UnknownRelease   no such version in `viewer.releases`
    ├── FetchFailed      the package could not be had
    └── PackageRefused   the package is not the one we know, or no longer looks as we expect
"""

# ruff: noqa: N818 — past tense names read in sentences, as in the rest of the house.
from __future__ import annotations


class ViewerError(Exception):
    """Base of everything that the viewer package raises on purpose."""


class UnknownRelease(ViewerError):
    """A version that nobody here has tried."""


class FetchFailed(ViewerError):
    """npm could not bring the package."""


class PackageRefused(ViewerError):
    """The package's bytes are not those we pinned, or hold what we do not expect."""
