"""What is retrieved: whole instances, frames, bulk values and pictures."""

from __future__ import annotations

import struct
import tracemalloc
from email.parser import BytesParser
from typing import Any

import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from tests.builders import ct_data_set, ct_image, part10

AS_STORED = "application/dicom; transfer-syntax=*"
OCTETS = "multipart/related; type=application/octet-stream; transfer-syntax=*"


def parts(response: Any) -> list[tuple[str, bytes]]:
    """The parts of a multipart answer: their Content-Type as it stands there, and their bytes."""
    boundary = response.content_type.split("boundary=")[1].split(";")[0].encode()
    pieces = response.data.split(b"--" + boundary)[1:-1]
    found = []
    for piece in pieces:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((BytesParser().parsebytes(head)["Content-Type"], data.removesuffix(b"\r\n")))
    return found


@pytest.fixture
def multiframe(web: Any) -> tuple[Any, str]:
    pixels = bytes(range(3 * 16))
    file = ct_image(
        Rows=4,
        Columns=4,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        NumberOfFrames=3,
        PixelData=pixels,
    )
    [path] = web.stored(file)
    return web, path


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_a_star_gives_the_bytes_that_were_stored(web: Any, syntax: str) -> None:
    file = ct_image(syntax)
    [path] = web.stored(file)
    assert web.get(path, AS_STORED).data == file


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_the_default_is_explicit_little_endian(web: Any, syntax: str) -> None:
    [path] = web.stored(ct_image(syntax))
    answer = web.get(path, "application/dicom")
    assert answer.content_type == f"application/dicom; transfer-syntax={ExplicitVRLittleEndian}"


