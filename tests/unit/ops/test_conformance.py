"""The conformance statement says what the tables say, and the committed file is that statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.attributes import ATTRIBUTES
from archive.errors import StoreFailure
from dicomweb.capabilities import matching_of
from dicomweb.routes import ROUTES
from imaging.charsets import decode
from imaging.uids import TRANSFER_SYNTAXES
from ops.__main__ import main
from ops.conformance import searching, storing, web
from ops.conformance.document import statement
from ops.conformance.markdown import size, table

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "conformance-statement.md"

# One encoded text a defined term, with the text that it means.
SAMPLES = {
    "ISO_IR 6": (b"Doe", "Doe"),
    "ISO_IR 100": ("Müller".encode("latin-1"), "Müller"),
    "ISO_IR 101": ("Żółć".encode("iso8859-2"), "Żółć"),
    "ISO_IR 109": ("ĥ".encode("iso8859-3"), "ĥ"),
    "ISO_IR 110": ("ķ".encode("iso8859-4"), "ķ"),
    "ISO_IR 148": ("Çavuşoğlu".encode("iso8859-9"), "Çavuşoğlu"),
    "ISO_IR 203": ("œ€".encode("iso8859-15"), "œ€"),
    "ISO_IR 144": ("Люкс".encode("iso8859-5"), "Люкс"),
    "ISO_IR 127": ("قباني".encode("iso8859-6"), "قباني"),
    "ISO_IR 126": ("Διον".encode("iso8859-7"), "Διον"),
    "ISO_IR 138": ("שרון".encode("iso8859-8"), "שרון"),
    "ISO_IR 166": ("ไทย".encode("tis-620"), "ไทย"),
    "ISO_IR 13": ("ﾔﾏﾀﾞ".encode("shift_jis"), "ﾔﾏﾀﾞ"),
    "ISO 2022 IR 87": (b"\x1b$B;3ED\x1b(B", "山田"),
    "ISO 2022 IR 159": (b"\x1b$(D0!\x1b(B", "丂"),
    "ISO 2022 IR 149": (b"\x1b$)C" + "김".encode("euc_kr"), "김"),
    "ISO 2022 IR 58": (b"\x1b$)A" + "张".encode("gb2312"), "张"),
    "ISO_IR 192": ("山田é".encode(), "山田é"),
    "GB18030": ("𠮷".encode("gb18030"), "𠮷"),
    "GBK": ("张".encode("gbk"), "张"),
}


def test_the_committed_statement_is_what_the_tables_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == statement(), (
        "run: python -m ops conformance > docs/conformance-statement.md"
    )


def test_the_command_prints_the_statement(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance"]) == 0
    assert capsys.readouterr().out == statement()


def test_every_status_that_a_transaction_answers_has_a_meaning() -> None:
    answered = {status for one in web.transactions() for status in one["statuses"]}
    assert answered | set(web.ALWAYS) <= set(web.STATUSES)


def test_every_kind_of_matching_of_the_table_is_explained() -> None:
    kinds = {kind for one in ATTRIBUTES for kind in matching_of(one.vr)}
    assert kinds == set(searching.MATCHING)


def test_every_failure_word_stands_in_the_statement() -> None:
    said = storing.failures()
    for failure in StoreFailure.__subclasses__():
        assert f"| {failure.reason:04X} | failure |" in said


def test_every_transfer_syntax_stands_in_the_statement() -> None:
    said = statement()
    assert all(f"| {uid} |" in said for uid in TRANSFER_SYNTAXES)


def test_every_route_is_either_offered_or_said_to_be_missing() -> None:
    said = statement()
    for route in ROUTES:
        path = route.path.replace("<path:", "{").replace("<", "{").replace(">", "}")
        missing = f"`…/{path.rpartition('/')[2]}`"
        # Another spelling of a path is described by the one of the standard.
        offered = f"`{route.method} {path or '/'}`".casefold() in said.casefold()
        assert offered or missing in said, route.path


@pytest.mark.parametrize("term", storing.REPERTOIRES)
def test_a_repertoire_that_is_named_is_read(term: str) -> None:
    encoded, meant = SAMPLES[term]
    extended = term.startswith("ISO 2022")
    assert decode(encoded, ["", term] if extended else [term], "LO") == meant


def test_a_cell_cannot_end_its_row() -> None:
    assert table(("a",), [("x|y",)]).endswith("| x\\|y |")


@pytest.mark.parametrize(
    ("count", "said"), [(1 << 30, "1 GiB"), (3 << 20, "3 MiB"), (7, "7 bytes")]
)
def test_sizes_are_told_in_whole_units(count: int, said: str) -> None:
    assert size(count) == said
