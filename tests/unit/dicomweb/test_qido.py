"""The six search resources: what the door adds to what the archive finds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import ct_image

ROOT = "http://127.0.0.1:8000/dicom-web"


@pytest.fixture
def found(web: Any) -> Any:
    web.stored(
        ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3", SOPInstanceUID="1.4"),
        ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.5", SOPInstanceUID="1.6"),
        ct_image(StudyInstanceUID="1.7", SeriesInstanceUID="1.8", SOPInstanceUID="1.9"),
    )
    return web


@pytest.mark.parametrize(
    ("path", "urls"),
    [
        ("/studies", {"/studies/1.2", "/studies/1.7"}),
        (
            "/series",
            {"/studies/1.2/series/1.3", "/studies/1.2/series/1.5", "/studies/1.7/series/1.8"},
        ),
        ("/studies/1.2/series", {"/studies/1.2/series/1.3", "/studies/1.2/series/1.5"}),
        ("/instances?SOPInstanceUID=1.9", {"/studies/1.7/series/1.8/instances/1.9"}),
        ("/studies/1.7/instances", {"/studies/1.7/series/1.8/instances/1.9"}),
        ("/studies/1.2/series/1.3/instances", {"/studies/1.2/series/1.3/instances/1.4"}),
    ],
)
def test_every_result_says_where_it_is(found: Any, path: str, urls: set[str]) -> None:
    rows = found.get(path).get_json(force=True)
    assert {row["00081190"]["Value"][0].removeprefix(ROOT) for row in rows} == urls
    assert all(list(row) == sorted(row) for row in rows)


def test_nothing_found_is_an_empty_list(web: Any) -> None:
    answer = web.get("/studies?PatientID=nobody")
    assert (answer.status_code, answer.data) == (200, b"[]")


@pytest.mark.parametrize("wildcard", ["*", "%2A"])
def test_wild_cards_work_encoded_or_not(found: Any, wildcard: str) -> None:
    everything = found.get("/studies").get_json(force=True)
    name = everything[0]["00100010"]["Value"][0]["Alphabetic"][:3]
    assert len(found.get(f"/studies?PatientName={name}{wildcard}").get_json(force=True)) == 2


def test_results_can_be_xml_a_part_each(found: Any) -> None:
    answer = found.get("/studies", 'multipart/related; type="application/dicom+xml"')
    assert answer.content_type.startswith('multipart/related; type="application/dicom+xml"')
    assert answer.data.count(b"<NativeDicomModel") == 2


def test_the_accept_parameter_goes_before_the_header(found: Any) -> None:
    answer = found.get("/studies?accept=application/json", "application/dicom+json")
    assert answer.content_type == "application/json"


def test_what_is_left_is_told(found: Any) -> None:
    answer = found.get("/studies?limit=1")
    assert answer.headers["Warning"].startswith("299 http://127.0.0.1:8000/dicom-web: There are 1 ")


def test_a_parameter_that_is_no_attribute_is_told(found: Any) -> None:
    assert "PatientNam" in found.get("/studies?PatientNam=x").headers["Warning"]


@pytest.mark.parametrize(
    "query", ["limit=x", "fuzzymatching=maybe", "StudyDate=2024", "includefield=%00"]
)
def test_a_question_that_cannot_be_read_is_400(found: Any, query: str) -> None:
    answer = found.get(f"/studies?{query}")
    assert (answer.status_code, answer.get_json(force=True)["error"]) == (400, "bad-request")


def test_nothing_acceptable_is_406_with_what_can_be_had(found: Any) -> None:
    answer = found.get("/studies", "image/png")
    assert answer.status_code == 406
    assert "application/dicom+json" in answer.get_json(force=True)["available"]


def test_a_list_that_names_one_known_type_is_answered(found: Any) -> None:
    accept = "application/dicom+json, multipart/related; type=application/octet-stream"
    assert found.get("/series", accept).status_code == 200


def test_an_unknown_collection_is_404(web: Any) -> None:
    web.root = "/collections/nowhere/dicom-web"
    assert web.get("/studies").status_code == 404
    web.root = "/collections/community.quarantine/dicom-web"
    assert web.get("/studies").status_code == 404


@pytest.mark.parametrize("name, told", [("山田^太郎", ["ISO_IR 192"]), ("Doe^Jane", None)])
@pytest.mark.parametrize("resource", ["/studies", "/series?includefield=PatientName"])
def test_a_result_beyond_ascii_says_its_character_set(
    web: Any, resource: str, name: str, told: list[str] | None
) -> None:
    web.stored(ct_image(PatientName=name, SpecificCharacterSet="ISO_IR 192"))
    [row] = web.get(resource).json
    assert row.get("00080005", {}).get("Value") == told
