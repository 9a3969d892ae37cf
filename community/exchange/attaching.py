"""Studies and key images of a case that came from elsewhere, given to its draft.

A study that is here already is given as any other is. One that is on its way, under the names that
it will be published by, stands in the draft from now on, and is seen in it when it is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert

from archive.archive import Archive
from archive.collections import COMMUNITY, get_collection
from archive.database import writing
from archive.errors import ArchiveError
from archive.sharing import share_coming
from community.accounts.people import Person
from community.case_models import case_study, key_image
from community.cases import pictures, studies, texts
from community.cases.editing import touch
from community.cases.errors import CaseError
from community.cases.model import Case, Region
from community.cases.pictures import Place, Shown
from community.cases.publishing import audience_of
from community.exchange.bundled import BundledImage, BundledStudy
from community.ids import new_id

Arrived = Mapping[str, Place]
"""The names that instances will be published by, by the SOP Instance UIDs that they came with."""

_MIN_SIDE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Attached:
    """What a draft was given, and, in sentences, what it could not be."""

    studies: int
    key_images: int
    notes: tuple[str, ...]


def attach_known(
    archive: Archive, person: Person, case: Case, several: Iterable[BundledStudy]
) -> frozenset[str]:
    """Give a draft those studies that are here and that its owner may give; return their UIDs."""
    found: set[str] = set()
    for one in several:
        try:
            studies.add_study(
                archive,
                person,
                case.id,
                one.study_instance_uid,
                label=one.label[: texts.max_label_chars],
                relative_day=one.relative_day,
            )
        except ArchiveError:
            continue
        found.add(one.study_instance_uid)
    return frozenset(found)


def attach_coming(
    archive: Archive,
    person: Person,
    case: Case,
    several: Iterable[BundledStudy],
    arrived: Mapping[str, str],
) -> int:
    """Give a draft studies that are on their way; return how many.

    Parameters
    ----------
    several
        In the order in which they are shown; what else arrived stands behind them.
    arrived
        The UIDs that studies will be published by, by those that they came with.
    """
    named = {one.study_instance_uid: one for one in several}
    order = [uid for uid in named if uid in arrived] + [uid for uid in arrived if uid not in named]
    place, done = get_collection(archive, COMMUNITY), 0
    with writing(archive.engine) as connection:
        current, parts = studies.claimed_parts(connection, person, case.id, None)
        known = parts.studies.get(case.id, ())
        there = {one.study_instance_uid for one in known}
        position = max((one.position for one in known), default=-1) + 1
        for uid in order[: studies.max_studies - len(known)]:
            coming, said = arrived[uid], named.get(uid) or BundledStudy(uid)
            if coming in there or not share_coming(
                connection, place, coming, audience_of(case.id), person.id
            ):
                continue
            row = {
                "case_id": case.id,
                "collection": place.name,
                "study_instance_uid": coming,
                "label": said.label[: texts.max_label_chars],
                "relative_day": said.relative_day,
                "position": position + done,
            }
            connection.execute(insert(case_study).values(row))
            done += 1
        if done:
            touch(connection, current)
    return done


def attach_images(
    archive: Archive,
    person: Person,
    case: Case,
    images: Iterable[BundledImage],
    known: frozenset[str],
    arrived: Arrived,
) -> tuple[int, int]:
    """Show key images beside the text of a draft; return how many, and how many could not be.

    Parameters
    ----------
    known
        Studies that are here under the UIDs that the images name.
    """
    coming: list[tuple[BundledImage, Place]] = []
    shown = lost = 0
    for one in images:
        if one.study_instance_uid in known:
            done = _show(archive, person, case, one)
            shown, lost = shown + done, lost + (not done)
        elif one.sop_instance_uid in arrived:
            place = arrived[one.sop_instance_uid]
            coming.append((one, place._replace(frame=max(one.frame, 1))))
        else:
            lost += 1
    return shown + _show_coming(archive, person, case, coming), lost


def _show(archive: Archive, person: Person, case: Case, one: BundledImage) -> bool:
    place = Place(one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid, one.frame)
    try:
        pictures.add_key_images(archive, person, case.id, [place], _said(one))
    except CaseError:
        return False
    return True


def _show_coming(
    archive: Archive, person: Person, case: Case, several: list[tuple[BundledImage, Place]]
) -> int:
    if not several:
        return 0
    with writing(archive.engine) as connection:
        current, parts = studies.claimed_parts(connection, person, case.id, None)
        known = parts.key_images.get(case.id, ())
        inside = {one.study_instance_uid for one in parts.studies.get(case.id, ())}
        first = max((one.position for one in known), default=-1) + 1
        rows = [
            _row(case, place, _said(one))
            for one, place in several
            if place.study_instance_uid in inside
        ][: pictures.max_key_images - len(known)]
        for position, row in enumerate(rows, first):
            connection.execute(insert(key_image).values(**row, position=position))
        if rows:
            touch(connection, current)
    return len(rows)


def _row(case: Case, place: Place, said: Shown) -> dict[str, object]:
    region = said.region or (None, None, None, None)
    return {
        "id": new_id(),
        "case_id": case.id,
        **place._asdict(),
        "caption": said.caption,
        "alt": said.alt,
        "is_spoiler": said.is_spoiler,
        **dict(zip(("region_x", "region_y", "region_w", "region_h"), region, strict=True)),
    }


def _said(one: BundledImage) -> Shown:
    """What is said of a key image, cut to what is kept."""
    caption = texts.line(
        " ".join(one.caption.split())[: texts.max_caption_chars],
        texts.max_caption_chars, "caption", "caption",
    )  # fmt: skip
    alt = texts.line(
        " ".join(one.alt.split())[: texts.max_alt_chars],
        texts.max_alt_chars, "alt", "description",
    )  # fmt: skip
    return Shown(caption, alt, inside(one.region), one.is_spoiler)


def inside(region: Region | None) -> Region | None:
    """A region that lies in its frame; none for any other."""
    if region is None:
        return None
    x, y, w, h = region
    fits = (
        0 <= x < 1
        and 0 <= y < 1
        and w >= _MIN_SIDE
        and h >= _MIN_SIDE
        and x + w <= 1
        and y + h <= 1
    )
    return region if fits else None
