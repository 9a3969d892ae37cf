"""A video loses what is no picture, and no sample, byte or offset changes place."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.deidentify.video import buffers
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.streams import bare_video, bared_video
from imaging.errors import ImagingError, Malformed
from tests.videos import SAID, box, packet, pes, syntax_of, videos, with_user_data

ELEMENTARY = ("h264", "hevc", "mpeg2")
NAME = b"Plantagenet, Eleanor; PID-4711"


def bare(name: str, stream: bytes | None = None) -> bytes:
    given = videos()[name] if stream is None else stream
    pieces = (given[at : at + 100] for at in range(0, len(given), 100))
    with bared_video(syntax_of(name), pieces, len(given)) as made:
        return bytes(made)


def frames(stream: bytes, folder: Path) -> list[bytes]:
    """What FFmpeg decodes, in OpenCV."""
    path = folder / "video.bin"
    path.write_bytes(stream)
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(read[1].tobytes())
    return found


@pytest.mark.parametrize("name", videos())
def test_every_sample_stays_and_nothing_of_programs_and_titles(name: str, tmp_path: Path) -> None:
    before = videos()[name]
    after = bare(name)
    assert len(after) == len(before)
    assert [word for word in SAID if word in after] == []
    assert frames(after, tmp_path) == frames(before, tmp_path)
    assert len(frames(after, tmp_path)) == 4


@pytest.mark.parametrize("name", videos())
def test_a_clean_video_stays_as_it_is(name: str) -> None:
    assert bare(name, bare(name)) == bare(name)


@pytest.mark.parametrize("name", ELEMENTARY)
@pytest.mark.parametrize("size", [1, 236, 237, 238, 239, 240, 300, 491, 492, 493, 494, 495, 900])
def test_messages_of_any_length_are_filled(name: str, size: int, tmp_path: Path) -> None:
    text = (NAME * 40)[:size]
    stream = with_user_data(name, text)
    after = bare(name, stream)
    assert len(after) == len(stream)
    assert text[:12] not in after or size == 1
    assert frames(after, tmp_path) == frames(videos()[name], tmp_path)


@pytest.mark.parametrize("name", ["h264_mp4_audio", "hevc_mp4"])
def test_of_an_mp4_file_only_the_pictures_of_the_video_stay(name: str, tmp_path: Path) -> None:
    stream = videos()[name] + box(b"udta", NAME) + box(b"uuid", NAME) + box(b"mdat", NAME) + b"PID"
    after = bare(name, stream)
    assert b"PID" not in after
    assert b"soun" not in after
    assert b"mp4a" not in after
    assert frames(after, tmp_path) == frames(videos()[name], tmp_path)


@pytest.mark.parametrize("name", ["h264_ts_audio", "mpeg2_ts"])
def test_of_a_transport_stream_only_tables_and_video_stay(name: str, tmp_path: Path) -> None:
    stream = videos()[name] + packet(0x11, NAME) + packet(0x1234, NAME) + NAME
    after = bare(name, stream)
    assert NAME not in after
    assert frames(after, tmp_path) == frames(videos()[name], tmp_path)
    assert after.count(b"\x47\x1f\xff\x10") >= 2


def test_packets_with_times_of_arrival_are_followed(tmp_path: Path) -> None:
    plain = videos()["h264_ts_audio"]
    timed = b"".join(b"\0\0\0\1" + plain[at : at + 188] for at in range(0, len(plain), 188))
    after = bare("h264", timed)
    assert b"FFmpeg" not in after
    assert frames(after, tmp_path) == frames(plain, tmp_path)


def test_private_bytes_of_heads_become_stuffing() -> None:
    stream = bytearray(videos()["h264_ts_audio"])
    whole = bytes(stream)
    at = next(i for i in range(0, len(whole), 188) if whole[i + 3] & 0x20 and whole[i + 4] > 60)
    flags = stream[at + 5]
    begin = at + 6 + (6 if flags & 0x10 else 0)
    stream[at + 5] |= 0x02
    stream[begin] = len(NAME)
    stream[begin + 1 : begin + 1 + len(NAME)] = NAME
    assert NAME not in bare("h264", bytes(stream))


@pytest.mark.parametrize("name", ["mpeg2_ps", "mpeg2_vob"])
@pytest.mark.parametrize("code", [0xBC, 0xBD, 0xBE, 0xBF, 0xC0, 0xF0])
def test_of_a_program_stream_only_the_video_stays(name: str, code: int, tmp_path: Path) -> None:
    stream = videos()[name].removesuffix(b"\0\0\1\xb9")
    after = bare(name, stream + pes(code, NAME) + b"\0\0\1\xb9" + NAME)
    assert NAME not in after
    assert frames(after, tmp_path) == frames(stream, tmp_path)


def test_bytes_before_and_behind_a_stream_go() -> None:
    for name in ELEMENTARY:
        assert NAME not in bare(name, NAME + videos()[name])
    assert NAME not in bare("mpeg2", videos()["mpeg2"] + b"\0\0\1\xb7" + NAME)


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("h264", b"no video at all"),
        ("h264", b""),
        ("h264", box(b"ftyp", b"isom") + box(b"moof", b"")),
        ("h264", box(b"ftyp", b"isom") + box(b"moov", b"")),
        ("h264", packet(0x11, NAME) * 3),
        ("mpeg2", b"\0\0\1\xba" + NAME),
    ],
)
def test_what_cannot_be_followed_is_refused(name: str, stream: bytes) -> None:
    with pytest.raises(Unfollowed):
        bare(name, stream)


def test_a_syntax_that_is_not_known_is_refused() -> None:
    with pytest.raises(Unfollowed):
        bare_video(bytearray(videos()["h264"]), "1.2.840.10008.1.2.7.1")


@pytest.mark.parametrize("name", videos())
def test_a_long_stream_is_changed_in_a_file_without_a_name(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = bare(name)
    monkeypatch.setattr(buffers, "max_bytes_in_memory", 100)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert bare(name) == expected
    assert list(tmp_path.iterdir()) == []


def test_hostile_tables_take_no_time_nor_room() -> None:
    stream = bytearray(videos()["h264_mp4_audio"])
    sizes = stream.index(b"stsz") + 8
    for at, value in ((0, 1), (4, 0x7FFFFFFF)):
        stream[sizes + at : sizes + at + 4] = value.to_bytes(4, "big")
    with pytest.raises(Malformed):
        bare("h264", bytes(stream))
    nested = box(b"moov", b"")
    for _ in range(40):
        nested = box(b"moov", nested)
    with pytest.raises(Malformed):
        bare("h264", box(b"ftyp", b"isom") + nested)


def test_a_message_of_a_megabyte_is_filled_at_once() -> None:
    text = NAME * 40_000
    after = bare("h264", with_user_data("h264", text))
    assert NAME not in after
    assert len(after) == len(with_user_data("h264", text))


@pytest.mark.parametrize("name", videos())
@given(data=st.data())
def test_damage_is_refused_or_changes_no_length(name: str, data: st.DataObject) -> None:
    stream = bytearray(videos()[name])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(stream) - 1))
        stream[at] = data.draw(st.integers(0, 255))
    del stream[data.draw(st.integers(1, len(stream))) :]
    with suppress(ImagingError):
        assert len(bare(name, bytes(stream))) == len(stream)
