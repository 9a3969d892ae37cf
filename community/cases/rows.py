"""Rows of cases as values, found within a transaction that somebody else began. No rule here.

What a reader may know of them is said in `community.cases.reading`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from community.accounts.people import SHOWN, Person, person_from
from community.case_models import case_section, case_study, key_image, medical_case
from community.cases.model import KINDS, Case, CaseStudy, KeyImage, Section
from community.ids import is_id
from community.models import person

_CASE = [field.name for field in fields(Case)]
_MODALITIES = _CASE.index("modalities")
CASE: Final = tuple(medical_case.c[name] for name in _CASE)
"""The columns that `case_from` takes, in their order: by their names they are read much slower."""

# Made once: every list asks these, and to put one together takes as long as to have it answered.
_IDS: Final[Any] = bindparam("ids", expanding=True)
_CASES = select(*CASE).where(medical_case.c.id.in_(_IDS))
_AUTHORS = select(person).where(person.c.id.in_(_IDS), person.c.state.in_(SHOWN))
_SECTIONS = select(
    case_section.c.case_id, *(case_section.c[field.name] for field in fields(Section))
).where(case_section.c.case_id.in_(_IDS))
_STUDIES = (
    select(case_study.c.case_id, *(case_study.c[field.name] for field in fields(CaseStudy)))
    .where(case_study.c.case_id.in_(_IDS))
    .order_by(case_study.c.position)
)
_REGION = ("region_x", "region_y", "region_w", "region_h")
_REGION_AT = [field.name for field in fields(KeyImage)].index("region")
_KEY_IMAGES = (
    select(
        key_image.c.case_id,
        *(key_image.c[name] for name in _REGION),
        *(key_image.c[field.name] for field in fields(KeyImage) if field.name != "region"),
    )
    .where(key_image.c.case_id.in_(_IDS))
    .order_by(key_image.c.position, key_image.c.id)
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What several cases consist of, each by the case's id."""

    sections: dict[str, tuple[Section, ...]]
    studies: dict[str, tuple[CaseStudy, ...]]
    key_images: dict[str, tuple[KeyImage, ...]]


def case_from(row: Row[Any]) -> Case:
    """A case from a row of the columns `CASE`."""
    values = list(row)
    values[_MODALITIES] = tuple(values[_MODALITIES].split())
    return Case(*values)


def find_case(connection: Connection, slug_or_id: str) -> Case | None:
    """The case of a slug or an id, in whatever state."""
    column = medical_case.c.id if is_id(slug_or_id) else medical_case.c.slug
    row = connection.execute(select(*CASE).where(column == slug_or_id)).one_or_none()
    return None if row is None else case_from(row)


def find_cases(connection: Connection, ids: Collection[str]) -> dict[str, Case]:
    """The cases of these ids, in whatever state."""
    if not ids:
        return {}
    found = connection.execute(_CASES, {"ids": list(ids)}).all()
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
    found = connection.execute(_AUTHORS, {"ids": list(ids)}).all()
    return {row.id: person_from(row) for row in found}


def _sections(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Section, ...]]:
    found: dict[str, list[Section]] = defaultdict(list)
    for row in connection.execute(_SECTIONS, {"ids": list(ids)}).all():
        found[row.case_id].append(Section(row.kind, row.markdown, row.reveal))
    return {
        case: tuple(sorted(several, key=lambda one: KINDS.index(one.kind)))
        for case, several in found.items()
    }


def _studies(connection: Connection, ids: Collection[str]) -> dict[str, tuple[CaseStudy, ...]]:
    found: dict[str, list[CaseStudy]] = defaultdict(list)
    for case_id, *values in connection.execute(_STUDIES, {"ids": list(ids)}).all():
        found[case_id].append(CaseStudy(*values))
    return {case: tuple(several) for case, several in found.items()}


def _key_images(connection: Connection, ids: Collection[str]) -> dict[str, tuple[KeyImage, ...]]:
    found: dict[str, list[KeyImage]] = defaultdict(list)
    rows = connection.execute(_KEY_IMAGES, {"ids": list(ids)}).all()
    for case_id, x, y, width, height, *values in rows:
        region = (x, y, width, height)
        values.insert(_REGION_AT, None if None in region else region)
        found[case_id].append(KeyImage(*values))
    return {case: tuple(several) for case, several in found.items()}
