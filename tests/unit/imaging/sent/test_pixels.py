"""Pixel Data from parts: their fragments, their tables, their sizes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydicom.encaps import parse_basic_offsets
from pydicom.uid import generate_uid

from imaging.errors import LimitExceeded, Mismatch, Unsupported
from imaging.frames import locate_frames
from imaging.part10 import Header, read_header
from imaging.sent import pixels as sent_pixels
from imaging.sent.assembly import assemble
from imaging.sent.attachments import Attachment
from tests.sent import mp4

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
DESCRIBED = {
    "00280002": {"vr": "US", "Value": [1]},
    "00280010": {"vr": "US", "Value": [4]},
    "00280011": {"vr": "US", "Value": [5]},
    "00280100": {"vr": "US", "Value": [8]},
    "00280101": {"vr": "US", "Value": [8]},
    "00280103": {"vr": "US", "Value": [0]},
    "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
}
PIXELS = {"7FE00010": {"vr": "OB", "BulkDataURI": "pixels"}}


def model(frames: int = 1) -> dict[str, object]:
    return {
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
        "00080018": {"vr": "UI", "Value": [generate_uid()]},
        "00280008": {"vr": "IS", "Value": [frames]},
        **DESCRIBED,
        **PIXELS,
    }


def files(folder: Path, *contents: bytes, media_type: str, syntax: str | None) -> list[Attachment]:
    made = []
    for number, data in enumerate(contents):
        path = folder / str(number)
        path.write_bytes(data)
        made.append(Attachment(path, len(data), media_type, syntax))
    return made


def assembled(folder: Path, *frames: bytes, syntax: str = DEFLATED_FRAMES) -> io.BytesIO:
    sent = files(folder, *frames, media_type="application/octet-stream", syntax=syntax)
    return io.BytesIO(b"".join(assemble(model(len(frames)), lambda _: sent).pieces))


def frames_of(stream: io.BytesIO, header: Header) -> list[bytes]:
    table = locate_frames(stream, header)
    assert table is not None
    data = stream.getvalue()
    return [
        b"".join(data[at : at + length] for at, length in table.pieces(number))
        for number in range(1, table.count + 1)
    ]


FRAMES = (b"first", b"second", b"3rd", b"")[:3]


def test_each_frame_is_a_fragment_and_the_basic_offset_table_finds_it(tmp_path: Path) -> None:
    stream = assembled(tmp_path, *FRAMES)
    header = read_header(stream)
    assert frames_of(stream, header) == [b"first\0", b"second", b"3rd\0"]
    assert header.pixel_data is not None
    at = header.pixel_data.offset
    assert parse_basic_offsets(stream.getvalue()[at:]) == [0, 14, 28]


def test_past_four_gigabytes_the_extended_offset_table_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_pixels, "max_fragment_bytes", 20)
    stream = assembled(tmp_path, *FRAMES)
    header = read_header(stream)
    assert frames_of(stream, header) == [b"first\0", b"second", b"3rd\0"]
    assert header.data_set[0x7FE00001].value == b"".join(
        offset.to_bytes(8, "little") for offset in (0, 14, 28)
    )
    # The lengths are those of the frames, without padding.
    assert header.data_set[0x7FE00002].value == b"".join(
        length.to_bytes(8, "little") for length in (5, 6, 3)
    )
    assert header.pixel_data is not None
    assert header.pixel_data.fragments is not None
    assert header.pixel_data.fragments[0] == 0


def test_a_frame_longer_than_a_fragment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_pixels, "max_fragment_bytes", 4)
    with pytest.raises(LimitExceeded):
        assembled(tmp_path, b"longer")


def test_a_long_video_is_several_fragments_of_a_syntax_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_pixels, "max_fragment_bytes", sent_pixels._CHUNK + 1023)
    video = mp4(fill=4000)
    sent = files(tmp_path, video, media_type="video/mp4", syntax=None)
    bare = {name: one for name, one in model(50).items() if name not in DESCRIBED}
    made = assemble(bare, lambda _: sent)
    assert made.transfer_syntax_uid == "1.2.840.10008.1.2.4.102.1"
    stream = io.BytesIO(b"".join(made.pieces))
    header = read_header(stream)
    assert header.pixel_data is not None
    assert header.pixel_data.fragments is not None
    assert len(header.pixel_data.fragments) > 3
    [whole] = frames_of(stream, header)
    assert whole.rstrip(b"\0") == video.rstrip(b"\0")


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.3", "nonsense"]
)
def test_octets_in_a_syntax_that_frames_cannot_have_are_refused(
    tmp_path: Path, syntax: str
) -> None:
    with pytest.raises(Unsupported):
        assembled(tmp_path, bytes(20), syntax=syntax)


def test_native_frames_may_come_one_a_part(tmp_path: Path) -> None:
    stream = assembled(tmp_path, b"a" * 20, b"b" * 20, syntax="1.2.840.10008.1.2.1")
    assert frames_of(stream, read_header(stream)) == [b"a" * 20, b"b" * 20]


def test_parts_of_two_syntaxes_are_a_mismatch(tmp_path: Path) -> None:
    one, two = files(tmp_path, b"a", b"b", media_type="application/octet-stream", syntax=None)
    other = Attachment(two.path, two.size, two.media_type, DEFLATED_FRAMES)
    with pytest.raises(Mismatch):
        assemble(model(2), lambda _: [one, other])
