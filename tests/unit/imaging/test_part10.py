"""`imaging.part10` against pydicom over real files, and against crafted and damaged bytes."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import time
import tracemalloc
import warnings
import zlib

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from imaging.data_set import DataSet, Element
from imaging.errors import ImagingError, LimitExceeded, Malformed, NotDicom
from imaging.part10 import Header, Limits, open_data_set, read_header
from tests.builders import (
    bare,
    ct_data_set,
    ct_image,
    explicit,
    file_of,
    fragments,
    implicit,
    item,
    part10,
)
from tests.part10_files import RealFile, real_files

UNDEFINED = 0xFFFFFFFF
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
NATIVE_SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]

# Real files that pydicom reads in part or by force, and we refuse: each breaks off, or is not
# DICOM as PS3.10 has it. None of them could be kept whole.
REFUSED = {
    "MR_truncated.dcm": Malformed,  # its pixels end 62 bytes early
    "rtplan_truncated.dcm": Malformed,
    "DICOMDIR-nooffset": Malformed,  # an Item that is longer than the file
    "emri_small_jpeg_2k_lossless_too_short.dcm": Malformed,  # pydicom reads no element of it
    "no_meta.dcm": NotDicom,  # one element of group 0118 and nothing before it
}
# Elements that pydicom reads and we do not: (0000,0000) of the zeros that pad this file.
NOT_ELEMENTS = {("brain_001.dcm", 0x00000000)}


def read(file: bytes, **limits: int) -> Header:
    return read_header(io.BytesIO(file), Limits(**limits))


def with_elements(*elements: bytes) -> Header:
    return read(file_of(b"".join(elements)))


# --- what pydicom reads -------------------------------------------------------------------------


@pytest.mark.parametrize("file", real_files(), ids=lambda file: file.name)
def test_a_real_file_has_the_elements_that_pydicom_finds(file: RealFile) -> None:
    name = file.path.name
    if name in REFUSED:
        with pytest.raises(REFUSED[name]):
            read(file.read())
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = pydicom.dcmread(file.path, force=True)
        with file.path.open("rb") as stream:
            header = read_header(stream)
            found = list(differences(header.data_set, oracle, open_data_set(stream, header)))
            found += differences(header.file_meta, oracle.file_meta, stream)
    assert [(tag, what) for tag, what in found if (name, tag) not in NOT_ELEMENTS] == []


def differences(ours: DataSet, theirs: Dataset, stream: io.IOBase):
    for tag in sorted({*ours, *map(int, theirs._dict)}):
        if tag not in ours or tag not in theirs._dict:
            yield tag, "here" if tag in ours else "there"
        elif ours[tag].items is not None:
            items = theirs[tag].value
            if len(items) != len(ours[tag].items):
                yield tag, "number of items"
            for item_here, item_there in zip(ours[tag].items, items, strict=False):
                yield from differences(item_here, item_there, stream)
        else:
            yield from element_differences(ours[tag], theirs, stream)


def element_differences(element: Element, theirs: Dataset, stream: io.IOBase):
    raw = theirs._dict[element.tag]
    if isinstance(raw, RawDataElement):
        value = element.value
        if element.bulk is not None:
            stream.seek(element.bulk.offset)
            value = stream.read(element.bulk.length)
        # pydicom leaves the fragments' Items in the value too, so this holds for both kinds.
        if value != (raw.value or b""):
            yield element.tag, "value"
    vr = raw.VR
    if vr is None or vr == "UN":
        vr = theirs[element.tag].VR
    is_private_group_length = element.tag & 0x1FFFF == 0x10000
    # "OB or OW" is what pydicom says of fragments in an implicit file.
    if element.vr not in vr.split(" or ") and not is_private_group_length:
        yield element.tag, f"VR {element.vr} for {vr}"


@pytest.mark.parametrize("syntax", NATIVE_SYNTAXES)
@pytest.mark.parametrize("around", [{}, {"preamble": False}])
def test_every_native_encoding_is_read(syntax: str, around: dict[str, bool]) -> None:
    header = read(ct_image(syntax, Rows=4, PatientName="Doe^Zoë", **around))
    assert header.transfer_syntax_uid == syntax
    assert header.has_preamble is around.get("preamble", True)
    assert header.data_set.text(0x00100010) == "Doe^Zoë"
    assert header.data_set.integer(0x00280010) == 4
    assert header.deflated is (syntax == DeflatedExplicitVRLittleEndian)
    assert header.explicit_vr is (syntax != ImplicitVRLittleEndian)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_a_data_set_without_file_meta_tells_its_encoding(syntax: str) -> None:
    header = read(ct_image(syntax, file_meta=False))
    assert header.transfer_syntax_uid == syntax
    assert header.data_set_offset == 0
    assert header.data_set.text(0x00100020) == "PID1"


@pytest.mark.parametrize("length", [0, 4, 100_000])
def test_a_wrong_group_length_of_the_file_meta_does_no_harm(length: int) -> None:
    file = bytearray(ct_image())
    file[140:144] = struct.pack("<I", length)
    assert read(bytes(file)).data_set.text(0x00100020) == "PID1"


def test_file_meta_without_group_length_are_read() -> None:
    file = ct_image()
    assert read(file[:132] + file[144:]).data_set.text(0x00100020) == "PID1"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_file_that_declares_the_other_vr_encoding_is_read_as_it_is(syntax: str) -> None:
    other = ({ImplicitVRLittleEndian, ExplicitVRLittleEndian} - {syntax}).pop()
    header = read(file_of(bare(ct_data_set(), other), syntax))
    assert header.transfer_syntax_uid == syntax
    assert header.explicit_vr is (other == ExplicitVRLittleEndian)
    assert header.data_set.text(0x00100020) == "PID1"


@pytest.mark.parametrize("declared", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_file_that_declares_the_other_byte_order_is_read_as_it_is(declared: str) -> None:
    other = ({ExplicitVRLittleEndian, ExplicitVRBigEndian} - {declared}).pop()
    data_set = read(file_of(bare(ct_data_set(), other), declared)).data_set
    assert data_set.little_endian is (other == ExplicitVRLittleEndian)
    assert data_set.integer(0x00280010) == 8


def test_a_prefix_without_preamble_is_read() -> None:
    header = read(ct_image()[128:])
    assert not header.has_preamble
    assert header.data_set.text(0x00100020) == "PID1"


def test_pixels_are_located_in_the_inflated_data_set() -> None:
    ds = ct_data_set()
    file = part10(ds, DeflatedExplicitVRLittleEndian)
    header = read(file)
    stream = open_data_set(io.BytesIO(file), header)
    stream.seek(header.pixel_data.offset)
    assert stream.read(header.pixel_data.length) == ds.PixelData


def test_a_deflated_data_set_in_a_zlib_wrapper_is_read() -> None:
    deflated = zlib.compress(bare(ct_data_set()))
    header = read(file_of(deflated, DeflatedExplicitVRLittleEndian))
    assert header.data_set.text(0x00100020) == "PID1"


# --- sequences ----------------------------------------------------------------------------------

NAME = explicit(0x00100010, "PN", b"Doe^Jane")
AFTER = explicit(0x00400000, "UL", b"\1\0\0\0")
INNER = explicit(0x00080100, "SH", b"CODE")


@pytest.mark.parametrize("vr", ["SQ", "UN"])
@pytest.mark.parametrize(
    ("length", "value"),
    [
        (None, item(INNER) * 2),
        (UNDEFINED, item(INNER) * 2 + SEQUENCE_END),
        (None, item(INNER + ITEM_END, UNDEFINED) * 2),
        (UNDEFINED, item(INNER + ITEM_END, UNDEFINED) * 2 + SEQUENCE_END),
        (UNDEFINED, item(INNER) + item(INNER, UNDEFINED) + SEQUENCE_END),
    ],
    ids=["lengths", "sequence delimited", "items delimited", "all delimited", "item left open"],
)
def test_sequences_of_every_spelling_are_read(vr: str, length: int | None, value: bytes) -> None:
    data_set = with_elements(explicit(0x00081032, vr, value, length), NAME).data_set
    assert [inner.text(0x00080100) for inner in data_set.sequence(0x00081032)] == ["CODE"] * 2
    assert data_set.text(0x00100010) == "Doe^Jane"


@pytest.mark.parametrize("value", [b"", SEQUENCE_END])
def test_an_empty_sequence_has_no_items(value: bytes) -> None:
    length = UNDEFINED if value else 0
    element = with_elements(explicit(0x00081032, "SQ", value, length)).data_set[0x00081032]
    assert element == Element(0x00081032, "SQ", items=[])


def test_un_of_undefined_length_is_implicit_inside() -> None:
    inner = item(implicit(0x00080100, b"CODE") + ITEM_END, UNDEFINED) + SEQUENCE_END
    data_set = with_elements(explicit(0x00091001, "UN", inner, UNDEFINED), NAME).data_set
    assert data_set.sequence(0x00091001)[0].text(0x00080100) == "CODE"


def test_lengths_inside_un_may_look_like_vrs() -> None:
    like_us = int.from_bytes(b"US", "little")
    inner = implicit(0x00080100, b"CODE") + implicit(0x00104000, b"x" * like_us)
    sequence = explicit(0x00091001, "UN", item(inner) + SEQUENCE_END, UNDEFINED)
    data_set = with_elements(sequence, NAME).data_set
    assert data_set.sequence(0x00091001)[0].text(0x00104000) == "x" * like_us


def test_un_of_undefined_length_is_little_endian_inside_big_endian() -> None:
    inner = item(implicit(0x00280010, b"\5\0") + ITEM_END, UNDEFINED) + SEQUENCE_END
    head = struct.pack(">HH2sHI", 0x0009, 0x1001, b"UN", 0, UNDEFINED)
    after = struct.pack(">HH2sH", 0x0028, 0x0010, b"US", 2) + b"\0\7"
    data_set = read(file_of(head + inner + after, ExplicitVRBigEndian)).data_set
    assert data_set.sequence(0x00091001)[0].integer(0x00280010) == 5
    assert data_set.integer(0x00280010) == 7


def test_implicit_elements_in_the_middle_of_an_explicit_file_are_read() -> None:
    data_set = with_elements(INNER, implicit(0x00080060, b"CT"), NAME).data_set
    assert data_set.text(0x00080060) == "CT"
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_items_inherit_the_character_set_of_what_is_around_them() -> None:
    own = explicit(0x00080005, "CS", b"ISO_IR 144")
    sequence = explicit(0x00081032, "SQ", item(INNER) + item(own + INNER))
    outer = explicit(0x00080005, "CS", b"ISO_IR 192")
    items = with_elements(outer, sequence).data_set.sequence(0x00081032)
    assert [inner.charsets for inner in items] == [("ISO_IR 192",), ("ISO_IR 144",)]


def test_a_stray_delimiter_hides_nothing() -> None:
    data_set = with_elements(explicit(0x00080060, "CS", b"CT"), ITEM_END, SEQUENCE_END, NAME)
    assert data_set.data_set.text(0x00100010) == "Doe^Jane"


# --- oddly spelled elements ---------------------------------------------------------------------


@pytest.mark.parametrize("vr", ["XX", "ZZ", "??", "--", "  "])
def test_an_unknown_vr_with_16_bit_length_is_un(vr: str) -> None:
    data_set = with_elements(INNER, explicit(0x00091001, vr, b"\1\2\3\4"), NAME).data_set
    assert data_set[0x00091001] == Element(0x00091001, "UN", b"\1\2\3\4")
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_a_placeholder_for_a_vr_is_no_length() -> None:
    # Read as one, it would be 278,335 bytes, and the file is long enough for that.
    long = explicit(0x00104000, "UT", b"x" * 300_000)
    data_set = with_elements(INNER, explicit(0x00091001, "??", b"\1\2\3\4"), NAME, long).data_set
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_an_unknown_vr_with_32_bit_length_is_un() -> None:
    unknown = struct.pack("<HH2sHI", 0x0009, 0x1001, b"XY", 0, 4) + b"\1\2\3\4"
    data_set = with_elements(unknown, NAME).data_set
    assert data_set[0x00091001].value == b"\1\2\3\4"
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_an_empty_element_of_unknown_vr_is_empty() -> None:
    data_set = with_elements(explicit(0x00091001, "XX"), NAME).data_set
    assert data_set[0x00091001].value == b""
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_a_16_bit_length_where_32_belong_is_understood() -> None:
    wrong = struct.pack("<HH2sH", 0x0009, 0x1001, b"OB", 6) + b"\xee" * 6
    data_set = with_elements(wrong, NAME).data_set
    assert data_set[0x00091001].value == b"\xee" * 6
    assert data_set.text(0x00100010) == "Doe^Jane"


def test_an_odd_length_is_taken_as_it_is() -> None:
    data_set = with_elements(explicit(0x00080060, "CS", b"CTX"), NAME).data_set
    assert data_set.text(0x00080060) == "CTX"
    assert data_set.text(0x00100010) == "Doe^Jane"


@pytest.mark.parametrize(("signed", "vr"), [(0, "US"), (1, "SS")])
def test_pixel_representation_decides_what_implicit_vr_leaves_open(signed: int, vr: str) -> None:
    representation = implicit(0x00280103, struct.pack("<H", signed))
    inner = item(implicit(0x00280106, b"\0\0"))
    data_set = implicit(0x00081032, inner) + representation + implicit(0x00280107, b"\0\0")
    header = read(file_of(data_set, ImplicitVRLittleEndian))
    assert header.data_set[0x00280107].vr == vr
    assert header.data_set.sequence(0x00081032)[0][0x00280106].vr == vr


def test_a_private_element_of_a_known_creator_gets_its_vr() -> None:
    creator = implicit(0x70530010, b"Philips PET Private Group ")
    header = read(file_of(creator + implicit(0x70531000, b"1.5 "), ImplicitVRLittleEndian))
    assert header.data_set[0x70531000].vr == "DS"
    assert header.data_set[0x70530010].vr == "LO"


# --- what follows the pixels --------------------------------------------------------------------

PIXELS = explicit(0x7FE00010, "OW", b"\0\1" * 8)
PADDING = explicit(0xFFFCFFFC, "OB", b"\0" * 10)


def test_elements_after_pixel_data_are_read() -> None:
    header = with_elements(NAME, PIXELS, PADDING)
    assert header.pixel_data.length == 16
    assert header.data_set[0xFFFCFFFC].value == b"\0" * 10


@pytest.mark.parametrize(
    "garbage", [b"\0" * 1000, b"\xff" * 1000, b"garbage", NAME, PADDING[:14], b"\x01" * 333]
)
def test_bytes_after_pixel_data_that_are_no_elements_are_left_alone(garbage: bytes) -> None:
    header = with_elements(NAME, PIXELS, garbage)
    assert list(header.data_set) == [0x00100010, 0x7FE00010]


def test_fragments_are_walked_to_what_follows_them() -> None:
    value = fragments(b"abcd", b"SEQUENCE\xfe\xff\xdd\xe0\0\0\0\0", offsets=(0,))
    pixels = explicit(0x7FE00010, "OB", value + SEQUENCE_END, UNDEFINED)
    header = read(file_of(NAME + pixels + PADDING, JPEG2000Lossless))
    assert header.pixel_data.length is None
    assert list(header.pixel_data.fragments) == [4, 4, 16]
    assert header.data_set[0x7FE00010].bulk.length == len(value)
    assert 0xFFFCFFFC in header.data_set


def test_fragments_in_an_implicit_file_are_ob() -> None:
    pixels = implicit(0x7FE00010, fragments(b"abcd") + SEQUENCE_END, UNDEFINED)
    header = read(file_of(pixels, ImplicitVRLittleEndian))
    assert header.pixel_data.vr == header.data_set[0x7FE00010].vr == "OB"


def test_pixels_of_an_icon_are_not_the_pixels() -> None:
    icon = explicit(0x00880200, "SQ", item(PIXELS))
    header = with_elements(icon)
    assert header.pixel_data is None
    assert header.data_set.sequence(0x00880200)[0][0x7FE00010].bulk.length == 16


@pytest.mark.parametrize("tag", [0x7FE00008, 0x7FE00009])
def test_float_pixels_are_pixels(tag: int) -> None:
    header = with_elements(NAME, explicit(tag, "OF", b"\0" * 64))
    assert (header.pixel_data.tag, header.pixel_data.length) == (tag, 64)


def test_long_values_stay_in_the_file() -> None:
    long = explicit(0x00091001, "OB", b"x" * 2000)
    file = file_of(long + explicit(0x00104000, "LT", b"y" * 2000))
    header = read(file)
    bulk = header.data_set[0x00091001].bulk
    assert file[bulk.offset : bulk.offset + bulk.length] == b"x" * 2000
    assert header.data_set[0x00104000].value == b"y" * 2000


# --- hostile ------------------------------------------------------------------------------------

LYING = {
    "value past the end": explicit(0x00100010, "PN", b"Doe", 400),
    "4 GiB value": explicit(0x00091001, "OB", b"", 0xFFFFFFFE),
    "4 GiB implicit value": implicit(0x00100020, b"", 0xFFFFFFFE),
    "4 GiB sequence": explicit(0x00081032, "SQ", item(b""), 0xFFFFFFFE),
    "4 GiB item": explicit(0x00081032, "SQ", item(INNER, 0xFFFFFFFE)),
    "4 GiB pixels": explicit(0x7FE00010, "OW", b"\0\0", 0xFFFFFFFE),
    "4 GiB fragment": explicit(0x7FE00010, "OB", item(b"", 0xFFFFFFFE), UNDEFINED),
    "fragments without end": explicit(0x7FE00010, "OB", fragments(b"ab"), UNDEFINED),
    "no fragments but text": explicit(0x7FE00010, "OB", b"no items here", UNDEFINED),
    "sequence without end": explicit(0x00081032, "SQ", item(INNER), UNDEFINED),
    "sequence of text": explicit(0x00081032, "SQ", b"no items here", UNDEFINED),
    "item without end": explicit(0x00081032, "SQ", item(INNER, UNDEFINED), UNDEFINED),
    "item on its own": item(INNER),
    "half a head": b"\x10\0\x20",
    "undefined length of text": explicit(0x00100010, "UT", b"text", UNDEFINED),
}


@pytest.mark.parametrize("elements", LYING.values(), ids=LYING.keys())
@pytest.mark.parametrize("deflate", [False, True])
def test_lengths_that_lie_are_malformed(elements: bytes, deflate: bool) -> None:
    data_set = explicit(0x00080060, "CS", b"CT") + elements
    file = file_of(data_set)
    if deflate:
        squeezed = zlib.compressobj(wbits=-15)
        deflated = squeezed.compress(data_set) + squeezed.flush()
        file = file_of(deflated, DeflatedExplicitVRLittleEndian)
    with pytest.raises(Malformed):
        read(file)


@pytest.mark.parametrize("length", range(150, 900, 50))
def test_a_file_that_breaks_off_is_malformed_or_short_of_elements(length: int) -> None:
    file = ct_image()
    whole = read(file)
    try:
        header = read(file[:length])
    except Malformed:
        return
    # Only a cut between two elements goes unseen.
    assert header.pixel_data is None
    assert header.data_set == dict(list(whole.data_set.items())[: len(header.data_set)])


@pytest.mark.parametrize(
    "file",
    [b"", b"\0", b"%PDF-1.7 and so on", b"<html></html>", b"\x89PNG\r\n\x1a\n" * 9, b"\0" * 999],
)
def test_what_is_not_dicom_is_said_to_be_so(file: bytes) -> None:
    with pytest.raises(NotDicom):
        read(file)


def nested(depth: int, delimited: bool) -> bytes:
    value = INNER
    for _ in range(depth):
        if delimited:
            items = item(value + ITEM_END, UNDEFINED) + SEQUENCE_END
            value = explicit(0x00081032, "SQ", items, UNDEFINED)
        else:
            value = explicit(0x00081032, "SQ", item(value))
    return file_of(value)


@pytest.mark.parametrize("delimited", [True, False])
def test_sequences_too_deep_are_refused_and_deep_ones_are_not(delimited: bool) -> None:
    with pytest.raises(LimitExceeded):
        read(nested(1000, delimited))
    data_set = read(nested(64, delimited)).data_set
    for _ in range(64):
        data_set = data_set.sequence(0x00081032)[0]
    assert data_set.text(0x00080100) == "CODE"


@pytest.mark.parametrize(
    "endless",
    [
        INNER * 400_000,
        implicit(0x00100020) * 400_000,
        ITEM_END * 400_000,
        explicit(0x00081032, "SQ", item(b"") * 400_000),
        explicit(0x00081032, "SQ", b"") * 400_000,
        explicit(0x00091001, "UN", b"") * 400_000,
    ],
    ids=["elements", "implicit", "delimiters", "items", "sequences", "unknown"],
)
def test_elements_without_end_are_refused(endless: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read(file_of(endless))


def test_file_meta_without_end_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        read(file_of(explicit(0x00020100, "UI") * 400_000))


def test_more_header_than_allowed_is_refused() -> None:
    texts = b"".join(explicit(0x00091000 + n, "LT", b"x" * 60_000) for n in range(100))
    with pytest.raises(LimitExceeded):
        read(file_of(texts), max_header_bytes=1_000_000)


def test_more_fragments_than_allowed_are_refused() -> None:
    pixels = explicit(0x7FE00010, "OB", fragments(*[b""] * 1000) + SEQUENCE_END, UNDEFINED)
    icons = explicit(0x00880200, "SQ", item(pixels))
    assert read(file_of(icons + pixels, JPEG2000Lossless), max_fragments=2002).pixel_data
    with pytest.raises(LimitExceeded):
        read(file_of(icons + pixels, JPEG2000Lossless), max_fragments=2001)


def test_a_deflate_bomb_is_refused_without_being_held_in_memory() -> None:
    squeezed = zlib.compressobj(9, wbits=-15)
    bomb = squeezed.compress(explicit(0x00091001, "OB", b"", 0xFFFFFF00))
    for _ in range(256):
        bomb += squeezed.compress(b"\0" * (1 << 20))
    file = file_of(bomb + squeezed.flush(), DeflatedExplicitVRLittleEndian)
    tracemalloc.start()
    with pytest.raises(LimitExceeded):
        read(file, max_inflated_bytes=64 << 20)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_a_text_bomb_as_character_set_is_not_read() -> None:
    bomb = implicit(0x00080005, b"ISO\\" * (4 << 20))
    header = read(file_of(bomb + implicit(0x00100020, b"PID1"), ImplicitVRLittleEndian))
    assert header.data_set.charsets == ()
    assert header.data_set.text(0x00100020) == "PID1"


def read_or_refuse(file: bytes) -> None:
    started = time.perf_counter()
    with contextlib.suppress(ImagingError):
        read(file)
    assert time.perf_counter() - started < 2


@given(st.binary(max_size=2000))
def test_random_elements_are_read_or_refused(data_set: bytes) -> None:
    read_or_refuse(file_of(data_set))


@given(st.binary(max_size=600), st.sampled_from(NATIVE_SYNTAXES))
def test_random_bytes_behind_a_true_beginning_are_read_or_refused(tail: bytes, syntax: str) -> None:
    head = explicit(0x00080005, "CS", b"ISO_IR 192")
    read_or_refuse(file_of(head + tail, syntax))
    read_or_refuse(head + tail)


REAL_BYTES = [
    open(get_testdata_file(name), "rb").read()  # noqa: SIM115, PTH123 - read once for all examples
    for name in (
        "MR_small.dcm",
        "rtplan.dcm",
        "image_dfl.dcm",
        "MR_small_RLE.dcm",
        "ExplVR_BigEnd.dcm",
        "nested_priv_SQ.dcm",
        "reportsi.dcm",
    )
]


@settings(max_examples=300)
@given(st.sampled_from(REAL_BYTES), st.randoms(use_true_random=False))
def test_damaged_real_files_are_read_or_refused(file: bytes, chance: random.Random) -> None:
    damaged = bytearray(file[: chance.choice([len(file), chance.randrange(len(file))])])
    for _ in range(chance.randrange(1, 20)):
        if not damaged:
            break
        at = chance.randrange(min(len(damaged), chance.choice([400, 4000, len(damaged)])))
        damaged[at : at + 1] = chance.choice([b"", b"\xff", b"\0\0", chance.randbytes(4)])
    read_or_refuse(bytes(damaged))
