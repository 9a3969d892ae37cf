"""A line of the log is JSON, carries the request's id, and never a patient's data."""

import ast
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import logs
from telemetry.redaction import OUR_PACKAGES, SAFE_FIELDS, clean_fields, describe_exception

ROOT = Path(__file__).parents[3]
NAME = "DOE^JANE"
# Sentences that our code words, and AE titles: any 16 printable characters by PS3.5.
FREE = {"detail", "calling_ae_title", "called_ae_title"}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.configure("web", "debug", stream)
    yield stream
    root.handlers[:], root.level = before
    logging.captureWarnings(False)


def last(stream: io.StringIO) -> dict[str, object]:
    return json.loads(stream.getvalue().splitlines()[-1])


def test_a_line_says_when_who_what_and_its_fields(lines: io.StringIO) -> None:
    logs.get_logger("archive.ingest").info("study stored", collection="archive", revision=3)
    line = last(lines)
    assert (line["service"], line["event"]) == ("web", "study stored")
    assert (line["collection"], line["revision"], line["level"]) == ("archive", 3, "info")


def test_a_field_without_a_row_in_the_table_is_dropped(lines: io.StringIO) -> None:
    logs.get_logger("worker.x").info("seen", patient_name=NAME, collection="archive")
    assert NAME not in lines.getvalue()
    assert "patient_name" not in lines.getvalue()
    assert last(lines)["dropped_fields"] == 1


@pytest.mark.parametrize("field", sorted(SAFE_FIELDS.keys() - FREE))
def test_a_patient_name_in_a_safe_field_is_withheld(field: str, lines: io.StringIO) -> None:
    logs.get_logger("worker.x").info("seen", **{field: NAME})
    assert NAME not in lines.getvalue()


@given(st.dictionaries(st.sampled_from(sorted(SAFE_FIELDS)), st.text(max_size=40)))
def test_no_value_breaks_out_of_its_line(fields: dict[str, str]) -> None:
    spelled = json.dumps(clean_fields(fields))
    assert "\n" not in spelled
    for value in clean_fields(fields).values():
        assert str(value).isprintable()


@pytest.mark.parametrize("library", ["sqlalchemy.engine", "pydicom", "somebody.else", "pynetdicom"])
def test_the_text_of_a_library_is_withheld(library: str, lines: io.StringIO) -> None:
    logging.getLogger(library).error("INSERT %s", NAME)
    assert NAME not in lines.getvalue()
    assert last(lines)["event"] == "(withheld)"


def test_what_is_filled_into_a_plain_record_of_ours_is_withheld(lines: io.StringIO) -> None:
    logging.getLogger("archive.search").error("could not search for %s", NAME)
    assert NAME not in lines.getvalue()
    assert last(lines)["event"] == "could not search for %s"


def test_a_plain_record_of_ours_may_carry_fields(lines: io.StringIO) -> None:
    fields = {"collection": "archive", "patient_name": NAME}
    logging.getLogger("archive.ingest").error("failed", extra={"dicomtube": fields})
    assert (last(lines)["event"], last(lines)["collection"]) == ("failed", "archive")
    assert NAME not in lines.getvalue()


def sentences(package: str) -> Iterator[tuple[str, ast.expr]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "logger", "LOGGER")
                and node.func.attr in ("debug", "info", "warning", "error", "exception")
            ):
                yield f"{path}:{node.lineno}", node.args[0]


@pytest.mark.parametrize("package", sorted(OUR_PACKAGES))
def test_every_event_in_our_code_is_a_constant_sentence(package: str) -> None:
    assert [place for place, said in sentences(package) if not isinstance(said, ast.Constant)] == []


def test_a_warning_of_a_library_comes_as_a_line_without_the_value_that_it_quotes(
    lines: io.StringIO,
) -> None:
    warnings.warn(f"Invalid value for VR PN: '{NAME}'", stacklevel=1)
    assert (last(lines)["logger"], last(lines)["event"]) == ("py.warnings", "(withheld)")
    assert NAME not in lines.getvalue()


def test_no_logger_that_passes_is_named_below_its_package() -> None:
    """A row with a dot is never looked up: it would be dead, or a hole once somebody mends that."""
    assert [name for name in logs.FOREIGN_LOGGERS if "." in name] == []


def test_an_exception_tells_where_but_not_its_words(lines: io.StringIO) -> None:
    try:
        int(NAME)
    except ValueError:
        logs.get_logger("archive.x").exception("failed")
    assert NAME not in lines.getvalue()
    described = last(lines)["exception"]
    assert isinstance(described, dict)
    assert described["type"] == "builtins.ValueError"
    assert "test_an_exception_tells_where" in str(described["where"])


def test_an_exception_of_ours_keeps_its_words() -> None:
    kind = type("Odd", (Exception,), {"__module__": "imaging.errors"})
    assert describe_exception(kind("length runs past the end"))["message"] == (
        "length runs past the end"
    )


def test_lines_inside_a_request_carry_its_id_and_lines_after_it_do_not(lines: io.StringIO) -> None:
    log = logs.get_logger("web")
    with logs.bound_request_id("abc"):
        logs.get_logger("worker.x").info("in")
        assert last(lines)["request_id"] == "abc"
    log.info("out")
    assert "request_id" not in last(lines)


@pytest.mark.parametrize("offered", ["", None, "a b", "a\r\nb", "x" * 65, "<script>", "é"])
def test_an_odd_request_id_is_replaced(offered: str | None) -> None:
    assert logs.accepted_request_id(offered) != offered


def test_a_plain_request_id_of_a_proxy_is_kept() -> None:
    assert logs.accepted_request_id("3f-Aa9") == "3f-Aa9"


SECRET = "s3cr3t_Ab-" * 5


@pytest.mark.parametrize(
    "text",
    [
        f"GET /shared/1?k={SECRET} HTTP/1.1",
        f"/auth/google/callback?state={SECRET}&code={SECRET}#x",
        f"code={SECRET}&x=1",
        f'"/?a=1&K={SECRET}"',
        f"Bearer dt_{SECRET}",
        f"dtl_{SECRET}",
        f"cookie dtp_{SECRET}.dtp_{SECRET}",
        f"POST /mail/stop/{SECRET} HTTP/1.1",
        f"/viewer/viewer?StudyInstanceUIDs=1.2.3&token={SECRET}",
        f"/?id_token={SECRET}&nonce={SECRET}",
        f"/auth/facebook/data-deletion?signed_request={SECRET}.{SECRET}",
        f"asked with AIza{SECRET}",
    ],
)
def test_what_opens_something_is_in_no_line(text: str, lines: io.StringIO) -> None:
    logging.getLogger("granian").info(text)
    logs.get_logger("dicomweb.x").info("refused", detail=text)
    assert SECRET not in lines.getvalue()
    assert "(withheld)" in lines.getvalue()


def test_words_that_look_like_secrets_a_little_stay(lines: io.StringIO) -> None:
    told = "task done, code 3, dt_theme kept, state= received, ok=1, /a/b-c, /studies/1.2.3"
    logging.getLogger("celery").warning(told)
    assert told in lines.getvalue()
