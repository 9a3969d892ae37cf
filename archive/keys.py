"""How an object's key is spelled; nobody else joins these parts.

No UID and no name stands in a key: a key is made from the collection's number
and a random version, so nothing that a sender wrote reaches a path, and a new
version of an instance never overwrites the bytes of the old one.
"""

from __future__ import annotations

import secrets
import threading

_VERSIONS_A_FOLDER = 1_000


def new_versions(count: int) -> list[str]:
    """Versions for the instances of one batch: 32 hexadecimal digits each.

    Those of one batch begin alike, so that their objects share a folder and
    one flush of that folder makes all the names durable; and so do those of
    the next batches, because a new folder costs flushes of its own.
    """
    folder = _filling.take(count)
    return [folder + secrets.token_hex(14) for _ in range(count)]


def object_key(collection_id: int, version: str, suffix: str = "dcm") -> str:
    """The key of what was stored under `version`."""
    return f"{collection_id}/{version[:2]}/{version[2:4]}/{version}.{suffix}"


def version_of(key: str) -> str:
    """The version in a key that `object_key` made; of another key, the name in its place."""
    return key.rpartition("/")[2].partition(".")[0]


def kept_key(kind: str, name: str, suffix: str) -> str:
    """The key of what is kept beside instances: one that no row of the index names."""
    return f"{kind}/{name}.{suffix}"


class _Filling:
    """Names the folder that this process fills at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name = ""
        self._left = 0

    def take(self, count: int) -> str:
        """The folder for so many versions."""
        with self._lock:
            if self._left <= 0:
                self._name, self._left = secrets.token_hex(2), _VERSIONS_A_FOLDER
            self._left -= count
            return self._name


_filling = _Filling()
