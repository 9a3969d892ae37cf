"""Validators and caching of every retrieve answer: the same tag means the same bytes."""

from __future__ import annotations

from typing import Any

import pytest

from archive import access
from archive.access import Scope
from archive.collections import get_collection
from archive.tokens import create_token
from dicomweb import calls
from tests.builders import ct_image

AS_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"'
STUDY = "/studies/1.2"
INSTANCE = STUDY + "/series/1.3/instances/1.4"
RESOURCES = [
    (STUDY, AS_PARTS),
    (STUDY, "application/zip"),
    (STUDY, OCTETS),
    (STUDY + "/series/1.3", AS_PARTS),
    (STUDY + "/series/1.3", 'multipart/related; type="application/dicom"'),
    (INSTANCE, AS_PARTS),
    (INSTANCE, "application/dicom"),
    (INSTANCE, "application/dicom; transfer-syntax=1.2.840.10008.1.2.5"),
    (INSTANCE, "application/zip"),
    (STUDY + "/metadata", "application/dicom+json"),
    (STUDY + "/metadata", 'multipart/related; type="application/dicom+xml"'),
    (STUDY + "/metadata", "application/zip"),
    (INSTANCE + "/metadata", "application/dicom+json"),
    (INSTANCE + "/frames/1", OCTETS),
    (INSTANCE + "/frames/1", "image/jls"),
    (INSTANCE + "/bulkdata", OCTETS),
    (INSTANCE + "/bulkdata/7FE00010", "application/octet-stream"),
    (STUDY + "/bulkdata", OCTETS),
    (STUDY + "/pixeldata", OCTETS),
]


def image(**overrides: Any) -> bytes:
    uids = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3", "SOPInstanceUID": "1.4"}
    return ct_image(**{**uids, **overrides})


@pytest.mark.parametrize(("path", "accept"), RESOURCES)
def test_every_answer_has_a_strong_tag_and_is_304_while_nothing_changes(
    web: Any, path: str, accept: str
) -> None:
    web.stored(image())
    first = web.get(path, accept)
    assert first.status_code == 200, first.data[:200]
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"].startswith("private")
    vary = {name.strip() for name in first.headers["Vary"].split(",")}
    assert vary >= {"Accept", "Authorization"}
    again = web.get(path, accept, If_None_Match=tag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert web.get(path, accept).data == first.data


@pytest.mark.parametrize(("path", "accept"), RESOURCES)
def test_what_changed_is_sent_again(web: Any, path: str, accept: str) -> None:
    web.stored(image())
    tag = web.get(path, accept).headers["ETag"]
    web.client.delete(web.root + STUDY)
    assert web.get(path, accept, If_None_Match=tag).status_code == 410
    # Row numbers and revisions may begin anew now.
    web.stored(image(PixelData=bytes(128), PatientName="Other^One"))
    changed = web.get(path, accept, If_None_Match=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize(
    ("path", "accept"),
    [row for row in RESOURCES if row[0] == STUDY or row[0][-10:] == "series/1.3"],
)
def test_one_more_instance_changes_the_tag(web: Any, path: str, accept: str) -> None:
    web.stored(image())
    tag = web.get(path, accept).headers["ETag"]
    web.stored(image(SOPInstanceUID="1.5"))
    assert web.get(path, accept, If_None_Match=tag).status_code == 200


def test_each_representation_has_a_tag_of_its_own(web: Any) -> None:
    web.stored(image())
    by_path: dict[str, list[str]] = {}
    for path, accept in RESOURCES:
        by_path.setdefault(path, []).append(web.get(path, accept).headers["ETag"])
    for path, tags in by_path.items():
        assert len(set(tags)) == len(tags), path


def bearer(web: Any, *grants: tuple[str, Scope]) -> dict[str, str]:
    _, secret = create_token(web.archive, "one", frozenset(grants))
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(("path", "accept"), RESOURCES)
def test_nobody_gets_304_who_may_not_read(open_web: Any, path: str, accept: str) -> None:
    web = open_web(access="accounts")
    known = bearer(web, ("archive", Scope.READ), ("archive", Scope.WRITE))
    stranger = bearer(web, ("community", Scope.READ))
    assert web.stow(image(), **known).status_code == 200
    tag = web.get(path, accept, **known).headers["ETag"]
    assert web.get(path, accept, If_None_Match=tag, **known).status_code == 304
    for conditions in ({"If_None_Match": tag}, {"If_None_Match": "*"}):
        assert web.get(path, accept, **conditions).status_code == 401
        assert web.get(path, accept, **conditions, **stranger).status_code == 403


def test_what_everybody_may_read_may_be_kept_for_all(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.stored(image())
    place = get_collection(web.archive, "archive")
    assert not access.is_public(web.archive, place, "1.2")
    monkeypatch.setattr(calls, "is_public", lambda *_: True)
    answer = web.get(INSTANCE, "application/dicom")
    assert answer.headers["Cache-Control"] == "public, max-age=3600, s-maxage=0"
