"""Metadata and bulk data: DICOM JSON and Native XML, value by value.

References
----------
PS3.18 10.4.1.1.2 (metadata), 10.4.1.1.5 (bulk data), F.2 (DICOM JSON model);
PS3.19 A.1 (Native DICOM Model).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from conformance.asking import INSTANCE_UID, expect_set, only, value
from conformance.checks.retrieving import LEVELS, OCTETS, UNKNOWN, path_of, stored_at
from conformance.checks.search_formats import XML, xml_data_sets, xml_value
from conformance.corpus.making import Made
from conformance.data_sets import differences
from conformance.files import PIXEL_DATA, read_file
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, NotOffered, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

Row = tuple[str, tuple[str, ...], tuple[Any, ...]]


def _metadata(server: Server, made: Made) -> dict[str, Any]:
    answer = server.get(f"{made.path}/metadata").expect_status(200)
    return only(answer, answer.data_sets())


def fetcher(server: Server, of: str) -> Callable[[str], bytes]:
    """Gets the bytes of a BulkDataURI that stands in metadata of this address."""

    def fetch(uri: str) -> bytes:
        answer = server.get(server.resolve(uri, of), accept=f"{OCTETS}, */*; q=0.1")
        answer.expect_status(200)
        if answer.media_type().name != "multipart/related":
            return answer.body
        parts = answer.parts()
        return b"".join(part.body for part in parts)

    return fetch


@each(
    "metadata.complete",
    [(n, (f"WADO-{n.upper()}-METADATA",), (n,)) for n in LEVELS],
    after=["there[metadata]"],
)
def metadata_of_every_instance(server: Server, known: Known, level: str) -> None:
    """The metadata of a {} are those of all its instances"""
    made = known.instance("ct-1-1")
    wanted = stored_at(known, made, level)
    answer = server.get(path_of(made, level) + "/metadata").expect_status(200)
    found = [value(one, INSTANCE_UID) for one in answer.data_sets()]
    expect(len(found) == len(set(found)), f"{answer.asked} names an instance twice")
    expect_set(answer, set(wanted), set(found), "instances")


@each(
    "metadata.agree",
    [(n, (f"WADO-{n.upper()}-METADATA-AGREE",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def metadata_say_what_was_stored(server: Server, known: Known, level: str) -> None:
    """The metadata of a {} say what was stored"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level) + "/metadata").expect_status(200)
    stored = stored_at(known, made, level)
    fetch = fetcher(server, server.address(path_of(made, level) + "/metadata"))
    for found in answer.data_sets():
        one = stored.get(str(value(found, INSTANCE_UID)))
        if one is None:
            raise Failed(f"{answer.asked} has metadata of no instance that was stored there")
        wrong = list(differences(one.data_set, found, fetch, without=frozenset({PIXEL_DATA})))
        expect(not wrong, f"the metadata of {one.name} differ: {'; '.join(wrong[:5])}")


