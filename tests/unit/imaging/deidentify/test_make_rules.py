"""The tables are read as NEMA publishes them, and the kept ones are of one edition."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.deidentify.tables import load
from imaging.deidentify.tables.make_rules import make_rules, spell

BOOK = """<book xmlns="http://docbook.org/ns/docbook">
<subtitle>DICOM PS3.15 2031a - Security</subtitle>{tables}</book>"""
OPTIONS = ("Rtn. UIDs Opt.", "Rtn. Long. Full Dates Opt.", "Clean Desc. Opt.")
E1_1 = ("Attribute Name", "Tag", "Basic Prof.", *OPTIONS)
E3_4 = ("Code Meaning", "Code Value", "Coding Scheme Designator", "Value Type", "Basic Prof.",
        *OPTIONS)  # fmt: skip
E3_10 = ("Data Element", "Private Creator", "VR", "VM", "Meaning")


def cells(row: tuple[str, ...], kind: str) -> str:
    said = (f"<{kind}><para>{cell}</para></{kind}>" if cell else f"<{kind}/>" for cell in row)
    return f"<tr>{''.join(said)}</tr>"


def table_of(label: str, head: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    body = "".join(cells(row, "td") for row in rows)
    return f'<table label="{label}"><thead>{cells(head, "th")}</thead><tbody>{body}</tbody></table>'


TABLES = (
    table_of(
        "E.1-1",
        E1_1,
        ("Study Instance \u200bUID", "(0020,000D)", "U", "K", "", ""),
        ("Curve Data", "(50xx,xxxx)", "X", "", "", ""),
        ("Private Attributes", "(gggg,eeee) where gggg is odd", "X", "", "", ""),
        ("Study Date", "(0008,0020)", "Z", "", "K", ""),
    ),
    table_of(
        "E.3.4-1",
        E3_4,
        ("Social History", "160476009", "SCT", "TEXT", "X", "", "", "C"),
        ("Comment", "121106", "DCM", "TEXT", "X", "", "", "C"),
    ),
    table_of(
        "E.3.10-1",
        E3_10,
        ("(2001,xx0a)", "Philips Imaging DD 001", "IS", "1", "Slice"),
        ("(0019,xx23)", "GEMS_ACQU_01", "DS", "1", "Speed"),
    ),
)


def written(tmp_path: Path, *tables: str) -> Path:
    path = tmp_path / "part15.xml"
    path.write_text(BOOK.format(tables="".join(tables)), encoding="utf-8")
    return path


def test_cells_become_rows_in_the_order_of_their_names(tmp_path: Path) -> None:
    made = make_rules(written(tmp_path, *TABLES))
    assert made["e1_1"]["edition"] == "table E.1-1 of PS3.15 2031a"
    assert made["e1_1"]["rows"] == [
        ["00080020", "StudyDate", "DA", "Z", {"retain_long_full_dates": "K"}],
        ["0020000D", "StudyInstanceUID", "UI", "U", {"retain_uids": "K"}],
        ["50xxxxxx", "CurveData", "", "X", {}],
        ["private", "PrivateAttributes", "", "X", {}],
    ]
    assert made["safe_private"]["rows"] == [
        ["0019xx23", "GEMS_ACQU_01", "DS"],
        ["2001xx0A", "Philips Imaging DD 001", "IS"],
    ]


def test_concepts_of_snomed_are_listed_by_their_former_codes_as_well(tmp_path: Path) -> None:
    made = make_rules(written(tmp_path, *TABLES))["sr_concepts"]
    assert [row[:3] for row in made["rows"]] == [
        ["DCM", "121106", "TEXT"],
        ["SCT", "160476009", "TEXT"],
        ["SRT", "F-02455", "TEXT"],
    ]
    assert spell(made).count("\n") == len(made["rows"]) + 5


def test_a_table_that_is_missing_or_has_other_columns_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no table E\.3\.10-1"):
        make_rules(written(tmp_path, *TABLES[:2]))
    short = table_of("E.3.10-1", E3_10, ("(0019,xx23)", "GEMS_ACQU_01"))
    with pytest.raises(ValueError, match="zip"):
        make_rules(written(tmp_path, *TABLES[:2], short))


def test_the_kept_tables_are_of_one_edition() -> None:
    names = ("e1_1", "sr_concepts", "safe_private")
    assert len({load(name)["edition"].partition(" of ")[2] for name in names}) == 1
    assert [len(load(name)["rows"]) for name in names] == [656, 225, 479]
