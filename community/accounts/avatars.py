"""People's pictures: kept beside them in the database, so that they go with them.

Each is named anew when it changes, so that browsers may keep it for ever, and its name tells
nothing of its person.
"""

from __future__ import annotations

import secrets

from sqlalchemy import delete, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.errors import AccountError
from community.accounts.fetching import fetch
from community.accounts.people import SHOWN
from community.accounts.providers import Provider
from community.models import avatar, person
from imaging import avatars
from imaging.errors import ImagingError

max_file_bytes = avatars.max_file_bytes
media_type = avatars.media_type


def set_avatar(archive: Archive, person_id: str, encoded: bytes) -> None:
    """Make this a person's picture.

    Raises
    ------
    AccountError
        It is none that we can read.
    """
    try:
        data = avatars.avatar_of(encoded)
    except ImagingError as error:
        raise AccountError(str(error)) from error
    key = secrets.token_hex(16)
    with writing(archive.engine) as connection:
        connection.execute(delete(avatar).where(avatar.c.person == person_id))
        connection.execute(insert(avatar).values(key=key, person=person_id, data=data))
        connection.execute(update(person).where(person.c.id == person_id).values(avatar_key=key))


def copy_avatar(archive: Archive, person_id: str, provider: Provider, url: str) -> None:
    """Make a picture that a provider has a person's own, as they asked for.

    Raises
    ------
    AccountError
        It cannot be had, or is none.
    """
    if not provider.may_hold_picture(url):
        raise AccountError("this picture is not at the provider")
    set_avatar(archive, person_id, fetch(url, max_file_bytes))


def drop_avatar(archive: Archive, person_id: str) -> None:
    """Take a person's picture away."""
    with writing(archive.engine) as connection:
        connection.execute(delete(avatar).where(avatar.c.person == person_id))
        connection.execute(update(person).where(person.c.id == person_id).values(avatar_key=None))


def find_avatar(archive: Archive, key: str) -> bytes | None:
    """The picture of this name, while its person is shown."""
    query = (
        select(avatar.c.data)
        .join(person, person.c.id == avatar.c.person)
        .where(avatar.c.key == key, person.c.state.in_(SHOWN), person.c.is_held.is_(False))
    )
    with reading(archive.engine) as connection:
        return connection.scalar(query)
