"""Unknown cases for tests, with a canary in everything that must wait for the answer.

May live here: rows of cases that tests of answers need. May not: expectations.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from archive.archive import Archive
from archive.database import writing
from community.case_models import case_section, case_study, key_image, medical_case
from community.cases.model import AFTER_ANSWER, ALWAYS, DIAGNOSIS, HISTORY, KINDS, PUBLIC
from community.ids import new_id

CANARY = "Zebrafinchoma"
"""The diagnosis of every unknown case here: no word of anything else."""


def unknown_case(
    archive: Archive, owner: str, studies: tuple[str, ...] = (), **columns: Any
) -> str:
    """Write down an unknown case whose every hidden word is the canary; returns its id."""
    case, now = new_id(), datetime.now(UTC)
    row = {
        "id": case,
        "slug": slug_of(case),
        "owner": owner,
        "state": PUBLIC,
        "title": f"{CANARY} of the left lobe",
        "unknown_title": "A cough that did not go",
        "is_unknown": True,
        "certainty": "certain",
        "proof": "histology",
        "created_at": now,
        "changed_at": now,
        "published_at": now,
        "version": 1,
        **columns,
    }
    with writing(archive.engine) as connection:
        connection.execute(insert(medical_case).values(row))
        connection.execute(insert(case_section), [_section(case, kind) for kind in KINDS])
        for position, study in enumerate(studies):
            connection.execute(insert(case_study).values(_study(case, study, position)))
    return case


def slug_of(case: str) -> str:
    """The address of a case that `unknown_case` made."""
    return case.replace("-", "")[-20:]


def add_key_image(archive: Archive, case: str, uids: tuple[str, str, str], **columns: Any) -> str:
    """Give a case a key image with a region; returns its id."""
    made = new_id()
    row = {
        "id": made,
        "case_id": case,
        "study_instance_uid": uids[0],
        "series_instance_uid": uids[1],
        "sop_instance_uid": uids[2],
        "frame": 1,
        "caption": "",
        "alt": "A slice",
        "region_x": 0.25,
        "region_y": 0.5,
        "region_w": 0.25,
        "region_h": 0.25,
        "is_spoiler": False,
        "position": 0,
        **columns,
    }
    with writing(archive.engine) as connection:
        connection.execute(insert(key_image).values(row))
    return made


def _section(case: str, kind: str) -> dict[str, str]:
    waits = kind != HISTORY
    words = f"It is {CANARY}." if waits else "Since spring."
    # The diagnosis waits whatever its author ticked.
    reveal = AFTER_ANSWER if waits and kind != DIAGNOSIS else ALWAYS
    return {"case_id": case, "kind": kind, "markdown": words, "reveal": reveal}


def _study(case: str, study: str, position: int) -> dict[str, Any]:
    return {
        "case_id": case,
        "collection": "community",
        "study_instance_uid": study,
        "label": f"{CANARY} before surgery",
        "position": position,
    }
