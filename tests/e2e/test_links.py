"""A link in Chromium: from the address that somebody was given to the image, and refused again.

With accounts on, so that nothing but the link opens anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import requests
from playwright.sync_api import Browser, Page

from community.sharing.passwords import hashed
from tests.e2e.browser import Watch, watched
from tests.e2e.test_viewer import ct_files
from tests.product import JSON, Product, stow_body

CASE = "01890000-0000-7000-8000-00000000ca5e"
COMMUNITY = "/community/dicom-web"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose community keeps what it receives: de-identification is no matter here."""
    home = tmp_path_factory.mktemp("home")
    product = Product(home, {"DICOMTUBE_ACCESS": "accounts"})
    product.command("migrate")
    with sqlite3.connect(home / "dicomtube.sqlite") as connection:
        connection.execute("UPDATE collection SET ingest = 'as-received' WHERE name = 'community'")
    product.start(timeout_s=240, echo=False)
    yield product
    product.stop()


@pytest.fixture(scope="module")
def study(product: Product) -> str:
    """Four slices in the community that nobody may read."""
    files = ct_files(None)
    printed = product.command("token", "create", "x", "--grant", "community:write")
    body, content_type = stow_body([path.read_bytes() for path in files])
    headers = {"Authorization": f"Bearer {printed.splitlines()[-1].strip()}", "Accept": JSON}
    answer = requests.post(
        f"{product.url}{COMMUNITY}/studies",
        body,
        headers={**headers, "Content-Type": content_type},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)


def made(product: Product, *arguments: str) -> tuple[str, str]:
    """Make a link; its id and its address."""
    printed = product.command("link", "create", *arguments)
    return printed.split()[1].rstrip(","), printed.splitlines()[-1].strip()


def status(page: Page, url: str) -> int:
    """How another tab of the same browser is answered."""
    other = page.context.new_page()
    answer = other.goto(url)
    assert answer is not None
    other.close()
    return answer.status


def come(watch: Watch, address: str) -> None:
    watch.page.goto(address)
    assert "k=" not in watch.page.url
    assert watch.page.get_by_role("heading", name="Shared with you").is_visible()


def test_a_link_leads_to_the_image_until_it_is_revoked(
    product: Product, browser: Browser, study: str
) -> None:
    link, address = made(product, "study", f"community/{study}")
    metadata = f"{product.url}{COMMUNITY}/studies/{study}/metadata"
    with watched(browser, product.url) as watch:
        watch.page.goto(product.url)
        assert status(watch.page, metadata) == 401
        watch.forget()
        come(watch, address)
        watch.keep("link-landing")
        (cookie,) = watch.page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == (
            "__Host-dt_links", True, True,
        )  # fmt: skip
        assert address.rpartition("k=")[2] not in cookie["value"]
        watch.page.get_by_role("link", name="Open in the viewer").click()
        watch.wait_for_image()
        assert watch.errors == []
        assert watch.foreign == []
        product.command("link", "revoke", link)
        assert status(watch.page, metadata) == 401


def test_a_password_stands_before_the_image(product: Product, browser: Browser, study: str) -> None:
    # Operators make none with a password: it is put into the table as the page would put it.
    link, address = made(product, "study", f"community/{study}")
    with sqlite3.connect(product.home / "dicomtube.sqlite", timeout=30) as connection:
        connection.execute(
            "UPDATE link SET password_hash = ? WHERE id = ?", (hashed("correct horse"), link)
        )
    with watched(browser, product.url) as watch:
        watch.page.goto(address)
        for tried in ("wrong horse", "correct horse"):
            watch.page.get_by_role("textbox", name="Password").fill(tried)
            watch.page.get_by_role("button", name="Open").click()
            watch.keep(f"link-password-{tried.partition(' ')[0]}")
        watch.page.get_by_role("heading", name="Shared with you").wait_for()
        assert "k=" not in watch.page.url
        assert status(watch.page, f"{product.url}{COMMUNITY}/studies/{study}/metadata") == 200


def test_the_viewer_opens_a_case_by_its_own_root(
    product: Product, browser: Browser, study: str
) -> None:
    where = f"/viewer/viewer?StudyInstanceUIDs={study}&datasources=case-{CASE}"
    product.command("share", "add", "community", study, f"case:{CASE}")
    _, address = made(product, "case", CASE)
    with watched(browser, product.url) as watch:
        come(watch, address)
        asked: list[str] = []
        watch.page.on("request", lambda request: asked.append(request.url))
        watch.page.goto(product.url + where)
        watch.wait_for_image()
        watch.keep("case-in-viewer")
        assert watch.errors == []
        dicom = [url for url in asked if "/dicom-web" in url]
        assert dicom
        assert all(f"/cases/{CASE}/dicom-web" in url for url in dicom)


def test_no_secret_is_in_the_log(product: Product) -> None:
    text = Path(product.log).read_text()
    assert "dtl_" not in text
    assert "dtp_" not in text
