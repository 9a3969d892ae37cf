"""Tags and questions of a case that came from elsewhere, given to its draft.

Comments are not: who wrote them is not here, and nobody is to say what others said.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.archive import Archive
from community.accounts.people import Person
from community.cases.errors import CaseError
from community.cases.model import Case, CaseView
from community.cases.reading import Reader, view_case
from community.discussion.errors import TalkError
from community.discussion.model import Spot
from community.discussion.spots import checked_spot
from community.exchange.attaching import Arrived, inside
from community.exchange.bundled import Bundled, BundledImage, BundledQuestion
from community.finding.tagging import add_tag
from community.quizzes.errors import QuizError
from community.quizzes.model import LOCATE, Place
from community.quizzes.questions import Wish, add_question


def restore(
    archive: Archive,
    person: Person,
    case: Case,
    bundled: Bundled,
    known: frozenset[str],
    arrived: Arrived,
) -> list[str]:
    """Give a draft its tags and questions; return, in sentences, what it could not be given.

    Parameters
    ----------
    known
        Studies that are here under the UIDs that the document names.
    """
    reader = Reader(person)
    view = view_case(archive, reader, case.id)
    notes = []
    if lost := sum(not _tagged(archive, view, label) for label in bundled.tags):
        notes.append(f"{lost} tags were not taken.")
    asked = (_asked(archive, view, one, known, arrived) for one in bundled.questions)
    if lost := sum(not _added(archive, reader, case, wish) for wish in asked):
        notes.append(f"{lost} questions were not taken.")
    if bundled.remarks:
        notes.append(f"{bundled.remarks} comments stay with the case that they were made on.")
    return notes


def _tagged(archive: Archive, view: CaseView, label: str) -> bool:
    try:
        add_tag(archive, view, label)
    except CaseError:
        return False
    return True


def _added(archive: Archive, reader: Reader, case: Case, wish: Wish) -> bool:
    try:
        add_question(archive, reader, case.id, wish)
    except QuizError:
        return False
    return True


def _asked(
    archive: Archive,
    view: CaseView,
    one: BundledQuestion,
    known: Iterable[str],
    arrived: Arrived,
) -> Wish:
    place = one.place
    if one.kind != LOCATE or place is None:
        return Wish(one.kind, one.body, one.lines, one.right_option)
    if place.study_instance_uid in known:
        return Wish(one.kind, one.body, place=_here(archive, view, place))
    return Wish(one.kind, one.body, place=_coming(view, place, arrived))


def _here(archive: Archive, view: CaseView, place: BundledImage) -> Place | None:
    """A place in a study that is here; None if there is no such place."""
    uids = (place.study_instance_uid, place.series_instance_uid, place.sop_instance_uid)
    region = inside(place.region)
    try:
        checked_spot(archive, view, Spot("", *uids, place.frame))
    except TalkError:
        return None
    return None if region is None else Place(*uids, place.frame, region)


def _coming(view: CaseView, place: BundledImage, arrived: Arrived) -> Place | None:
    """A place in a study that is on its way, under the names that it will have."""
    found, region = arrived.get(place.sop_instance_uid), inside(place.region)
    studies = {one.study_instance_uid for one in view.studies}
    if found is None or region is None or found.study_instance_uid not in studies:
        return None
    uids = (found.study_instance_uid, found.series_instance_uid, found.sop_instance_uid)
    return Place(*uids, max(place.frame, 1), region)
