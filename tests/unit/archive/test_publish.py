"""What is kept ready to send is right, is current, or is not offered."""

import json
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
import zstandard
from alembic import command
from sqlalchemy import select, text

from archive import publish
from archive.access import LOCAL
from archive.archive import Announcement, alembic_config
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import NotFound
from archive.kept import kept_metadata
from archive.models import loose_object
from archive.outbox import sweep_objects, unprocessed
from archive.retrieve import metadata
from tests.archives import store
from tests.builders import ct_image

SERIES = {"StudyInstanceUID": "1", "SeriesInstanceUID": "1.1"}


def kept(archive):
    found = kept_metadata(archive, LOCAL, "archive", "1", "1.1")
    return found[0] if found else None


def text_in(archive, place):
    return archive.objects.read(*place)


def test_kept_metadata_are_what_metadata_says_with_the_public_address(archive):
    store(archive, *(ct_image(**SERIES) for _ in range(3)))
    assert publish.keep_series_metadata(archive, "archive", "1", "1.1")
    found = kept(archive)
    text = b"[" + text_in(archive, found.plain) + b"]"
    assert zstandard.decompress(text_in(archive, found.zstd), max_output_size=1 << 20) == text
    inflated = zlib.decompressobj(-15).decompress(text_in(archive, found.deflated))
    assert inflated == text_in(archive, found.plain)
    assert zlib.crc32(inflated) == found.crc32
    documents = metadata(archive, LOCAL, "archive", "1", "1.1").documents
    root = b'"http://127.0.0.1:8000/dicom-web/studies/'
    expected = [json.loads(one.replace(b'"@/studies/', root)) for one in documents]
    assert json.loads(text) == expected
    assert found.root_url == "http://127.0.0.1:8000/dicom-web"
    assert b'"@/' not in text


def test_metadata_of_a_study_are_offered_when_those_of_all_its_series_are(archive):
    def offered():
        return kept_metadata(archive, LOCAL, "archive", "1")

    store(archive, ct_image(**SERIES), ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.2"))
    publish.keep_series_metadata(archive, "archive", "1", "1.1")
    assert offered() == []
    publish.keep_series_metadata(archive, "archive", "1", "1.2")
    assert [one.etag for one in offered()] == [
        kept_metadata(archive, LOCAL, "archive", "1", uid)[0].etag for uid in ("1.1", "1.2")
    ]
    store(archive, ct_image(**SERIES))
    assert offered() == []


def test_metadata_of_series_that_were_kept_for_two_addresses_are_not_joined(archive):
    store(archive, ct_image(**SERIES), ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.2"))
    publish.keep_series_metadata(archive, "archive", "1", "1.1")
    settings = replace(archive.settings, public_url="https://pacs.example.org")
    publish.keep_series_metadata(replace(archive, settings=settings), "archive", "1", "1.2")
    assert kept_metadata(archive, LOCAL, "archive", "1") == []


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


def test_what_was_kept_by_an_older_version_is_loose_and_made_again(archive):
    store(archive, ct_image(**SERIES), ct_image(StudyInstanceUID="2"))
    for study in ("1", "2"):
        publish.mark_processed(archive, Announcement("archive", study, 1))
    with writing(archive.engine) as connection:
        command.downgrade(alembic_config(connection), "0019")
        connection.execute(
            text(
                "INSERT INTO kept_metadata "
                "(series_id, encoding, revision, etag, root_url, object_key) "
                "SELECT id, 'gzip', 1, 'etag', 'http://here', '1/ab/cd/old.json.gzip' FROM series "
                "WHERE series_instance_uid = '1.1'"
            )
        )
        command.upgrade(alembic_config(connection), "head")
    assert kept(archive) is None
    with reading(archive.engine) as connection:
        loose = connection.scalars(select(loose_object.c.object_key)).all()
    assert loose == ["1/ab/cd/old.json.gzip"]
    assert unprocessed(archive, timedelta(0)) == [Announcement("archive", "1", 1)]


def test_the_objects_of_older_metadata_are_swept(archive):
    store(archive, ct_image(**SERIES))
    for _ in range(3):
        publish.keep_series_metadata(archive, "archive", "1", "1.1")
    assert sweep_objects(archive, timedelta(0)) == 2
    assert len(list(archive.objects.keys())) == 2
    assert text_in(archive, kept(archive).deflated)


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
    assert sweep_objects(archive, timedelta(0)) == 1


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
        assert archive.objects.read(found.key, 0, 99) == b"picture"
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
