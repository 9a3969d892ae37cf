"""What becomes of metadata that are sent with bulk data beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from tests import sent
from tests.builders import ct_data_set
from tests.sent import (
    Part,
    content_type,
    failures,
    json_parts,
    message,
    metadata,
    part,
    path_of,
    report,
    values,
    warnings,
    with_pixels,
    xml_parts,
)

JSON, XML = "application/dicom+json", "application/dicom+xml"
GREY = np.arange(48, dtype=np.uint8).reshape(6, 8)
COLOUR = np.arange(144, dtype=np.uint8).reshape(6, 8, 3)
AS_STORED = "application/dicom; transfer-syntax=*"
DATA = Path(__file__).parents[3] / "data"
PDF = b"%PDF-1.7\nnot much of a document\n%%EOF"

Spell = Callable[[Any], list[Part]]
BOTH = pytest.mark.parametrize(("root", "spell"), [(JSON, json_parts), (XML, xml_parts)])


def post(web: Any, root: str, parts: Iterable[Part], path: str = "/studies", **headers: str) -> Any:
    sent_headers = {"Content-Type": content_type(root), **headers}
    return web.client.post(web.root + path, data=message(parts), headers=sent_headers)


def stored(web: Any, model: dict[str, Any]) -> Dataset:
    answer = web.get(path_of(model), AS_STORED)
    assert answer.status_code == 200
    return dcmread(BytesIO(answer.data))


def sent_with(web: Any, model: dict[str, Any], *parts: Part) -> Dataset:
    answer = post(web, JSON, [*json_parts([model]), *parts])
    assert answer.status_code == 200, answer.data
    return stored(web, model)


@BOTH
def test_metadata_alone_are_an_instance(web: Any, root: str, spell: Spell) -> None:
    model = metadata(ImageComments="grüß dich")
    answer = post(web, root, spell([model]))
    assert answer.status_code == 200
    ds = stored(web, model)
    assert (ds.ImageComments, ds.SpecificCharacterSet) == ("grüß dich", "ISO_IR 192")
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


@BOTH
def test_uncompressed_pixels_come_back_as_they_were_sent(web: Any, root: str, spell: Spell) -> None:
    ds = ct_data_set()
    pixels = ds.PixelData
    del ds.PixelData
    model = with_pixels(ds.to_json_dict(), vr="OW")
    answer = post(web, root, [*spell([model]), part(pixels, "application/octet-stream", "pixels")])
    assert answer.status_code == 200
    assert stored(web, model).PixelData == pixels


def test_one_object_may_be_the_whole_body(web: Any) -> None:
    body = json.dumps([metadata()]).encode()
    answer = web.client.post("/dicom-web/studies", data=body, headers={"Content-Type": JSON})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("encode", "media_type", "syntax", "photometric"),
    [
        (imagecodecs.jpeg8_encode, "image/jpeg", "4.50", ("MONOCHROME2", "YBR_FULL_422")),
        (
            lambda a: imagecodecs.jpeg8_encode(a, lossless=True, predictor=1),
            "image/jpeg",
            "4.70",
            ("MONOCHROME2", "RGB"),
        ),
        (imagecodecs.jpegls_encode, "image/jls", "4.80", ("MONOCHROME2", "RGB")),
        (
            lambda a: imagecodecs.jpeg2k_encode(a, reversible=True, codecformat="j2k"),
            "image/jp2",
            "4.90",
            ("MONOCHROME2", "YBR_RCT"),
        ),
        (
            lambda a: imagecodecs.jpeg2k_encode(a, level=40, codecformat="jp2"),
            "image/jp2",
            "4.91",
            ("MONOCHROME2", "YBR_ICT"),
        ),
        (
            lambda a: imagecodecs.htj2k_encode(a, reversible=True),
            "image/jphc",
            "4.201",
            ("MONOCHROME2", "YBR_RCT"),
        ),
    ],
    ids=["jpeg", "lossless", "jls", "j2k", "jp2", "htj2k"],
)
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_compressed_images_are_kept_and_describe_themselves(
    web: Any,
    encode: Callable[[Any], bytes],
    media_type: str,
    syntax: str,
    photometric: tuple[str, str],
    pixels: Any,
) -> None:
    encoded = bytes(encode(pixels))
    model = with_pixels(metadata())
    ds = sent_with(web, model, part(encoded, media_type, "pixels"))
    assert ds.file_meta.TransferSyntaxUID == f"1.2.840.10008.1.2.{syntax}"
    assert (ds.Rows, ds.Columns, ds.BitsAllocated) == (6, 8, 8)
    assert (ds.BitsStored, ds.HighBit, ds.PixelRepresentation) == (8, 7, 0)
    assert ds.PhotometricInterpretation == photometric[pixels.ndim - 2]
    [frame] = generate_frames(ds.PixelData, number_of_frames=1)
    assert frame.rstrip(b"\0") in encoded
    assert frame[:2] in (b"\xff\xd8", b"\xff\x4f")


def test_what_a_compression_lost_is_said(web: Any) -> None:
    encoded = imagecodecs.jpeg8_encode(GREY)
    ds = sent_with(web, with_pixels(metadata()), part(encoded, "image/jpeg", "pixels"))
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert ds.LossyImageCompressionRatio == pytest.approx(48 / len(encoded), rel=1e-4)


def test_a_png_image_is_stored_without_loss(web: Any) -> None:
    png = sent.picture(COLOUR, "PNG")
    ds = sent_with(web, with_pixels(metadata()), part(png, "image/png", "pixels"))
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (ds.PhotometricInterpretation, ds.SamplesPerPixel) == ("RGB", 3)
    assert np.array_equal(ds.pixel_array, COLOUR)
    assert "LossyImageCompression" not in ds


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_image_of_sixteen_bits_keeps_them(web: Any, channels: int) -> None:
    pixels = (np.arange(48 * channels, dtype=np.uint16) * 1200).reshape(6, 8, channels).squeeze()
    png = imagecodecs.png_encode(pixels)
    ds = sent_with(web, with_pixels(metadata()), part(png, "image/png", "pixels"))
    assert np.array_equal(ds.pixel_array, pixels)
    assert ds.BitsStored == 16


def test_a_palette_of_greys_is_grey_where_the_metadata_say_so(web: Any) -> None:
    gif = sent.picture(GREY, "GIF")
    model = with_pixels(metadata(SamplesPerPixel=1))
    ds = sent_with(web, model, part(gif, "image/gif", "pixels"))
    assert ds.PhotometricInterpretation == "MONOCHROME2"
    assert np.array_equal(ds.pixel_array, GREY)


def test_a_moving_gif_becomes_frames(web: Any) -> None:
    frames = [np.full((6, 8), shade, np.uint8) for shade in (10, 200, 90)]
    gif = sent.moving_gif(frames, 40)
    ds = sent_with(web, with_pixels(metadata()), part(gif, "image/gif", "pixels"))
    assert (ds.NumberOfFrames, ds.FrameTime) == (3, 40)
    assert ds.pixel_array[:, 0, 0, 0].tolist() == [10, 200, 90]


def jpeg_frames(count: int) -> list[bytes]:
    return [imagecodecs.jpeg8_encode(GREY + number) for number in range(count)]


def ways_of_sending(frames: list[bytes]) -> dict[str, list[Part]]:
    return {
        "one a part": [part(frame, "image/jpeg", "pixels") for frame in frames],
        "numbered": [
            part(frame, "image/jpeg", f"pixels/frames/{number}")
            for number, frame in reversed(list(enumerate(frames, 1)))
        ],
        "in one part": [part(b"".join(frames), "image/jpeg", "pixels")],
    }


@pytest.mark.parametrize("way", ["one a part", "numbered", "in one part"])
def test_frames_are_kept_in_their_order_and_found(web: Any, way: str) -> None:
    frames = jpeg_frames(5)
    model = with_pixels(metadata(NumberOfFrames=5))
    ds = sent_with(web, model, *ways_of_sending(frames)[way])
    kept = [frame.rstrip(b"\0") for frame in generate_frames(ds.PixelData, number_of_frames=5)]
    assert kept == frames
    third = web.get(f"{path_of(model)}/frames/3", "image/jpeg; transfer-syntax=*")
    assert third.data.rstrip(b"\0") == frames[2]


def test_frames_that_nobody_counted_are_counted(web: Any) -> None:
    parts = ways_of_sending(jpeg_frames(3))["one a part"]
    assert sent_with(web, with_pixels(metadata()), *parts).NumberOfFrames == 3


@pytest.mark.parametrize(("name", "syntax"), [("ramp_h264.mp4", "102"), ("ramp_hevc.mp4", "107")])
def test_real_videos_are_kept_whole_and_described(web: Any, name: str, syntax: str) -> None:
    video = (DATA / name).read_bytes()
    ds = sent_with(web, with_pixels(metadata()), part(video, "video/mp4", "pixels"))
    assert ds.file_meta.TransferSyntaxUID == f"1.2.840.10008.1.2.4.{syntax}"
    assert (ds.Rows, ds.Columns, ds.NumberOfFrames, ds.FrameTime) == (240, 320, 30, 40)
    [kept] = generate_frames(ds.PixelData, number_of_frames=1)
    assert kept[: len(video)] == video


def test_a_video_in_fragments_needs_its_number_of_frames(web: Any) -> None:
    video = part((DATA / "ramp_h264_fragmented.mp4").read_bytes(), "video/mp4", "pixels")
    counted = with_pixels(metadata(NumberOfFrames=30))
    answer = post(web, JSON, [*json_parts([with_pixels(metadata()), counted]), video])
    [(reason, comment)] = failures(answer)
    assert (reason, "Number of Frames (0028,0008) is needed" in comment) == (0xC000, True)
    assert stored(web, counted).NumberOfFrames == 30


def test_a_video_is_kept_whole_and_described(web: Any) -> None:
    video = sent.mp4(frames=50, milliseconds=2000)
    ds = sent_with(web, with_pixels(metadata()), part(video, "video/mp4", "pixels"))
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.102"
    assert (ds.Rows, ds.Columns, ds.NumberOfFrames, ds.FrameTime) == (480, 640, 50, 40)
    assert ds.PhotometricInterpretation == "YBR_PARTIAL_420"
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_14496_10")
    [kept] = generate_frames(ds.PixelData, number_of_frames=1)
    assert kept == video


@BOTH
def test_a_document_is_kept_with_its_type_and_length(web: Any, root: str, spell: Spell) -> None:
    model = report()
    answer = post(web, root, [*spell([model]), part(PDF, "application/pdf", "report")])
    assert answer.status_code == 200
    ds = stored(web, model)
    assert ds.EncapsulatedDocument.rstrip(b"\0") == PDF
    assert (ds.MIMETypeOfEncapsulatedDocument, ds.EncapsulatedDocumentLength) == (
        "application/pdf",
        len(PDF),
    )


def test_a_document_of_another_type_than_its_class_is_stored_with_a_warning(web: Any) -> None:
    parts = [*json_parts([report()]), part(b"<ClinicalDocument/>", "text/xml", "report")]
    answer = post(web, JSON, parts)
    assert answer.status_code == 202
    assert warnings(answer)[0][0] == 0xB007


def test_file_meta_information_is_left_out_with_a_warning(web: Any) -> None:
    model = metadata() | {"00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2"]}}
    answer = post(web, JSON, json_parts([model]))
    assert (answer.status_code, warnings(answer)[0][0]) == (202, 0xB006)
    assert values(answer, "00081190")


def test_a_wrong_photometric_interpretation_is_corrected_and_remembered(web: Any) -> None:
    encoded = imagecodecs.jpeg2k_encode(COLOUR, reversible=True, codecformat="j2k")
    said = metadata(
        SamplesPerPixel=3, Rows=6, Columns=8, PhotometricInterpretation="RGB", BitsAllocated=8
    )
    model = with_pixels(said)
    answer = post(web, JSON, [*json_parts([model]), part(encoded, "image/jp2", "pixels")])
    assert answer.status_code == 202
    [(reason, note)] = warnings(answer)
    assert (reason, "(0028,0004)" in note) == (0xB000, True)
    assert values(answer, "00081199")[0]["00081190"]["Value"]
    ds = stored(web, model)
    assert ds.PhotometricInterpretation == "YBR_RCT"
    [item] = ds.OriginalAttributesSequence
    assert item.ModifiedAttributesSequence[0].PhotometricInterpretation == "RGB"
    assert (item.ModifyingSystem, item.ReasonForTheAttributeModification) == (
        "DicomTube",
        "CORRECT",
    )
    assert item.AttributeModificationDateTime


JPEG = imagecodecs.jpeg8_encode(GREY)
TWO_SIZES = [
    part(JPEG, "image/jpeg", "pixels"),
    part(imagecodecs.jpeg8_encode(GREY[:4]), "image/jpeg", "pixels"),
]
REFUSED = {
    "nothing was sent": (with_pixels(metadata()), [], 0xC000, "no part was sent"),
    "another height": (
        with_pixels(metadata(Rows=7)),
        [part(JPEG, "image/jpeg", "pixels")],
        0xA900,
        "Rows is 7, and 6",
    ),
    "too few bits": (
        with_pixels(metadata(BitsAllocated=8)),
        [part(imagecodecs.png_encode(GREY.astype(np.uint16)), "image/png", "pixels")],
        0xA900,
        "Bits Allocated is 8",
    ),
    "other frames": (
        with_pixels(metadata(NumberOfFrames=4)),
        ways_of_sending(jpeg_frames(3))["in one part"],
        0xA900,
        "Number of Frames is 4",
    ),
    "a missing frame": (
        with_pixels(metadata()),
        ways_of_sending(jpeg_frames(3))["numbered"][:2],
        0xC000,
        "not numbered",
    ),
    "frames of two sizes": (with_pixels(metadata()), TWO_SIZES, 0xA900, "differ"),
    "another syntax than it says": (
        with_pixels(metadata()),
        [part(JPEG, "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70", "pixels")],
        0xA900,
        "transfer syntax",
    ),
    "no JPEG": (
        with_pixels(metadata()),
        [part(b"GIF89a", "image/jpeg", "pixels")],
        0xC000,
        "no JPEG",
    ),
    "an empty part": (
        with_pixels(metadata()),
        [part(b"", "image/jpeg", "pixels")],
        0xC000,
        "empty",
    ),
    "a type that DICOM lacks": (
        with_pixels(metadata()),
        [part(b"RIFF", "image/webp", "pixels")],
        0xC122,
        "image/webp",
    ),
    "undescribed octets": (
        with_pixels(metadata()),
        [part(bytes(48), "application/octet-stream", "pixels")],
        0xC000,
        "Bits Allocated",
    ),
    "too few octets": (
        with_pixels(metadata(Rows=6, Columns=8, BitsAllocated=8, SamplesPerPixel=1)),
        [part(bytes(40), "application/octet-stream", "pixels")],
        0xA900,
        "40 bytes",
    ),
    "undescribed RLE": (
        with_pixels(metadata()),
        [part(b"\1\0\0\0" + bytes(62), "image/dicom-rle", "pixels")],
        0xC000,
        "Bits Allocated",
    ),
    "a png that is none": (
        with_pixels(metadata()),
        [part(b"\x89PNG", "image/png", "pixels")],
        0xC000,
        "no PNG",
    ),
    "a png bomb": (
        with_pixels(metadata()),
        [part(sent.png_bomb(60_000, 60_000), "image/png", "pixels")],
        0xA700,
        "when decoded",
    ),
    "a short png": (
        with_pixels(metadata()),
        [part(sent.picture(GREY, "PNG")[:-30], "image/png", "pixels")],
        0xC000,
        "",
    ),
    "a box past the end": (
        with_pixels(metadata()),
        [part(sent.mp4()[:-40], "video/mp4", "pixels")],
        0xC000,
        "box",
    ),
    "more frames than listed": (
        with_pixels(metadata()),
        [part(sent.mp4(frames=2_000_000_000, listed=4), "video/mp4", "pixels")],
        0xC000,
        "more frames than it lists",
    ),
    "an unknown profile": (
        with_pixels(metadata()),
        [part(sent.mp4(profile=66), "video/mp4", "pixels")],
        0xC122,
        "High Profile",
    ),
    "two videos": (
        with_pixels(metadata()),
        [part(sent.mp4(), "video/mp4", "pixels")] * 2,
        0xA900,
        "one part",
    ),
    "a document of another type": (
        report(MIMETypeOfEncapsulatedDocument="application/pdf"),
        [part(PDF, "text/xml", "report")],
        0xA900,
        "MIME Type",
    ),
    "a document that lies": (
        report(),
        [part(b"MZ", "application/pdf", "report")],
        0xC000,
        "not of its MIME type",
    ),
    "a document of another length": (
        report(EncapsulatedDocumentLength=3),
        [part(PDF, "application/pdf", "report")],
        0xA900,
        "Length is 3",
    ),
    "a lookup table as an image": (
        metadata() | {"00281201": {"vr": "OW", "BulkDataURI": "red"}},
        [part(JPEG, "image/jpeg", "red")],
        0xC122,
        "octet-stream",
    ),
    "no SOP Instance UID": (
        {tag: one for tag, one in metadata().items() if tag != "00080018"},
        [],
        0x0117,
        "SOP Instance UID",
    ),
    "a text that is a number": (
        metadata() | {"00100020": {"vr": "LO", "Value": [7]}},
        [],
        0xC000,
        "00100020",
    ),
    "too deep": (None, [], 0xA700, "nested"),
}


def nested(depth: int) -> dict[str, Any]:
    model: dict[str, Any] = {}
    for _ in range(depth):
        model = {"00081115": {"vr": "SQ", "Value": [model]}}
    return metadata() | model


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_fails_alone_and_is_said(web: Any, case: str) -> None:
    model, parts, reason, words = REFUSED[case]
    good = metadata()
    answer = post(web, JSON, [*json_parts([model or nested(80), good]), *parts])
    assert answer.status_code == 202
    [(given, comment)] = failures(answer)
    assert (hex(given), words in comment) == (hex(reason), True), comment
    assert len(values(answer, "00081199")) == 1
    assert stored(web, good).PatientID == "PID1"


def test_nothing_that_can_be_stored_is_409(web: Any) -> None:
    assert post(web, JSON, json_parts([with_pixels(metadata())])).status_code == 409


def test_instances_of_another_study_than_the_path_names_fail(web: Any) -> None:
    answer = post(web, JSON, json_parts([metadata()]), path="/studies/1.2.3")
    assert (answer.status_code, failures(answer)[0][0]) == (409, 0xA900)


@pytest.mark.parametrize("location", ["elsewhere", "../../etc/passwd", "/etc/passwd", ""])
def test_a_part_that_nobody_refers_to_is_said_and_not_stored(web: Any, location: str) -> None:
    answer = post(web, JSON, [*json_parts([metadata()]), part(b"x", "text/plain", location)])
    assert answer.status_code == 202
    assert "Content-Location" in failures(answer)[0][1]


def test_a_location_that_looks_like_a_path_is_only_a_name(web: Any) -> None:
    model = with_pixels(metadata(), uri="../../../etc/passwd")
    ds = sent_with(web, model, part(JPEG, "image/jpeg", "../../../etc/passwd"))
    assert ds.Rows == 6


def test_two_instances_may_share_a_part(web: Any) -> None:
    models = [with_pixels(metadata()), with_pixels(metadata())]
    answer = post(web, JSON, [*json_parts(models), part(JPEG, "image/jpeg", "pixels")])
    assert (answer.status_code, len(values(answer, "00081199"))) == (200, 2)


DEEP_JSON = b'[{"00081115": ' * 1000 + b"1" + b"}]" * 1000
TWICE = b'[{"00100020": {"vr": "LO"}, "00100020": {"vr": "LO"}}]'


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[1]", b"7", b"\xff\xfe", DEEP_JSON, TWICE, b"[" * 2_000_000, b'[{"a": NaN}]'],
    ids=["empty", "half", "numbers", "number", "utf16", "deep", "twice", "brackets", "nan"],
)
def test_metadata_that_are_no_json_are_400(web: Any, text: bytes) -> None:
    answer = post(web, JSON, [part(text, JSON), part(JPEG, "image/jpeg", "pixels")])
    assert answer.status_code == 400
    assert answer.get_json()["message"]


def test_bulk_data_before_the_metadata_are_400(web: Any) -> None:
    parts = [part(JPEG, "image/jpeg", "pixels"), *json_parts([with_pixels(metadata())])]
    answer = post(web, JSON, parts)
    assert answer.status_code == 400
    assert "first part" in answer.get_json()["message"]


def test_a_second_array_of_metadata_is_said(web: Any) -> None:
    answer = post(web, JSON, [*json_parts([metadata()]), *json_parts([metadata()])])
    assert (answer.status_code, "one array" in failures(answer)[0][1]) == (202, True)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<NativeDicomModel><DicomAttribute tag="00100020" vr="LO"><Value number="1">&b;</Value>
</DicomAttribute></NativeDicomModel>"""


