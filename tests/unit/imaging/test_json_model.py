"""The DICOM JSON Model, to and fro."""

import base64
import io
import json
import math
import struct
import warnings

import orjson
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.errors import InvalidDicomError

from imaging.data_set import Bulk, DataSet, Element
from imaging.errors import ImagingError, LimitExceeded, Malformed
from imaging.json_bytes import decimal_string
from imaging.json_model import BulkReference, from_json, to_json
from imaging.limits import Limits
from imaging.part10 import read_header
from tests.part10_files import real_files


def data_set(*elements: Element, charsets: tuple[str, ...] = (), little_endian: bool = True):
    made = DataSet(little_endian, charsets)
    made.update({element.tag: element for element in elements})
    return made


def attribute(vr: str, value: bytes, **how):
    """The JSON attribute of one element; its tag does not matter."""
    return to_json(data_set(Element(0x00110010, vr, value), **how))["00110010"]


@pytest.mark.parametrize(
    ("vr", "value", "values"),
    [
        ("AE", b"  STORE SCU ", ["STORE SCU"]),
        ("AS", b"045Y", ["045Y"]),
        ("CS", b"ORIGINAL\\ PRIMARY \\AXIAL", ["ORIGINAL", "PRIMARY", "AXIAL"]),
        ("DA", b"20240229", ["20240229"]),
        ("DT", b"20240229120000.5+0100 ", ["20240229120000.5+0100"]),
        ("LO", b" two  words ", ["two  words"]),
        ("LO", b"\\second\\", [None, "second", None]),
        ("UI", b"1.2.840\x00", ["1.2.840"]),
        ("UC", b" leading counts \\ b ", [" leading counts", " b"]),
        ("LT", b" a\\b\r\n ", [" a\\b\r\n"]),
        ("ST", b"  C:\\x ", ["  C:\\x"]),
        ("UT", b"\tT\\U ", ["\tT\\U"]),
        ("UR", b"http://h/a\\b ", ["http://h/a\\b"]),
    ],
)
def test_text_loses_only_the_spaces_that_do_not_count(vr, value, values):
    assert attribute(vr, value) == {"vr": vr, "Value": values}


@pytest.mark.parametrize(
    ("vr", "value", "values"),
    [
        ("US", struct.pack("<2H", 1, 65535), [1, 65535]),
        ("SS", struct.pack("<h", -2), [-2]),
        ("UL", struct.pack("<I", 2**32 - 1), [2**32 - 1]),
        ("SL", struct.pack("<i", -(2**31)), [-(2**31)]),
        ("FD", struct.pack("<2d", 0.1, -1e300), [0.1, -1e300]),
        ("FL", struct.pack("<f", 0.5), [0.5]),
        ("SV", struct.pack("<2q", -(2**53), -(2**63)), [-(2**53), str(-(2**63))]),
        ("UV", struct.pack("<2Q", 2**53, 2**53 + 1), [2**53, str(2**53 + 1)]),
        ("AT", struct.pack("<4H", 0x0018, 0x00FF, 0x7FE0, 0x0010), ["001800FF", "7FE00010"]),
    ],
)
def test_binary_values_are_numbers_and_attribute_tags_hexadecimal(vr, value, values):
    assert attribute(vr, value) == {"vr": vr, "Value": values}


@pytest.mark.parametrize(
    ("vr", "value", "values"),
    [
        ("US", struct.pack(">H", 258), [258]),
        ("FD", struct.pack(">d", 1.5), [1.5]),
        ("AT", struct.pack(">2H", 0x0018, 0x00FF), ["001800FF"]),
    ],
)
def test_big_endian_values_are_the_same_numbers(vr, value, values):
    assert attribute(vr, value, little_endian=False)["Value"] == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1.10", 1.1),
        (b"+5 ", 5),
        (b"-.5", -0.5),
        (b"5.", 5),
        (b"1e-3", 0.001),
        (b"0.1234567890123456789", "0.1234567890123456789"),
        (b"1e999", "1e999"),
        (b"nan ", "nan"),
        (b"1_0", "1_0"),
        (b"one ", "one"),
    ],
)
def test_a_decimal_string_is_a_number_when_the_number_says_the_same(text, value):
    given = attribute("DS", text)["Value"]
    assert given == [value]
    assert isinstance(given[0], str) is isinstance(value, str)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"12", 12),
        (b"-7", -7),
        (b"9007199254740993", "9007199254740993"),
        (b"1.0 ", "1.0"),
        (b"\xb2 ", "²"),
    ],
)
def test_an_integer_string_is_a_number_when_it_is_one(text, value):
    assert attribute("IS", text)["Value"] == [value]


