"""What was erased because it identified somebody is not taken again from who sent it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from archive.access import LOCAL, person_name
from archive.blocking import block_study
from archive.database import reading
from archive.erase import erase
from archive.models import blocked_instance
from archive.outcomes import Failed, Stored
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.cases import keep

STUDY = "1.2.826.0.1.96.1"
ANN, BEN = (person_name(f"01890a5d-ac96-774b-bcce-b302099a805{digit}") for digit in ("7", "8"))


def image(number: int) -> bytes:
    return ct_image(StudyInstanceUID=STUDY, SOPInstanceUID=f"{STUDY}.{number}")


def test_the_same_file_of_the_same_person_is_refused_and_no_other(tmp_path: Path) -> None:
    archive = new_archive(tmp_path)
    [first] = store(archive, image(1), collection="community", sender=ANN)
    assert isinstance(first, Stored) and first.coming is not None
    # Published under the names that it was told.
    uids = {
        "StudyInstanceUID": first.coming.study_instance_uid,
        "SOPInstanceUID": first.coming.sop_instance_uid,
    }
    keep(archive, ct_image(**uids))
    assert block_study(archive, "community", uids["StudyInstanceUID"]) == 1
    erase(archive, LOCAL, "community", uids["StudyInstanceUID"])
    again, other = store(archive, image(1), image(2), collection="community", sender=ANN)
    assert isinstance(again, Failed)
    assert "identified somebody" in str(again.failure)
    assert isinstance(other, Stored)
    [of_ben] = store(archive, image(1), collection="community", sender=BEN)
    assert isinstance(of_ben, Stored)
    with reading(archive.engine) as connection:
        kept = connection.execute(select(blocked_instance.c.uid_sha256)).scalars().all()
    assert [len(one) for one in kept] == [32]
    assert block_study(archive, "community", "1.2.3") == 0
    archive.close()
