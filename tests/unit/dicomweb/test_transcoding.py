"""Instances and frames in transfer syntaxes that they are not stored in, over the door."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO

from dicomweb.decoders import Decoder
from imaging.errors import CodecsBusy
from imaging.targets import TARGETS
from tests.builders import ct_data_set, ct_image, part10

ONE = "application/dicom; transfer-syntax={}"
LOSSLESS = [str(row.uid) for row in TARGETS if not row.lossy and not row.from_syntax]
BEYOND_PYDICOM = frozenset(f"1.2.840.10008.1.2.{x}" for x in ("8.1", "4.110", "1.98"))
OWN_TYPES = {
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/jxl": "1.2.840.10008.1.2.4.110",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
}


def read(data: bytes) -> Any:
    return dcmread(DicomBytesIO(data))


@pytest.mark.parametrize("uid", LOSSLESS)
def test_an_instance_comes_in_any_lossless_syntax_with_the_same_pixels(web: Any, uid: str) -> None:
    file = ct_image()
    [path] = web.stored(file)
    answer = web.get(path, ONE.format(uid))
    assert answer.status_code == 200, answer.data[:300]
    assert answer.content_type == ONE.format(uid)
    ds = read(answer.data)
    assert ds.file_meta.TransferSyntaxUID == uid
    assert read(file).SOPInstanceUID == ds.SOPInstanceUID
    if uid not in BEYOND_PYDICOM:
        assert np.array_equal(ds.pixel_array, read(file).pixel_array)


@pytest.mark.parametrize(("media_type", "uid"), OWN_TYPES.items())
def test_frames_come_in_the_default_syntax_of_each_media_type(
    web: Any, media_type: str, uid: str
) -> None:
    [path] = web.stored(ct_image(NumberOfFrames=2))
    single = web.get(path + "/frames/2", media_type)
    assert single.content_type == f"{media_type}; transfer-syntax={uid}"
    several = web.get(path + "/frames/1,2", f'multipart/related; type="{media_type}"')
    assert several.content_type.startswith(f'multipart/related; type="{media_type}"')
    assert single.data in several.data
    octets = web.get(path + "/frames/2", "application/octet-stream").data
    if uid in BEYOND_PYDICOM:
        assert imagecodecs.jpegxl_decode(single.data).astype("<u2").tobytes() == octets
    else:
        assert read(ct_image(uid, frames=[single.data])).pixel_array.tobytes() == octets


def test_a_study_comes_in_one_syntax_but_for_what_has_no_pixels(web: Any) -> None:
    web.stored(
        ct_image(StudyInstanceUID="1.2"),
        ct_image("1.2.840.10008.1.2", StudyInstanceUID="1.2"),
        ct_image(StudyInstanceUID="1.2", PixelData=None),
    )
    wanted = OWN_TYPES["image/jls"]
    answer = web.get(
        "/studies/1.2", f'multipart/related; type="application/dicom"; transfer-syntax={wanted}'
    )
    boundary = answer.content_type.split("boundary=")[1].encode()
    seen = []
    for part in answer.data.split(b"--" + boundary)[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        ds = read(data.removesuffix(b"\r\n"))
        said = BytesParser().parsebytes(head)["Content-Type"].partition("transfer-syntax=")[2]
        assert said == ds.file_meta.TransferSyntaxUID
        seen.append((said, "PixelData" in ds))
    assert sorted(seen) == [("1.2.840.10008.1.2.1", False), (wanted, True), (wanted, True)]


def test_one_image_of_a_study_that_cannot_be_encoded_is_406_before_anything_is_sent(
    web: Any,
) -> None:
    floats = ct_data_set(StudyInstanceUID="1.2", BitsAllocated=32, PixelData=None)
    floats.FloatPixelData = bytes(4 * 64)
    web.stored(ct_image(StudyInstanceUID="1.2"), part10(floats))
    wanted = OWN_TYPES["image/jls"]
    answer = web.get(
        "/studies/1.2", f'multipart/related; type="application/dicom"; transfer-syntax={wanted}'
    )
    assert answer.status_code == 406


def test_a_lossy_syntax_is_given_by_name_and_says_what_was_lost(web: Any) -> None:
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    [path] = web.stored(ct_image(**eight))
    baseline = "1.2.840.10008.1.2.4.50"
    answer = web.get(path, ONE.format(baseline))
    ds = read(answer.data)
    assert (ds.file_meta.TransferSyntaxUID, ds.LossyImageCompression) == (baseline, "01")
    frame = web.get(path + "/frames/1", f"image/jpeg; transfer-syntax={baseline}")
    assert frame.data[:2] == b"\xff\xd8"
    assert web.get(path + "/frames/1", "image/jpeg").content_type.endswith("4.70")


def test_an_object_without_pixels_comes_explicit_or_deflated_and_in_nothing_else(web: Any) -> None:
    [path] = web.stored(ct_image("1.2.840.10008.1.2", PixelData=None))
    deflated = "1.2.840.10008.1.2.1.99"
    assert read(web.get(path, ONE.format(deflated)).data).file_meta.TransferSyntaxUID == deflated
    assert web.get(path, ONE.format(OWN_TYPES["image/jls"])).status_code == 406


def test_native_frames_have_the_chroma_that_the_metadata_say(web: Any) -> None:
    colour = {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PlanarConfiguration": 0,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
    }
    [path] = web.stored(ct_image(**colour))
    baseline = "1.2.840.10008.1.2.4.50"
    file = web.get(path, ONE.format(baseline)).data
    ds = read(file)
    assert ds.PhotometricInterpretation == "YBR_FULL_422"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.9"
    [lossy] = web.stored(part10(ds, baseline))
    frame = web.get(lossy + "/frames/1", "application/octet-stream")
    assert len(frame.data) == 8 * 8 * 2


def test_when_no_codec_is_free_the_client_is_told_to_come_again(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise CodecsBusy("all codec processes are busy")

    [path] = web.stored(ct_image())
    monkeypatch.setattr(Decoder, "transcode", busy)
    for resource, accept in (("", ONE.format(OWN_TYPES["image/jls"])), ("/frames/1", "image/jls")):
        answer = web.get(path + resource, accept)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
