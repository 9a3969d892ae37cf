"""What is erased over the web is gone at every address, at once, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from archive.archive import Archive
from archive.publish import keep_series_metadata
from archive.tokens import create_token
from dicomweb.routes import ROUTES, Route
from tests.builders import ct_image

STUDY, SERIES, INSTANCE = (
    "/studies/1",
    "/studies/1/series/1.1",
    "/studies/1/series/1.1/instances/1.1.1",
)
READING = [
    route
    for route in ROUTES
    if route.method == "GET" and "<study>" in route.path and "search" not in route.resource
]


def image(study: str, series: str, number: int, **more: Any) -> bytes:
    return ct_image(
        StudyInstanceUID=study,
        SeriesInstanceUID=series,
        SOPInstanceUID=f"{series}.{number}",
        Rows=16,
        Columns=16,
        **more,
    )


@pytest.fixture
def filled(web: Any) -> Any:
    """Study 1 with series 1.1 (two instances) and 1.2 (one), and study 2."""
    web.stored(
        image("1", "1.1", 1), image("1", "1.1", 2), image("1", "1.2", 1), image("2", "2.1", 1)
    )
    return web


def path_of(route: Route, instance: str = "1.1.1", series: str = "1.1", study: str = "1") -> str:
    named = {
        "<study>": study,
        "<series>": series,
        "<instance>": instance,
        "<frames>": "1",
        "<path:path>": "7FE00010",
    }
    path = route.path
    for name, value in named.items():
        path = path.replace(name, value)
    return path


def uri(instance: str = "1.1.1") -> str:
    return f"/wado?requestType=WADO&studyUID=1&seriesUID=1.1&objectUID={instance}"


def level_of(route: Route) -> int:
    return sum(name in route.path for name in ("<study>", "<series>", "<instance>"))


@pytest.mark.parametrize("erased", [STUDY, SERIES, INSTANCE])
def test_what_is_erased_is_gone_at_every_address_of_it(filled: Any, erased: str) -> None:
    answer = filled.ask("DELETE", erased)
    assert (answer.status_code, answer.data) == (204, b"")
    level = erased.count("/") // 2
    for route in READING:
        if level_of(route) >= level:
            found = filled.get(path_of(route))
            assert found.status_code == 410, route.path
            assert "erased on" in found.get_json()["message"]
    for found in (filled.get(uri()), filled.client.get(uri())):
        assert found.status_code == 410


@pytest.mark.parametrize("erased", [STUDY, SERIES, INSTANCE])
def test_what_is_not_erased_stays(filled: Any, erased: str) -> None:
    filled.ask("DELETE", erased)
    assert filled.get("/studies/2").status_code == 200
    assert filled.get("/studies/1").status_code == (410 if erased == STUDY else 200)
    other = filled.get("/studies/1/series/1.1/instances/1.1.2")
    assert other.status_code == (200 if erased == INSTANCE else 410)
    assert filled.get("/studies/1/series/1.2").status_code == (410 if erased == STUDY else 200)


def found(web: Any, path: str, tag: str) -> set[str]:
    return {row[tag]["Value"][0] for row in web.get(path).get_json(force=True)}


def test_searches_leave_out_what_is_erased(filled: Any) -> None:
    filled.ask("DELETE", INSTANCE)
    assert found(filled, "/instances", "00080018") == {"1.1.2", "1.2.1", "2.1.1"}
    filled.ask("DELETE", SERIES)
    assert found(filled, "/series", "0020000E") == {"1.2", "2.1"}
    filled.ask("DELETE", STUDY)
    assert found(filled, "/studies", "0020000D") == {"2"}
    assert filled.get("/studies?StudyInstanceUID=1").get_json(force=True) == []


def keys(archive: Archive) -> set[str]:
    return set(archive.objects.keys())


def test_bytes_and_what_was_made_of_them_are_gone_when_the_answer_comes(filled: Any) -> None:
    archive = filled.archive
    before = keys(archive)
    keep_series_metadata(archive, "archive", "1", "1.1")
    filled.get(f"{INSTANCE}/rendered")
    filled.get(f"{SERIES}/thumbnail")
    assert len(keys(archive)) > len(before)
    filled.ask("DELETE", STUDY)
    left = keys(archive)
    assert len(left) == 1
    assert left < before


def test_the_last_instance_takes_its_series_and_the_last_series_its_study(filled: Any) -> None:
    filled.ask("DELETE", "/studies/1/series/1.2/instances/1.2.1")
    assert filled.get("/studies/1/series/1.2").status_code == 410
    assert found(filled, "/studies/1/series", "0020000E") == {"1.1"}
    filled.ask("DELETE", SERIES)
    assert filled.get("/studies/1").status_code == 410
    assert found(filled, "/studies", "0020000D") == {"2"}


@pytest.mark.parametrize("path", [STUDY, SERIES, INSTANCE])
def test_erasing_again_is_gone_and_what_was_never_there_is_not_found(
    filled: Any, path: str
) -> None:
    filled.ask("DELETE", path)
    assert filled.ask("DELETE", path).status_code == 410
    assert filled.ask("DELETE", path.replace("/1", "/9")).status_code == 404


@pytest.mark.parametrize("path", ["/studies/x", "/studies/1/series/..1", "/studies/1%27"])
def test_what_is_no_uid_erases_nothing(filled: Any, path: str) -> None:
    assert filled.ask("DELETE", path).status_code == 400
    assert filled.get("/studies/1").status_code == 200


@pytest.mark.parametrize("path", ["", "/studies", "/series", "/instances", f"{INSTANCE}/frames/1"])
def test_nothing_else_can_be_erased(filled: Any, path: str) -> None:
    assert filled.ask("DELETE", path).status_code == 405


def test_what_is_stored_again_is_back(filled: Any) -> None:
    filled.ask("DELETE", STUDY)
    answer = filled.stow(image("1", "1.1", 1, SeriesDescription="Second"))
    assert answer.status_code == 200
    assert filled.get(INSTANCE).status_code == 200
    assert filled.get(SERIES).status_code == filled.get(STUDY).status_code == 200
    [row] = filled.get(f"{STUDY}/series?includefield=SeriesDescription").get_json(force=True)
    assert row["0008103E"]["Value"] == ["Second"]
    # Of the others it is not known any more that they were here.
    assert filled.get("/studies/1/series/1.1/instances/1.1.2").status_code == 404


def test_a_tag_from_before_is_not_good_afterwards(filled: Any) -> None:
    tag = filled.get(f"{SERIES}/metadata").headers["ETag"]
    assert filled.get(f"{SERIES}/metadata", If_None_Match=tag).status_code == 304
    filled.ask("DELETE", INSTANCE)
    assert filled.get(f"{SERIES}/metadata", If_None_Match=tag).status_code == 200


def test_an_erasure_needs_its_own_scope(open_web: Any) -> None:
    web = open_web(access="accounts")

    def bearer(*scopes: str) -> dict[str, str]:
        grants = [("archive", scope) for scope in scopes]
        return {"Authorization": f"Bearer {create_token(web.archive, 'test', grants)[1]}"}

    web.stow(image("1", "1.1", 1), **bearer("write"))
    assert web.ask("DELETE", STUDY).status_code == 401
    assert web.ask("DELETE", STUDY, **bearer("read", "write")).status_code == 403
    assert web.get(STUDY, **bearer("read")).status_code == 200
    assert web.ask("DELETE", STUDY, **bearer("delete")).status_code == 204
