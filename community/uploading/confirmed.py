"""Who confirmed that what they send is de-identified: before the first byte, and study by study.

The words and the table are `community.statements`'; here is what an upload is called there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from archive.access import Principal
from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError
from archive.uploads import Upload, find_upload
from community.accounts.people import Person
from community.case_models import sharing_confirmation
from community.ids import new_id
from community.statements import UPLOAD, confirm

max_uploads: Final = 100
"""Confirmed at once."""


def subject_of(one: Upload) -> str:
    """How a confirmation calls the study of an upload."""
    return f"study:{one.collection}/{one.study_instance_uid}"


def confirm_sending(archive: Archive, person: Person, version: str) -> str:
    """Keep that somebody confirmed before they sent anything; return how that is called.

    Raises
    ------
    ArchiveError
        Other words hold by now.
    """
    subject = f"upload:{new_id()}"
    with writing(archive.engine) as connection:
        confirm(connection, person.id, UPLOAD, version, [subject])
    return subject


def confirm_uploads(
    archive: Archive,
    principal: Principal | None,
    person: Person,
    version: str,
    tokens: Sequence[str],
) -> None:
    """Keep that somebody confirmed it of studies that they sent; again changes nothing.

    Raises
    ------
    NotFound
        One of them is none of theirs.
    ArchiveError
        There are too many, or other words hold by now.
    """
    if len(tokens) > max_uploads:
        raise ArchiveError(f"confirm at most {max_uploads} uploads at once")
    found = [find_upload(archive, principal, token) for token in dict.fromkeys(tokens)]
    fresh = [
        subject for one in found if not is_confirmed(archive, person, subject := subject_of(one))
    ]
    if fresh:
        with writing(archive.engine) as connection:
            confirm(connection, person.id, UPLOAD, version, fresh)


def is_confirmed(archive: Archive, person: Person, subject: str) -> bool:
    """Whether somebody confirmed the words of uploads for this."""
    query = select(sharing_confirmation.c.id).where(
        sharing_confirmation.c.subject == subject,
        sharing_confirmation.c.person == person.id,
        sharing_confirmation.c.purpose == UPLOAD,
    )
    with reading(archive.engine) as connection:
        return connection.scalar(query.limit(1)) is not None
