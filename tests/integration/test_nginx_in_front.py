"""Debian's nginx in front, as `deploy/nginx` sets it up: quicker, and not one answer different."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pydicom.uid import generate_uid

from tests.builders import ct_image
from tests.product import ROOT, Product, stow
from tests.services import free_port, wait_until

DEPLOY = ROOT / "deploy" / "nginx"
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
# What is of one answer and no other; and nginx gives ranges of all that it keeps.
OWN = {"date", "server", "connection", "x-request-id", "x-cache-status", "accept-ranges"}


@dataclass(frozen=True)
class Site:
    """The product, its address through nginx, and what was stored."""

    product: Product
    outside: str
    token: str
    folder: Path
    uids: tuple[str, str, str]

    @property
    def instance(self) -> str:
        study, series, instance = self.uids
        return f"/dicom-web/studies/{study}/series/{series}/instances/{instance}"

    def get(self, path: str, accept: str = AS_STORED, **headers: str) -> requests.Response:
        """Ask through nginx."""
        return self._get(self.outside + path, accept, headers)

    def get_directly(self, path: str, accept: str = AS_STORED) -> requests.Response:
        """Ask the server itself."""
        return self._get(self.product.url + path, accept, {})

    def _get(self, url: str, accept: str, more: dict[str, str]) -> requests.Response:
        sent = {"Accept": accept, "Authorization": f"Bearer {self.token}", **more}
        return requests.get(url, headers=sent, timeout=30)

    def new_token(self) -> tuple[str, str]:
        """The number and the secret of one more reader."""
        said = self.product.command("token", "create", "reader", "--grant", "archive:read").split()
        secret = next(word for word in said if word.startswith("dt_"))
        listed = self.product.command("token", "list").splitlines()
        number = next(line.split()[0] for line in reversed(listed) if "reader" in line)
        return number, secret

    def kept(self) -> int:
        """How many answers lie in nginx's folder."""
        return sum(1 for path in (self.folder / "cache").rglob("*") if path.is_file())


def owner() -> str:
    """Who runs the test: of root's, nginx would give its workers to somebody else."""
    return f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"


def write_configuration(folder: Path, port: int, to_port: int) -> Path:
    """The files of `deploy/nginx` as they are, but for addresses and folders."""
    own = folder / "dicomtube"
    own.mkdir(parents=True)
    for name in ("locations.conf", "passing.conf"):
        shutil.copy(DEPLOY / name, own / name)
    common = (DEPLOY / "http.conf").read_text()
    for theirs, ours in (
        ("127.0.0.1:8000", f"127.0.0.1:{to_port}"),
        ("/var/cache/nginx/dicomtube", str(folder / "cache")),
    ):
        assert theirs in common
        common = common.replace(theirs, ours)
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"user {owner()}; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "worker_processes 1;\nevents { worker_connections 256; }\n"
        f"http {{\naccess_log off;\n{temporary}\n{common}\n"
        f"server {{ listen 127.0.0.1:{port}; include dicomtube/locations.conf; }}\n}}\n"
    )
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    outside = f"http://127.0.0.1:{port}"
    environment = {
        "DICOMTUBE_ACCESS": "accounts",
        "DICOMTUBE_PUBLIC_URL": outside,
        "DICOMTUBE_TRUSTED_PROXIES": "127.0.0.1",
    }
    product = Product(tmp_path_factory.mktemp("home"), environment)
    configuration = write_configuration(folder, port, product.http_port)
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "nginx is not installed: make system"
    nginx = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration)])
    try:
        product.start(echo=False)
        wait_until(lambda: requests.get(f"{outside}/healthz/live", timeout=5).ok, "nginx")
        yield filled(product, outside, folder)
    finally:
        nginx.terminate()
        nginx.wait(20)
        product.stop()


def filled(product: Product, outside: str, folder: Path) -> Site:
    said = product.command("token", "create", "test", "--grant", "archive:read,write,delete")
    token = next(word for word in said.split() if word.startswith("dt_"))
    return Site(product, outside, token, folder, new_study(outside, token))


def new_study(outside: str, token: str) -> tuple[str, str, str]:
    study, series, instance = (str(generate_uid()) for _ in range(3))
    file = ct_image(StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=instance)
    sent = {"Authorization": f"Bearer {token}"}
    answer = stow(f"{outside}/dicom-web", [file], headers=sent)
    assert answer.status_code == 200, answer.text
    return study, series, instance


