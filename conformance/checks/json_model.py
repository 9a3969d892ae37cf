"""DICOM JSON, element by element: every value as it was stored.

References
----------
PS3.18 F.2 (DICOM JSON model).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.checks.metadata import Row, fetcher, metadata_of
from conformance.checks.retrieving import path_of
from conformance.corpus.making import Made
from conformance.data_sets import differences
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import expect
from conformance.wire.server import Server

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
    expect_element(server, made, tag)


def expect_element(server: Server, made: Made, tag: str) -> None:
    if int(tag, 16) not in made.data_set:
        raise KeyError(f"{made.name} holds no ({tag}), so this check would say nothing")
    found = metadata_of(server, made)
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
    expect_element(server, known.instance(name), tag)


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
    wrong = list(differences(made.data_set, metadata_of(server, made), fetch))
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
    found = metadata_of(server, made).get("00080005")
    if found is not None and found.get("Value"):
        stored = str(made.data_set.SpecificCharacterSet)
        expect(
            found["Value"] in (["ISO_IR 192"], [stored]),
            f"Specific Character Set is {found['Value']}",
        )
