"""Metadata as Native XML: the document's shape, and that it says what JSON says.

References
----------
PS3.19 A.1 (Native DICOM Model).
"""

from __future__ import annotations

from typing import Any

from conformance.asking import INSTANCE_UID, expect_set, value
from conformance.checks.metadata import metadata_of
from conformance.checks.retrieving import LEVELS, path_of, stored_at
from conformance.checks.search_formats import XML, xml_data_sets, xml_value
from conformance.corpus.making import Made
from conformance.known import Known
from conformance.registry import check, each
from conformance.verdicts import Failed, expect
from conformance.wire.server import Server


@each(
    "xml.complete",
    [(n, (f"WADO-{n.upper()}-METADATA-XML",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def xml_of_every_instance(server: Server, known: Known, level: str) -> None:
    """The metadata of a {} come as XML, a part an instance"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level) + "/metadata", accept=XML).expect_status(200)
    found = {xml_value(model, INSTANCE_UID) for model in xml_data_sets(answer)}
    expect_set(answer, set(stored_at(known, made, level)), {str(one) for one in found}, "instances")


def _xml(server: Server, made: Made) -> Any:
    answer = server.get(f"{made.path}/metadata", accept=XML).expect_status(200)
    models = xml_data_sets(answer)
    expect(len(models) == 1, f"{answer.asked} answered {len(models)} models")
    return models[0]


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


@check(
    "xml.shape",
    "XML-NAMESPACE",
    "XML-ATTRIBUTE",
    "XML-KEYWORD",
    "XML-PRIVATE",
    "XML-VALUE-NUMBER",
    "XML-ITEM",
    after=["xml.complete[instance]"],
)
def xml_has_the_shape_of_the_model(server: Server, known: Known) -> None:
    """The document is a NativeDicomModel of DicomAttributes with tag, vr, keyword, numbers"""
    root = _xml(server, known.instance("values"))
    expect(_name(root) == "NativeDicomModel", f"the root is {_name(root)}")
    for one in root.iter():
        name = _name(one)
        if name == "DicomAttribute":
            tag, vr = one.get("tag"), one.get("vr")
            expect(tag and len(tag) == 8 and vr, f"a DicomAttribute has tag {tag!r} and vr {vr!r}")
            expect(set(tag) <= set("0123456789ABCDEF"), f"a DicomAttribute has tag {tag!r}")
            is_private = int(tag, 16) >> 16 & 1
            if is_private and int(tag, 16) & 0xFF00:
                expect(one.get("privateCreator"), f"({tag}) names no privateCreator")
            elif not is_private:
                expect(one.get("keyword"), f"({tag}) names no keyword")
        if name in ("Value", "Item", "PersonName"):
            expect((one.get("number") or "").isdigit(), f"a {name} has no number")


@check("xml.names", "XML-PN", after=["xml.complete[instance]"])
def xml_names_have_groups(server: Server, known: Known) -> None:
    """A person's name has component groups with their components"""
    root = _xml(server, known.instance("searched-kanji"))
    names = [one for one in root.iter() if _name(one) == "PersonName"]
    groups = {_name(group) for one in names for group in one}
    wanted = {"Alphabetic", "Ideographic", "Phonetic"}
    expect(wanted <= groups, f"the groups are {sorted(groups)}")
    texts = {one.text for one in root.iter() if _name(one) == "FamilyName"}
    expect("山田" in texts, f"family names are {texts}")


@check("xml.bulk", "XML-BULK", "XML-EMPTY", after=["xml.complete[instance]"])
def xml_bytes_are_inline_or_elsewhere(server: Server, known: Known) -> None:
    """Bytes are InlineBinary or BulkData with a uri; what is empty has no Value"""
    root = _xml(server, known.instance("values"))
    for one in root.iter():
        if _name(one) != "DicomAttribute":
            continue
        children = {_name(child) for child in one}
        if one.get("tag") == "00204000":
            expect(not children, "(0020,4000) was stored empty, and has a value")
        kinds = children & {"InlineBinary", "BulkData"}
        if one.get("vr") in ("OB", "OD", "OF", "OL", "OV", "OW", "UN") and children:
            expect(len(kinds) == 1, f"({one.get('tag')}) has {sorted(children)}")
        for bulk in (child for child in one if _name(child) == "BulkData"):
            leads = bulk.get("uri") or bulk.get("uuid")
            expect(leads, f"the BulkData of ({one.get('tag')}) has no uri, but {bulk.keys()}")


@check("xml.same", "XML-SAME", "XML-ESCAPES", "XML-CHARSET", after=["xml.complete[instance]"])
def xml_says_what_json_says(server: Server, known: Known) -> None:
    """Texts in XML are those in JSON"""
    made = known.instance("values")
    root, same = _xml(server, made), metadata_of(server, made)
    for tag in ("00720071", "00080054", "00101010", "00080023"):
        wanted = value(same, tag)
        found = xml_value(root, tag)
        if found != wanted:
            raise Failed(f"({tag}) is {found!r} in XML and {wanted!r} in JSON")
