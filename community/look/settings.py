"""Where the files that npm brought for the pages are kept, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from community.look.packages import installed_path


@dataclass(frozen=True, slots=True)
class LookSettings:
    """The folder that holds what was installed, each state of the table side by side."""

    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> LookSettings:
        """Read ``DICOMTUBE_LOOK_CACHE`` (default `.make`)."""
        return cls(Path(environ.get("DICOMTUBE_LOOK_CACHE") or ".make").absolute())

    @property
    def vendor(self) -> Path:
        """The folder to serve; it exists once the packages are installed."""
        return installed_path(self.cache)
