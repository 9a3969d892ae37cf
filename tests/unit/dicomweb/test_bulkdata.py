"""Bulk data: every value of a resource with the BulkDataURI that leads to it."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from tests.builders import ct_data_set, ct_image, part10

OCTETS = 'multipart/related; type="application/octet-stream"'
ROOT = "http://127.0.0.1:8000/dicom-web"


def located(answer: Any) -> list[tuple[str, str, bytes]]:
    """The parts of a multipart answer: Content-Location, Content-Type and bytes."""
    assert answer.status_code == 200, answer.data[:300]
    boundary = answer.content_type.split("boundary=")[1].split(";")[0].encode()
    found = []
    for piece in answer.data.split(b"--" + boundary)[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        fields = BytesParser().parsebytes(head)
        found.append(
            (fields["Content-Location"], fields["Content-Type"], data.removesuffix(b"\r\n"))
        )
    return found


def uris(value: Any) -> list[str]:
    """Every BulkDataURI of a JSON answer."""
    if isinstance(value, dict):
        own = [value["BulkDataURI"]] if "BulkDataURI" in value else []
        return own + [uri for inner in value.values() for uri in uris(inner)]
    return [uri for inner in value for uri in uris(inner)] if isinstance(value, list) else []


def with_more_bulk(**overrides: Any) -> Dataset:
    ds = ct_data_set(**overrides)
    ds.ICCProfile = bytes(range(256)) * 20
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 16]
    item.LUTData = bytes(8192)
    ds.ModalityLUTSequence = [item]
    return ds


@pytest.fixture
def study(web: Any) -> Any:
    same = {"StudyInstanceUID": "1.2"}
    web.stored(
        part10(with_more_bulk(SeriesInstanceUID="1.3", SOPInstanceUID="1.4", **same)),
        ct_image(SeriesInstanceUID="1.3", PixelData=None, **same),
        ct_image(ExplicitVRBigEndian, SeriesInstanceUID="1.5", **same),
    )
    return web


@pytest.mark.parametrize(
    "path", ["/studies/1.2", "/studies/1.2/series/1.3", "/studies/1.2/series/1.3/instances/1.4"]
)
def test_every_value_comes_with_the_uri_that_leads_to_it(study: Any, path: str) -> None:
    answered = located(study.get(path + "/bulkdata", OCTETS))
    announced = uris(study.get(path + "/metadata").get_json(force=True))
    assert sorted(location for location, _, _ in answered) == sorted(announced)
    for location, _, data in answered:
        assert study.get(location.removeprefix(ROOT), "application/octet-stream").data == data


@pytest.mark.parametrize("path", ["/studies/1.2", "/studies/1.2/series/1.3"])
def test_pixel_data_is_the_pixels_alone(study: Any, path: str) -> None:
    answered = located(study.get(path + "/pixeldata", OCTETS))
    assert len(answered) == path.count("1.2") + (0 if "series" in path else 1)
    assert all(location.endswith("/bulkdata/7FE00010") for location, _, _ in answered)


def test_instances_asked_for_as_octets_are_their_bulk_data(study: Any) -> None:
    for path in ("/studies/1.2", "/studies/1.2/series/1.3"):
        direct, all_bulk = study.get(path, OCTETS), study.get(path + "/bulkdata", OCTETS)
        assert located(direct) == located(all_bulk)


def test_one_value_fits_a_single_part_and_several_do_not(web: Any) -> None:
    pixels = bytes(range(128))
    one, several = web.stored(ct_image(PixelData=pixels), part10(with_more_bulk()))
    single = "application/octet-stream"
    assert web.get(one + "/bulkdata", single).data == pixels
    assert web.get(one + "/pixeldata", single).data == pixels
    assert web.get(several + "/pixeldata", single).status_code == 200
    assert web.get(several + "/bulkdata", single).status_code == 406
    assert web.get(one.rpartition("/instances")[0] + "/pixeldata", single).status_code == 406


def test_all_frames_of_uncompressed_pixels_are_one_value(web: Any) -> None:
    pixels = bytes(range(48))
    eight_bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Rows": 4, "Columns": 4}
    [path] = web.stored(ct_image(NumberOfFrames=3, PixelData=pixels, **eight_bits))
    [(_, content_type, data)] = located(web.get(path + "/pixeldata", OCTETS))
    assert (content_type, data) == (
        f"application/octet-stream; transfer-syntax={ExplicitVRLittleEndian}",
        pixels,
    )


def test_compressed_frames_are_a_part_each_and_their_native_form_is_one(web: Any) -> None:
    # One RLE segment of 16 literal bytes a frame (PS3.5 annex G).
    values = [bytes([first] * 16) for first in (7, 8)]
    encoded = [
        b"\1\0\0\0\x40\0\0\0" + bytes(56) + bytes([256 - 15, value[0]]) + b"\0\0"[:0]
        for value in values
    ]
    eight_bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Rows": 4, "Columns": 4}
    [path] = web.stored(ct_image(RLELossless, frames=encoded, **eight_bits))
    uri = path + "/bulkdata/7FE00010"
    framed = located(web.get(uri, "multipart/related; type=image/dicom-rle"))
    assert [data for _, _, data in framed] == encoded
    assert {location for location, _, _ in framed} == {ROOT + uri}
    assert web.get(uri, "application/octet-stream").data == b"".join(values)
    [(_, _, data)] = located(web.get(uri, OCTETS))
    assert data == b"".join(values)
    assert web.get(uri, "image/dicom-rle").status_code == 406


def test_what_cannot_be_given_as_asked_is_left_out_of_bulk_data(web: Any) -> None:
    frame = b"\xff\xd8one!"
    ds = with_more_bulk(NumberOfFrames=1)
    image = ct_image(JPEGLSLossless, frames=[frame], StudyInstanceUID="1.2")
    web.stored(image, part10(with_more_bulk(StudyInstanceUID="1.2", PixelData=None)))
    del ds
    answered = located(web.get("/studies/1.2/bulkdata", "multipart/related; type=image/jls"))
    assert [data for _, _, data in answered] == [frame]
    assert web.get("/studies/1.2/bulkdata", "multipart/related; type=video/mp4").status_code == 406
    assert web.get("/studies/1.2/pixeldata", "multipart/related; type=video/mp4").status_code == 406


def test_where_there_is_none_it_is_404(web: Any) -> None:
    [path] = web.stored(ct_image(PixelData=None))
    for resource in ("/bulkdata", "/pixeldata"):
        assert web.get(path + resource).status_code == 404


def test_ranges_and_head_work_on_values_and_single_frames(web: Any) -> None:
    pixels = bytes(range(128))
    [path] = web.stored(ct_image(PixelData=pixels))
    for resource in ("/bulkdata/7FE00010", "/frames/1", "/pixeldata"):
        part = web.get(path + resource, "application/octet-stream", Range="bytes=10-19")
        assert (part.status_code, part.data) == (206, pixels[10:20])
        head = web.ask("HEAD", path + resource, "application/octet-stream")
        assert (head.headers["Content-Length"], head.data) == ("128", b"")
        assert head.headers["Accept-Ranges"] == "bytes"


def test_a_compressed_icon_is_not_taken_for_the_image(web: Any) -> None:
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.PixelData = b"\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\4\0\0\0ICON"
    icon["PixelData"].VR = "OB"
    icon["PixelData"].is_undefined_length = True
    ds = ct_data_set(IconImageSequence=[icon])
    image = ct_image(JPEGLSLossless, frames=[b"\xff\xd8main"], IconImageSequence=[icon])
    del ds
    [path] = web.stored(image)
    nested = [u for u in uris(web.get(path + "/metadata").get_json(force=True)) if "/0/" in u]
    for uri in nested:
        assert web.get(uri.removeprefix(ROOT), "image/jls").data == b"ICON"
    assert nested


@pytest.mark.parametrize("resource", ["/bulkdata", "/pixeldata", "/bulkdata/7FE00010"])
def test_pixels_that_their_codec_refuses_are_given_as_stored_and_say_so(
    web: Any, resource: str
) -> None:
    [path] = web.stored(ct_image(JPEGLSLossless, frames=[b"no JPEG-LS"]))
    [(_, content_type, data)] = located(web.get(path + resource, OCTETS))
    assert content_type == f"application/octet-stream; transfer-syntax={JPEGLSLossless}"
    assert data == b"no JPEG-LS"
