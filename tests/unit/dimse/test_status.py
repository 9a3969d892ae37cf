"""A C-STORE answer says what happened in the standard's words and in no patient's."""

import pytest
from pydicom.valuerep import validate_value
from pynetdicom.status import code_to_category

from archive import errors
from archive.errors import StoreFailure
from archive.ingest import Failed, Stored
from dimse.status import answer_to, comment, failed

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, StoreFailure) and kind is not StoreFailure
]


def stored(warning: int | None = None) -> Stored:
    return Stored("1.2", "1.3", "1.4", "1.5", warning, already=False)


def test_a_stored_instance_is_success() -> None:
    assert (answer_to(stored()).status, answer_to(stored()).outcome) == (0x0000, "stored")


def test_what_was_there_before_is_success_and_counted_apart() -> None:
    answer = answer_to(Stored("1.2", "1.3", "1.4", "1.5", already=True))
    assert (answer.status, answer.outcome) == (0x0000, "already")


def test_a_quarantined_instance_is_a_warning_with_a_reason() -> None:
    answer = answer_to(stored(0xB000))
    assert answer.status == 0xB000
    assert "quarantine" in answer.comment


@pytest.mark.parametrize("kind", KINDS)
def test_every_failure_of_the_archive_is_a_failure_of_c_store(kind: type[StoreFailure]) -> None:
    answer = answer_to(Failed("1.2", "1.3", kind("the reason")))
    assert answer.status == kind.reason
    assert code_to_category(answer.status) == "Failure"
    assert answer.comment == "the reason" or answer.status == 0x0111


@pytest.mark.parametrize("text", ["x" * 65, "a\\b", "naïve – dash", "line\r\nbreak", ""])
def test_a_comment_is_a_long_string_of_the_default_repertoire(text: str) -> None:
    said = comment(text)
    assert len(said) <= 64
    assert said.isascii()
    assert "\\" not in said
    validate_value("LO", said, validation_mode=2)


def test_a_duplicate_says_that_the_first_is_kept() -> None:
    answer = failed(errors.DuplicateInstance("a sentence that is longer than a comment " * 3))
    assert answer.comment.endswith("the first is kept")
    assert len(answer.comment) <= 64


def test_the_reason_word_is_the_errors_own() -> None:
    assert failed(errors.DoesNotMatch("SOP Instance UID differs")).outcome == "0xA900"
