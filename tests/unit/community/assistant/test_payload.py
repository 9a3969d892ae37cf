"""What may be told of a case: a closed list, and nothing that identifies anybody."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.assistant.payload import (
    IDENTIFIES,
    NO_OPT_IN,
    NOT_OPEN,
    NOTHING,
    RESTRICTED,
    SECTIONS,
    STATES,
    AiPayload,
    CaseWords,
    Withheld,
    build_ai_payload,
    max_section_chars,
)
from community.assistant.words import must_stay, without_addresses
from community.assisting.gathering import may_identify
from community.cases.model import KINDS
from community.cases.model import STATES as EVERY_STATE

CASE = CaseWords(
    title="Giant panda sign",
    sections={
        "history": "Tremor since spring.",
        "diagnosis": "Wilson disease",
        "references": "Doe J. A tremor. 1999.",
    },
    specialty="Neuroradiology",
    body_part="Brain",
    modalities=("Magnetic resonance",),
    language="en",
    state="public",
    opted_in=True,
    is_restricted=False,
    own_names=("ann", "Ann Example"),
)


def nothing_hits(_text: str) -> bool:
    return False


def withheld(case: CaseWords) -> tuple[str, str]:
    with pytest.raises(Withheld) as caught:
        build_ai_payload(case, may_identify)
    return caught.value.reason, caught.value.field


def test_a_payload_has_the_fields_of_the_policy_and_no_other() -> None:
    assert [one.name for one in fields(AiPayload)] == [
        "title", "sections", "specialty", "body_part", "modalities", "language",
    ]  # fmt: skip
    assert set(SECTIONS) == set(KINDS) - {"references"}


def test_what_is_told_is_spelled_in_one_way() -> None:
    payload = build_ai_payload(CASE, may_identify)
    assert json.loads(payload.spelled()) == {
        "title": "Giant panda sign",
        "specialty": "Neuroradiology",
        "body_part": "Brain",
        "modalities": ["Magnetic resonance"],
        "language": "en",
        "sections": {"history": "Tremor since spring.", "diagnosis": "Wilson disease"},
    }
    assert payload.told == (
        "title", "specialty", "body_part", "modalities", "language", "history", "diagnosis",
    )  # fmt: skip
    assert payload.sha256 == build_ai_payload(replace(CASE), may_identify).sha256
    assert payload.sha256 != build_ai_payload(replace(CASE, title="Else"), may_identify).sha256


def test_without_an_opt_in_or_while_something_speaks_against_it_nothing_is_told() -> None:
    assert withheld(replace(CASE, opted_in=False))[0] == NO_OPT_IN
    assert withheld(replace(CASE, is_restricted=True))[0] == RESTRICTED
    assert withheld(CaseWords())[0] == NO_OPT_IN
    for state in (*set(EVERY_STATE) - STATES, "", "another"):
        assert withheld(replace(CASE, state=state))[0] == NOT_OPEN
    assert {"held", "restricted", "tombstone"} <= set(EVERY_STATE) - STATES


def test_a_case_without_a_text_is_nothing_to_tell() -> None:
    assert withheld(replace(CASE, sections={}))[0] == NOTHING
    assert withheld(replace(CASE, sections={"references": "An article."}))[0] == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "Seen on 12.03.2021 in the clinic.",
        "MRN: 12345678",
        "Call 030 1234 5678 for more.",
        "Write to jane@example.org.",
        "Told by @ann on the phone.",
        "A case of Ann Example, sent to me.",
        "A case of mine (Ann).",
        "Study 1.2.840.113619.2.55.3 shows it.",
        "See 0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b there.",
        "Hash d2a84f4b8b650937ec8f73cd8be2c74a here.",
        "Host 10.1.2.3 has it.",
        "Her token is dtp_abcdefgh12345678.",
    ],
)
def test_what_identifies_keeps_the_case_back_and_says_where(text: str) -> None:
    sections = {**CASE.sections, "discussion": f"At first. {text}"}
    assert withheld(replace(CASE, sections=sections)) == (IDENTIFIES, "discussion")
    assert withheld(replace(CASE, title=text)) == (IDENTIFIES, "title")


def test_words_that_only_contain_a_name_or_measure_something_are_told() -> None:
    text = "The annular lesion of 12.5 mm, ring sign, T2 and 3.0 T, grows over 6 months (2 of 3)."
    sections = {"findings": text}
    payload = build_ai_payload(replace(CASE, sections=sections), may_identify)
    assert dict(payload.sections) == {"findings": text}


def test_links_lose_their_address_and_markup_goes() -> None:
    text = (
        "See [the atlas](https://atlas.example/ann?k=1 'Ann') and ![scan](/x.png) or "
        "https://a.example/b, www.b.example <b>bold</b>\n[1]: https://c.example"
    )
    found = without_addresses(text)
    assert "the atlas" in found
    assert "bold" in found
    assert not any(one in found for one in ("example", "http", "www", "<", "png", "k=1"))


def test_long_texts_are_told_to_the_end_of_a_word() -> None:
    text = "word " * (max_section_chars // 2)
    payload = build_ai_payload(replace(CASE, sections={"findings": text}), nothing_hits)
    told = dict(payload.sections)["findings"]
    assert max_section_chars - 5 < len(told) <= max_section_chars
    assert told.endswith("word")


_words = st.text(st.characters(codec="utf-8"), max_size=120)
CANARY = "Kanarienvogelquist"


@given(
    title=_words,
    sections=st.dictionaries(st.sampled_from([*KINDS, "notes", "comments"]), _words),
    own=st.lists(_words, max_size=3),
    state=st.sampled_from(EVERY_STATE),
    opted_in=st.booleans(),
    is_restricted=st.booleans(),
)
def test_no_case_is_told_that_may_not_be_and_no_name_in_any(
    title: str,
    sections: dict[str, str],
    own: list[str],
    state: str,
    opted_in: bool,
    is_restricted: bool,
) -> None:
    hidden = dict.fromkeys(("references", "notes", "comments"), CANARY)
    case = CaseWords(
        title=title,
        sections={**sections, **hidden},
        state=state,
        opted_in=opted_in,
        is_restricted=is_restricted,
        own_names=(*own, CANARY),
    )
    try:
        payload = build_ai_payload(case, may_identify)
    except Withheld:
        return
    assert opted_in
    assert not is_restricted
    assert state in STATES
    told = payload.spelled()
    assert CANARY not in told
    assert not must_stay(payload.texts, case.own_names, may_identify)
    assert {kind for kind, _ in payload.sections} <= set(SECTIONS)


@given(place=st.sampled_from(["title", *SECTIONS]), before=_words, after=_words)
def test_a_name_of_the_author_never_leaves_wherever_it_stands(
    place: str, before: str, after: str
) -> None:
    text = f"{before} {CANARY} {after}"
    title = text if place == "title" else CASE.title
    sections = {**CASE.sections, **({} if place == "title" else {place: text})}
    case = replace(CASE, title=title, sections=sections, own_names=(CANARY,))
    try:
        told = build_ai_payload(case, nothing_hits).spelled()
    except Withheld as reason:
        assert (reason.reason, reason.field) == (IDENTIFIES, place)
    else:
        assert CANARY not in told
