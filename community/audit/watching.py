"""Whoever may read everything is seen when they read what is private: after the answer was made.

Operators read studies that are neither public nor shared with them, at every DICOMweb door. One
event tells it for a study and a while, however many of its frames they load.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, request
from sqlalchemy import select

from archive.access import PUBLIC, Principal, person_of
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import reading, writing
from archive.errors import ArchiveError
from archive.models import share
from archive.settings import OPEN
from community.audit.trail import by_person, record
from imaging.uids import is_uid

quiet_s: Final = 900.0
max_remembered: Final = 4_096
_GOOD: Final = 400


class Lately:
    """What was told lately; safe between threads."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, who: str, what: str) -> bool:
        """Whether this was not told for a while; from now on it was."""
        now = time.monotonic()
        with self._lock:
            told = self._told.get((who, what))
            if told is not None and now - told < quiet_s:
                return False
            self._told[who, what] = now
            self._told.move_to_end((who, what))
            if len(self._told) > max_remembered:
                self._told.popitem(last=False)
            return True


def watch(app: Flask, archive: Archive, viewer_of: Callable[[], Principal | None]) -> None:
    """Have an app keep who of its staff reads which private study."""
    if archive.settings.access == OPEN:
        return
    lately = Lately()

    @app.after_request
    def keep(response: Response) -> Response:
        named = _named()
        if named is None or response.status_code >= _GOOD:
            return response
        try:
            asking = viewer_of()
        except ArchiveError:
            return response
        person = person_of(asking.name) if asking is not None and asking.everything else None
        if asking is None or person is None:
            return response
        collection, uid = named
        if _is_private(archive, asking, collection, uid) and lately.is_new(
            person, f"{collection}/{uid}"
        ):
            with writing(archive.engine) as connection:
                target = f"study {collection}/{uid}"
                record(connection, by_person(person), "staff.saw_study", target=target)
        return response


def _named() -> tuple[str, str] | None:
    """The collection and the study that a request to a DICOMweb root reads; not that of a case."""
    path = request.view_args or {}
    uid = path.get("study") or request.args.get("studyUID")
    if request.method != "GET" or "case" in path or not isinstance(uid, str) or not is_uid(uid):
        return None
    collection = path.get("collection")
    return (collection, uid) if isinstance(collection, str) else None


def _is_private(archive: Archive, asking: Principal, collection: str, uid: str) -> bool:
    """Whether they read it by what they are, and not as everybody does or as whose it is."""
    place = get_collection(archive, collection)
    query = select(share.c.audience).where(
        share.c.collection_id == place.id,
        share.c.study_instance_uid == uid,
        share.c.audience.in_({PUBLIC, *asking.audiences}),
    )
    with reading(archive.engine) as connection:
        return connection.scalar(query.limit(1)) is None
