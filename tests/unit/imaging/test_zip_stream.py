"""Zip archives as others read them: Python's reader, a program that reads front to back."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.zip_stream import File, zip_pieces

NAMES = st.from_regex(r"[A-Z]{1,8}(/[A-Z0-9]{1,8}){0,3}", fullmatch=True)
PIECES = st.lists(st.binary(max_size=400))


@settings(deadline=None, max_examples=50)
@given(
    files=st.dictionaries(
        NAMES,
        st.tuples(st.lists(st.binary(max_size=400)), st.booleans(), st.booleans()),
        max_size=6,
    )
)
def test_what_went_in_comes_out(
    files: dict[str, tuple[list[bytes], bool, bool]],
) -> None:
    given_files = [
        File(name, pieces, sum(map(len, pieces)) if sized else None, press)
        for name, (pieces, sized, press) in files.items()
    ]
    with zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(given_files)))) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {name: b"".join(pieces) for name, (pieces, _, _) in files.items()}


def test_pixels_are_stored_and_text_is_pressed() -> None:
    pixels, text = random.Random(1).randbytes(100_000), b"metadata " * 10_000
    files = [File("A", [pixels], len(pixels)), File("B", [text], press=True)]
    with zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(files)))) as archive:
        stored, pressed = archive.infolist()
    assert len(pixels) <= stored.compress_size < len(pixels) + 100
    assert pressed.compress_size < len(text) / 50


def test_an_archive_can_be_read_front_to_back() -> None:
    """As Java's ZipInputStream does: the deflate stream itself says where a file ends."""
    data = b"".join(zip_pieces([File("A/B.dcm", [b"first"], 5), File("C", [b"second"])]))
    assert list(front_to_back(data)) == [("A/B.dcm", b"first"), ("C", b"second")]


def front_to_back(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while data[at : at + 4] == b"PK\3\4":
        flags, method = struct.unpack_from("<HH", data, at + 6)
        assert flags & 8
        assert method == zipfile.ZIP_DEFLATED, "a stored file does not tell where it ends"
        name_length, extra = struct.unpack_from("<HH", data, at + 26)
        name = data[at + 30 : at + 30 + name_length].decode()
        inflater = zlib.decompressobj(-15)
        content = inflater.decompress(data[at + 30 + name_length + extra :])
        rest = inflater.unused_data
        assert rest[:4] == b"PK\7\x08"
        at = len(data) - len(rest) + (24 if extra else 16)
        yield name, content


def test_memory_does_not_grow_with_what_is_sent() -> None:
    piece = random.Random(2).randbytes(1 << 20)

    def files() -> Iterator[File]:
        for number in range(10):
            yield File(f"F{number}", (piece for _ in range(10)), 10 << 20)

    tracemalloc.start()
    try:
        sent = sum(map(len, zip_pieces(files())))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 100 << 20
    assert peak < 8 << 20


def test_a_file_of_unknown_length_may_pass_four_gigabytes() -> None:
    head = next(zip_pieces([File("A", [b"x"])]))
    version_needed = struct.unpack_from("<H", head, 4)[0]
    assert version_needed == 45, "zip64"


def test_the_same_files_make_the_same_bytes() -> None:
    first, second = (b"".join(zip_pieces([File("A", [b"x" * 1000], 1000)])) for _ in range(2))
    assert first == second
