"""Key images: the frames of a case's studies that are shown beside its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, update

from archive.access import narrowed
from archive.archive import Archive
from archive.collections import COMMUNITY
from archive.database import writing
from archive.errors import ArchiveError, NotFound
from archive.retrieve import find_instances
from community.accounts.people import Person
from community.case_models import key_image
from community.cases import checking, texts
from community.cases.editing import touch
from community.cases.errors import CaseError
from community.cases.model import SHOWN, Case, Region
from community.cases.publishing import audience_of
from community.cases.rows import Parts
from community.cases.studies import claimed_parts, moved, require_theirs, study_of
from community.ids import new_id
from imaging.uids import is_uid

max_key_images: Final = 60


class Place(NamedTuple):
    """A frame of a study; frames are counted from 1."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """What is said of a key image."""

    caption: str = ""
    alt: str = ""
    region: Region | None = None
    is_spoiler: bool = False


def add_key_images(
    archive: Archive,
    person: Person,
    case_id: str,
    places: Sequence[Place],
    shown: Shown | None = None,
    *,
    version: int | None = None,
) -> Case:
    """Show frames of a case's studies beside its text.

    A key image without `alt` is not shown to others; a frame that is shown already stays once.

    Raises
    ------
    CaseError
        A frame is not there, or there are too many.
    VersionConflict, NotFound, Gone, NotAllowed
        As `editing.edit_case`.
    """
    said = _said_of_image(shown or Shown())
    require_theirs(archive, person, case_id)
    for place in dict.fromkeys(places):
        _require_frame(archive, case_id, place)
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, version)
        known = parts.key_images.get(case.id, ())
        there = {
            (one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid, one.frame)
            for one in known
        }
        wanted = [place for place in dict.fromkeys(places) if place not in there]
        if len(known) + len(wanted) > max_key_images:
            raise CaseError(f"a case has {max_key_images} key images at most", "key_images")
        for place in wanted:
            study_of(parts, case, place.study_instance_uid)
        if not wanted:
            return case
        first = max((one.position for one in known), default=-1) + 1
        rows = [
            {"id": new_id(), "case_id": case.id, **place._asdict(), **said, "position": position}
            for position, place in enumerate(wanted, first)
        ]
        connection.execute(insert(key_image), rows)
        return touch(connection, case)


def edit_key_image(
    archive: Archive,
    person: Person,
    case_id: str,
    key_image_id: str,
    shown: Shown,
    *,
    looked: bool = False,
    version: int | None = None,
) -> Case:
    """Change what is said of a key image.

    Parameters
    ----------
    looked
        Of a case that others see: they looked at what may identify somebody.
    """
    said = _said_of_image(shown)

    def change(connection: Connection, case: Case, parts: Parts) -> None:
        images = parts.key_images[case.id]
        words = {"caption": said["caption"], "alt": said["alt"], "is_spoiler": shown.is_spoiler}
        if case.state in SHOWN:
            if not words["alt"]:
                raise CaseError("describe the image for those who do not see it", "alt")
            after = [replace(one, **words) if one.id == key_image_id else one for one in images]
            sections = parts.sections.get(case.id, ())
            known = checking.findings_of(case, sections, images)
            checking.require_looked(case, sections, after, looked=looked, known=known)
        connection.execute(update(key_image).where(key_image.c.id == key_image_id).values(said))

    return _with_image(archive, person, case_id, key_image_id, version, change)


def move_key_image(
    archive: Archive, person: Person, case_id: str, key_image_id: str, by: int
) -> Case:
    """Put a key image one place further up (-1) or down (1); the first stands for the case."""

    def change(connection: Connection, case: Case, parts: Parts) -> None:
        known = list(parts.key_images[case.id])
        at = next(i for i, one in enumerate(known) if one.id == key_image_id)
        for position, one in enumerate(moved(known, at, by)):
            connection.execute(
                update(key_image).where(key_image.c.id == one.id).values(position=position)
            )

    return _with_image(archive, person, case_id, key_image_id, None, change)


def remove_key_image(
    archive: Archive,
    person: Person,
    case_id: str,
    key_image_id: str,
    *,
    version: int | None = None,
) -> Case:
    """Show a frame no more."""

    def change(connection: Connection, _case: Case, _parts: Parts) -> None:
        connection.execute(delete(key_image).where(key_image.c.id == key_image_id))

    return _with_image(archive, person, case_id, key_image_id, version, change)


def _require_frame(archive: Archive, case_id: str, place: Place) -> None:
    reader = narrowed(None, audience_of(case_id))
    if not all(map(is_uid, place[:3])):
        raise CaseError("this is no frame of a study of the case", "key_images")
    try:
        (found,) = find_instances(archive, reader, COMMUNITY, *place[:3])
    except ArchiveError as error:
        raise CaseError("this is no frame of a study of the case", "key_images") from error
    if not 1 <= place.frame <= max(found.number_of_frames, 1):
        raise CaseError("this is no frame of a study of the case", "key_images")


def _with_image(
    archive: Archive,
    person: Person,
    case_id: str,
    key_image_id: str,
    version: int | None,
    change: Callable[[Connection, Case, Parts], None],
) -> Case:
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, version)
        if all(one.id != key_image_id for one in parts.key_images.get(case.id, ())):
            raise NotFound("this case has no such key image")
        change(connection, case, parts)
        return touch(connection, case)


def _said_of_image(shown: Shown) -> dict[str, Any]:
    said: dict[str, Any] = {
        "caption": texts.line(shown.caption, texts.max_caption_chars, "caption", "caption"),
        "alt": texts.line(shown.alt, texts.max_alt_chars, "alt", "description"),
        "is_spoiler": shown.is_spoiler,
    }
    parts = shown.region or (None, None, None, None)
    if shown.region is not None:
        x, y, w, h = shown.region
        inside = min(x, y) >= 0 < min(w, h) and max(x + w, y + h) <= 1
        if not inside:
            raise CaseError("a region lies within the frame, as fractions of it", "region")
    return said | dict(zip(("region_x", "region_y", "region_w", "region_h"), parts, strict=True))
