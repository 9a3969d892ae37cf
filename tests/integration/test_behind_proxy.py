"""The product behind a real reverse proxy, below a path: its addresses lead back through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
import requests
from pydicom import dcmread
from pydicom.uid import CTImageStorage, generate_uid

from tests.builders import ct_image
from tests.conftest import Stack
from tests.product import JSON, Product, stow, wait_processed
from tests.proxies import Headers, reverse_proxy
from tests.services import free_port, wait_until
from viewer.settings import ViewerSettings

PREFIX = "/imaging"


def say_x_forwarded(headers: Headers, client: str) -> None:
    """As nginx does that was told nothing of Host: its own name for the server inside."""
    headers["X-Forwarded-Host"] = headers["Host"]
    headers["Host"] = "inside.invalid"
    headers["X-Forwarded-For"] = client
    headers["X-Forwarded-Proto"] = "http"
    headers["X-Forwarded-Prefix"] = PREFIX


def say_forwarded(headers: Headers, client: str) -> None:
    headers["Forwarded"] = f'for={client};host="{headers["Host"]}";proto=http'
    headers["Host"] = "inside.invalid"


def say_nothing_but_host(headers: Headers, client: str) -> None:
    """The Host as the client sent it, and nothing of the prefix."""


SAYS = {
    "x-forwarded": say_x_forwarded,
    "forwarded": say_forwarded,
    "host": say_nothing_but_host,
}


@dataclass(frozen=True)
class Site:
    """The product, and its address from outside through each kind of proxy."""

    product: Product
    outside: dict[str, str]
    session: requests.Session
    uids: tuple[str, str, str]

    @property
    def instance(self) -> str:
        study, series, instance = self.uids
        return f"/studies/{study}/series/{series}/instances/{instance}"


@pytest.fixture(scope="module")
def site(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    ports = {kind: free_port() for kind in SAYS}
    outside = {kind: f"127.0.0.1:{port}" for kind, port in ports.items()}
    cache = tmp_path_factory.mktemp("viewer")
    environment = {
        **stack.environment,
        "DICOMTUBE_ACCESS": "accounts",
        "DICOMTUBE_PUBLIC_URL": f"http://{outside['host']}{PREFIX}",
        "DICOMTUBE_ALLOWED_HOSTS": f"{outside['x-forwarded']} {outside['forwarded']}",
        "DICOMTUBE_TRUSTED_PROXIES": "127.0.0.1",
        "DICOMTUBE_VIEWER_CACHE": str(cache),
        "DICOMTUBE_WORKER_SWEEP_S": "1",
    }
    dist = ViewerSettings.from_environment(environment).dist
    dist.mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>no viewer in this test</title>")
    product = Product(Path(stack.environment["DICOMTUBE_HOME"]), environment)
    with ExitStack() as proxies:
        for kind, say in SAYS.items():
            proxies.enter_context(reverse_proxy(ports[kind], product.http_port, PREFIX, say))
        product.start(echo=False)
        proxies.callback(product.stop)
        yield filled(product, outside)


def filled(product: Product, outside: dict[str, str]) -> Site:
    said = product.command("token", "create", "test", "--grant", "archive:read,write,delete")
    session = requests.Session()
    token = next(word for word in said.split() if word.startswith("dt_"))
    session.headers["Authorization"] = f"Bearer {token}"
    uids = tuple(str(generate_uid()) for _ in range(3))
    file = ct_image(StudyInstanceUID=uids[0], SeriesInstanceUID=uids[1], SOPInstanceUID=uids[2])
    headers = {"Authorization": f"Bearer {token}"}
    roots = {kind: f"http://{name}{PREFIX}" for kind, name in outside.items()}
    answer = stow(f"{roots['x-forwarded']}/dicom-web", [file], headers=headers)
    assert answer.status_code == 200, answer.text
    return Site(product, roots, session, (uids[0], uids[1], uids[2]))


@pytest.mark.parametrize("kind", SAYS)
def test_every_address_in_an_answer_leads_back_through_the_proxy(site: Site, kind: str) -> None:
    wait_processed(site.product)
    root = f"{site.outside[kind]}/dicom-web"
    study, series, _ = site.uids
    [row] = site.session.get(f"{root}/studies?StudyInstanceUID={study}", timeout=30).json()
    retrieve = row["00081190"]["Value"][0]
    assert retrieve == f"{root}/studies/{study}"
    for path in (f"/studies/{study}/series/{series}/metadata", f"/studies/{study}/metadata"):
        [metadata] = site.session.get(root + path, timeout=30).json()
        bulk = metadata["7FE00010"]["BulkDataURI"]
        assert bulk.startswith(f"{root}/studies/{study}/")
        value = site.session.get(bulk, headers={"Accept": "application/octet-stream"}, timeout=30)
        assert (value.status_code, len(value.content)) == (200, 128)
    whole = site.session.get(retrieve, timeout=30)
    assert f"Content-Location: {root}{site.instance}".encode() in whole.content
    described = site.session.options(root, headers={"Accept": "application/json"}, timeout=30)
    assert described.json()["base"] == root


@pytest.mark.parametrize("kind", SAYS)
def test_the_page_and_the_viewer_stay_below_the_path(site: Site, kind: str) -> None:
    home = requests.get(f"{site.outside[kind]}/about", timeout=30).text
    assert f"{site.outside[kind]}/dicom-web" in home
    assert f'href="{PREFIX}/viewer/"' in home
    config = requests.get(f"{site.outside[kind]}/viewer/app-config.js", timeout=30).text
    assert f'"wadoRoot": "{PREFIX}/dicom-web"' in config


def test_a_client_cannot_make_answers_point_elsewhere(site: Site) -> None:
    root = f"{site.outside['host']}/dicom-web"
    lies = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "//evil.example",
        "Forwarded": "host=evil.example;proto=https",
    }
    answer = site.session.get(f"{root}/studies", headers=lies, timeout=30)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_the_uri_service_answers_through_the_proxy(site: Site) -> None:
    study, series, instance = site.uids
    query = {"requestType": "WADO", "studyUID": study, "seriesUID": series, "objectUID": instance}
    for path in ("/wado", "/dicom-web/wado"):
        address = site.outside["forwarded"] + path
        shown = site.session.get(address, params=query, timeout=30)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
        query_file = {**query, "contentType": "application/dicom"}
        file = site.session.get(address, params=query_file, timeout=30)
        assert dcmread(BytesIO(file.content)).SOPInstanceUID == instance


def ask(site: Site, *instances: str) -> tuple[str, requests.Response]:
    path = f"{site.outside['forwarded']}/dicom-web/commitment-requests/{generate_uid()}"
    items = [
        {
            "00081150": {"vr": "UI", "Value": [CTImageStorage]},
            "00081155": {"vr": "UI", "Value": [uid]},
        }
        for uid in instances
    ]
    body = {"00081199": {"vr": "SQ", "Value": items}}
    headers = {"Content-Type": JSON, "Accept": JSON}
    return path, site.session.post(path, json=body, headers=headers, timeout=30)


def test_what_is_stored_is_committed_at_once(site: Site) -> None:
    path, answer = ask(site, site.uids[2], "1.2.3")
    assert (answer.status_code, answer.headers["Content-Location"]) == (200, path)
    counts = {tag: len(one["Value"]) for tag, one in answer.json().items()}
    assert counts == {"00081199": 1, "00081198": 1}
    assert site.session.get(path, headers={"Accept": JSON}, timeout=30).json() == answer.json()


def test_a_long_list_is_committed_by_the_worker(site: Site) -> None:
    path, answer = ask(site, site.uids[2], *(f"1.2.3.{n}" for n in range(300)))
    assert (answer.status_code, answer.content) == (202, b"")
    assert int(answer.headers["Retry-After"]) > 0

    def result() -> requests.Response:
        return site.session.get(path, headers={"Accept": JSON}, timeout=30)

    wait_until(lambda: result().status_code == 200, "the worker to answer", 60)
    counts = {tag: len(one["Value"]) for tag, one in result().json().items()}
    assert counts == {"00081199": 1, "00081198": 300}


def test_what_is_erased_through_the_proxy_is_gone(site: Site) -> None:
    file = ct_image()
    ds = dcmread(BytesIO(file))
    root = f"{site.outside['x-forwarded']}/dicom-web"
    assert stow(root, [file], headers=dict(site.session.headers)).status_code == 200
    study = f"{root}/studies/{ds.StudyInstanceUID}"
    assert site.session.delete(study, timeout=30).status_code == 204
    assert site.session.get(study, timeout=30).status_code == 410
    _, answer = ask(site, ds.SOPInstanceUID)
    assert set(answer.json()) == {"00081198"}
