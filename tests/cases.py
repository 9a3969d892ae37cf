"""Cases for tests: people who may write, studies that are theirs, and a case that can be shown.

May live here: how a test gets a case. May not: expectations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from archive.access import audience_of
from archive.archive import Archive, open_archive
from archive.collections import COMMUNITY
from archive.database import writing
from archive.models import collection
from archive.sharing import share_study
from community import statements
from community.accounts.people import Person, find_person, insert_person
from community.cases import editing, pictures, publishing, studies
from community.cases.editing import CaseText
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    FINDINGS,
    HISTORY,
    PUBLIC,
    Case,
    Section,
)
from community.cases.pictures import Place, Shown
from tests.archives import store
from tests.builders import ct_image

TITLE = "Giant panda sign"
SECTIONS = (
    Section(HISTORY, "Tremor since spring.", ALWAYS),
    Section(FINDINGS, "High signal of the tegmentum.", ALWAYS),
    Section(DIAGNOSIS, "Wilson disease", AFTER_ANSWER),
)
TEXT = CaseText(
    title=TITLE,
    unknown_title="A girl with a tremor",
    specialty="neuro",
    body_part="brain",
    modalities=("MR",),
    certainty="certain",
    proof="genetics",
    difficulty="intermediate",
    age_band="13-17",
    sex="female",
    sections=SECTIONS,
)
VERSION = statements.current(statements.PUBLISH).version


def somebody(archive: Archive, handle: str) -> Person:
    """Make a member."""
    with writing(archive.engine) as connection:
        made = insert_person(connection, handle, {})
    found = find_person(archive, made)
    assert found is not None
    return found


def keep(archive: Archive, *files: bytes) -> None:
    """Store as if the community kept what it receives; de-identification is no matter here."""
    of_community = update(collection).where(collection.c.name == COMMUNITY)
    with writing(archive.engine) as connection:
        connection.execute(of_community.values(ingest="as-received"))
    # Another one, as an archive remembers what its collections do.
    other = open_archive(archive.settings)
    store(other, *files, collection=COMMUNITY)
    other.close()
    with writing(archive.engine) as connection:
        connection.execute(of_community.values(ingest="deidentify"))


def image(study: str, number: int = 1, **more: Any) -> bytes:
    """A slice of a study, whose UIDs begin with the study's."""
    return ct_image(
        StudyInstanceUID=study,
        SeriesInstanceUID=f"{study}.1",
        SOPInstanceUID=f"{study}.1.{number}",
        InstanceNumber=number,
        **more,
    )


def place(study: str, number: int = 1, frame: int = 1) -> Place:
    """Where that slice is."""
    return Place(study, f"{study}.1", f"{study}.1.{number}", frame)


def give(archive: Archive, study: str, *people: Person) -> None:
    """Say whose a study is."""
    share_study(archive, COMMUNITY, study, *(audience_of(one.id) for one in people))


def full_case(
    archive: Archive, owner: Person, study: str, *, state: str | None = PUBLIC, **more: Any
) -> Case:
    """A case with a study that is there already, and a key image; shown, unless `state` is None."""
    case = editing.make_case(archive, owner, replace(TEXT, **more))
    studies.add_study(archive, owner, case.id, study)
    told = Shown("The sign", "A face in the midbrain")
    case = pictures.add_key_images(archive, owner, case.id, [place(study)], told)
    if state is None:
        return case
    return publishing.publish(archive, owner, case.id, case.version, VERSION, state=state)
