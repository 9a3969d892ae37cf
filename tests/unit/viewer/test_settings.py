from __future__ import annotations

from pathlib import Path

import pytest

from viewer.errors import UnknownRelease
from viewer.settings import ViewerSettings


def test_the_newest_release_is_the_default() -> None:
    settings = ViewerSettings.from_environment({})
    assert settings.version == "3.13.2"
    assert settings.dist == Path(".make").absolute() / "ohif-3.13.2-r3"


def test_release_and_cache_can_be_named(tmp_path: Path) -> None:
    environ = {"DICOMTUBE_VIEWER_VERSION": "3.12.10", "DICOMTUBE_VIEWER_CACHE": str(tmp_path)}
    assert ViewerSettings.from_environment(environ).dist == tmp_path / "ohif-3.12.10-r3"


def test_a_release_that_nobody_tried_is_refused() -> None:
    with pytest.raises(UnknownRelease):
        ViewerSettings.from_environment({"DICOMTUBE_VIEWER_VERSION": "4.0.0"})


def test_a_server_below_a_path_has_a_release_of_its_own() -> None:
    plain = ViewerSettings.from_environment({"DICOMTUBE_PUBLIC_URL": "https://pacs.example/"})
    below = ViewerSettings.from_environment({"DICOMTUBE_PUBLIC_URL": "https://pacs.example/a/b/"})
    assert (plain.base, below.base) == ("", "/a/b")
    assert plain.dist == ViewerSettings.from_environment({}).dist != below.dist
