"""What only the HTTP door can be told: origins and limits, from the environment.

Settings that other packages need too live in `archive.settings`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from archive.errors import SettingsError

_SPARE_THREADS = 4
_TEN_YEARS_S = 10 * 365 * 24 * 3600
_ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """How the door treats those who knock.

    Attributes
    ----------
    cors_origins
        Origins whose pages may use the API from a browser; none by default
        (``DICOMTUBE_CORS_ORIGINS``, separated by spaces or commas).
    hsts_s
        For how long browsers that came by https shall come by nothing else
        (``DICOMTUBE_HSTS_S``; 0 has them forget it).
    max_stall_s
        How long a sender may be silent in the middle of a body
        (``DICOMTUBE_MAX_STALL_S``).
    max_unread_s
        How long the reader of a long answer may take nothing of it
        (``DICOMTUBE_MAX_UNREAD_S``).
    max_uploads, max_streams, max_decodes
        Request bodies, long answers, and answers not begun that wait for a decoder, which one
        process works on at once (``DICOMTUBE_MAX_UPLOADS``, ``DICOMTUBE_MAX_STREAMS``,
        ``DICOMTUBE_MAX_DECODES``). Together they are fewer than the server's threads, so that slow
        senders, readers and frames can never take the last one.
    web_threads
        Threads of each process of the server (``DICOMTUBE_WEB_THREADS``).
    """

    cors_origins: frozenset[str] = frozenset()
    hsts_s: int = 365 * 24 * 3600
    max_stall_s: int = 30
    max_unread_s: int = 60
    max_uploads: int = 16
    max_streams: int = 32
    max_decodes: int = 12
    web_threads: int = 80

    @property
    def max_working(self) -> int:
        """How many requests are worked on at once before newcomers are refused.

        Some threads are left: those that refuse, and those of long answers, which no longer count
        as worked on.
        """
        return max(_SPARE_THREADS, self.web_threads - self.max_streams - _SPARE_THREADS)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "DoorSettings":
        """Read the settings.

        Raises
        ------
        SettingsError
            A value cannot be used; the message names its variable.
        """
        usual = cls()
        return cls(
            cors_origins=_origins(environ.get("DICOMTUBE_CORS_ORIGINS", "")),
            hsts_s=_number(environ, "DICOMTUBE_HSTS_S", usual.hsts_s, least=0, most=_TEN_YEARS_S),
            max_stall_s=_number(environ, "DICOMTUBE_MAX_STALL_S", usual.max_stall_s),
            max_unread_s=_number(environ, "DICOMTUBE_MAX_UNREAD_S", usual.max_unread_s),
            max_uploads=_number(environ, "DICOMTUBE_MAX_UPLOADS", usual.max_uploads),
            max_streams=_number(environ, "DICOMTUBE_MAX_STREAMS", usual.max_streams),
            max_decodes=_number(environ, "DICOMTUBE_MAX_DECODES", usual.max_decodes),
            web_threads=_number(environ, "DICOMTUBE_WEB_THREADS", usual.web_threads),
        )


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(text.replace(",", " ").lower().split())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise SettingsError(
            "DICOMTUBE_CORS_ORIGINS must list origins such as https://viewer.example.org"
        )
    return origins


def _number(
    environ: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = 100_000
) -> int:
    text = environ.get(name) or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) < 12
    if not is_number or not least <= int(text) <= most:
        raise SettingsError(f"{name} must be a whole number from {least} to {most}")
    return int(text)
