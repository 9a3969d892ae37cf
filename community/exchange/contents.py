"""What an export of a case holds, found out before the first byte is sent.

The instances of its studies that its readers may read, where each lies in the file set, and the
documents of key objects. Memory grows with the number of instances, which is bounded, and not with
their size.

References
----------
PS3.10 section 8.2 (File IDs: components of at most eight capitals, digits and underscores).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from archive.access import narrowed
from archive.archive import Archive
from archive.errors import ArchiveError, Gone, NotAllowed, NotFound, Unauthenticated
from archive.retrieve import StoredInstance, document, find_instances
from community.cases.model import CaseStudy, CaseView, KeyImage
from community.cases.publishing import audience_of
from community.exchange.plain import one_line
from imaging.key_objects import KeyObject, Selected, select

log = logging.getLogger(__name__)

max_instances: Final = 50_000
"""Of all studies of a case together: a DICOMDIR is in memory until it is written."""

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An instance, and its File ID."""

    stored: StoredInstance
    place: Place


@dataclass(frozen=True, slots=True)
class Chosen:
    """The key images of one study as a document, and its File ID."""

    document: Selected
    place: Place


@dataclass(slots=True)
class Contents:
    """What is exported.

    Attributes
    ----------
    folders
        Of the studies that are there, by their UIDs.
    missing
        Studies that are not there any more.
    """

    instances: list[Placed] = field(default_factory=list)
    folders: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    key_objects: list[Chosen] = field(default_factory=list)

    def files_by_uid(self) -> Mapping[str, Placed]:
        """Every instance by its UID."""
        return {one.stored.sop_instance_uid: one for one in self.instances}


def contents_of(archive: Archive, view: CaseView) -> Contents:
    """Find what an export of a case holds.

    Raises
    ------
    NotAllowed
        Its reader has not answered: what is hidden from them is not exported.
    ArchiveError
        It has more instances than an export holds.
    """
    require_revealed(view)
    found = Contents()
    for number, study in enumerate(view.studies, 1):
        _add_study(archive, view, study, number, found)
    _add_key_objects(archive, view, found)
    return found


def require_revealed(view: CaseView) -> None:
    """Refuse to export what only a part of may be known.

    Raises
    ------
    NotAllowed
        The diagnosis is hidden from this reader.
    """
    if view.is_hiding:
        raise NotAllowed("answer this case first: it is exported with its diagnosis")


def _add_study(
    archive: Archive, view: CaseView, study: CaseStudy, number: int, found: Contents
) -> None:
    folder = ("DICOM", f"ST{number:06d}")
    reader = narrowed(None, audience_of(view.case.id))
    uid = study.study_instance_uid
    room = max_instances - len(found.instances)
    try:
        several = find_instances(archive, reader, study.collection, uid)
        placed = list(islice(_placed(several, folder), room + 1))
    except (NotFound, Gone, NotAllowed, Unauthenticated):
        found.missing.append(uid)
        return
    if len(placed) > room:
        raise ArchiveError(
            f"this case has more than {max_instances} instances, which is more than an export "
            "holds; get its studies one by one at its DICOMweb root"
        )
    found.instances += placed
    found.folders[uid] = "/".join(folder)


def _placed(several: Iterable[StoredInstance], folder: Place) -> Iterator[Placed]:
    series: dict[str, int] = {}
    counts: dict[str, int] = {}
    for one in several:
        uid = one.series_instance_uid
        number = series.setdefault(uid, len(series) + 1)
        counts[uid] = counts.get(uid, 0) + 1
        yield Placed(one, (*folder, f"SE{number:06d}", f"IM{counts[uid]:06d}"))


def _add_key_objects(archive: Archive, view: CaseView, found: Contents) -> None:
    files = found.files_by_uid()
    for uid, folder in found.folders.items():
        images = [one for one in view.key_images if one.study_instance_uid == uid]
        chosen = [
            _chosen(archive, one, files[one.sop_instance_uid])
            for one in images
            if one.sop_instance_uid in files
        ]
        if chosen:
            seed = f"{view.case.id}/{view.case.version}/{uid}"
            try:
                made = select(chosen, _description(view, images), seed)
            except (ValueError, TypeError, AttributeError) as error:
                # An image whose attributes no document can repeat; the case goes without it.
                log.warning("no key object selection of a study: %s", type(error).__name__)
                continue
            found.key_objects.append(Chosen(made, (*folder.split("/"), "KO000001")))


def _chosen(archive: Archive, image: KeyImage, placed: Placed) -> KeyObject:
    model: dict[str, Any] = document(archive, placed.stored)
    several = placed.stored.number_of_frames > 1
    return KeyObject(model, image.frame if several else None)


def _description(view: CaseView, images: Iterable[KeyImage]) -> str:
    captions = [one_line(one.caption or one.alt) for one in images]
    told = "; ".join(f"{number}. {words}" for number, words in enumerate(captions, 1) if words)
    return f"{one_line(view.shown_title)}. {told}".strip()
