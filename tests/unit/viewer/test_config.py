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