@check(
    "metadata.sampled",
    "WADO-INSTANCE-METADATA-AGREE",
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_say_what_the_file_says(server: Server, known: Known) -> None:
    """The metadata of an instance say what its file says"""
    place = known.place()
    answer = server.get(f"{place.instance}/metadata").expect_status(200)
    found = only(answer, answer.data_sets())
    whole = server.get(place.instance, accept='multipart/related; type="application/dicom"')
    part = whole.expect_status(200).part()
    file = read_file(part.body, whole.asked)
    for tag in ("00080016", "00080018", "0020000D", "0020000E", "00080060", "00280010"):
        element = file.data_set.get(int(tag, 16))
        if element is not None and element.value not in (None, ""):
            same = str(value(found, tag)) == str(element.value)
            expect(same, f"metadata and file differ in ({tag})")


_STATUS: Final[Sequence[Row]] = [
    (level, (f"WADO-{level.upper()}-METADATA-404",), (level,)) for level in LEVELS
]


@each("metadata.404", _STATUS, after=["reach"])
def metadata_of_nothing(server: Server, known: Known, level: str) -> None:
    """Metadata of a {} that is not there are answered 404 or 410"""
    made = known.instance("ct-1-1")
    server.get(path_of(made, level) + ".9/metadata").expect_status(404, 410)


@each(
    "metadata.406",
    [(n, (f"WADO-{n.upper()}-METADATA-406",), (n,)) for n in LEVELS],
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_in_an_unknown_type(server: Server, known: Known, level: str) -> None:
    """Metadata of a {} in an unknown media type are answered 406"""
    path = path_of(known.place(), level) + "/metadata"
    server.get(path, accept=UNKNOWN).expect_status(406)


@each(
    "metadata.default",
    [(n, (f"WADO-{n.upper()}-METADATA-DEFAULT",), (n,)) for n in LEVELS],
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_are_json(server: Server, known: Known, level: str) -> None:
    """Without Accept, and for */*, the metadata of a {} are DICOM JSON"""
    for accept in (None, "*/*"):
        answer = server.get(path_of(known.place(), level) + "/metadata", accept=accept)
        name = answer.expect_status(200).media_type().name
        expect(name == "application/dicom+json", f"{answer.asked} answered {name}")


# ---- the JSON model, element by element of one instance
_ELEMENTS: Final = (
    ("JSON-PN", "00100010"),
    ("JSON-PN-GROUPS", "00101001"),
    ("JSON-AT", "00280009"),
    ("JSON-DS", "00101030"),
    ("JSON-SV", "00720082"),
    ("JSON-UV", "00720083"),
    ("JSON-SL", "00186020"),
    ("JSON-SS", "00189219"),
    ("JSON-US", "00081196"),
    ("JSON-FL", "0018605A"),
    ("JSON-FD", "00720072"),
    ("JSON-UC", "0072006F"),
    ("JSON-NULL", "0072006F"),
    ("JSON-UR", "00720071"),
    ("JSON-UT", "00720070"),
    ("JSON-LT", "00104000"),
    ("JSON-DT", "0008002A"),
    ("JSON-DA", "00080023"),
    ("JSON-TM", "00080033"),
    ("JSON-UN", "0072006D"),
    ("JSON-OB", "00291002"),
    ("JSON-OF", "00720067"),
    ("JSON-OD", "00720073"),
    ("JSON-OL", "00720075"),
    ("JSON-OV", "00720081"),
    ("JSON-PRIVATE", "00291001"),
    ("JSON-PRIVATE", "00290010"),
    ("JSON-EMPTY", "00204000"),
    ("JSON-ESCAPES", "00104000"),
    ("JSON-UTF8", "00101001"),
)


@each(
    "json.element",
    [(f"{name[5:]}-{tag}", (name,), (tag,)) for name, tag in _ELEMENTS],
    after=["metadata.complete[instance]"],
)
def an_element_keeps_its_value(server: Server, known: Known, tag: str) -> None:
    """In DICOM JSON an element keeps its value: {}"""
    made = known.instance("values")
    _expect_element(server, made, tag)


def _expect_element(server: Server, made: Made, tag: str) -> None:
    if int(tag, 16) not in made.data_set:
        raise KeyError(f"{made.name} holds no ({tag}), so this check would say nothing")
    found = _metadata(server, made)
    fetch = fetcher(server, server.address(f"{made.path}/metadata"))
    others = frozenset(f"{int(e.tag):08X}" for e in made.data_set) - {tag}
    wrong = list(differences(made.data_set, found, fetch, without=others))
    expect(not wrong, "; ".join(wrong[:3]))


_ELSEWHERE: Final[Sequence[Row]] = [
    ("IS", ("JSON-IS",), ("ct-1-1", "00200013")),
    ("SQ", ("JSON-SQ",), ("report", "0040A730")),
    ("OW", ("JSON-OW", "BULK-WAVEFORM"), ("waveform", "54000100")),
]


@each("json.elsewhere", _ELSEWHERE, after=["metadata.complete[instance]"])
def an_element_elsewhere_keeps_its_value(server: Server, known: Known, name: str, tag: str) -> None:
    """In DICOM JSON an element of another instance keeps its value: {}"""
    _expect_element(server, known.instance(name), tag)


@check(
    "json.deep",
    "JSON-SQ-DEEP",
    "JSON-SQ-EMPTY-ITEM",
    "BULK-URI-NESTED",
    after=["metadata.complete[instance]"],
)
def sequences_keep_their_depth(server: Server, known: Known) -> None:
    """Sequences nine deep keep their items, the empty ones too, and the bulk data at the bottom"""
    made = known.instance("deep")
    fetch = fetcher(server, server.address(f"{made.path}/metadata"))
    wrong = list(differences(made.data_set, _metadata(server, made), fetch))
    expect(not wrong, "; ".join(wrong[:3]))


def _elements(data_sets: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for data_set in data_sets:
        for tag, element in data_set.items():
            yield tag, element
            if isinstance(element, dict) and element.get("vr") == "SQ":
                items = [one for one in element.get("Value", []) if isinstance(one, dict)]
                yield from _elements(items)


def _all_metadata(server: Server, known: Known) -> list[dict[str, Any]]:
    path = path_of(known.place(), "study") + "/metadata"
    return server.get(path).expect_status(200).data_sets()


@check("json.vr", "JSON-VR", "JSON-NO-BOTH", needs=Needs.SAMPLE, after=["there[metadata]"])
def every_element_has_a_vr(server: Server, known: Known) -> None:
    """Every element has a vr of two letters, and at most one kind of value"""
    for tag, element in _elements(_all_metadata(server, known)):
        vr = element.get("vr") if isinstance(element, dict) else None
        expect(isinstance(vr, str) and len(vr) == 2 and vr.isupper(), f"({tag}) has vr {vr!r}")
        kinds = element.keys() & {"Value", "InlineBinary", "BulkDataURI"}
        expect(len(kinds) <= 1, f"({tag}) has {' and '.join(sorted(kinds))}")


@check("json.tags", "JSON-TAG", "JSON-ARRAY", needs=Needs.SAMPLE, after=["there[metadata]"])
def tags_are_hexadecimal(server: Server, known: Known) -> None:
    """Tags are eight hexadecimal digits in upper case"""
    for tag, _ in _elements(_all_metadata(server, known)):
        is_one = len(tag) == 8 and all(c in "0123456789ABCDEF" for c in tag)
        expect(is_one, f"{tag!r} is no tag")


@check("json.order", "JSON-ORDER", needs=Needs.SAMPLE, after=["there[metadata]"])
def tags_ascend(server: Server, known: Known) -> None:
    """Tags come in ascending order"""
    for data_set in _all_metadata(server, known):
        expect(list(data_set) == sorted(data_set), "the tags of an instance come in another order")


@check(
    "json.left-out", "JSON-META", "JSON-GROUP-LENGTH", needs=Needs.SAMPLE, after=["there[metadata]"]
)
def file_meta_is_left_out(server: Server, known: Known) -> None:
    """File Meta Information and group lengths are left out"""
    for tag, _ in _elements(_all_metadata(server, known)):
        expect(not tag.startswith("0002"), f"({tag}) of the File Meta Information is there")
        expect(not tag.endswith("0000"), f"the group length ({tag}) is there")


@check("json.charset", "JSON-CHARSET", needs=Needs.CORPUS, after=["metadata.complete[instance]"])
def the_character_set_is_utf_8(server: Server, known: Known) -> None:
    """Specific Character Set says ISO_IR 192 or what was stored, or is left out"""
    made = known.instance("searched-latin-1")
    found = _metadata(server, made).get("00080005")
    if found is not None and found.get("Value"):
        stored = str(made.data_set.SpecificCharacterSet)
        expect(
            found["Value"] in (["ISO_IR 192"], [stored]),
            f"Specific Character Set is {found['Value']}",
        )


# ---- bulk data
def _uri_of(server: Server, made: Made, tag: str) -> tuple[str, str]:
    """The BulkDataURI of an element, and the whole address it leads to."""
    element = _metadata(server, made).get(tag, {})
    uri = element.get("BulkDataURI")
    if uri is None:
        raise Undecided(f"({tag}) comes inline or not at all, so there is no address to follow")
    expect(isinstance(uri, str), f"the BulkDataURI of ({tag}) is {uri!r}")
    return uri, server.resolve(uri, server.address(f"{made.path}/metadata"))


_BULK: Final[Sequence[Row]] = [
    ("OV", ("BULK-URI", "BULK-URI-RELATIVE"), ("values", "00720081")),
    ("document", ("BULK-DOCUMENT",), ("pdf", "00420011")),
]


@each("bulk.uri", _BULK, after=["metadata.complete[instance]"])
def an_address_leads_to_the_bytes(server: Server, known: Known, name: str, tag: str) -> None:
    """A BulkDataURI leads to the bytes: {}"""
    _expect_element(server, known.instance(name), tag)


def _bulk(server: Server, known: Known, accept: str) -> tuple[Answer, bytes]:
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    return server.get(url, accept=accept), bytes(made.data_set[0x00720081].value)


@check("bulk.multipart", "BULK-MULTIPART", after=["bulk.uri[OV]"])
def bulk_data_in_parts(server: Server, known: Known) -> None:
    """Bulk data come as multipart/related of application/octet-stream"""
    answer, wanted = _bulk(server, known, OCTETS)
    part = answer.expect_status(200).part()
    expect(part.body == wanted, f"{answer.asked} answered other bytes")


@check("bulk.single", "BULK-SINGLE", after=["bulk.uri[OV]"])
def bulk_data_as_one(server: Server, known: Known) -> None:
    """Bulk data come as a single part"""
    answer, wanted = _bulk(server, known, "application/octet-stream")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    expect(answer.expect_status(200).body == wanted, f"{answer.asked} answered other bytes")


@check("bulk.any", "BULK-ANY", after=["bulk.uri[OV]"])
def bulk_data_for_anything(server: Server, known: Known) -> None:
    """Bulk data come for */*"""
    _bulk(server, known, "*/*")[0].expect_status(200)


@check("bulk.406", "BULK-406", after=["bulk.uri[OV]"])
def bulk_data_in_an_unknown_type(server: Server, known: Known) -> None:
    """Bulk data in an unknown media type are answered 406"""
    _bulk(server, known, UNKNOWN)[0].expect_status(406)


@check("bulk.404", "BULK-404", after=["bulk.uri[OV]"])
def bulk_data_that_are_not_there(server: Server, known: Known) -> None:
    """Bulk data of an instance that is not there are answered 404 or 410"""
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    if made.instance_uid not in url:
        raise Undecided("the address does not name the instance, so no other can be made of it")
    gone = url.replace(made.instance_uid, made.instance_uid + ".9")
    server.get(gone, accept=OCTETS).expect_status(404, 410)


@check("bulk.host", "BULK-URI-SAME-HOST", after=["bulk.uri[OV]"])
def bulk_data_lie_on_the_server(server: Server, known: Known) -> None:
    """A BulkDataURI leads to the server that was asked"""
    _, url = _uri_of(server, known.instance("values"), "00720081")
    host = server.target.base.split("/")[2]
    expect(url.split("/")[2] == host, f"it leads to {url.split('/')[2]}, asked was {host}")


@check("bulk.range", "BULK-RANGE", after=["bulk.single"])
def a_range_of_bulk_data(server: Server, known: Known) -> None:
    """A part of bulk data is answered by Range"""
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    answer = server.get(url, accept="application/octet-stream", headers=[("Range", "bytes=10-19")])
    if answer.status in (200, 406):
        raise NotOffered(f"{answer.asked} answered {answer.status} to a Range")
    wanted = bytes(made.data_set[0x00720081].value)
    expect(answer.expect_status(206).body == wanted[10:20], f"{answer.asked} answered other bytes")
    expect(answer.header("Content-Range") == f"bytes 10-19/{len(wanted)}", "Content-Range is wrong")


@check("bulk.pixels", "BULK-PIXEL", after=["metadata.complete[instance]"])
def pixel_data_have_an_address(server: Server, known: Known) -> None:
    """The BulkDataURI of native Pixel Data leads to the pixels"""
    made = known.instance("ct-1-1")
    _, url = _uri_of(server, made, PIXEL_DATA)
    fetch = fetcher(server, server.address(f"{made.path}/metadata"))
    expect(fetch(url) == made.pixels[0], "it leads to other bytes")


@each(
    "bulk.all",
    [(n, (f"WADO-{n.upper()}-BULK",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def all_bulk_data(server: Server, known: Known, level: str) -> None:
    """All bulk data of a {} are retrieved at /bulkdata"""
    made = known.instance("values")
    answer = server.get(path_of(made, level) + "/bulkdata", accept=OCTETS)
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    bodies = [part.body for part in answer.expect_status(200).parts()]
    wanted = bytes(made.data_set[0x00720081].value)
    expect(wanted in bodies, f"{answer.asked} lacks the value of (0072,0081)")


@each(
    "pixeldata",
    [(n, (f"WADO-{n.upper()}-PIXELS",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def all_pixel_data(server: Server, known: Known, level: str) -> None:
    """The pixel data of a {} are retrieved at /pixeldata"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level) + "/pixeldata", accept=OCTETS)
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    bodies = sorted(part.body for part in answer.expect_status(200).parts())
    wanted = sorted(one.pixels[0] for one in stored_at(known, made, level).values())
    expect(bodies == wanted, f"{answer.asked} answered {len(bodies)} parts, or other bytes")


@each(
    "octets",
    [(n, (f"WADO-{n.upper()}-OCTETS",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def a_resource_as_its_bulk_data(server: Server, known: Known, level: str) -> None:
    """A {} is answered as its bulk data when octets are accepted"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level), accept=OCTETS)
    bodies = {part.body for part in answer.expect_status(200).parts()}
    wanted = {one.pixels[0] for one in stored_at(known, made, level).values()}
    expect(wanted <= bodies, f"{answer.asked} lacks pixel data")


# ---- XML
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
    root, same = _xml(server, made), _metadata(server, made)
    for tag in ("00720071", "00080054", "00101010", "00080023"):
        wanted = value(same, tag)
        found = xml_value(root, tag)
        if found != wanted:
            raise Failed(f"({tag}) is {found!r} in XML and {wanted!r} in JSON")
