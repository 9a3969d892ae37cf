"""Metadata: kept or composed, in every encoding, and the same each time."""

from __future__ import annotations

import gzip
import json
from functools import partialmethod
from typing import Any

import pytest
import zstandard

from archive import file_objects, publish
from dicomweb import kept_metadata
from tests.builders import ct_image

SERIES = "/studies/1.2/series/1.3"
ROOT = "http://127.0.0.1:8000/dicom-web"
# What is accepted, and what comes.
ENCODINGS = {
    "": None,
    "gzip": "gzip",
    "zstd": "zstd",
    "br, gzip;q=0.5": "gzip",
    "gzip, zstd": "zstd",
    "gzip;q=0, identity": None,
}


@pytest.fixture
def series(web: Any) -> Any:
    web.stored(
        *(
            ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3", InstanceNumber=n)
            for n in "123"
        )
    )
    return web


def plain(answer: Any) -> Any:
    encoding = answer.headers.get("Content-Encoding")
    if encoding == "gzip":
        return json.loads(gzip.decompress(answer.data))
    if encoding == "zstd":
        return json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(answer.data))
    assert encoding is None
    return json.loads(answer.data)


@pytest.mark.parametrize("kept", [False, True], ids=["composed", "kept"])
@pytest.mark.parametrize("accepted", ENCODINGS)
def test_every_encoding_says_the_same(series: Any, kept: bool, accepted: str) -> None:
    expected = plain(series.get(SERIES + "/metadata"))
    if kept:
        assert publish.keep_series_metadata(series.archive, "archive", "1.2", "1.3")
    answer = series.get(SERIES + "/metadata", Accept_Encoding=accepted)
    assert plain(answer) == expected
    assert answer.headers.get("Content-Encoding") == ENCODINGS[accepted]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(expected) == 3


@pytest.mark.parametrize("kept", [False, True], ids=["composed", "kept"])
def test_bulk_data_uris_begin_with_the_root_that_was_called(series: Any, kept: bool) -> None:
    if kept:
        publish.keep_series_metadata(series.archive, "archive", "1.2", "1.3")
    for host, root in {
        "127.0.0.1:8000": ROOT,
        "localhost:8000": "http://localhost:8000/dicom-web",
        "127.0.0.1": ROOT,  # a client that leaves out the port
    }.items():
        [first, *_] = plain(series.get(SERIES + "/metadata", Host=host))
        assert first["7FE00010"]["BulkDataURI"].startswith(f"{root}/studies/1.2/")


