"""Whether this site counts its readers with Google Analytics, and by which hosts.

Without an id there is no such category, no banner and no script; nothing is asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from archive.errors import SettingsError
from archive.settings import is_loopback

ANALYTICS_ID: Final = "DICOMTUBE_ANALYTICS_ID"
ANALYTICS_URL: Final = "DICOMTUBE_ANALYTICS_URL"

GOOGLE: Final = "https://www.googletagmanager.com"
_GOOGLES: Final = (GOOGLE, "https://*.google-analytics.com", "https://*.analytics.google.com")
_ID: Final = re.compile(r"G-[A-Z0-9]{4,20}")


@dataclass(frozen=True, slots=True)
class Analytics:
    """A stream of Google Analytics 4.

    Attributes
    ----------
    host
        Where the script comes from.
    is_own
        Whether it is a tagging server of the operator's, which then is the only host.
    """

    id: str
    host: str = GOOGLE
    is_own: bool = False

    @property
    def hosts(self) -> tuple[str, ...]:
        """To whom a page that counts may speak."""
        return (self.host,) if self.is_own else _GOOGLES

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Analytics | None:
        """Read the settings; None where nobody is counted.

        Raises
        ------
        SettingsError
            One of them cannot work.
        """
        name, url = environ.get(ANALYTICS_ID) or "", environ.get(ANALYTICS_URL) or ""
        if not name:
            return None
        if not _ID.fullmatch(name):
            raise SettingsError(f"{ANALYTICS_ID} must be the id of a stream, such as G-ABC123DEF4")
        return cls(name, _origin(url), is_own=True) if url else cls(name)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    is_bare = f"{parts.scheme}://{parts.netloc}" == url.rstrip("/") and "@" not in parts.netloc
    if not (is_safe and is_bare and re.fullmatch(r"[a-z0-9.\[\]:-]+", parts.netloc)):
        raise SettingsError(f"{ANALYTICS_URL} must be https:// and a host, with nothing behind it")
    return f"{parts.scheme}://{parts.netloc}"
