"""Cases that are there to be found: rows as an author would leave them, and their index.

May live here: how a test gets cases into the index. May not: expectations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import insert

from archive.archive import Archive
from archive.database import writing
from community.accounts.people import insert_person
from community.case_models import case_section, key_image, medical_case
from community.cases.model import AFTER_ANSWER, ALWAYS, HISTORY, PUBLIC
from community.finding.indexing import index_case
from community.finding_models import case_tag, tag
from community.ids import new_id

_seconds = count()


def find_somebody(archive: Archive, handle: str = "author") -> str:
    """Make a person; returns their id."""
    with writing(archive.engine) as connection:
        return insert_person(connection, handle, {})


def put_case(
    archive: Archive,
    title: str,
    sections: Mapping[str, str] | None = None,
    *,
    owner: str | None = None,
    state: str = PUBLIC,
    tags: Sequence[str] = (),
    captions: Sequence[str] = (),
    **more: Any,
) -> str:
    """Insert a case and index it; returns its id. Only its history is shown before an answer."""
    case_id, when = new_id(), datetime(2026, 1, 1, 0, next(_seconds) // 60 % 60, tzinfo=UTC)
    row = {
        "id": case_id, "slug": f"s{case_id[-12:]}", "owner": owner, "state": state, "title": title,
        "unknown_title": "", "is_unknown": False, "specialty": "neuro", "body_part": "brain",
        "modalities": "MR", "language": "en", "created_at": when, "changed_at": when,
        "published_at": when, "version": 1, **more,
    }  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(medical_case).values(row))
        for kind, text in (sections or {}).items():
            reveal = ALWAYS if kind == HISTORY else AFTER_ANSWER
            section = {"case_id": case_id, "kind": kind, "markdown": text, "reveal": reveal}
            connection.execute(insert(case_section).values(section))
        for position, caption in enumerate(captions):
            picture = {
                "id": new_id(), "case_id": case_id, "study_instance_uid": "1.2.3",
                "series_instance_uid": "1.2.3.1", "sop_instance_uid": f"1.2.3.1.{position}",
                "frame": 1, "caption": caption, "alt": caption, "position": position,
            }  # fmt: skip
            connection.execute(insert(key_image).values(picture))
        for slug in tags:
            _put_tag(connection, case_id, slug, when)
        index_case(connection, case_id)
    return case_id


def _put_tag(connection: Any, case_id: str, slug: str, when: datetime) -> None:
    if connection.execute(tag.select().where(tag.c.slug == slug)).one_or_none() is None:
        connection.execute(insert(tag).values(slug=slug, label=slug, created_at=when))
    connection.execute(insert(case_tag).values(case_id=case_id, tag=slug))
