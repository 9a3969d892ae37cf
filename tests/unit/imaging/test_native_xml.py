"""The Native DICOM Model, to and fro."""

from xml.etree import ElementTree

import pytest
from hypothesis import given

from imaging.errors import LimitExceeded, Malformed
from imaging.json_model import from_json, to_json
from imaging.limits import Limits
from imaging.native_xml import from_xml, to_xml
from tests.unit.imaging.test_json_model import MODELS

SPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


def written(model):
    return ElementTree.fromstring(to_xml(model))


def document(body: str) -> bytes:
    return f'<NativeDicomModel xmlns="{SPACE[1:-1]}">{body}</NativeDicomModel>'.encode()


def test_an_attribute_has_tag_vr_keyword_and_numbered_values():
    root = written({"00080008": {"vr": "CS", "Value": ["ORIGINAL", None, "AXIAL"]}})
    assert root.tag == SPACE + "NativeDicomModel"
    assert root.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
    (attribute,) = root
    assert attribute.attrib == {"tag": "00080008", "vr": "CS", "keyword": "ImageType"}
    assert [(v.tag, v.get("number"), v.text) for v in attribute] == [
        (SPACE + "Value", "1", "ORIGINAL"),
        (SPACE + "Value", "2", None),
        (SPACE + "Value", "3", "AXIAL"),
    ]


def test_a_person_name_is_split_into_its_components():
    model = {
        "00100010": {
            "vr": "PN",
            "Value": [{"Alphabetic": "Doe^Jane^^Dr.^PhD^more", "Ideographic": "山田"}],
        }
    }
    (name,) = written(model)[0]
    assert (name.tag, name.get("number")) == (SPACE + "PersonName", "1")
    assert [(part.tag.removeprefix(SPACE), [c.text for c in part]) for part in name] == [
        ("Alphabetic", ["Doe", "Jane", "Dr.", "PhD^more"]),
        ("Ideographic", ["山田"]),
    ]
    assert [c.tag.removeprefix(SPACE) for c in name[0]] == [
        "FamilyName",
        "GivenName",
        "NamePrefix",
        "NameSuffix",
    ]
    assert from_xml(to_xml(model)) == model


def test_items_are_numbered_and_may_be_empty():
    model = {
        "00082218": {"vr": "SQ", "Value": [{}, {"00080100": {"vr": "SH", "Value": ["T-1"]}}]},
        "00082229": {"vr": "SQ"},
    }
    assert [item.get("number") for item in written(model)[0]] == ["1", "2"]
    assert from_xml(to_xml(model)) == model


def test_binary_is_inline_or_named_by_uri():
    model = {
        "00091010": {"vr": "OB", "InlineBinary": "AQI="},
        "7FE00010": {"vr": "OW", "BulkDataURI": "http://h/a?b&c"},
    }
    root = written(model)
    assert root[0][0].text == "AQI="
    assert root[1][0].attrib == {"uri": "http://h/a?b&c"}
    assert from_xml(to_xml(model)) == model


def test_a_private_element_is_named_by_its_creator_and_not_by_its_block():
    model = {
        "00090011": {"vr": "LO", "Value": ["ACME"]},
        "00091101": {"vr": "SH", "Value": ["x"]},
    }
    (attribute,) = written(model)
    assert attribute.attrib == {"tag": "00090001", "vr": "SH", "privateCreator": "ACME"}
    assert from_xml(to_xml(model)) == {
        "00090010": {"vr": "LO", "Value": ["ACME"]},
        "00091001": {"vr": "SH", "Value": ["x"]},
    }


def test_two_blocks_of_one_creator_and_blocks_without_creator_keep_their_tags():
    model = {
        "00090010": {"vr": "LO", "Value": ["ACME"]},
        "00090011": {"vr": "LO", "Value": ["ACME"]},
        "00090012": {"vr": "LO", "Value": ["UNUSED"]},
        "00091001": {"vr": "SH", "Value": ["x"]},
        "00091101": {"vr": "SH", "Value": ["y"]},
        "00091501": {"vr": "SH", "Value": ["z"]},
    }
    read = from_xml(to_xml(model))
    assert sorted(v["Value"][0] for v in read.values()) == [
        "ACME",
        "ACME",
        "UNUSED",
        "x",
        "y",
        "z",
    ]
    assert read["00091101"] == model["00091101"]
    assert read["00091501"] == model["00091501"]


