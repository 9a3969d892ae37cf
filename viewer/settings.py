"""Where the viewer's files are kept and which release is served, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from viewer.install import installed_path
from viewer.releases import DEFAULT_VERSION, find_release


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """Which release, the folder that holds installed releases side by side, and for which path.

    Attributes
    ----------
    base
        The path below which the whole server is seen, such as ``/imaging``.
    """

    version: str
    cache: Path
    base: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ViewerSettings:
        """Read ``DICOMTUBE_VIEWER_VERSION``, ``DICOMTUBE_VIEWER_CACHE`` (default `.make`), and
        the path of ``DICOMTUBE_PUBLIC_URL``.

        Raises
        ------
        UnknownRelease
            The version is none of `viewer.releases`.
        """
        version = environ.get("DICOMTUBE_VIEWER_VERSION") or DEFAULT_VERSION
        cache = Path(environ.get("DICOMTUBE_VIEWER_CACHE") or ".make").absolute()
        base = urlsplit(environ.get("DICOMTUBE_PUBLIC_URL") or "").path.rstrip("/")
        return cls(find_release(version).version, cache, base)

    @property
    def dist(self) -> Path:
        """The folder to serve; it exists once the release is installed."""
        return installed_path(self.cache, self.version, self.base)
