"""The releases of OHIF that we have tried, each pinned by the digest of its package.

A row is added only after the browser tests pass with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from viewer.errors import UnknownRelease

PACKAGE = "@ohif/app"


@dataclass(frozen=True, slots=True)
class Release:
    """One published package.

    Parameters
    ----------
    version : str
        As published.
    integrity : str
        Subresource Integrity of the tarball: ``sha512-<base64>``.
    """

    version: str
    integrity: str


_ROWS = (
    Release(
        "3.13.2",
        "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==",
    ),
    Release(
        "3.12.10",
        "sha512-0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawAjSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA==",
    ),
)
RELEASES = MappingProxyType({release.version: release for release in _ROWS})
DEFAULT_VERSION = _ROWS[0].version


def find_release(version: str) -> Release:
    """Return the pinned release, or say which there are."""
    try:
        return RELEASES[version]
    except KeyError:
        raise UnknownRelease(
            f"OHIF {version!r} is not one of the pinned releases: {', '.join(RELEASES)}"
        ) from None
