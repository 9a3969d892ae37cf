"""`imaging.uids`: the table of transfer syntaxes against pydicom's, and what a UID looks like."""

from __future__ import annotations

import pytest
from pydicom.uid import UID, AllTransferSyntaxes, UID_dictionary

from imaging.uids import TRANSFER_SYNTAXES, is_uid, transfer_syntax

# PS3.6 calls these transfer syntaxes, yet no file is ever written in them: they name streams of
# SMPTE ST 2110, and what was retired before anyone used it.
NOT_OF_FILES = {
    "1.2.840.10008.1.2.7.1",
    "1.2.840.10008.1.2.7.2",
    "1.2.840.10008.1.2.7.3",
}
# JPEG XL and Deflated Image Frame Compression.
NEWER_THAN_PYDICOM = {
    "1.2.840.10008.1.2.4.110",
    "1.2.840.10008.1.2.4.111",
    "1.2.840.10008.1.2.4.112",
    "1.2.840.10008.1.2.8.1",
}


@pytest.mark.parametrize("uid", [uid for uid in AllTransferSyntaxes if uid not in NOT_OF_FILES])
def test_every_current_transfer_syntax_has_a_row(uid: UID) -> None:
    row = TRANSFER_SYNTAXES[uid]
    assert row.little_endian is uid.is_little_endian
    assert row.explicit_vr is not uid.is_implicit_VR
    # pydicom takes the pixels that a JPIP server holds for fragments.
    if "JPIP" not in row.name:
        assert row.deflated is uid.is_deflated
        assert row.encapsulated is uid.is_encapsulated


def test_no_row_is_of_something_else() -> None:
    # Libraries may teach pydicom the newer ones, so only the others are looked up.
    others = TRANSFER_SYNTAXES.keys() - NEWER_THAN_PYDICOM
    assert len(others) == len(TRANSFER_SYNTAXES) - len(NEWER_THAN_PYDICOM)
    assert {UID_dictionary[uid][1] for uid in others} == {"Transfer Syntax"}


@pytest.mark.parametrize(
    ("uid", "media_type"),
    [
        ("1.2.840.10008.1.2.4.50", "image/jpeg"),
        ("1.2.840.10008.1.2.4.80", "image/jls"),
        ("1.2.840.10008.1.2.4.90", "image/jp2"),
        ("1.2.840.10008.1.2.4.92", "image/jpx"),
        ("1.2.840.10008.1.2.4.201", "image/jphc"),
        ("1.2.840.10008.1.2.4.110", "image/jxl"),
        ("1.2.840.10008.1.2.5", "image/dicom-rle"),
        ("1.2.840.10008.1.2.4.102", "video/mp4"),
        ("1.2.840.10008.1.2.1", "application/octet-stream"),
    ],
)
def test_frames_have_the_media_type_of_ps3_18(uid: str, media_type: str) -> None:
    assert transfer_syntax(uid).media_type == media_type


def test_an_unknown_transfer_syntax_is_explicit_around_fragments() -> None:
    row = transfer_syntax("1.2.3.4")
    assert row.uid == "1.2.3.4"
    assert (row.explicit_vr, row.little_endian, row.encapsulated) == (True, True, True)
    assert row.lossless is False


@pytest.mark.parametrize("text", ["1", "1.2.840.10008.1.2", "2.25." + "9" * 39, "1.02.3", "0.0"])
def test_a_uid_is_digits_between_dots(text: str) -> None:
    assert is_uid(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "1.", ".1", "1..2", " 1", "1.2\n", "1.2\0", "1.2\r\nX: y"),
        *("../1", "1/2", "1'--", "١.٢", "1." * 32 + "1"),
    ],
)
def test_what_could_escape_a_path_or_a_query_is_no_uid(text: str) -> None:
    assert not is_uid(text)
