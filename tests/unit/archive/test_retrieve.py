"""From UIDs to instances, documents, frames and bulk data."""

import io
import json

import pytest

from archive import retrieve
from archive.access import LOCAL, Principal
from archive.erase import erase
from archive.errors import Gone, NotAllowed, NotFound
from archive.retrieve import (
    bulk_location,
    find_instances,
    frame_table,
    metadata,
    open_instance,
)
from imaging.json_model import to_json
from imaging.part10 import read_header
from tests.archives import store
from tests.builders import ct_data_set, ct_image, part10

JPEG = "1.2.840.10008.1.2.4.50"


def find(archive, *uids):
    return list(find_instances(archive, LOCAL, "archive", *uids))


def test_instances_of_a_study_a_series_and_one_come_back_with_their_bytes(archive):
    files = {
        f"1.{s}.{i}": ct_image(
            StudyInstanceUID="1", SeriesInstanceUID=f"1.{s}", SOPInstanceUID=f"1.{s}.{i}"
        )
        for s in (1, 2)
        for i in (1, 2)
    }
    store(archive, *files.values())
    for uids, names in [
        (("1",), ["1.1.1", "1.1.2", "1.2.1", "1.2.2"]),
        (("1", "1.2"), ["1.2.1", "1.2.2"]),
        (("1", "1.2", "1.2.1"), ["1.2.1"]),
    ]:
        found = find(archive, *uids)
        assert sorted(one.sop_instance_uid for one in found) == names
        for one in found:
            with open_instance(archive, one) as stream:
                assert stream.read() == files[one.sop_instance_uid]
            assert one.size == len(files[one.sop_instance_uid])


def test_a_study_longer_than_a_page_comes_back_whole(archive, monkeypatch):
    monkeypatch.setattr(retrieve, "_INSTANCES_A_PAGE", 3)
    monkeypatch.setattr(retrieve, "_DOCUMENTS_A_PAGE", 3)
    store(archive, *(ct_image(StudyInstanceUID="1") for _ in range(9)))
    assert len({one.id for one in find(archive, "1")}) == 9
    assert len(list(metadata(archive, LOCAL, "archive", "1").documents)) == 9


@pytest.mark.parametrize(
    "uids", [("2",), ("1", "1.9"), ("1", "1.1", "9"), ("1", "2.1"), ("../1",), ("1\0",)]
)
def test_what_is_not_there_is_not_found_at_the_call(archive, uids):
    store(archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1"))
    store(archive, ct_image(StudyInstanceUID="3", SeriesInstanceUID="2.1"))
    for ask in (find_instances, metadata):
        with pytest.raises(NotFound):
            ask(archive, LOCAL, "archive", *uids)


@pytest.mark.parametrize("name", ["nowhere", "community.quarantine", "../x", "a\0"])
def test_a_collection_that_no_door_exposes_is_not_found(archive, name):
    with pytest.raises(NotFound):
        find_instances(archive, LOCAL, name, "1")


def test_what_was_pushed_to_community_is_not_readable(archive):
    store(archive, ct_image(StudyInstanceUID="1"), collection="community")
    for name in ("community", "archive", "community.quarantine"):
        with pytest.raises(NotFound):
            find_instances(archive, LOCAL, name, "1")


def test_a_principal_without_the_scope_gets_nothing(archive):
    store(archive, ct_image(StudyInstanceUID="1"))
    other = Principal("token 1", frozenset({("research", "read"), ("archive", "write")}))
    for ask in (find_instances, metadata):
        with pytest.raises(NotAllowed):
            ask(archive, other, "archive", "1")


def test_metadata_are_the_documents_made_at_ingest_and_open_no_file(archive, monkeypatch):
    data = ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1", SOPInstanceUID="1.1.1")
    store(archive, data)
    monkeypatch.setattr(archive.objects, "open", None)
    monkeypatch.setattr(archive.objects, "read", None)
    [document] = metadata(archive, LOCAL, "archive", "1").documents
    uri = "@/studies/1/series/1.1/instances/1.1.1/bulkdata/"
    assert f'"BulkDataURI":"{uri}7FE00010"'.encode() in document
    expected = to_json(read_header(io.BytesIO(data)).data_set, lambda path, _: uri + path)
    assert json.loads(document) == json.loads(json.dumps(expected))


def test_an_etag_changes_with_what_it_tells_of_and_with_nothing_else(archive):
    def etags():
        asked = [("1",), ("1", "1.1"), ("1", "1.1", "1.1.1"), ("1", "1.2")]
        return [metadata(archive, LOCAL, "archive", *uids).etag for uids in asked]

    uids = {"StudyInstanceUID": "1"}
    store(
        archive,
        ct_image(**uids, SeriesInstanceUID="1.1", SOPInstanceUID="1.1.1"),
        ct_image(**uids, SeriesInstanceUID="1.2"),
    )
    before = etags()
    assert etags() == before
    store(archive, ct_image(**uids, SeriesInstanceUID="1.2"))
    after = etags()
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        False,
        True,
        True,
        False,
    ]


def test_frames_are_ranges_of_the_object(archive):
    frames = [b"first!", b"second", b"3rd frame."]
    store(archive, ct_image(JPEG, frames=frames, StudyInstanceUID="1"))
    [one] = find(archive, "1")
    table = frame_table(archive, one)
    got = [
        b"".join(archive.objects.read(one.key, *piece) for piece in table.pieces(number))
        for number in (1, 2, 3)
    ]
    assert got == frames
    assert one.number_of_frames == 3
    assert frame_table(archive, one) is table


def test_an_instance_without_pixels_has_no_frames(archive):
    store(archive, ct_image(StudyInstanceUID="1", PixelData=None, Rows=None))
    [one] = find(archive, "1")
    with pytest.raises(NotFound):
        frame_table(archive, one)


def test_bulk_data_are_where_their_uri_says(archive):
    ds = ct_data_set(StudyInstanceUID="1", EncapsulatedDocument=b"%PDF" * 1000)
    store(archive, part10(ds))
    [one] = find(archive, "1")
    bulk, vr, media_type = bulk_location(archive, one, "00420011")
    assert archive.objects.read(one.key, bulk.offset, bulk.length) == b"%PDF" * 1000
    assert (vr, media_type) == ("OB", "application/octet-stream")
    pixels, _, _ = bulk_location(archive, one, "7FE00010")
    assert archive.objects.read(one.key, pixels.offset, pixels.length) == ds.PixelData
    with pytest.raises(NotFound):
        bulk_location(archive, one, "00100010")


def test_encapsulated_pixels_have_the_media_type_of_their_syntax(archive):
    store(archive, ct_image(JPEG, frames=[b"ab"], StudyInstanceUID="1"))
    [one] = find(archive, "1")
    assert bulk_location(archive, one, "7FE00010")[2] == "image/jpeg"


def test_what_was_erased_is_gone_and_says_since_when(archive):
    store(archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1"))
    erase(archive, LOCAL, "archive", "1")
    for uids in (("1",), ("1", "1.1"), ("1", "1.1", "1.1.1")):
        with pytest.raises(Gone) as caught:
            find_instances(archive, LOCAL, "archive", *uids)
        assert caught.value.since.tzinfo is not None
