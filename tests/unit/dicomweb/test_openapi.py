"""The OpenAPI document is valid and says what the capability description says."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from dicomweb.capabilities import describe
from dicomweb.openapi import to_openapi
from dicomweb.routes import ROUTES

ROOT = "http://localhost:8000/dicom-web"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe(ROUTES, ROOT)


@pytest.fixture(scope="module")
def document(description: dict[str, Any]) -> dict[str, Any]:
    return to_openapi(description, "1.2.3", secured=True)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_every_described_method_has_an_operation(
    document: dict[str, Any], description: dict[str, Any]
) -> None:
    described = {
        ("/" + row["path"], method["method"].lower())
        for row in description["resources"]
        for method in row["methods"]
    }
    operations = {
        (path, name)
        for path, item in document["paths"].items()
        for name in item
        if name != "parameters"
    }
    assert operations == described


def test_media_types_of_an_answer_are_those_of_the_description(
    document: dict[str, Any], description: dict[str, Any]
) -> None:
    (row,) = (row for row in description["resources"] if row["path"] == "studies")
    (get,) = (method for method in row["methods"] if method["method"] == "GET")
    answer = document["paths"]["/studies"]["get"]["responses"]["200"]
    assert list(answer["content"]) == get["mediaTypes"]


def test_errors_have_the_schema_of_our_errors(document: dict[str, Any]) -> None:
    answer = document["paths"]["/studies"]["get"]["responses"]["400"]
    assert "$ref" in answer["content"]["application/json"]["schema"]


@pytest.mark.parametrize(("secured", "expected"), [(True, [{"token": []}]), (False, None)])
def test_a_token_is_asked_for_only_where_one_is_needed(
    description: dict[str, Any], secured: bool, expected: object
) -> None:
    assert to_openapi(description, "1", secured).get("security") == expected


def test_the_server_gives_its_document(web: Any) -> None:
    answer = web.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["servers"] == [{"url": "http://127.0.0.1:8000/dicom-web"}]
