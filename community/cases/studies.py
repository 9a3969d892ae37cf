"""The studies of a case. One that belongs to a case is shared with the case's readers.

Who they are is asked anew each time they read. Only what is somebody's own, or everybody's, can be
given to a case; in a case that others see, only with the words confirmed that publishing asks for.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from sqlalchemy import Connection, delete, insert, update

from archive.access import LOCAL, PUBLIC, Principal
from archive.archive import Archive
from archive.collections import COMMUNITY, get_collection
from archive.database import reading, writing
from archive.errors import NotFound
from archive.settings import OPEN
from archive.sharing import is_shared_in, share_in, unshare_in
from community.accounts.people import Person
from community.accounts.principals import audience_of as audience_of_person
from community.accounts.principals import principal_of
from community.case_models import case_study, key_image
from community.cases import texts
from community.cases.editing import claimed, touch
from community.cases.errors import CaseError
from community.cases.model import SHOWN, Case, CaseStudy
from community.cases.publishing import audience_of, confirm, subject_of
from community.cases.rows import Parts, parts_of
from community.cases.screening import screen
from imaging.uids import is_uid

T = TypeVar("T")

max_studies: Final = 30
max_day: Final = 100_000

_NOT_YOURS: Final = "add a study of your own, or a public one"


def add_study(
    archive: Archive,
    person: Person,
    case_id: str,
    study_instance_uid: str,
    *,
    label: str = "",
    relative_day: int | None = None,
    statement_version: str = "",
    version: int | None = None,
) -> Case:
    """Give a case one more study, and let its readers read it.

    Parameters
    ----------
    statement_version
        Of a case that others see: of the words that they confirm; see `community.statements`.

    Raises
    ------
    CaseError
        It is neither theirs nor public, or there are too many.
    VersionConflict, NotFound, Gone, NotAllowed
        As `editing.edit_case`.
    """
    if not is_uid(study_instance_uid):
        raise CaseError("this is no Study Instance UID", "study")
    require_theirs(archive, person, case_id)
    _require_usable(archive, person, study_instance_uid)
    said = _said_of_study(label, relative_day)
    place = get_collection(archive, COMMUNITY)
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, version)
        known = parts.studies.get(case.id, ())
        if any(one.study_instance_uid == study_instance_uid for one in known):
            raise CaseError("this study is in the case already", "study")
        if len(known) >= max_studies:
            raise CaseError(f"a case has {max_studies} studies at most", "study")
        if not share_in(connection, place, study_instance_uid, [audience_of(case.id)]):
            raise CaseError(_NOT_YOURS, "study")
        if case.state in SHOWN:
            subject = subject_of(place.name, study_instance_uid)
            confirm(connection, person, statement_version, [subject])
        row = {
            "case_id": case.id,
            "collection": place.name,
            "study_instance_uid": study_instance_uid,
            "position": max((one.position for one in known), default=-1) + 1,
        }
        connection.execute(insert(case_study).values(**row, **said))
        return touch(connection, case)


def edit_study(
    archive: Archive,
    person: Person,
    case_id: str,
    study_instance_uid: str,
    *,
    label: str = "",
    relative_day: int | None = None,
    version: int | None = None,
) -> Case:
    """Change what a study of a case is called, and its day."""
    said = _said_of_study(label, relative_day)
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, version)
        study_of(parts, case, study_instance_uid)
        connection.execute(update(case_study).where(*_this(case, study_instance_uid)).values(said))
        return touch(connection, case)


def move_study(
    archive: Archive, person: Person, case_id: str, study_instance_uid: str, by: int
) -> Case:
    """Put a study of a case one place further up (-1) or down (1)."""
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, None)
        known = list(parts.studies.get(case.id, ()))
        at = known.index(study_of(parts, case, study_instance_uid))
        for position, one in enumerate(moved(known, at, by)):
            which = _this(case, one.study_instance_uid)
            connection.execute(update(case_study).where(*which).values(position=position))
        return touch(connection, case)


def remove_study(
    archive: Archive,
    person: Person,
    case_id: str,
    study_instance_uid: str,
    *,
    version: int | None = None,
) -> Case:
    """Take a study from a case with its key images; its readers do not read it any more."""
    place = get_collection(archive, COMMUNITY)
    with writing(archive.engine) as connection:
        case, parts = claimed_parts(connection, person, case_id, version)
        study_of(parts, case, study_instance_uid)
        if case.state in SHOWN and len(parts.studies[case.id]) == 1:
            raise CaseError("a case that others see has a study; make it a draft first", "studies")
        connection.execute(
            delete(key_image).where(
                key_image.c.case_id == case.id,
                key_image.c.study_instance_uid == study_instance_uid,
            )
        )
        connection.execute(delete(case_study).where(*_this(case, study_instance_uid)))
        unshare_in(connection, place, study_instance_uid, [audience_of(case.id)])
        return touch(connection, case)


def usable_as(archive: Archive, person: Person) -> Principal:
    """Who reads the studies that somebody may give to a case as theirs.

    Where access is open every study is everybody's.
    """
    if archive.settings.access == OPEN:
        return LOCAL
    asking = principal_of(person)
    return Principal(asking.name, within=asking.audiences)


def require_theirs(archive: Archive, person: Person, case_id: str) -> None:
    """Refuse who may not change a case, before anything is said of what they sent."""
    with writing(archive.engine) as connection:
        claimed(connection, person, case_id)


def claimed_parts(
    connection: Connection, person: Person, case_id: str, version: int | None
) -> tuple[Case, Parts]:
    """A case that somebody wants to change, locked, and what it consists of."""
    case = claimed(connection, person, case_id, version)
    return case, parts_of(connection, [case.id])


def study_of(parts: Parts, case: Case, study_instance_uid: str) -> CaseStudy:
    """A study of a case.

    Raises
    ------
    NotFound
        It is none of it.
    """
    for one in parts.studies.get(case.id, ()):
        if one.study_instance_uid == study_instance_uid:
            return one
    raise NotFound("this case has no such study")


def moved(known: list[T], at: int, by: int) -> list[T]:
    """A list with one of its items a place further up or down."""
    to = min(max(at + (1 if by > 0 else -1), 0), len(known) - 1)
    known.insert(to, known.pop(at))
    return known


def _require_usable(archive: Archive, person: Person, study_instance_uid: str) -> None:
    """Refuse a study that is neither theirs nor public; also to operators, who read it."""
    if archive.settings.access == OPEN:
        return
    place = get_collection(archive, COMMUNITY)
    with reading(archive.engine) as connection:
        for audience in (audience_of_person(person.id), PUBLIC):
            if is_shared_in(connection, place, study_instance_uid, audience):
                return
    raise CaseError(_NOT_YOURS, "study")


def _this(case: Case, study_instance_uid: str) -> tuple[Any, Any]:
    return (
        case_study.c.case_id == case.id,
        case_study.c.study_instance_uid == study_instance_uid,
    )


def _said_of_study(label: str, relative_day: int | None) -> dict[str, Any]:
    if relative_day is not None and abs(relative_day) > max_day:
        raise CaseError(f"days are counted up to {max_day}", "relative_day")
    named = texts.line(label, texts.max_label_chars, "label", "name of the study")
    if screen(named):
        raise CaseError(
            "this may identify somebody: what a study is called has no names, dates or numbers",
            "label",
        )
    return {"label": named, "relative_day": relative_day}
