"""What a text service may answer, and how little of everything else is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.assistant.answers import (
    Reading,
    Suggestions,
    max_summary_chars,
    max_tags,
    read_answer,
)
from community.assistant.payload import AiPayload
from community.assisting.gathering import may_identify
from community.assisting.working import _is_neutral

PAYLOAD = AiPayload(
    "Giant panda sign",
    (("history", "A girl with tremor."), ("diagnosis", "Wilson disease")),
    "Neuroradiology",
    "Brain",
    ("Magnetic resonance",),
    "en",
)
HOW = Reading({"en", "de"}, _is_neutral, may_identify)


def read(said: Any) -> Suggestions:
    return read_answer(said if isinstance(said, str) else json.dumps(said), PAYLOAD, HOW)


def test_a_good_answer_is_kept() -> None:
    said = {"language": "de", "summary": "A girl trembles.", "tags": ["Tremor", "panda sign"]}
    assert read(said) == Suggestions("de", "A girl trembles.", ("Tremor", "panda sign"))


@pytest.mark.parametrize(
    "said", ["", "no", "[]", "null", "[" * 100_000, '{"tags": ', json.dumps({"tags": {"a": 1}})]
)
def test_what_is_no_answer_is_nothing(said: str) -> None:
    assert read(said) == Suggestions()


def test_a_language_that_no_case_may_have_is_none() -> None:
    assert read({"language": "tlh"}) == read({"language": 1}) == Suggestions()


def test_a_diagnosis_that_the_author_did_not_name_is_no_tag() -> None:
    said = {"tags": ["Wilson disease", "Glioblastoma", "Leigh syndrome", "Brain", "Abscess"]}
    assert read(said).tags == ("Wilson disease", "Brain")


def test_tags_are_few_short_and_each_once() -> None:
    assert read({"tags": ["Tremor", "tremor", "x" * 49, "", "  ", 1]}).tags == ("Tremor",)
    words = " ".join(f"word{n}x" for n in "abcdefghijklmnop")
    payload = AiPayload("T", (("history", words),), "", "", (), "")
    found = read_answer(json.dumps({"tags": words.split()}), payload, HOW)
    assert len(found.tags) == max_tags


def test_a_summary_is_plain_text_that_names_nobody() -> None:
    assert read(
        {"summary": "<b>Bold</b> [here](https://x.example)\n\n\nNext\x07 line"}
    ).summary == ("Bold here\n\nNext line")
    for said in ("Write to a@b.example.", "Seen on 12.03.2021.", "Call 030 1234 5678 now."):
        assert read({"summary": said}).summary == ""
    assert read({"summary": "a " * max_summary_chars}).summary == ""


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.one_of(
        st.text(), st.fixed_dictionaries({"language": _json, "summary": _json, "tags": _json})
    )
)
def test_no_answer_breaks_anything_or_leaves_its_bounds(said: Any) -> None:
    found = read(said)
    assert found.language in {"", "en", "de"}
    assert len(found.summary) <= max_summary_chars
    assert len(found.tags) <= max_tags
    assert all(one.isprintable() or one == "\n" for one in found.summary)