@pytest.mark.parametrize("document", [BOMB, b"<x/>", b"", b"<a>" * 5000], ids=str)
def test_xml_that_is_no_model_fails_alone(web: Any, document: bytes) -> None:
    answer = post(web, XML, [part(document, XML), *xml_parts([metadata()])])
    assert (answer.status_code, len(failures(answer))) == (202, 1)


def test_metadata_past_their_limit_are_413(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomweb.storing.metadata.max_metadata_bytes", 1000)
    assert post(web, JSON, json_parts([metadata(ImageComments="x" * 2000)])).status_code == 413


def test_a_part_past_the_limit_of_an_instance_fails_alone(open_web: Any) -> None:
    web = open_web(max_instance_bytes="8K")
    models = [with_pixels(metadata()), metadata()]
    answer = post(web, JSON, [*json_parts(models), part(bytes(9000), "image/jpeg", "pixels")])
    assert (answer.status_code, len(values(answer, "00081199"))) == (202, 1)
    assert {reason for reason, _ in failures(answer)} == {0xA700}


def test_what_a_message_grows_to_is_bounded(open_web: Any) -> None:
    web = open_web(max_request_bytes="20K")
    models = [with_pixels(metadata()) for _ in range(6)]
    photo = sent.picture(np.zeros((50, 60, 3), np.uint8), "PNG")
    answer = post(web, JSON, [*json_parts(models), part(photo, "image/png", "pixels")])
    assert (answer.status_code, len(values(answer, "00081199"))) == (202, 2)
    assert {(reason, "together" in comment) for reason, comment in failures(answer)} == {
        (0xA700, True)
    }


def test_the_community_takes_them_into_its_quarantine(web: Any) -> None:
    web.root = "/community/dicom-web"
    answer = post(web, JSON, json_parts([metadata()]))
    [item] = values(answer, "00081199")
    assert (answer.status_code, item["00081196"]["Value"]) == (202, [0xB000])
    [url] = item["00081190"]["Value"]
    assert "/community/dicom-web/studies/2.25." in url
    assert item["00081155"]["Value"][0] not in url
    assert answer.headers["Link"].endswith('; rel="status"')


def test_a_message_that_breaks_off_is_400_and_nothing_is_stored(web: Any) -> None:
    model = metadata()
    body = message(json_parts([model]))[:-20]
    sent_headers = {"Content-Type": content_type(JSON)}
    assert (
        web.client.post(web.root + "/studies", data=body, headers=sent_headers).status_code == 400
    )
    assert web.get(path_of(model), AS_STORED).status_code == 404


def test_too_many_parts_are_400(open_web: Any) -> None:
    web = open_web(max_parts="20")
    parts = [*json_parts([metadata()]), *[part(b"x", "text/plain", "x")] * 30]
    assert post(web, JSON, parts).status_code == 400


@pytest.mark.parametrize("way", ["good", "bad", "broken"])
def test_no_spool_file_is_left(web: Any, way: str) -> None:
    model = with_pixels(metadata() if way == "good" else metadata(Rows=9))
    parts = [*json_parts([model]), part(JPEG, "image/jpeg", "pixels"), part(b"x", "", "other")]
    body = message(parts)[: -5 if way == "broken" else None]
    web.client.post(web.root + "/studies", data=body, headers={"Content-Type": content_type(JSON)})
    assert list(web.archive.settings.home.rglob("*.part")) == []


def test_the_answer_is_xml_where_that_is_asked_for(web: Any) -> None:
    answer = post(web, JSON, json_parts([metadata()]), Accept=XML)
    assert (answer.status_code, answer.mimetype) == (200, XML)


def test_the_answer_is_multipart_xml_where_that_is_asked_for(web: Any) -> None:
    answer = post(web, JSON, json_parts([metadata()]), Accept=f'multipart/related; type="{XML}"')
    assert (answer.status_code, answer.mimetype) == (200, "multipart/related")
    assert b"<NativeDicomModel" in answer.data
    assert answer.data.count(b"Content-Type: application/dicom+xml") == 1


def test_the_answer_names_what_was_created_where_that_is_one_study(web: Any) -> None:
    model = metadata()
    url = f"http://127.0.0.1:8000/dicom-web/studies/{model['0020000D']['Value'][0]}"
    answer = post(web, JSON, json_parts([model]))
    assert (answer.headers["Location"], answer.headers["Content-Location"]) == (url, url)
    assert "Location" not in post(web, JSON, json_parts([metadata(), metadata()])).headers
    assert "Location" not in post(web, JSON, json_parts([with_pixels(metadata())])).headers


def test_what_is_taken_is_said_to_who_sends_something_else(web: Any) -> None:
    answer = web.client.post("/dicom-web/studies", data=b"x", headers={"Content-Type": "image/png"})
    assert answer.status_code == 415
    assert 'multipart/related; type="application/dicom+json"' in answer.get_json()["available"]
    assert "application/dicom+xml" in answer.headers["Accept-Post"]
