"""Which UIDs are those of what a collection shows: asked by the hundred, not one by one.

For the worker, which asks about every UID of a study. What follows is not said here.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import select, union_all

from archive.archive import Archive
from archive.collections import Collection
from archive.database import reading
from archive.models import instance, series, study

_UIDS_A_STATEMENT: Final = 500
MAX_REMEMBERED: Final = 500_000
_COLUMNS: Final = (
    (study.c.collection_id, study.c.study_instance_uid),
    (series.c.collection_id, series.c.series_instance_uid),
    (instance.c.collection_id, instance.c.sop_instance_uid),
)


def published_among(archive: Archive, place: Collection, uids: Iterable[str]) -> set[str]:
    """Those UIDs that a study, series or instance of what the collection shows has."""
    found: set[str] = set()
    for some in _by(_UIDS_A_STATEMENT, uids):
        query = union_all(
            *(select(uid).where(where == place.id, uid.in_(some)) for where, uid in _COLUMNS)
        )
        with reading(archive.engine) as connection:
            found.update(connection.scalars(query))
    return found


class PublishedUids:
    """Answers remembered for as long as one study is worked on.

    Called with a UID it says whether that is published; `look_up` asks for many beforehand.
    """

    def __init__(self, archive: Archive, place: Collection) -> None:
        self._archive = archive
        self._place = place
        self._known: dict[str, bool] = {}

    def look_up(self, uids: Some[str]) -> None:
        """Learn what is not known of these."""
        new = {uid for uid in uids if uid not in self._known}
        if not new:
            return
        if len(self._known) + len(new) > MAX_REMEMBERED:
            self._known.clear()
        here = published_among(self._archive, self._place, new)
        self._known |= {uid: uid in here for uid in new}

    def __call__(self, uid: str) -> bool:
        self.look_up((uid,))
        return self._known[uid]


def _by(size: int, uids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(uids)
    while some := list(islice(rest, size)):
        yield some
