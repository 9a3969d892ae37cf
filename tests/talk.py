"""Cases to be talked about, and comments on them.

May live here: how a test makes them without the pages that people use. May not: expectations.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from archive.archive import Archive
from archive.database import writing
from archive.sharing import share_study
from community.accounts.people import find_person
from community.case_models import case_section, case_study, medical_case
from community.cases.model import AFTER_ANSWER, DIAGNOSIS, PUBLIC
from community.cases.publishing import audience_of
from community.cases.readers import Reader
from community.discussion.model import Spot
from community.discussion.writing import Words, post_comment
from community.ids import new_id
from tests.cases import image, keep

STUDY = "1.2.826.0.1.55.7"
IMAGE = (STUDY, f"{STUDY}.1", f"{STUDY}.1.1")
"""The one image of its one study: its UIDs."""


def a_case(
    archive: Archive,
    owner: str,
    slug: str,
    *,
    state: str = PUBLIC,
    is_unknown: bool = False,
    diagnosis: str = "",
    specialty: str = "",
    study: str = STUDY,
    collection: str = "community",
) -> str:
    """Make a case with one study; returns its id."""
    made, now = new_id(), datetime.now(UTC)
    keep(archive, image(study))
    share_study(archive, collection, study, audience_of(made))
    row = {
        "id": made, "slug": slug, "owner": owner, "state": state, "title": diagnosis or "A case",
        "unknown_title": "Cough for three weeks", "is_unknown": is_unknown, "created_at": now,
        "changed_at": now, "published_at": now, "version": 1, "specialty": specialty,
    }  # fmt: skip
    text = {"case_id": made, "kind": DIAGNOSIS, "markdown": diagnosis, "reveal": AFTER_ANSWER}
    place = {"case_id": made, "collection": collection, "study_instance_uid": study, "position": 0}
    with writing(archive.engine) as connection:
        connection.execute(insert(medical_case).values(row))
        connection.execute(insert(case_study).values(place))
        if diagnosis:
            connection.execute(insert(case_section).values(text))
    return made


def reader(archive: Archive, person: str | None = None) -> Reader:
    """Somebody who reads, by their id."""
    return Reader(find_person(archive, person) if person else None)


def say(
    archive: Archive,
    person: str,
    slug: str,
    text: str,
    parent: str = "",
    spot: Spot | None = None,
    *,
    is_spoiler: bool = False,
) -> str:
    """Write a comment; returns its id."""
    words = Words(text, is_spoiler=is_spoiler, looked=True)
    return post_comment(archive, reader(archive, person), slug, words, parent, spot)
