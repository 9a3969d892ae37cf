"""Views of cases for tests of what leaves the server. No database.

May live here: a case as a reader may know it. May not: expectations.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from community.accounts.people import ACTIVE, MEMBER, Person
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    FINDINGS,
    HISTORY,
    PUBLIC,
    REFERENCES,
    Case,
    CaseStudy,
    CaseView,
    KeyImage,
    Section,
)
from community.cases.reading import shown_to

WHEN = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
CASE_ID = "01890000-0000-7000-8000-000000000001"
IMAGE_ID = "01890000-0000-7000-8000-000000000002"
CASE = Case(
    id=CASE_ID,
    slug="bcdfgh23456789",
    owner="01890000-0000-7000-8000-000000000003",
    state=PUBLIC,
    title="Giant panda sign",
    unknown_title="A girl with a tremor",
    is_unknown=False,
    specialty="neuro",
    body_part="brain",
    modalities=("MR", "CT"),
    certainty="certain",
    proof="genetics",
    difficulty="intermediate",
    age_band="13-17",
    sex="female",
    licence="CC-BY-4.0",
    language="en",
    created_at=WHEN,
    changed_at=WHEN,
    published_at=WHEN,
    version=7,
)
SECTIONS = (
    Section(HISTORY, "Tremor since *spring*.\n\n- left\n- right", ALWAYS),
    Section(FINDINGS, "High signal of the tegmentum.", ALWAYS),
    Section(DIAGNOSIS, "Wilson disease", AFTER_ANSWER),
    Section(REFERENCES, "First 2020\nSecond 2021", AFTER_ANSWER),
)
STUDY = CaseStudy("community", "1.2.3", "Before", 0, 0)
IMAGE = KeyImage(
    IMAGE_ID, "1.2.3", "1.2.3.1", "1.2.3.1.1", 2, "The sign", "A face in the midbrain",
    (0.25, 0.5, 0.125, 0.25), False, 0,
)  # fmt: skip
ANN = Person("p", "ann", "Ann Bäcker", None, None, MEMBER, ACTIVE, "en", WHEN, None)


def view(*, author: Person | None = ANN, revealed: bool = True, **changes: Any) -> CaseView:
    """A case as somebody else sees it."""
    return shown_to(
        replace(CASE, **changes),
        SECTIONS,
        (IMAGE,),
        is_owner=False,
        is_revealed=revealed,
        studies=(STUDY,),
        author=author,
    )
