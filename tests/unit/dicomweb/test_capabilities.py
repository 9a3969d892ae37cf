"""The description of the service says what its tables say."""

from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from archive.attributes import ATTRIBUTES, Level
from dicomweb.capabilities import (
    TRANSACTIONS,
    conformance,
    describe,
    matching_of,
    search_attributes,
)
from dicomweb.negotiation import Resource, media_types_of
from dicomweb.query import parse_query
from dicomweb.wadl import NAMESPACE, to_wadl

ROOT = "http://localhost:8000/dicom-web"


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    resource: str


ROUTES = (
    Row("OPTIONS", "", "capabilities"),
    Row("GET", "/studies", "search studies"),
    Row("POST", "/studies", "store"),
    Row("GET", "/series", "search series"),
    Row("GET", "/studies/<study>/series", "search series"),
    Row("GET", "/studies/<study>", "study"),
    Row("DELETE", "/studies/<study>", "erase"),
    Row("GET", "/studies/<study>/rendered", "rendered study"),
    Row("GET", "/studies/<study>/anything", "no such thing"),
    Row(
        "GET",
        "/studies/<study>/series/<series>/instances/<instance>/bulkdata/<path:path>",
        "bulkdata",
    ),
)


def methods_at(path: str) -> dict[str, dict[str, object]]:
    (row,) = (r for r in describe(ROUTES, ROOT)["resources"] if r["path"] == path)
    return {method["method"]: method for method in row["methods"]}


def test_every_route_is_described_under_its_template() -> None:
    paths = {row["path"] for row in describe(ROUTES, ROOT)["resources"]}
    assert paths == {
        "",
        "studies",
        "series",
        "studies/{study}/series",
        "studies/{study}",
        "studies/{study}/rendered",
        "studies/{study}/series/{series}/instances/{instance}/bulkdata/{path}",
    }


def test_what_has_no_row_is_not_promised() -> None:
    assert "anything" not in str(describe(ROUTES, ROOT))


def test_each_level_of_rendered_resources_promises_what_it_gives() -> None:
    assert 'multipart/related; type="text/html"' in media_types_of(Resource.RENDERED_SEVERAL)
    assert "image/jpeg" not in media_types_of(Resource.RENDERED_SEVERAL)
    assert {"image/jpeg", "text/html"} <= set(media_types_of(Resource.RENDERED))
    assert "text/html" not in media_types_of(Resource.RENDERED_FRAMES)


def test_a_search_tells_its_parameters_and_attributes() -> None:
    method = methods_at("studies")["GET"]
    names = [parameter["name"] for parameter in method["parameters"]]  # type: ignore[attr-defined]
    assert {"limit", "includefield", "fuzzymatching", "PatientID", "ModalitiesInStudy"} <= {*names}
    assert "Rows" not in names
    assert method["mediaTypes"] == list(media_types_of(Resource.SEARCH))


def test_a_store_tells_what_it_takes_and_answers() -> None:
    method = methods_at("studies")["POST"]
    assert method["requestMediaTypes"] == [
        'multipart/related; type="application/dicom"',
        'multipart/related; type="application/dicom+json"',
        'multipart/related; type="application/dicom+xml"',
        "application/dicom",
        "application/dicom+json",
        "application/dicom+xml",
    ]
    assert {200, 202, 400, 409, 413, 415} <= set(method["statuses"])  # type: ignore[call-overload]


def test_every_parameter_that_is_promised_is_read() -> None:
    for level in Level:
        for attribute in search_attributes(level):
            if attribute["vr"] != "SQ":
                question = parse_query(f"{attribute['keyword']}=", level)
                assert len(question.search.include.paths) == 1, attribute


@pytest.mark.parametrize("level", list(Level))
def test_the_attributes_of_a_level_are_those_of_the_table(level: Level) -> None:
    described = search_attributes(level)
    assert len(described) == len([row for row in ATTRIBUTES if row.level is level])
    assert any(row["returned"] == "always" for row in described)


@pytest.mark.parametrize(
    ("vr", "kinds"),
    [
        ("PN", {"single value", "wild card", "fuzzy"}),
        ("UI", {"single value", "list of UID"}),
        ("DA", {"single value", "range"}),
        ("LO", {"single value", "wild card"}),
        ("IS", {"single value"}),
        ("SQ", {"sequence"}),
    ],
)
def test_the_kinds_of_matching_are_those_of_the_vr(vr: str, kinds: set[str]) -> None:
    assert set(matching_of(vr)) == {*kinds, "universal", "empty value"}


def test_the_wadl_is_xml_with_unique_ids_and_a_default_for_accept() -> None:
    document = ElementTree.fromstring(to_wadl(describe(ROUTES, ROOT)))
    assert document.tag == f"{{{NAMESPACE}}}application"
    space = {"w": NAMESPACE}
    resources = document.find("w:resources", space)
    assert resources is not None
    assert resources.get("base") == ROOT
    ids = [method.get("id") for method in document.iterfind(".//w:method", space)]
    assert len(ids) == len(set(ids)) == 9
    study = document.find(".//w:resource[@path='studies/{study}']", space)
    assert study is not None
    template = study.find("w:param[@style='template']", space)
    assert template is not None
    assert template.get("name") == "study"
    accept = study.find("w:method[@name='GET']/w:request/w:param[@name='Accept']", space)
    assert accept is not None
    assert accept.get("default") == 'multipart/related; type="application/dicom"'
    codes = [r.get("status") for r in study.iterfind("w:method[@name='GET']/w:response", space)]
    assert codes == ["200", "304 400 401 403 404 406 410"]


def test_the_conformance_tables_name_sections_and_resources() -> None:
    tables = conformance(ROUTES)
    by_name = {row["name"]: row for row in tables["transactions"]}
    assert by_name["SearchForSeries"]["resources"] == ["GET series", "GET studies/{study}/series"]
    assert by_name["StoreInstances"]["section"] == "10.5"
    assert 206 in by_name["RetrieveRenderedStudy"]["statuses"]
    assert "RetrieveMetadata" not in by_name
    assert {row["uid"] for row in tables["transferSyntaxes"]} > {"1.2.840.10008.1.2.4.80"}


def test_every_transaction_has_a_status_of_success_and_of_failure() -> None:
    for transaction in TRANSACTIONS.values():
        assert min(transaction.statuses) < 300 <= max(transaction.statuses)
