"""case.json: what goes out comes back, and what is hostile is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.cases.editing import text_of
from community.exchange.bundled import BundledImage, BundledQuestion, BundledStudy
from community.exchange.case_json import from_document, to_document
from community.exchange.companions import READER, Companions, Remark
from community.exchange.errors import BadBundle
from community.finding.tagging import Tag
from community.quizzes.model import CHOICE, FREE, LOCATE, Place, Question
from tests.exchanged import IMAGE, STUDY, view

ADDRESS = "https://cases.example.org/cases/bcdfgh23456789"
FOLDERS = {"1.2.3": "DICOM/ST000001"}


def document(**changes: Any) -> bytes:
    said = json.loads(to_document(view(), ADDRESS, FOLDERS))
    return json.dumps(said | changes).encode()


def test_a_case_comes_back_as_it_went() -> None:
    made = view(is_unknown=True)
    found = from_document(to_document(made, ADDRESS, FOLDERS))
    assert found.text == text_of(made.case, made.sections)
    assert found.studies == (BundledStudy(STUDY.study_instance_uid, "Before", 0, "DICOM/ST000001"),)
    assert found.key_images == (
        BundledImage(
            IMAGE.study_instance_uid, IMAGE.series_instance_uid, IMAGE.sop_instance_uid,
            IMAGE.frame, IMAGE.caption, IMAGE.alt, IMAGE.region, is_spoiler=False,
        ),
    )  # fmt: skip


def test_questions_and_tags_come_back_as_they_went_and_comments_are_counted() -> None:
    where = (IMAGE.study_instance_uid, IMAGE.series_instance_uid, IMAGE.sop_instance_uid)
    region = (0.25, 0.25, 0.5, 0.5)
    more = Companions(
        (Tag("wilson-disease", "Wilson disease"), Tag("brain", "Brain", "SCT", "12738006")),
        (
            Question("1", FREE, "", accepted=("Wilson", "Wilson disease")),
            Question("2", CHOICE, "Which?", options=("This", "That"), right_option=1),
            Question("3", LOCATE, "Where?", place=Place(*where, 2, region)),
        ),
        (Remark(READER, datetime(2026, 1, 2, tzinfo=UTC), "Look", False, True, None, None),),
    )
    found = from_document(to_document(view(), ADDRESS, FOLDERS, more))
    assert found.tags == ("Wilson disease", "Brain")
    assert found.questions == (
        BundledQuestion(FREE, "", ("Wilson", "Wilson disease")),
        BundledQuestion(CHOICE, "Which?", ("This", "That"), 1),
        BundledQuestion(LOCATE, "Where?", place=BundledImage(*where, 2, region=region)),
    )
    assert found.remarks == 1


def test_what_an_unknown_case_hides_is_in_no_document() -> None:
    made = to_document(view(is_unknown=True, revealed=False), ADDRESS, FOLDERS).decode()
    for hidden in ("panda", "Wilson", "genetics", "Before"):
        assert hidden not in made


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"},
        {"format_version": 2},
        {"format_version": "1"},
        {"title": 5},
        {"title": "x" * 200_000},
        {"is_unknown": "yes"},
        {"modalities": "MR"},
        {"modalities": [1]},
        {"sections": [{"kind": "other", "markdown": "", "reveal": "always"}]},
        {"sections": ["x"]},
        {"studies": [{"study_instance_uid": "../x"}]},
        {"studies": [{"study_instance_uid": "1.2", "relative_day": 1.5}]},
        {"studies": [{"study_instance_uid": "1.2"}] * 31},
        {"key_images": [{"study_instance_uid": "1.2", "series_instance_uid": "1"}]},
        {"key_images": {}},
        {"tags": ["word"]},
        {"tags": [{"label": "x"}] * 51},
        {"questions": [{"kind": "choice", "options": "one"}]},
        {"questions": [{"kind": "choice", "options": [1]}]},
        {"questions": [{"kind": "choice", "right_option": "first"}]},
        {"questions": [{"kind": "locate", "place": {"study_instance_uid": "1.2"}}]},
        {"comments": "many"},
        {"comments": [{}] * 2_001},
    ],
)
def test_what_is_of_the_wrong_kind_is_refused(changes: dict[str, Any]) -> None:
    if changes == {"key_images": {}}:
        changes = {"key_images": {"a": 1}}
    with pytest.raises(BadBundle):
        from_document(document(**changes))


@pytest.mark.parametrize("region", [[0, 0, 1], [0, 0, 0, "1"], [0, 0, 0, 2], {"x": 1}, "0001"])
def test_a_region_is_four_fractions(region: Any) -> None:
    image = {"study_instance_uid": "1", "series_instance_uid": "2", "sop_instance_uid": "3"}
    with pytest.raises(BadBundle):
        from_document(document(key_images=[{**image, "region": region}]))


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(BadBundle):
        from_document(data)


@settings(max_examples=30)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_value_anywhere_makes_anything_but_a_refusal(value: Any) -> None:
    names = ("sections", "studies", "key_images", "modalities", "title", "questions", "tags")
    for name in names:
        with suppress(BadBundle):
            from_document(document(**{name: value}))