def test_characters_that_xml_lacks_are_replaced_and_line_ends_are_kept():
    model = {"00104000": {"vr": "LT", "Value": [" a\r\n\tb\x00\x0b\ufffe<&>"]}}
    assert from_xml(to_xml(model))["00104000"]["Value"] == [" a\r\n\tb\ufffd\ufffd\ufffd<&>"]


def test_a_float_that_is_no_number_has_the_spelling_of_xml_schema():
    model = {"00189073": {"vr": "FD", "Value": [None, 1.5]}}
    assert [value.text for value in written(model)[0]] == ["NaN", "1.5"]
    assert from_xml(to_xml(model)) == model


def test_a_value_that_is_left_out_is_an_empty_one():
    body = '<DicomAttribute tag="00080008" vr="CS"><Value number="3">X</Value></DicomAttribute>'
    assert from_xml(document(body))["00080008"]["Value"] == [None, None, "X"]


def test_a_missing_vr_comes_from_the_dictionary():
    body = '<DicomAttribute tag="00280010"><Value number="1">512</Value></DicomAttribute>'
    assert from_xml(document(body)) == {"00280010": {"vr": "US", "Value": [512]}}


def without_lost_spelling(model):
    """The model as the XML can say it: no control characters, no trailing name delimiters."""
    return to_json(from_json(from_xml(to_xml(model))))


@given(MODELS)
def test_a_model_in_xml_and_back_is_the_same_data_set(model):
    once = without_lost_spelling(to_json(from_json(model)))
    assert without_lost_spelling(once) == once
    assert len(once) >= len([name for name in model if name[3] in "02468ACE"])


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<",
        b"<a/>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><NativeDicomModel/>',
        document("<Other/>"),
        document('<DicomAttribute vr="CS"/>'),
        document('<DicomAttribute tag="0008" vr="CS"/>'),
        document('<DicomAttribute tag="00080008" vr="CS"/>' * 2),
        document('<DicomAttribute tag="00080008" vr="CS"><Value>A</Value></DicomAttribute>'),
        document(
            '<DicomAttribute tag="00080008" vr="CS"><Value number="2">A</Value>'
            '<Value number="1">A</Value></DicomAttribute>'
        ),
        document(
            '<DicomAttribute tag="00080008" vr="CS"><Value number="99999999">A</Value>'
            "</DicomAttribute>"
        ),
        document(
            '<DicomAttribute tag="00280010" vr="US"><Value number="1">one</Value></DicomAttribute>'
        ),
        document('<DicomAttribute tag="00280010" vr="US"><BulkData/></DicomAttribute>'),
        document('<DicomAttribute tag="00280010" vr="US"><Odd/></DicomAttribute>'),
        document('<x:DicomAttribute xmlns:x="urn:x" tag="00280010" vr="US"/>'),
        document(
            '<DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Odd/></PersonName>'
            "</DicomAttribute>"
        ),
        b'<!DOCTYPE a [<!ENTITY e "x">]><NativeDicomModel>&e;</NativeDicomModel>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><NativeDicomModel/>',
    ],
)
def test_what_is_no_native_dicom_model_is_refused(bad):
    with pytest.raises(Malformed):
        from_xml(bad)


def test_depth_number_and_size_are_bounded():
    level = '<DicomAttribute tag="00082218" vr="SQ"><Item number="1">'
    deep = document(level * 200 + "</Item></DicomAttribute>" * 200)
    with pytest.raises(LimitExceeded):
        from_xml(deep)
    many = document('<DicomAttribute tag="00082218" vr="SQ"/>' * 100)
    with pytest.raises(LimitExceeded):
        from_xml(many, Limits(max_elements=10))
    with pytest.raises(LimitExceeded):
        from_xml(many, Limits(max_header_bytes=10))


def test_as_deep_as_allowed_is_read():
    model: dict = {}
    for _ in range(64):
        model = {"00082218": {"vr": "SQ", "Value": [model]}}
    assert from_xml(to_xml(model)) == model