@pytest.mark.parametrize("vr", ["FL", "FD"])
def test_numbers_that_json_lacks_are_null(vr):
    code = {"FL": "f", "FD": "d"}[vr]
    raw = struct.pack(f"<4{code}", math.nan, math.inf, -math.inf, 1)
    assert attribute(vr, raw)["Value"] == [None, None, None, 1]


def test_a_person_name_is_given_by_its_component_groups():
    raw = "Yamada^Tarou=山田^太郎=やまだ^たろう\\==Phonetic\\".encode()
    assert attribute("PN", raw, charsets=("ISO_IR 192",))["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"},
        {"Phonetic": "Phonetic"},
        None,
    ]


@pytest.mark.parametrize("vr", ["PN", "LO", "US", "OB", "SQ", "UN", "DS"])
def test_an_empty_element_has_its_vr_only(vr):
    assert attribute(vr, b"") == {"vr": vr}


def test_a_value_of_spaces_is_an_empty_value():
    assert attribute("LO", b"    ") == {"vr": "LO"}


def test_items_are_objects_and_an_empty_item_is_an_empty_object():
    inner = data_set(Element(0x00080100, "SH", b"T-D1100 "))
    outer = data_set(Element(0x00082218, "SQ", items=[inner, data_set()]))
    assert to_json(outer) == {
        "00082218": {
            "vr": "SQ",
            "Value": [{"00080100": {"vr": "SH", "Value": ["T-D1100"]}}, {}],
        }
    }


def test_a_sequence_without_items_has_its_vr_only():
    assert to_json(data_set(Element(0x00082218, "SQ", items=[]))) == {"00082218": {"vr": "SQ"}}


@pytest.mark.parametrize("vr", ["OB", "OW", "OF", "OD", "OL", "OV", "UN"])
def test_binary_is_inline_as_base64(vr):
    raw = bytes(range(16))
    assert attribute(vr, raw) == {"vr": vr, "InlineBinary": base64.b64encode(raw).decode()}


def test_words_of_a_big_endian_data_set_are_inline_in_little_endian():
    assert base64.b64decode(attribute("OW", b"\1\2\3\4", little_endian=False)["InlineBinary"]) == (
        b"\2\1\4\3"
    )
    assert base64.b64decode(attribute("OL", b"\1\2\3\4", little_endian=False)["InlineBinary"]) == (
        b"\4\3\2\1"
    )


@pytest.mark.parametrize(("vr", "value"), [("US", b"\1\2\3"), ("AT", b"\1\2"), ("??", b"ab")])
def test_bytes_that_are_no_values_of_their_vr_are_given_as_unknown(vr, value):
    assert attribute(vr, value) == {"vr": "UN", "InlineBinary": base64.b64encode(value).decode()}


def test_group_lengths_and_file_meta_are_left_out_and_the_rest_is_in_order():
    model = to_json(
        data_set(
            Element(0x00100020, "LO", b"P1"),
            Element(0x00020010, "UI", b"1.2\0"),
            Element(0x00080000, "UL", b"\0\0\0\0"),
            Element(0x00080060, "CS", b"CT"),
        )
    )
    assert list(model) == ["00080060", "00100020"]


def test_bulk_is_named_by_its_path():
    located = Element(0x54001010, "OW", bulk=Bulk(1000, 4000))
    inner = data_set(located)
    outer = data_set(
        Element(0x54000100, "SQ", items=[data_set(), inner]),
        Element(0x7FE00010, "OW", b"\0\0"),
    )
    model = to_json(outer, lambda path, element: f"bulkdata/{path}?{element.tag}")
    item = model["54000100"]["Value"][1]
    uri = f"bulkdata/54000100/1/54001010?{0x54001010}"
    assert item["54001010"] == {"vr": "OW", "BulkDataURI": uri}
    assert model["7FE00010"]["BulkDataURI"].startswith("bulkdata/7FE00010")
    assert to_json(outer)["7FE00010"] == {"vr": "OW"}


