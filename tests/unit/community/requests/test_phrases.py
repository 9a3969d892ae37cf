"""Who writes what the privacy policy asks for is understood, however they write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from community.look import languages
from community.requests import kinds
from community.requests.phrases import kind_said


@pytest.mark.parametrize(
    "words",
    [
        "data deletion request",
        "Hello,\nthis is a DATA DELETION REQUEST. Thanks",
        "“Data-Deletion\u00a0 Request”",
        "data\r\ndeletion\r\nrequest!",
        "ｄａｔａ deletion request",
    ],
)
def test_a_data_deletion_request_is_one_in_any_case(words: str) -> None:
    assert kind_said(kinds.CONTACT, words) == kinds.ERASE


@pytest.mark.parametrize(
    "words",
    ["a question", "data deletion requests", "metadata deletion request", "deletion request"],
)
def test_other_words_are_not(words: str) -> None:
    assert kind_said(kinds.CONTACT, words) == kinds.CONTACT


def test_what_was_chosen_stays_chosen() -> None:
    assert kind_said(kinds.TAKEDOWN, "data deletion request") == kinds.TAKEDOWN


def test_it_is_understood_in_every_language_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "de"
    folder.mkdir()
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "data deletion request"\nmsgstr "Antrag auf Löschung meiner Daten"\n'
    )
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    languages._messages.cache_clear()
    said = "Ich stelle einen ANTRAG auf LÖSCHUNG meiner Daten."
    assert kind_said(kinds.CONTACT, said) == kinds.ERASE
    assert kind_said(kinds.CONTACT, "data deletion request") == kinds.ERASE
    monkeypatch.undo()
    languages._messages.cache_clear()
    assert kind_said(kinds.CONTACT, said) == kinds.CONTACT
