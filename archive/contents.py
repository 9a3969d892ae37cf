"""All that is stored of a study or a series, told before its bytes are read.

What an answer with all instances must know at its beginning, its tag and its length, is reckoned
in one pass over narrow rows, page by page; of these only the first page is kept, which for most
studies is the only one. Bytes are not read here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from archive.access import Principal, Sight
from archive.archive import Archive
from archive.attributes import Level
from archive.collections import Collection
from archive.database import reading
from archive.direct import Question
from archive.keys import object_key
from archive.models import instance, series
from archive.retrieve import Target, target_of
from archive.retrieve_statements import among

_ROWS_A_PAGE = 1000


class Kind(NamedTuple):
    """What negotiation can tell instances apart by without looking into them."""

    transfer_syntax_uid: str
    has_frames: bool


@dataclass(slots=True)
class Sum:
    """Of all instances of a kind.

    Attributes
    ----------
    size
        Of their bytes.
    uid_length
        Of their SOP and Series Instance UIDs, in characters.
    """

    count: int = 0
    size: int = 0
    uid_length: int = 0


class Item(NamedTuple):
    """One instance."""

    series_instance_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """All instances of a study or a series, or one.

    Attributes
    ----------
    tag
        Names their bytes, as `archive.retrieve.contents_tag` does.
    kinds
        What is there of each kind.
    """

    tag: str
    kinds: dict[Kind, Sum]
    _archive: Archive = field(repr=False)
    _target: Target = field(repr=False)
    _first: list[Any] = field(repr=False)
    _last: int

    def items(self) -> Iterator[Item]:
        """The instances in the order of their arrival, without what came since the first look."""
        page, place = self._first, self._target.collection.id
        while True:
            for row in page:
                if row.id > self._last:
                    return
                yield Item(
                    row.series_instance_uid,
                    row.sop_instance_uid,
                    row.transfer_syntax_uid,
                    object_key(place, row.version),
                    row.size,
                )
            if len(page) < _ROWS_A_PAGE:
                return
            page = _page(self._archive, self._target, page[-1].id)


def contents(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> Contents:
    """What is stored of a study, a series, or one instance.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        At the call.
    """
    target = target_of(
        archive, principal, collection, study_instance_uid, series_instance_uid, sop_instance_uid
    )
    first = page = _page(archive, target, 0)
    if not first:
        with reading(archive.engine) as connection:
            target.raise_absent(connection)
    digest = hashlib.sha256()
    kinds: defaultdict[Kind, Sum] = defaultdict(Sum)
    while page:
        for row in page:
            digest.update(row.version.encode())
            found = kinds[Kind(row.transfer_syntax_uid, row.number_of_frames > 0)]
            found.count += 1
            found.size += row.size
            found.uid_length += len(row.series_instance_uid) + len(row.sop_instance_uid)
        last = page[-1].id
        page = _page(archive, target, last) if len(page) == _ROWS_A_PAGE else []
    return Contents(digest.hexdigest()[:32], dict(kinds), archive, target, first, last)


def _page(archive: Archive, target: Target, after: int) -> list[Any]:
    question = _narrow(target.sight, target.collection, target.level)
    return question.rows(archive.engine, target.parameters(after=after, page=_ROWS_A_PAGE))


@lru_cache(maxsize=512)
def _narrow(sight: Sight, collection: Collection, level: Level) -> Question:
    columns = (
        instance.c.id,
        series.c.series_instance_uid,
        instance.c.sop_instance_uid,
        instance.c.transfer_syntax_uid,
        instance.c.version,
        instance.c.size,
        instance.c.number_of_frames,
    )
    return Question(
        among(select(*columns), sight, collection, level)
        .where(instance.c.id > bindparam("after"))
        .order_by(instance.c.id)
        .limit(bindparam("page"))
    )
