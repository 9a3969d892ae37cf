"""What becomes of every attribute of table E.1-1 under every option, tried and written down.

    python -m tests.deidentified_rows > docs/deidentification-table.md

One instance holds them all, at the top and inside an item of a sequence that the table does not
name, each with a value that can be known again.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping

from pydicom.datadict import DicomDictionary

from imaging.data_set import DataSet, Element
from imaging.deidentify.engine import Plan, deidentify
from imaging.deidentify.profile import Option, Profile, Rule, rules
from imaging.deidentify.secrets import Secret
from imaging.deidentify.tables import load

CT = "1.2.840.10008.5.1.4.1.1.2"
_HOLDER = 0x00081115  # Referenced Series Sequence
PATIENT = (0x00100010, 0x00100020)
WORDS: Mapping[str, str] = {
    "removed": "is not there any more",
    "emptied": "is there without a value",
    "replaced": "has a value that says nothing",
    "mapped": "has UIDs derived from the key",
    "pseudonym": "has the pseudonym",
    "shifted": "has another date",
    "kept": "is as it was",
    "cleaned": "keeps what identifies nobody: here not the word that no vocabulary knows",
    "items cleaned": "has its items, each of whose attributes is treated by this table",
}
_VALUES: Mapping[str, bytes] = {
    "DA": b"20010203", "DT": b"20010203040506", "TM": b"040506", "AS": b"043Y", "DS": b"12.5",
    "IS": b"77", "UI": b"1.2.826.0.1.999.1", "CS": b"QXZVALUE", "PN": b"Qxzname^Pqr",
    "AE": b"QXZAE",
    "US": struct.pack("<H", 77), "SS": struct.pack("<h", 77), "UL": struct.pack("<I", 77),
    "FD": struct.pack("<d", 7.5), "FL": struct.pack("<f", 7.5), "OB": b"QXZB", "UN": b"QXZB",
    "OW": b"QXZB", "AT": b"\x08\0\x18\0", "SL": struct.pack("<i", 77), "OF": bytes(4),
}  # fmt: skip


def tag_of(row: str) -> int:
    """The tag that stands for a row."""
    return int(row.replace("x", "0"), 16)


def word_of(tag: int) -> str:
    """A word of its own for each attribute, so that none is found for the sake of another."""
    return f"{tag:08x}".translate(str.maketrans("0123456789", "ghijklmnop"))


def all_rows() -> Iterator[tuple[int, Rule]]:
    """Every row but that of private attributes and File Meta Information."""
    for row, rule in rules().items():
        if row != "private" and tag_of(row) > 0x0004FFFF:
            yield tag_of(row), rule


def element_of(tag: int, rule: Rule) -> Element:
    """An element with a value that can be known again."""
    vr = rule.vr or _other_vr(tag)
    if vr == "SQ":
        item = DataSet()
        item[0x00081150] = Element(0x00081150, "UI", CT.encode())
        item[0x00081155] = Element(0x00081155, "UI", _VALUES["UI"])
        item[0x0040A160] = Element(0x0040A160, "UT", b"Qxz text")
        return Element(tag, "SQ", items=[item])
    return Element(tag, vr, _VALUES.get(vr, f"CT Qxz{word_of(tag)}".encode()))


def _other_vr(tag: int) -> str:
    known = DicomDictionary.get(tag)
    return "OW" if known is None else str(known[0])


def instance() -> DataSet:
    """An image with every attribute, twice."""
    data_set, item = DataSet(), DataSet()
    for tag, rule in all_rows():
        item[tag] = element_of(tag, rule)
        data_set[tag] = element_of(tag, rule)
    for holder in (data_set, item):
        holder[0x00420012] = Element(0x00420012, "LO", b"text/xml")
    data_set[0x60000040] = Element(0x60000040, "CS", b"G")
    data_set[0x00080016] = Element(0x00080016, "UI", CT.encode())
    data_set[0x0020000D] = Element(0x0020000D, "UI", b"1.2.826.0.1.999.2")
    data_set[_HOLDER] = Element(_HOLDER, "SQ", items=[item])
    return data_set


def outcomes(options: frozenset[Option]) -> tuple[DataSet, DataSet]:
    """What is left at the top, and inside the item."""
    plan = Plan(Profile(options), Secret("table", bytes(range(32))), "table")
    cleaned = deidentify(instance(), plan).data_set
    return cleaned, cleaned.sequence(_HOLDER)[0]


def outcome(before: Element, after: Element | None) -> str:
    """Say in a word what happened to an element."""
    if after is None:
        return "removed"
    if after.items is not None:
        return "items cleaned" if after.items else "emptied"
    if not after.value:
        return "emptied"
    value = after.value.strip(b" \0")
    if value == (before.value or b"").strip(b" \0"):
        return "kept"
    if after.vr == "UI":
        return "mapped"
    if after.tag in PATIENT and value.isalnum():
        return "pseudonym"
    if b"[REMOVED]" in value:
        return "cleaned"
    return _dated(after.vr, value)


def _dated(vr: str, value: bytes) -> str:
    return "shifted" if vr in ("DA", "DT") and not value.startswith(b"1900") else "replaced"


def table() -> str:
    """The whole table as Markdown."""
    edition = load("e1_1")["edition"]
    lines = [
        "# What becomes of each attribute",
        "",
        f"Made by `python -m tests.deidentified_rows`; {edition}.",
        "For a CT image, at the top of the data set and, after a stroke, inside a sequence. The",
        "column of an option is filled where the outcome is another than under the profile alone.",
        "",
        *(f"- *{word}*: {said}" for word, said in WORDS.items()),
        "",
    ]
    columns = [frozenset[Option](), *(frozenset({option}) for option in Option)]
    made = [outcomes(options) for options in columns]
    lines.append("| attribute | PS3.15 | profile | with an option |")
    lines.append("|---|---|---|---|")
    for tag, rule in all_rows():
        before = element_of(tag, rule)
        both = [_both(before, top.get(tag), inside.get(tag)) for top, inside in made]
        others = (
            f"{option}: {said}"
            for option, said in zip(Option, both[1:], strict=True)
            if said != both[0]
        )
        name = rule.keyword or f"{tag:08X}"
        lines.append(f"| {name} ({tag >> 16:04X},{tag & 0xFFFF:04X}) | {rule.basic} | {both[0]} "
                     f"| {'; '.join(others)} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _both(before: Element, top: Element | None, inside: Element | None) -> str:
    one, other = outcome(before, top), outcome(before, inside)
    return one if one == other else f"{one} / {other}"


if __name__ == "__main__":
    sys.stdout.write(table())