def test_a_declared_character_set_is_given_as_utf_8_and_the_default_stays():
    latin = data_set(
        Element(0x00080005, "CS", b"ISO_IR 100"),
        Element(0x00100010, "PN", b"B\xe4r"),
        charsets=("ISO_IR 100",),
    )
    model = to_json(latin)
    assert model["00080005"]["Value"] == ["ISO_IR 192"]
    assert model["00100010"]["Value"] == [{"Alphabetic": "Bär"}]
    assert to_json(data_set(Element(0x00080005, "CS", b"ISO_IR 6")))["00080005"]["Value"] == [
        "ISO_IR 6"
    ]
    assert "00080005" not in to_json(data_set(Element(0x00100010, "PN", b"Baer")))


def test_undeclared_text_beyond_ascii_declares_utf_8():
    inner = data_set(Element(0x00081030, "LO", b"\xe4 "))
    model = to_json(data_set(Element(0x00082218, "SQ", items=[inner])))
    assert list(model) == ["00080005", "00082218"]
    assert model["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}


@given(st.binary(max_size=64), st.sampled_from(["PN", "LO", "UT", "DS", "IS", "US", "FD", "ZZ"]))
def test_whatever_the_bytes_are_the_answer_is_valid_json_in_utf_8(raw, vr):
    for charset in ("", "ISO_IR 192", "GB18030"):
        model = to_json(data_set(Element(0x00110010, vr, raw), charsets=(charset,)))
        text = orjson.dumps(model)
        assert json.loads(text.decode("utf-8")) == model


# ---- and back


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\\\0=^"), max_size=12)
LINE = TEXT.map(lambda text: text.strip(" ") or None)
VALUES = {
    "LO": LINE,
    "UC": TEXT.map(lambda text: text.rstrip(" ") or None),
    "CS": st.sampled_from(["ORIGINAL", "A_1", None]),
    "UI": st.sampled_from(["1.2.3", "2.25.1", None]),
    "DS": st.one_of(st.integers(-(10**14), 10**14), st.sampled_from([0.1, -1.5e-9, 1e22, None])),
    "IS": st.integers(-(2**31), 2**31 - 1),
    "US": st.integers(0, 2**16 - 1),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SV": st.integers(-(2**63), 2**63 - 1).map(lambda n: n if abs(n) <= 2**53 else str(n)),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "AT": st.integers(0, 2**32 - 1).map("{:08X}".format),
    "PN": st.dictionaries(
        st.sampled_from(["Alphabetic", "Ideographic", "Phonetic"]),
        TEXT.map(lambda text: text.rstrip(" ")).filter(bool),
        max_size=3,
    ).map(lambda groups: groups or None),
}
ATTRIBUTE = st.sampled_from(sorted(VALUES)).flatmap(
    lambda vr: st.lists(VALUES[vr], min_size=1, max_size=3).map(
        lambda values: {"vr": vr} if values == [None] else {"vr": vr, "Value": values}
    )
)
BINARY = st.binary(min_size=1, max_size=9).map(
    lambda raw: {
        "vr": "OB",
        "InlineBinary": base64.b64encode(raw + b"\0" * (len(raw) % 2)).decode(),
    }
)
NAMES = st.integers(0x0008_0010, 0x7FDF_FFFF).filter(lambda tag: tag & 0xFFFF).map("{:08X}".format)
MODELS = st.recursive(
    st.dictionaries(NAMES, ATTRIBUTE | BINARY, max_size=6),
    lambda models: st.dictionaries(
        NAMES,
        st.lists(models, min_size=1, max_size=3).map(lambda items: {"vr": "SQ", "Value": items}),
        max_size=3,
    ),
    max_leaves=8,
)


@given(MODELS)
def test_a_model_read_and_given_again_is_the_same(model):
    once = to_json(from_json(model))
    assert {name: value for name, value in once.items() if name != "00080005"} == dict(
        sorted(model.items())
    )
    assert to_json(from_json(once)) == once
    assert list(once) == sorted(once)


def test_text_beyond_ascii_is_written_as_utf_8_and_says_so():
    made = from_json({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Bär"}]}})
    assert made[0x00080005].value == b"ISO_IR 192"
    assert made[0x00100010].value == "Bär".encode()
    assert list(made) == [0x00080005, 0x00100010]
    assert made.charsets == ("ISO_IR 192",)


def test_another_declared_character_set_becomes_utf_8():
    made = from_json({"00080005": {"vr": "CS", "Value": ["ISO_IR 100"]}})
    assert made[0x00080005].value == b"ISO_IR 192"


def test_values_are_padded_by_the_rule_of_their_vr():
    made = from_json(
        {
            "00080016": {"vr": "UI", "Value": ["1.2"]},
            "00080060": {"vr": "CS", "Value": ["CTA"]},
            "00091010": {"vr": "OB", "InlineBinary": "AQ=="},
        }
    )
    assert [element.value for element in made.values()] == [b"1.2\0", b"CTA ", b"\1\0"]


def test_bulk_is_asked_for_by_reference():
    model = {"7FE00010": {"vr": "OW", "BulkDataURI": "http://h/x"}}
    asked = []

    def resolve(reference: BulkReference) -> Bulk:
        asked.append(reference)
        return Bulk(12, 34)

    assert from_json(model, resolve_bulk=resolve)[0x7FE00010].bulk == Bulk(12, 34)
    assert asked == [BulkReference("7FE00010", 0x7FE00010, "OW", "http://h/x")]
    assert from_json(model, resolve_bulk=lambda _: b"\1")[0x7FE00010].value == b"\1\0"
    with pytest.raises(Malformed, match="7FE00010"):
        from_json(model)


@pytest.mark.parametrize(
    "model",
    [
        [],
        {"PatientName": {"vr": "PN"}},
        {"0010001": {"vr": "PN"}},
        {"00020010": {"vr": "UI"}},
        {"00100010": "Bär"},
        {"00100010": {"Value": []}},
        {"00100010": {"vr": "XX"}},
        {"00100010": {"vr": []}},
        {"00100010": {"vr": "PN", "Value": ["Bär"]}},
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": 1}]}},
        {"00100010": {"vr": "PN", "Value": [{"Other": "x"}]}},
        {"00100010": {"vr": "PN", "Value": {}}},
        {"00100010": {"vr": "PN", "Value": [], "InlineBinary": ""}},
        {"00100010": {"vr": "PN", "extra": 1}},
        {"00100020": {"vr": "LO", "Value": [5]}},
        {"00100020": {"vr": "LO", "Value": ["\ud800"]}},
        {"00104000": {"vr": "LT", "Value": ["a", "b"]}},
        {"00280010": {"vr": "US", "Value": [65536]}},
        {"00280010": {"vr": "US", "Value": [True]}},
        {"00280010": {"vr": "US", "Value": [1.5]}},
        {"00280010": {"vr": "US", "Value": [None]}},
        {"00280010": {"vr": "US", "Value": ["one"]}},
        {"00189345": {"vr": "FL", "Value": [1e300]}},
        {"00189345": {"vr": "FD", "Value": ["1"]}},
        {"00180088": {"vr": "DS", "Value": [math.nan]}},
        {"00180088": {"vr": "DS", "Value": [True]}},
        {"00180088": {"vr": "DS", "Value": [10**400]}},
        {"00200013": {"vr": "IS", "Value": [10**5000]}},
        {"00200013": {"vr": "IS", "Value": [1.5]}},
        {"00209165": {"vr": "AT", "Value": ["0018"]}},
        {"00091010": {"vr": "OB", "Value": [1]}},
        {"00091010": {"vr": "OB", "InlineBinary": "*"}},
        {"00091010": {"vr": "OB", "InlineBinary": 1}},
        {"00091010": {"vr": "OB", "BulkDataURI": 1}},
        {"00082218": {"vr": "SQ", "Value": ["x"]}},
        {"00082218": {"vr": "SQ", "InlineBinary": ""}},
    ],
)
def test_what_is_no_model_is_refused_without_repeating_a_value(model):
    with pytest.raises(Malformed) as refusal:
        from_json(model)
    assert "Bär" not in str(refusal.value)


def test_depth_number_and_size_are_bounded():
    deep: dict = {}
    for _ in range(100):
        deep = {"00082218": {"vr": "SQ", "Value": [deep]}}
    with pytest.raises(LimitExceeded, match="deep"):
        from_json(deep)
    with pytest.raises(LimitExceeded, match="elements"):
        from_json({"00082218": {"vr": "SQ", "Value": [{}, {}, {}]}}, limits=Limits(max_elements=3))
    with pytest.raises(LimitExceeded, match="bytes"):
        from_json({"00100020": {"vr": "LO", "Value": ["12345"]}}, limits=Limits(max_header_bytes=4))


@given(st.floats(-1e300, 1e300) | st.integers(-(10**30), 10**30))
def test_a_decimal_string_is_16_characters_at_most_and_close(number):
    text = decimal_string(number)
    assert len(text) <= 16
    assert float(text) == pytest.approx(number, rel=1e-8)


@given(st.decimals(-(10**6), 10**6, places=7))
def test_a_number_that_fits_a_decimal_string_is_written_exactly(number):
    assert float(decimal_string(float(number))) == float(number)


# ---- what an outsider says


def comparable(value):
    """What both spell alike.

    pydicom has "" where F.2.5 has null, an empty Value where there is none, and keeps the spaces
    of each but the last value.
    """
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, dict):
        return {name: comparable(each) for name, each in value.items() if each != []}
    return (value.strip() or None) if isinstance(value, str) else value


def differences(ours: dict, pydicoms: dict, path: str = ""):
    for name in sorted(ours.keys() | pydicoms.keys()):
        mine, theirs = ours.get(name), pydicoms.get(name)
        # pydicom keeps group lengths and the character set that the file had, leaves out what it
        # cannot convert, and knows the group 0001 that PS3.5 section 7.8.1 does not allow.
        if name == "00080005" or name.endswith("0000") or name < "0003" or theirs is None:
            continue
        if mine is None:
            yield path + name
        elif mine["vr"] == theirs["vr"] == "SQ" and "Value" in mine:
            for number, pair in enumerate(zip(mine["Value"], theirs.get("Value", []), strict=True)):
                yield from differences(*pair, f"{path}{name}/{number}/")
        elif "BulkDataURI" not in mine and comparable(mine) != comparable(theirs):
            yield path + name


def words_turned(ours: dict, theirs: dict, name: str) -> bool:
    """Inline words are little endian in the model; pydicom leaves those of big endian files."""
    inline = [base64.b64decode(m.get(name, {}).get("InlineBinary", "")) for m in (ours, theirs)]
    turned = bytearray(len(inline[1]))
    turned[0::2], turned[1::2] = inline[1][1::2], inline[1][0::2]
    return bool(inline[0]) and inline[0] == bytes(turned)


def test_every_real_file_is_what_pydicom_makes_of_it():
    compared, wrong = 0, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in real_files():
            stream = io.BytesIO(file.read())
            try:
                header = read_header(stream)
                stream.seek(0)
                ds = pydicom.dcmread(stream, force=True)
                theirs = ds.to_json_dict(2**32, suppress_invalid_tags=True)
            except (ImagingError, InvalidDicomError):
                continue
            ours = to_json(header.data_set, lambda path, _: path)
            found = [
                name
                for name in differences(ours, json.loads(json.dumps(theirs)))
                if not words_turned(ours, theirs, name)
            ]
            if found:
                wrong[file.name] = found
            assert list(ours) == sorted(ours)
            again = to_json(
                from_json(ours, resolve_bulk=lambda reference: Bulk(0, 1)), lambda path, _: path
            )
            assert to_json(from_json(again, resolve_bulk=lambda _: Bulk(0, 1)), lambda p, _: p) == (
                again
            )
            compared += 1
    assert not wrong
    assert compared > 100