def test_a_series_is_a_part_an_instance(web: Any) -> None:
    files = [ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3") for _ in range(3)]
    web.stored(*files)
    answer = web.get("/studies/1.2/series/1.3")
    assert answer.content_type.startswith('multipart/related; type="application/dicom"')
    assert sorted(data for _, data in parts(answer)) == sorted(files)


def test_a_syntax_that_one_instance_cannot_be_given_in_is_406_before_anything_is_sent(
    web: Any,
) -> None:
    web.stored(
        ct_image(StudyInstanceUID="1.2"),
        ct_image(ImplicitVRLittleEndian, StudyInstanceUID="1.2"),
    )
    wanted = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.3.4'
    answer = web.get("/studies/1.2", wanted)
    assert answer.status_code == 406
    assert "available" in answer.get_json(force=True)


def test_an_instance_can_be_asked_for_in_ranges(web: Any) -> None:
    file = ct_image()
    [path] = web.stored(file)
    answer = web.get(path, AS_STORED, Range="bytes=100-199")
    assert (answer.status_code, answer.data) == (206, file[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(file)}"


def test_a_range_past_the_end_is_416(web: Any) -> None:
    [path] = web.stored(ct_image())
    answer = web.get(path, AS_STORED, Range="bytes=9999999-")
    assert answer.status_code == 416


def test_a_range_of_another_version_gives_the_whole(web: Any) -> None:
    file = ct_image()
    [path] = web.stored(file)
    answer = web.get(path, AS_STORED, Range="bytes=0-9", If_Range='"other"')
    assert (answer.status_code, len(answer.data)) == (200, len(file))


@pytest.mark.parametrize("accept", [AS_STORED, OCTETS.replace("octet-stream", "dicom")])
def test_an_unchanged_instance_is_304(web: Any, accept: str) -> None:
    [path] = web.stored(ct_image())
    etag = web.get(path, accept).headers["ETag"]
    again = web.get(path, accept, If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")


def test_each_representation_has_a_tag_of_its_own(web: Any) -> None:
    [path] = web.stored(ct_image(ImplicitVRLittleEndian))
    accepts = (AS_STORED, "application/dicom", 'multipart/related; type="application/dicom"')
    tags = {web.get(path, accept).headers["ETag"] for accept in accepts}
    assert len(tags) == 3


@pytest.mark.parametrize("accept", [AS_STORED, OCTETS.replace("octet-stream", "dicom")])
def test_the_same_request_has_the_same_answer(web: Any, accept: str) -> None:
    [path] = web.stored(ct_image())
    first, second = web.get(path, accept), web.get(path, accept)
    assert (first.data, first.content_type) == (second.data, second.content_type)


@pytest.mark.parametrize("suffix", ["", "/frames/1", "/metadata"])
def test_head_says_what_get_would(web: Any, suffix: str) -> None:
    [path] = web.stored(ct_image())
    told, given = web.ask("HEAD", path + suffix, "*/*"), web.get(path + suffix, "*/*")
    assert (told.status_code, told.data) == (200, b"")
    assert told.headers["ETag"] == given.headers["ETag"]
    assert told.headers.get("Content-Length") == given.headers.get("Content-Length")


def test_frames_are_parts_that_say_their_transfer_syntax(multiframe: tuple[Any, str]) -> None:
    web, path = multiframe
    answer = web.get(path + "/frames/2", OCTETS)
    [(content_type, data)] = parts(answer)
    assert content_type == f"application/octet-stream; transfer-syntax={ExplicitVRLittleEndian}"
    assert data == bytes(range(16, 32))
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_frames_come_in_the_order_that_was_asked(multiframe: tuple[Any, str]) -> None:
    web, path = multiframe
    answer = web.get(path + "/frames/3,1", OCTETS)
    assert [data for _, data in parts(answer)] == [bytes(range(32, 48)), bytes(range(16))]


def test_a_single_frame_may_be_the_whole_body(multiframe: tuple[Any, str]) -> None:
    web, path = multiframe
    answer = web.get(path + "/frames/1", "application/octet-stream")
    assert answer.data == bytes(range(16))


@pytest.mark.parametrize("accept", [OCTETS, "application/octet-stream"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_a_frame_is_never_held_in_memory_however_long_it_is(
    web: Any, accept: str, syntax: str
) -> None:
    frame = bytes(48 << 20)
    file = ct_image(
        syntax,
        Rows=6144,
        Columns=8192,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelData=frame,
    )
    [path] = web.stored(file)
    tracemalloc.start()
    answer = web.get(path + "/frames/1", accept)
    length = sum(map(len, answer.iter_encoded()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    answer.close()
    assert length >= len(frame)
    assert peak < len(frame) // 2


def test_several_frames_cannot_be_a_single_part(multiframe: tuple[Any, str]) -> None:
    web, path = multiframe
    assert web.get(path + "/frames/1,2", "application/octet-stream").status_code == 406


@pytest.mark.parametrize(
    ("frames", "status"), [("4", 404), ("0", 400), ("x", 400), ("1,,2", 400), ("-1", 400)]
)
def test_frames_that_are_not_there(multiframe: tuple[Any, str], frames: str, status: int) -> None:
    web, path = multiframe
    assert web.get(f"{path}/frames/{frames}").status_code == status


def test_big_endian_frames_are_turned(web: Any) -> None:
    native = struct.pack(">4H", 1, 2, 3, 4)
    ds = ct_data_set(Rows=2, Columns=2)
    ds.PixelData = native
    [path] = web.stored(part10(ds, ExplicitVRBigEndian))
    [(_, data)] = parts(web.get(path + "/frames/1", OCTETS))
    assert data in (struct.pack("<4H", 1, 2, 3, 4), native)  # the builder may have turned them
    assert data == struct.pack("<4H", 1, 2, 3, 4)


def test_frames_of_a_deflated_file_are_inflated(web: Any) -> None:
    pixels = struct.pack("<4H", 1, 2, 3, 4)
    [path] = web.stored(
        ct_image(DeflatedExplicitVRLittleEndian, Rows=2, Columns=2, PixelData=pixels)
    )
    [(_, data)] = parts(web.get(path + "/frames/1", OCTETS))
    assert data == pixels


def test_single_bits_are_moved_to_begin_a_byte(web: Any) -> None:
    # Two frames of 3 × 3 bits: 0b1_0000_0001 and 0b1_1111_1111, one after the other.
    bits = 0b1_0000_0001 | 0b1_1111_1111 << 9
    [path] = web.stored(
        ct_image(
            Rows=3,
            Columns=3,
            BitsAllocated=1,
            BitsStored=1,
            HighBit=0,
            NumberOfFrames=2,
            PixelData=bits.to_bytes(4, "little"),
        )
    )
    [(_, second)] = parts(web.get(path + "/frames/2", OCTETS))
    assert second == (0b1_1111_1111).to_bytes(2, "little")


def test_compressed_frames_come_as_stored_under_their_own_type(web: Any) -> None:
    [path] = web.stored(
        ct_image(JPEGLSLossless, frames=[b"\xff\xd8one!", b"\xff\xd8two!"], NumberOfFrames=2)
    )
    [(content_type, data)] = parts(web.get(path + "/frames/2", "multipart/related; type=image/jls"))
    assert content_type == f"image/jls; transfer-syntax={JPEGLSLossless}"
    assert data == b"\xff\xd8two!"


def test_a_frame_that_its_codec_refuses_is_given_as_stored(web: Any) -> None:
    [path] = web.stored(ct_image(JPEGLSLossless, frames=[b"\xff\xd8none"]))
    answer = web.get(path + "/frames/1", 'multipart/related; type="*/*"')
    assert parts(answer)[0][0] == f"image/jls; transfer-syntax={JPEGLSLossless}"


def test_a_fragmented_frame_is_joined(web: Any) -> None:
    value = encapsulate([b"\xff\xd8abcdefgh"], fragments_per_frame=2, has_bot=True)
    ds = ct_data_set(NumberOfFrames=1)
    ds.PixelData = value
    ds["PixelData"].is_undefined_length = True
    [path] = web.stored(part10(ds, JPEGLSLossless))
    [(_, data)] = parts(web.get(path + "/frames/1", OCTETS))
    assert data == b"\xff\xd8abcdefgh"


def test_an_instance_without_pixels_has_no_frames(web: Any) -> None:
    [path] = web.stored(ct_image(PixelData=None))
    assert web.get(path + "/frames/1").status_code == 404


def encapsulated_pdf(mime_type: str = "application/pdf") -> bytes:
    ds = ct_data_set(SOPClassUID=EncapsulatedPDFStorage)
    del ds.PixelData
    ds.MIMETypeOfEncapsulatedDocument = mime_type
    ds.EncapsulatedDocument = b"%PDF-1.7" + bytes(5000)
    return part10(ds)


def bulk_uri(web: Any, path: str, tag: str) -> str:
    [model] = web.get(path + "/metadata").get_json(force=True)
    uri = model[tag]["BulkDataURI"]
    assert uri.startswith("http://127.0.0.1:8000/dicom-web/studies/")
    return str(uri).removeprefix("http://127.0.0.1:8000/dicom-web")


OHIF_PDF = (
    'multipart/related; type="application/pdf", multipart/related; type="application/octet-stream"'
)


def test_a_document_is_bulk_data_of_its_own_type(web: Any) -> None:
    [path] = web.stored(encapsulated_pdf())
    uri = bulk_uri(web, path, "00420011")
    [(content_type, data)] = parts(web.get(uri, OHIF_PDF))
    assert (content_type, data[:5], len(data)) == ("application/pdf", b"%PDF-", 5008)
    assert web.get(uri, "application/pdf").data == data


def test_a_document_of_a_type_that_none_should_be_is_just_bytes(web: Any) -> None:
    [path] = web.stored(encapsulated_pdf("text/html"))
    answer = web.get(bulk_uri(web, path, "00420011"), "*/*; q=0.1, application/octet-stream")
    assert answer.content_type.startswith("application/octet-stream")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_bulk_value_can_be_asked_for_in_ranges(web: Any) -> None:
    [path] = web.stored(encapsulated_pdf())
    uri = bulk_uri(web, path, "00420011")
    answer = web.get(uri, "application/pdf", Range="bytes=0-3")
    assert (answer.status_code, answer.data) == (206, b"%PDF")


def test_bulk_data_that_is_not_there_is_404(web: Any) -> None:
    [path] = web.stored(ct_image())
    assert web.get(path + "/bulkdata/00420011").status_code == 404
    assert web.get(path + "/bulkdata/../../x").status_code == 404


def test_pixel_data_is_bulk_data_too(web: Any) -> None:
    pixels = bytes(range(128))
    [path] = web.stored(ct_image(PixelData=pixels))
    answer = web.get(bulk_uri(web, path, "7FE00010"), "application/octet-stream")
    assert answer.data == pixels


@pytest.mark.parametrize("suffix", ["", "/frames/1", "/metadata", "/thumbnail", "/rendered"])
def test_what_was_never_here_is_404_and_what_was_erased_410(web: Any, suffix: str) -> None:
    assert web.get("/studies/1.2.3" + suffix.replace("/frames/1", "")).status_code == 404
    [path] = web.stored(ct_image())
    assert web.ask("DELETE", path).status_code == 204
    assert web.get(path + suffix).status_code == 410


@pytest.mark.parametrize("suffix", ["", "/frames/1"])
def test_head_tells_of_a_codec_that_refuses_as_get_does(web: Any, suffix: str) -> None:
    [path] = web.stored(ct_image(JPEGLSLossless, frames=[b"\xff\xd8none"]))
    accept = 'multipart/related; type="*/*"'
    told, given = web.ask("HEAD", path + suffix, accept), web.get(path + suffix, accept)
    assert (told.status_code, told.data) == (given.status_code, b"")
    assert told.headers["ETag"] == given.headers["ETag"]
    assert told.headers.get("Content-Length") == given.headers.get("Content-Length")


def test_a_suffix_of_no_bytes_cannot_be_given(web: Any) -> None:
    [path] = web.stored(ct_image())
    answer = web.get(path, "application/dicom; transfer-syntax=*", Range="bytes=-0")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")
