"""A comment on a place is a DICOM report that any viewer reads, and lies beside its study."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import highdicom as hd
import pydicom
import pytest

from archive.access import narrowed
from archive.archive import Archive
from archive.database import writing
from archive.errors import Gone, NotAllowed, NotFound
from archive.retrieve import find_instances, open_instance
from community.accounts.people import insert_person
from community.cases.publishing import audience_of
from community.cases.reading import view_case
from community.discussion.model import Comment, Spot
from community.discussion.reading import view_comment
from community.discussion.reports import keep_report, report_of
from community.discussion.writing import Words, delete_comment, edit_comment
from tests.archives import new_archive
from tests.talk import IMAGE, STUDY, a_case, reader, say

CASE = "plaincase"
TEXT = "A *mass*, says @ann: Grüße"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


@pytest.fixture
def ids(archive: Archive) -> dict[str, str]:
    with writing(archive.engine) as connection:
        made = {one: insert_person(connection, one, {}) for one in ("ann", "ben")}
    made["case"] = a_case(archive, made["ann"], CASE)
    return made


def remark(archive: Archive, ids: dict[str, str], **more: object) -> Comment:
    spot = Spot("", *IMAGE, 1, (0.25, 0.5, 0.125, 0.25), **more)  # type: ignore[arg-type]
    made = say(archive, ids["ben"], CASE, TEXT, spot=spot)
    return found(archive, made)


def found(archive: Archive, comment_id: str) -> Comment:
    return view_comment(archive, reader(archive), CASE, comment_id)[1]


def reports_beside(archive: Archive, ids: dict[str, str]) -> list[pydicom.Dataset]:
    asking = narrowed(None, audience_of(ids["case"]))
    every = find_instances(archive, asking, "community", STUDY)
    files = [pydicom.dcmread(BytesIO(open_instance(archive, one).read())) for one in every]
    return [ds for ds in files if ds.Modality == "SR"]


def size(archive: Archive, ids: dict[str, str]) -> tuple[int, int]:
    asking = narrowed(None, audience_of(ids["case"]))
    [one] = find_instances(archive, asking, "community", *IMAGE)
    ds = pydicom.dcmread(open_instance(archive, one))
    return ds.Rows, ds.Columns


def test_a_report_says_what_was_said_where_and_names_nobody(
    archive: Archive, ids: dict[str, str]
) -> None:
    view = view_case(archive, reader(archive), CASE)
    made = report_of(archive, view, remark(archive, ids))
    ds = hd.sr.srread(BytesIO(made.data))
    assert (ds.StudyInstanceUID, ds.Modality) == (STUDY, "SR")
    [group] = ds.content.get_planar_roi_measurement_groups()
    region = group.roi
    rows, columns = size(archive, ids)
    x, y = 0.25 * columns, 0.5 * rows
    assert region.value[0].tolist() == [x, y]
    assert region.value[2].tolist() == [0.375 * columns, 0.75 * rows]
    text = made.data.decode("utf-8", "replace")
    assert "A mass, says @reader: Grüße" in text
    assert "ann" not in text
    assert "ben" not in text
    assert report_of(archive, view, found(archive, remark(archive, ids).id)).data != made.data


def test_the_owner_keeps_it_beside_the_study_until_it_changes_or_goes(
    archive: Archive, ids: dict[str, str]
) -> None:
    made = remark(archive, ids)
    ann, ben = reader(archive, ids["ann"]), reader(archive, ids["ben"])
    with pytest.raises(NotAllowed):
        keep_report(archive, ben, CASE, made.id)
    for _ in range(2):
        keep_report(archive, ann, CASE, made.id)
    [ds] = reports_beside(archive, ids)
    assert "A mass" in ds.to_json()
    assert found(archive, made.id).is_stored
    edit_comment(archive, ben, CASE, made.id, 1, Words("A cyst"))
    assert reports_beside(archive, ids) == []
    assert not found(archive, made.id).is_stored
    keep_report(archive, ann, CASE, made.id)
    [ds] = reports_beside(archive, ids)
    assert "A cyst" in ds.to_json()
    delete_comment(archive, ben, CASE, made.id)
    assert reports_beside(archive, ids) == []


def test_nothing_lies_beside_a_study_of_an_unknown_case(
    archive: Archive, ids: dict[str, str]
) -> None:
    made = remark(archive, ids)
    a_case(archive, ids["ben"], "unknowncase", is_unknown=True, diagnosis="CANARYOMA")
    with pytest.raises(NotAllowed, match="unknown"):
        keep_report(archive, reader(archive, ids["ann"]), CASE, made.id)
    assert reports_beside(archive, ids) == []


def test_what_points_at_no_image_is_no_report(archive: Archive, ids: dict[str, str]) -> None:
    plain = found(archive, say(archive, ids["ben"], CASE, "no place"))
    with pytest.raises((NotFound, Gone)):
        report_of(archive, view_case(archive, reader(archive), CASE), plain)
