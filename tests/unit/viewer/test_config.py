from __future__ import annotations

import json
import re

from viewer.config import app_config

SCRIPT = app_config([("archive", "/dicom-web"), ("ct", "/collections/ct/dicom-web")], "/viewer/")


def _config() -> dict[str, object]:
    match = re.match(r"window\.config = (\{.*?\n\});", SCRIPT, re.DOTALL)
    assert match is not None
    return json.loads(match[1])  # type: ignore[no-any-return]


def test_every_collection_is_a_data_source_and_the_first_is_the_default() -> None:
    config = _config()
    sources = config["dataSources"]
    assert isinstance(sources, list)
    assert [source["sourceName"] for source in sources] == ["archive", "ct"]
    assert config["defaultDataSourceName"] == "archive"


def test_roots_are_of_the_same_origin() -> None:
    assert "://" not in SCRIPT
    assert "window.location.origin" in SCRIPT


def test_the_router_knows_its_prefix_without_the_last_slash() -> None:
    assert _config()["routerBasename"] == "/viewer"


def test_below_a_path_roots_and_router_stay_below_it() -> None:
    script = app_config([("archive", "/dicom-web")], "/viewer/", "/imaging")
    assert '"routerBasename": "/imaging/viewer"' in script
    assert '"wadoRoot": "/imaging/dicom-web"' in script
    assert ': "/dicom-web"' not in script


def test_the_uri_service_has_its_own_address() -> None:
    assert '"wadoUriRoot": "/collections/ct/dicom-web/wado"' in SCRIPT


def test_a_case_named_in_the_address_is_a_source_of_its_own() -> None:
    """How a browser reads it is tested end to end; here, what it takes for an id."""
    found = re.search(r"= /(.+?)/\.exec", SCRIPT)
    assert found is not None
    pattern = re.compile(found[1])
    address = "/viewer/viewer?StudyInstanceUIDs=1.2&datasources=case-{}"
    case = "01890000-0000-7000-8000-00000000ca5e"
    match = pattern.search(address.format(case))
    assert match is not None
    assert match[1] == case
    for wrong in ("", "../../dicom-web", case[:-1], case.upper(), case + "0", "x" + case):
        assert pattern.search(address.format(wrong)) is None
    below = app_config([("archive", "/dicom-web")], "/viewer/", "/imaging")
    assert 'const SERVER = "/imaging"' in below


def test_beside_the_images_stands_what_they_are_not_for_and_the_way_back() -> None:
    script = app_config([("archive", "/dicom-web")], "/viewer/", "/imaging")
    assert "Not for primary diagnosis or direct patient care." in script
    assert "`${SERVER}/`" in script
