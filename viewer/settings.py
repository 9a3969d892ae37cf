"""Where the viewer's files are kept and which release is served, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from viewer.install import installed_path
from viewer.releases import DEFAULT_VERSION, find_release


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """Which release, and the folder that holds installed releases side by side."""

    version: str
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ViewerSettings:
        """Read ``DICOMTUBE_VIEWER_VERSION`` and ``DICOMTUBE_VIEWER_CACHE`` (default `.make`).

        Raises
        ------
        UnknownRelease
            The version is none of `viewer.releases`.
        """
        version = environ.get("DICOMTUBE_VIEWER_VERSION") or DEFAULT_VERSION
        cache = Path(environ.get("DICOMTUBE_VIEWER_CACHE") or ".make").absolute()
        return cls(find_release(version).version, cache)

    @property
    def dist(self) -> Path:
        """The folder to serve; it exists once the release is installed."""
        return installed_path(self.cache, self.version)