@pytest.mark.parametrize("kept", [False, True], ids=["composed", "kept"])
def test_unchanged_metadata_is_304_until_something_is_added(series: Any, kept: bool) -> None:
    if kept:
        publish.keep_series_metadata(series.archive, "archive", "1.2", "1.3")
    etag = series.get(SERIES + "/metadata").headers["ETag"]
    assert series.get(SERIES + "/metadata", If_None_Match=etag).status_code == 304
    series.stored(ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3"))
    again = series.get(SERIES + "/metadata", If_None_Match=etag)
    assert (again.status_code, len(plain(again))) == (200, 4)


@pytest.mark.parametrize("kept", [False, True], ids=["composed", "kept"])
def test_the_same_tag_is_the_same_bytes(series: Any, kept: bool) -> None:
    if kept:
        publish.keep_series_metadata(series.archive, "archive", "1.2", "1.3")
    seen: dict[str, bytes] = {}
    for encoding in ("", "gzip", "zstd"):
        for host in ("127.0.0.1:8000", "localhost:8000"):
            answer = series.get(SERIES + "/metadata", Accept_Encoding=encoding, Host=host)
            assert seen.setdefault(answer.headers["ETag"], answer.data) == answer.data
    assert len(seen) == 6


def test_metadata_can_be_xml_a_part_each(series: Any) -> None:
    answer = series.get("/studies/1.2/metadata", 'multipart/related; type="application/dicom+xml"')
    assert answer.data.count(b"<NativeDicomModel") == 3


def test_metadata_of_an_instance_is_a_list_of_one(web: Any) -> None:
    [path] = web.stored(ct_image())
    assert len(plain(web.get(path + "/metadata"))) == 1


STUDY = "/studies/1.2/metadata"


@pytest.fixture
def three_series(web: Any) -> Any:
    """A study of three series, of two instances each, that came in turns."""
    for number in range(2):
        for series in ("1.3", "1.4", "1.5"):
            uids = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": series}
            web.stored(ct_image(**uids, InstanceNumber=str(number)))
    return web


def keep(web: Any, *series: str) -> None:
    for one in series:
        assert publish.keep_series_metadata(web.archive, "archive", "1.2", one)


def by_uid(documents: Any) -> Any:
    return sorted(documents, key=lambda one: one["00080018"]["Value"][0])


@pytest.mark.parametrize(
    ("accepted", "comes"),
    (ENCODINGS | {"gzip, zstd": "gzip", "gzip;q=0.5, zstd": "zstd"}).items(),
)
def test_metadata_of_a_study_are_those_of_its_series_in_a_row(
    three_series: Any, accepted: str, comes: str | None
) -> None:
    composed = plain(three_series.get(STUDY))
    keep(three_series, "1.3", "1.4", "1.5")
    answer = three_series.get(STUDY, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == comes
    kept = plain(answer)
    assert [one["0020000E"]["Value"][0] for one in kept] == [
        *("1.3", "1.3", "1.4", "1.4", "1.5", "1.5")
    ]
    assert by_uid(kept) == by_uid(composed)
    if comes != "zstd":
        assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_a_study_of_which_a_series_is_behind_is_composed_as_a_whole(three_series: Any) -> None:
    keep(three_series, "1.3", "1.4")
    assert len(plain(three_series.get(STUDY, Accept_Encoding="gzip"))) == 6
    keep(three_series, "1.5")
    three_series.stored(ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.5"))
    assert len(plain(three_series.get(STUDY, Accept_Encoding="gzip"))) == 7


def test_the_tag_of_a_study_changes_with_each_of_its_series(three_series: Any) -> None:
    keep(three_series, "1.3", "1.4", "1.5")
    etag = three_series.get(STUDY).headers["ETag"]
    assert three_series.get(STUDY, If_None_Match=etag).status_code == 304
    three_series.stored(ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.4"))
    keep(three_series, "1.4")
    again = three_series.get(STUDY, If_None_Match=etag)
    assert (again.status_code, len(plain(again))) == (200, 7)


@pytest.mark.parametrize("accepted", ["", "gzip", "zstd"])
def test_kept_metadata_name_the_root_that_was_called(three_series: Any, accepted: str) -> None:
    keep(three_series, "1.3", "1.4", "1.5")
    answer = three_series.get(STUDY, Host="localhost:8000", Accept_Encoding=accepted)
    uris = [one["7FE00010"]["BulkDataURI"] for one in plain(answer)]
    assert {uri.partition("/studies/")[0] for uri in uris} == {"http://localhost:8000/dicom-web"}
    assert len(uris) == 6


def test_an_erased_series_is_in_no_kept_metadata_of_its_study(three_series: Any) -> None:
    keep(three_series, "1.3", "1.4", "1.5")
    assert three_series.client.delete("/dicom-web/studies/1.2/series/1.4").status_code == 204
    told = plain(three_series.get(STUDY, Accept_Encoding="gzip"))
    assert {one["0020000E"]["Value"][0] for one in told} == {"1.3", "1.5"}


def test_kept_metadata_longer_than_a_piece_are_the_same_under_every_root(
    three_series: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = by_uid(plain(three_series.get(STUDY)))
    elsewhere = by_uid(plain(three_series.get(STUDY, Host="localhost:8000")))
    keep(three_series, "1.3", "1.4", "1.5")
    read = file_objects.FileObjects.stream
    for length in (1, 7, 64):
        short = partialmethod(read, chunk=length)
        monkeypatch.setattr(file_objects.FileObjects, "stream", short)
        monkeypatch.setattr(kept_metadata, "CHUNK_BYTES", 100)
        assert by_uid(plain(three_series.get(STUDY))) == composed
        assert by_uid(plain(three_series.get(STUDY, Host="localhost:8000"))) == elsewhere
        pressed = three_series.get(STUDY, Accept_Encoding="gzip")
        assert by_uid(plain(pressed)) == composed
