"""Rows of cases as values, found within a transaction that somebody else began. No rule here.

What a reader may know of them is said in `community.cases.reading`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, select

from community.accounts.people import SHOWN, Person, person_from
from community.case_models import case_section, case_study, key_image, medical_case
from community.cases.model import KINDS, Case, CaseStudy, KeyImage, Section
from community.ids import is_id
from community.models import person

_CASE = [field.name for field in fields(Case)]


@dataclass(frozen=True, slots=True)
class Parts:
    """What several cases consist of, each by the case's id."""

    sections: dict[str, tuple[Section, ...]]
    studies: dict[str, tuple[CaseStudy, ...]]
    key_images: dict[str, tuple[KeyImage, ...]]


def case_from(row: Row[Any]) -> Case:
    """A case from a row that has all columns of `medical_case`."""
    values = {name: getattr(row, name) for name in _CASE}
    return Case(**{**values, "modalities": tuple(row.modalities.split())})


def find_case(connection: Connection, slug_or_id: str) -> Case | None:
    """The case of a slug or an id, in whatever state."""
    column = medical_case.c.id if is_id(slug_or_id) else medical_case.c.slug
    row = connection.execute(select(medical_case).where(column == slug_or_id)).one_or_none()
    return None if row is None else case_from(row)


def find_cases(connection: Connection, ids: Collection[str]) -> dict[str, Case]:
    """The cases of these ids, in whatever state."""
    if not ids:
        return {}
    found = connection.execute(select(medical_case).where(medical_case.c.id.in_(ids)))
    return {row.id: case_from(row) for row in found}


def parts_of(connection: Connection, ids: Collection[str], *, texts: bool = True) -> Parts:
    """What cases consist of, in one question a table.

    Parameters
    ----------
    texts
        Without them sections are left out, for lists.
    """
    return Parts(
        _sections(connection, ids) if texts else {},
        _studies(connection, ids),
        _key_images(connection, ids),
    )


def authors_of(connection: Connection, cases: Sequence[Case]) -> dict[str, Person]:
    """Whose cases they are, by their ids, of those whom others may see."""
    ids = {case.owner for case in cases if case.owner is not None}
    if not ids:
        return {}
    found = connection.execute(
        select(person).where(person.c.id.in_(ids), person.c.state.in_(SHOWN))
    )
    return {row.id: person_from(row) for row in found}


def _sections(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Section, ...]]:
    found: dict[str, list[Section]] = defaultdict(list)
    for row in connection.execute(select(case_section).where(case_section.c.case_id.in_(ids))):
        found[row.case_id].append(Section(row.kind, row.markdown, row.reveal))
    return {
        case: tuple(sorted(several, key=lambda one: KINDS.index(one.kind)))
        for case, several in found.items()
    }


def _studies(connection: Connection, ids: Collection[str]) -> dict[str, tuple[CaseStudy, ...]]:
    query = select(case_study).where(case_study.c.case_id.in_(ids))
    found: dict[str, list[CaseStudy]] = defaultdict(list)
    for row in connection.execute(query.order_by(case_study.c.position)):
        found[row.case_id].append(
            CaseStudy(
                row.collection, row.study_instance_uid, row.label, row.relative_day, row.position
            )
        )
    return {case: tuple(several) for case, several in found.items()}


def _key_images(connection: Connection, ids: Collection[str]) -> dict[str, tuple[KeyImage, ...]]:
    query = select(key_image).where(key_image.c.case_id.in_(ids))
    found: dict[str, list[KeyImage]] = defaultdict(list)
    for row in connection.execute(query.order_by(key_image.c.position, key_image.c.id)):
        found[row.case_id].append(_key_image(row))
    return {case: tuple(several) for case, several in found.items()}


def _key_image(row: Row[Any]) -> KeyImage:
    region = (row.region_x, row.region_y, row.region_w, row.region_h)
    return KeyImage(
        row.id,
        row.study_instance_uid,
        row.series_instance_uid,
        row.sop_instance_uid,
        row.frame,
        row.caption,
        row.alt,
        None if None in region else region,
        row.is_spoiler,
        row.position,
    )