def told(answer: requests.Response) -> dict[str, str]:
    return {name.lower(): text for name, text in answer.headers.items() if name.lower() not in OWN}


def test_a_frame_is_the_same_as_without_it_the_first_time_and_the_next(site: Site) -> None:
    path = f"{site.instance}/frames/1"
    direct = site.get_directly(path)
    first, next_time = site.get(path), site.get(path)
    assert [one.headers.get("X-Cache-Status") for one in (first, next_time)] == ["MISS", "HIT"]
    for one in (first, next_time):
        assert (one.status_code, one.content) == (200, direct.content)
        assert told(one) == told(direct)
    assert first.headers["X-Request-Id"] != next_time.headers["X-Request-Id"]


def test_who_holds_a_frame_is_told_that_it_is_the_same(site: Site) -> None:
    path = f"{site.instance}/frames/1"
    again = site.get(path, **{"If-None-Match": site.get(path).headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_range_of_a_frame_is_that_range(site: Site) -> None:
    path, accept = f"{site.instance}/frames/1", "application/octet-stream; transfer-syntax=*"
    whole = site.get_directly(path, accept).content
    for _ in range(2):
        part = site.get(path, accept, Range="bytes=3-9")
        assert (part.status_code, part.content) == (206, whole[3:10])


def test_a_token_that_was_revoked_is_gone_at_once(site: Site) -> None:
    path = f"{site.instance}/frames/1"
    number, secret = site.new_token()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert site.get(path, **bearer).headers["X-Cache-Status"] == "HIT"
    site.product.command("token", "revoke", number)
    refused = site.get(path, **bearer)
    assert refused.status_code == 401
    assert refused.json()["error"] == "unauthorized"
    assert "X-Cache-Status" not in refused.headers


def test_nobody_is_given_what_somebody_was(site: Site) -> None:
    url = f"{site.outside}{site.instance}/frames/1"
    assert site.get(f"{site.instance}/frames/1").ok
    assert requests.get(url, headers={"Accept": AS_STORED}, timeout=30).status_code == 401


def test_a_study_that_was_erased_is_gone_at_once(site: Site) -> None:
    study, series, instance = new_study(site.outside, site.token)
    path = f"/dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/1"
    assert [site.get(path).headers["X-Cache-Status"] for _ in range(2)] == ["MISS", "HIT"]
    sent = {"Authorization": f"Bearer {site.token}"}
    erased = requests.delete(f"{site.outside}/dicom-web/studies/{study}", headers=sent, timeout=60)
    assert erased.ok, erased.text
    gone = site.get(path)
    assert (gone.status_code, gone.json()["error"]) == (410, "gone")


def test_what_cannot_be_had_is_said_in_our_words(site: Site) -> None:
    for path, accept, status in (
        (f"{site.instance}/frames/2", AS_STORED, 404),
        (f"{site.instance}/frames/0", AS_STORED, 400),
        (f"{site.instance}/frames/1", 'multipart/related; type="x/y"; transfer-syntax=*', 406),
    ):
        through, direct = site.get(path, accept), site.get_directly(path, accept)
        assert (through.status_code, direct.status_code) == (status, status)
        assert through.json()["message"] == direct.json()["message"]


def test_nothing_but_frames_as_stored_is_kept(site: Site) -> None:
    before = site.kept()
    study, series, _ = site.uids
    for path, accept in (
        ("/", "text/html"),
        (f"{site.instance}/metadata", "application/dicom+json"),
        (f"{site.instance}/frames/1", 'multipart/related; type="application/octet-stream"'),
        (f"{site.instance}/rendered", "image/png"),
        (f"{site.instance}/frames/1/rendered", "image/png"),
        (f"/dicom-web/studies/{study}/series/{series}", "*/*"),
        ("/dicom-web/studies", "application/dicom+json"),
    ):
        for _ in range(2):
            answer = site.get(path, accept)
            assert answer.ok, (path, answer.text)
            assert "X-Cache-Status" not in answer.headers
    assert site.kept() == before


def test_numbers_of_the_server_are_not_for_the_outside(site: Site) -> None:
    assert site.get("/metrics", "*/*").status_code == 403
    assert site.get("/_dicomtube_may", "*/*").status_code == 404
