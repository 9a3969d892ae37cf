"""Make `e1_1.json`, `sr_concepts.json` and `safe_private.json` from PS3.15 as DocBook.

    python -m imaging.deidentify.tables.make_rules part15.xml

NEMA publishes that file with each edition, as `source/docbook/part15/part15.xml`. Only the cells of
tables E.1-1, E.3.4-1 and E.3.10-1 are taken. Keywords and VRs are pydicom's; of attributes that it
does not know yet, those that were written here by hand. Not for the running product.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.sr._snomed_dict import mapping

from imaging.deidentify.tables import load

_NS: Final = "{http://docbook.org/ns/docbook}"
_OPTIONS: Mapping[str, str] = {
    "Rtn. Safe Priv. Opt.": "retain_safe_private",
    "Rtn. UIDs Opt.": "retain_uids",
    "Rtn. Dev. Id. Opt.": "retain_device_identity",
    "Rtn. Inst. Id. Opt.": "retain_institution_identity",
    "Rtn. Pat. Chars. Opt.": "retain_patient_characteristics",
    "Rtn. Long. Full Dates Opt.": "retain_long_full_dates",
    "Rtn. Long. Modif. Dates Opt.": "retain_long_modified_dates",
    "Clean Desc. Opt.": "clean_descriptors",
    "Clean Struct. Cont. Opt.": "clean_structured_content",
    "Clean Graph. Opt.": "clean_graphics",
}
_TAG: Final = re.compile(r"\(([0-9A-Fx]{4}),([0-9A-Fx]{4})\)")
_EDITION: Final = re.compile(r"PS3\.15 (\d{4}[a-z]?)")
Row = dict[str, str]


def make_rules(path: Path) -> dict[str, dict[str, Any]]:
    """Give the three tables by their names.

    Raises
    ------
    ValueError
        A table is not there, or is built in another way than it was.
    """
    book = parse(path).getroot()
    said = _EDITION.search(_text(book.find(f"{_NS}subtitle")))
    if said is None:
        raise ValueError("no edition of PS3.15")
    edition = f"of PS3.15 {said[1]}"
    return {
        "e1_1": {
            "edition": f"table E.1-1 {edition}",
            "rows": sorted(map(_attribute, _rows(book, "E.1-1"))),
        },
        "sr_concepts": {
            "edition": f"table E.3.4-1 {edition}",
            "rows": sorted(_concepts(book), key=lambda row: row[:3]),
        },
        "safe_private": {
            "edition": f"table E.3.10-1 {edition}",
            "rows": sorted(map(_safe, _rows(book, "E.3.10-1"))),
        },
    }


def _rows(book: Element, label: str) -> Iterator[Row]:
    for table in book.iter(f"{_NS}table"):
        if table.get("label") == label:
            break
    else:
        raise ValueError(f"no table {label}")
    names = [_text(cell) for cell in table.iter(f"{_NS}th")]
    for line in table.iterfind(f"{_NS}tbody/{_NS}tr"):
        cells = [_text(cell) for cell in line.iterfind(f"{_NS}td")]
        yield dict(zip(names, cells, strict=True))


def _text(cell: Element | None) -> str:
    said = "" if cell is None else "".join(cell.itertext())
    return " ".join(said.replace("\u200b", "").split())


def _chosen(row: Row) -> dict[str, str]:
    return {option: row[name] for name, option in _OPTIONS.items() if row.get(name)}


def _attribute(row: Row) -> list[Any]:
    found = _TAG.fullmatch(row["Tag"])
    tag = found[1] + found[2] if found else "private"
    return [tag, *_named(tag, row["Attribute Name"]), row["Basic Prof."], _chosen(row)]


def _named(tag: str, name: str) -> tuple[str, str]:
    """Keyword and VR."""
    if not re.fullmatch("[0-9A-F]{8}", tag):
        return re.sub(r"\W", "", name), ""
    number = int(tag, 16)
    if keyword := keyword_for_tag(number):
        return keyword, dictionary_VR(number)
    kept: dict[str, tuple[str, str]] = {row[0]: (row[1], row[2]) for row in load("e1_1")["rows"]}
    return kept[tag]


def _concepts(book: Element) -> Iterator[list[Any]]:
    """Concepts by scheme, code and value type; those of SNOMED CT by their former codes, too."""
    for row in _rows(book, "E.3.4-1"):
        scheme, code = row["Coding Scheme Designator"], row["Code Value"]
        rest = [row["Value Type"], row["Basic Prof."], _chosen(row)]
        yield [scheme, code, *rest]
        if scheme == "SCT":
            yield ["SRT", mapping["SCT"][code], *rest]


def _safe(row: Row) -> list[str]:
    found = _TAG.fullmatch(row["Data Element"].upper().replace("X", "x"))
    if found is None:
        raise ValueError(f"no private element: {row['Data Element']}")
    return [found[1] + found[2], row["Private Creator"], row["VR"]]


def spell(table: Mapping[str, Any]) -> str:
    """Spell a table as JSON with one row a line."""
    rows = ",\n".join(f"  {json.dumps(row)}" for row in table["rows"])
    return f'{{\n "edition": {json.dumps(table["edition"])},\n "rows": [\n{rows}\n ]\n}}\n'


if __name__ == "__main__":
    for name, made in make_rules(Path(sys.argv[1])).items():
        Path(__file__).with_name(f"{name}.json").write_text(spell(made), encoding="utf-8")
