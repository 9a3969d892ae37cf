"""The images of a matter, for the moderator who decides: what nobody else is shown meanwhile.

Decoded in a child process as everywhere; nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from archive.access import Principal, looking_into_holds
from archive.archive import Archive
from archive.database import reading
from archive.errors import Gone, NotFound
from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance, find_instances
from community.accounts.people import Person
from community.accounts.principals import name_of
from community.moderation import rows
from community.moderation.showing import shown_of
from imaging.inspection import inspect_frame
from imaging.rendering.pictures import encode_picture
from imaging.transcode import decode_frame

MEDIA_TYPE: Final = "image/png"
images_a_page: Final = 24
max_images: Final = 10_000
_VIEW: Final = "usual"


@dataclass(frozen=True, slots=True)
class Images:
    """Some of the images of one study of a matter; numbers are from 0 and in order of arrival."""

    number_of_studies: int
    numbers: tuple[int, ...]
    later: int | None = None


def images_of(
    archive: Archive, moderator: Person, matter_id: str, study: int, start: int = 0
) -> Images:
    """The images of a matter's study, from one on.

    Raises
    ------
    NotFound
        There is no such matter, or it has no such study.
    """
    studies = _studies(archive, matter_id)
    if not 0 <= study < max(1, len(studies)) or not 0 <= start <= max_images:
        raise NotFound("there is no such study in this matter")
    if not studies:
        return Images(0, ())
    try:
        every = find_instances(archive, _looking(moderator), *studies[study])
        found = list(islice(every, start, start + images_a_page + 1))
    except (NotFound, Gone):
        found = []
    shown = tuple(range(start, start + min(len(found), images_a_page)))
    later = start + images_a_page if len(found) > images_a_page else None
    return Images(len(studies), shown, later)


def picture_of(
    archive: Archive, moderator: Person, matter_id: str, study: int, number: int
) -> bytes:
    """The first frame of an image, as PNG.

    Raises
    ------
    NotFound
        There is no such image.
    ImagingError
        It cannot be shown.
    """
    stored = _nth(archive, moderator, matter_id, study, number)
    with OpenedInstance(archive, stored) as opened:
        if not opened.table.count:
            raise NotFound("this has no picture")
        decoded = decode_frame(opened.description, opened.frame(1))
        shown = inspect_frame(opened.data_set, decoded, 1, _VIEW, opened.read_bulk)
    return encode_picture(shown, MEDIA_TYPE)


def _nth(
    archive: Archive, moderator: Person, matter_id: str, study: int, number: int
) -> StoredInstance:
    studies = _studies(archive, matter_id)
    if not (0 <= study < len(studies) and 0 <= number <= max_images):
        raise NotFound("there is no such image in this matter")
    every = find_instances(archive, _looking(moderator), *studies[study])
    found = next(islice(every, number, None), None)
    if found is None:
        raise NotFound("there is no such image in this matter")
    return found


def _studies(archive: Archive, matter_id: str) -> tuple[tuple[str, str], ...]:
    with reading(archive.engine) as connection:
        found = rows.find_matter(connection, matter_id)
        if found is None:
            raise NotFound("there is no such matter")
        return shown_of(connection, found).studies


def _looking(moderator: Person) -> Principal:
    """Who reads what a matter is about, whatever is held, and for this only."""
    return looking_into_holds(Principal(name_of(moderator.id), everything=True))
