"""What is kept ready to send is right, is current, or is not offered."""

import gzip
import json
from datetime import timedelta

import pytest
import zstandard

from archive import publish
from archive.access import LOCAL
from archive.archive import Announcement
from archive.erase import erase
from archive.errors import NotFound
from archive.outbox import sweep_objects, unprocessed
from archive.retrieve import kept_series_metadata, metadata
from tests.archives import store
from tests.builders import ct_image

SERIES = {"StudyInstanceUID": "1", "SeriesInstanceUID": "1.1"}


def kept(archive):
    return kept_series_metadata(archive, LOCAL, "archive", "1", "1.1")


def whole(archive, key):
    return archive.objects.read(key, 0, archive.objects.size(key))


def test_kept_metadata_are_what_metadata_says_with_the_public_address(archive):
    store(archive, *(ct_image(**SERIES) for _ in range(3)))
    assert publish.keep_series_metadata(archive, "archive", "1", "1.1")
    found = kept(archive)
    texts = {
        "gzip": gzip.decompress(whole(archive, found.encodings["gzip"])),
        "zstd": zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(whole(archive, found.encodings["zstd"])),
    }
    assert texts["gzip"] == texts["zstd"]
    documents = metadata(archive, LOCAL, "archive", "1", "1.1").documents
    root = b'"http://127.0.0.1:8000/dicom-web/studies/'
    expected = [json.loads(one.replace(b'"@/studies/', root)) for one in documents]
    assert json.loads(texts["gzip"]) == expected
    assert found.root_url == "http://127.0.0.1:8000/dicom-web"
    assert b'"@/' not in texts["gzip"]


def test_kept_metadata_are_not_offered_once_the_series_changed(archive):
    store(archive, ct_image(**SERIES))
    publish.keep_series_metadata(archive, "archive", "1", "1.1")
    before = kept(archive)
    store(archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.2"))
    assert kept(archive) == before
    store(archive, ct_image(**SERIES))
    assert kept(archive) is None
    assert publish.series_without_metadata(archive, "archive", "1") == ["1.1", "1.2"]
    publish.keep_series_metadata(archive, "archive", "1", "1.1")
    assert kept(archive).etag != before.etag
    assert publish.series_without_metadata(archive, "archive", "1") == ["1.2"]


def test_the_objects_of_older_metadata_are_swept(archive):
    store(archive, ct_image(**SERIES))
    for _ in range(3):
        publish.keep_series_metadata(archive, "archive", "1", "1.1")
    assert sweep_objects(archive, timedelta(0)) == 4
    assert len(list(archive.objects.keys())) == 3
    assert whole(archive, kept(archive).encodings["gzip"])


def test_metadata_of_a_series_that_changes_meanwhile_are_not_kept(archive, monkeypatch):
    store(archive, ct_image(**SERIES))
    adopt = archive.objects.adopt

    def slow(files):
        monkeypatch.undo()
        adopt(files)
        store(archive, ct_image(**SERIES))

    monkeypatch.setattr(archive.objects, "adopt", slow)
    assert not publish.keep_series_metadata(archive, "archive", "1", "1.1")
    assert kept(archive) is None
    assert sweep_objects(archive, timedelta(0)) == 2


def test_nothing_is_kept_of_what_is_not_there(archive):
    with pytest.raises(NotFound):
        publish.keep_series_metadata(archive, "archive", "1", "1.1")


def test_a_thumbnail_stands_for_its_series_and_the_first_one_for_the_study(archive):
    store(archive, *(ct_image(**SERIES, SOPInstanceUID=f"1.1.{n}") for n in range(3)))
    store(archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.2"))
    chosen = publish.representative(archive, "archive", "1", "1.1")
    assert chosen.instance.sop_instance_uid == "1.1.1"
    assert publish.keep_thumbnail(archive, chosen, b"picture")
    for uids in (("1",), ("1", "1.1")):
        found = publish.thumbnail(archive, LOCAL, "archive", *uids)
        assert whole(archive, found.key) == b"picture"
        assert found.media_type == "image/jpeg"
    assert publish.thumbnail(archive, LOCAL, "archive", "1", "1.2") is None
    assert publish.thumbnail(archive, LOCAL, "archive", "1", "1.1", "1.1.1") is None
    assert publish.series_without_thumbnail(archive, "archive", "1") == ["1.2"]


def test_a_thumbnail_of_an_instance_that_was_erased_meanwhile_is_not_kept(archive):
    store(archive, *(ct_image(**SERIES) for _ in range(2)))
    chosen = publish.representative(archive, "archive", "1", "1.1")
    erase(archive, LOCAL, "archive", "1", "1.1", chosen.instance.sop_instance_uid)
    assert not publish.keep_thumbnail(archive, chosen, b"picture")


def test_a_series_without_frames_has_no_representative(archive):
    store(archive, ct_image(**SERIES, PixelData=None, Rows=None))
    assert publish.representative(archive, "archive", "1", "1.1") is None


def test_a_processed_study_is_not_announced_again_until_it_changes(archive, announced):
    store(archive, ct_image(**SERIES))
    assert unprocessed(archive, timedelta(0)) == announced
    assert publish.mark_processed(archive, announced[-1])
    assert unprocessed(archive, timedelta(0)) == []
    store(archive, ct_image(**SERIES))
    assert publish.mark_processed(archive, announced[0]) is False
    assert unprocessed(archive, timedelta(0)) == [announced[-1]]


def test_an_announcement_of_a_study_that_began_again_marks_nothing(archive):
    store(archive, ct_image(**SERIES))
    assert not publish.mark_processed(archive, Announcement("archive", "1", 7))
    assert publish.current_revision(archive, "archive", "1") == 1
    assert publish.current_revision(archive, "archive", "9") is None
