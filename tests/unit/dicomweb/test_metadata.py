"""Metadata: kept or composed, in every encoding, and the same each time."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import zstandard

from archive import publish
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


def test_the_same_tag_is_the_same_bytes(series: Any) -> None:
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
