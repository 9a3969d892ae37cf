"""`imaging.charsets` against the standard's examples and pydicom's files."""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_charset_files
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from imaging.charsets import decode
from imaging.data_set import DataSet
from imaging.part10 import read_header

TEXT_VRS = frozenset({"SH", "LO", "ST", "LT", "PN", "UC", "UT"})
CHARSET_FILES = sorted(map(Path, get_charset_files("*.dcm")))


@pytest.mark.parametrize("path", CHARSET_FILES, ids=lambda path: path.name)
def test_text_of_the_charset_files_is_what_pydicom_reads(path: Path) -> None:
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compared = list(texts(read_header(stream).data_set, pydicom.dcmread(path, force=True)))
    assert compared
    assert [ours for ours, _ in compared] == [theirs for _, theirs in compared]


def texts(ours: DataSet, theirs: Dataset):
    for tag, element in ours.items():
        if element.items is not None:
            for inner, oracle in zip(element.items, theirs[tag].value, strict=True):
                yield from texts(inner, oracle)
        elif element.vr in TEXT_VRS and element.value:
            value = theirs[tag].value
            values = value if isinstance(value, MultiValue) else [value]
            # pydicom leaves out empty groups at the end of a name; the bytes have them.
            yield (
                [text.rstrip("=") for text in ours.texts(tag)],
                [str(text).strip(" \0").rstrip("=") for text in values],
            )


SINGLE_BYTE = [
    ("100", "A", "Äé"),
    ("101", "B", "Łż"),
    ("109", "C", "Ħ"),
    ("110", "D", "Āķ"),
    ("144", "L", "Люк"),
    ("127", "G", "قب"),
    ("126", "F", "Διο"),
    ("138", "H", "שר"),
    ("148", "M", "Şğ"),
    ("166", "T", "นาม"),
    ("203", "b", "Œ€"),
]
CODECS = {
    "100": "latin-1", "101": "iso8859-2", "109": "iso8859-3", "110": "iso8859-4",
    "144": "iso8859-5", "127": "iso8859-6", "126": "iso8859-7", "138": "iso8859-8",
    "148": "iso8859-9", "166": "tis-620", "203": "iso8859-15",
}  # fmt: skip


@pytest.mark.parametrize(("number", "final", "text"), SINGLE_BYTE)
def test_single_byte_sets_with_and_without_code_extensions(
    number: str, final: str, text: str
) -> None:
    encoded = text.encode(CODECS[number])
    assert decode(encoded, [f"ISO_IR {number}"], "LO") == text
    assert decode(encoded, [f"ISO 2022 IR {number}"], "LO") == text
    extended = b"\x1b-" + final.encode() + encoded
    assert decode(b"a" + extended, ["", f"ISO 2022 IR {number}"], "LO") == "a" + text


@pytest.mark.parametrize(
    ("charsets", "value", "text"),
    [
        # PS3.5 section H.3, examples 1 and 2
        (
            ["", "ISO 2022 IR 87"],
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            ["ISO 2022 IR 13", "ISO 2022 IR 87"],
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        # PS3.5 section I.2
        (
            ["", "ISO 2022 IR 149"],
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        # PS3.5 sections J.3, J.4 and K.2
        (["ISO_IR 192"], "Wang^XiaoDong=王^小東".encode(), "Wang^XiaoDong=王^小東"),
        (["GB18030"], "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (["GBK"], "Wang^XiaoDong=王^小东".encode("gbk"), "Wang^XiaoDong=王^小东"),
        (
            ["", "ISO 2022 IR 58"],
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
            "Zhang^XiaoDong=张^小东",
        ),
        (["", "ISO 2022 IR 159"], b"\x1b$(D\x30\x21\x1b(B", "丂"),
    ],
)
def test_the_standard_s_own_names(charsets: list[str], value: bytes, text: str) -> None:
    assert decode(value, charsets, "PN") == text


@pytest.mark.parametrize("delimiter", ["^", "=", "\\", "\t", "\n", "\f", "\r"])
def test_the_initial_set_holds_again_after_a_delimiter(delimiter: str) -> None:
    value = b"\x1b-L\xbb" + delimiter.encode() + b"\xc4"
    assert decode(value, ["ISO 2022 IR 100", "ISO 2022 IR 144"], "PN") == f"Л{delimiter}Ä"


def test_a_caret_is_no_delimiter_outside_of_names() -> None:
    assert decode(b"\x1b-L\xbb^\xbb", ["", "ISO 2022 IR 144"], "LO") == "Л^Л"


def test_half_a_character_that_looks_like_a_delimiter_is_none() -> None:
    # 芸 is 1B 24 42 7D 5D … in JIS X 0208 many second bytes are 5C or 5E.
    text = "構造"
    value = b"\x1b$B" + bytes(code & 0x7F for code in text.encode("euc_jp")) + b"\x1b(B"
    assert b"\\" in "表".encode("shift_jis")
    assert decode(value, ["", "ISO 2022 IR 87"], "PN") == text
    assert decode("表".encode("gb18030"), ["GB18030"], "LO") == "表"


@pytest.mark.parametrize(
    "term", ["ISO_IR 100", "ISO IR 100", "ISO-IR 100", "iso_ir_100", "ISO_IR100", " ISO_IR 100 "]
)
def test_misspelled_terms_are_understood(term: str) -> None:
    assert decode(b"\xc4", [term], "LO") == "Ä"


@pytest.mark.parametrize("term", ["ISO_IR 192", "UTF-8", "utf8", "ISO IR 192", "ISO 2022 IR 192"])
def test_utf_8_is_understood_however_it_is_called(term: str) -> None:
    assert decode("Zoë".encode(), [term], "LO") == "Zoë"


def test_without_a_character_set_bytes_are_latin_1() -> None:
    assert decode(b"Zo\xeb", [], "PN") == "Zoë"


def test_an_escape_sequence_that_nobody_knows_changes_nothing() -> None:
    assert decode(b"a\x1b%Gb", [], "LO") == "a%Gb"


TERMS = st.sampled_from(
    ["", "ISO_IR 13", "ISO_IR 192", "GB18030", "ISO 2022 IR 87", "ISO 2022 IR 149", "nonsense"]
)


@given(st.binary(max_size=200), st.lists(TERMS, max_size=3), st.sampled_from(sorted(TEXT_VRS)))
def test_any_bytes_become_text(value: bytes, charsets: list[str], vr: str) -> None:
    decode(value, charsets, vr).encode()


@given(st.text(max_size=100))
def test_unicode_comes_through(text: str) -> None:
    assert decode(text.encode(), ["ISO_IR 192"], "UT") == text
    assert decode(text.encode("gb18030"), ["GB18030"], "UT") == text
