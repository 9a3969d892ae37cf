"""OHIF against the live product, in Chromium: list, look, scroll, measure, save. Both releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pydicom.data
import pytest
import requests
from playwright.sync_api import Browser

from tests.e2e.browser import PHONE, Watch, study_url, watched
from tests.product import JSON, Product, stow
from tests.services import wait_until

_BUNDLED_CT = "dicomdirtests/77654033/CT2"
_MEASURE = """async () => {
  const commands = window.commandsManager;
  commands.runCommand('setToolActiveToolbar', { toolName: 'Length', toolGroupIds: ['default'] });
}"""
_COUNT = "() => window.services.measurementService.getMeasurements().length"
# 3.13 takes the data source's name, 3.12 the data source.
_SAVE = """async (byName) => {
  const [source] = window.extensionManager.getDataSources('archive');
  const report = await window.commandsManager.runCommand(
    'storeMeasurements',
    {
      measurementData: window.services.measurementService.getMeasurements(),
      dataSource: byName ? 'archive' : source,
      additionalFindingTypes: [],
      options: { SeriesDescription: 'Measured in a test' },
    },
    'CORNERSTONE_STRUCTURED_REPORT'
  );
  return { study: report.StudyInstanceUID, sop: report.SOPInstanceUID };
}"""


def ct_files(test_data: Path | None) -> list[Path]:
    """A CT series: a head phantom of 28 slices, or four slices that pydicom brings along."""
    if test_data:
        folder = test_data / "series" / "ct_philips_phantom_28"
    else:
        folder = Path(pydicom.data.__file__).parent / "test_files" / _BUNDLED_CT
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.suffix]


@pytest.fixture(scope="module", params=["3.13.2", "3.12.10"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def product(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with this release of the viewer."""
    home = tmp_path_factory.mktemp("home")
    product = Product(home, {"DICOMTUBE_VIEWER_VERSION": version})
    product.start(timeout_s=240)  # the first time, the release is fetched
    yield product
    product.stop()


@pytest.fixture(scope="module")
def study(product: Product, test_data: Path | None) -> str:
    """The Study Instance UID of a CT series that was just stored."""
    files = ct_files(test_data)
    assert len(files) >= 4
    answer = stow(product.root, [path.read_bytes() for path in files])
    assert answer.status_code == 200, answer.text[:500]
    return str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)


@pytest.fixture
def watch(browser: Browser, product: Product) -> Iterator[Watch]:
    with watched(browser, product.url) as watch:
        yield watch
        assert watch.foreign == []
        assert watch.errors == []


def test_the_study_list_shows_the_study(
    watch: Watch, product: Product, version: str, study: str
) -> None:
    [found] = requests.get(
        f"{product.root}/studies",
        params={"StudyInstanceUID": study},
        headers={"Accept": JSON},
        timeout=10,
    ).json()
    family_name = found["00100010"]["Value"][0]["Alphabetic"].partition("^")[0]
    watch.page.goto(f"{product.url}/viewer/")
    watch.page.get_by_text(family_name).first.wait_for(state="visible", timeout=60_000)
    watch.keep(f"study-list-{version}-desktop")


@pytest.mark.usefixtures("study")
def test_the_study_list_opens_on_a_phone(browser: Browser, product: Product, version: str) -> None:
    with watched(browser, product.url, PHONE) as watch:
        watch.page.goto(f"{product.url}/viewer/")
        watch.page.get_by_text("Study List").first.wait_for(state="visible", timeout=60_000)
        watch.page.wait_for_load_state("networkidle")
        watch.keep(f"study-list-{version}-phone")
        assert watch.errors == []


def test_a_ct_series_is_seen_and_scrolls(
    watch: Watch, product: Product, study: str, version: str
) -> None:
    watch.page.goto(study_url(product.url, study))
    watch.wait_for_image()
    assert watch.page.get_by_text("Not for primary diagnosis or direct patient care").is_visible()
    _, first = watch.pixels()
    watch.page.locator("canvas.cornerstone-canvas").first.hover()
    seen = {first}
    for _ in range(3):
        before = watch.pixels()[1]
        watch.page.mouse.wheel(0, 120)
        wait_until(lambda before=before: watch.pixels()[1] != before, "another slice", 30)
        watch.wait_for_image()
        seen.add(watch.pixels()[1])
    assert len(seen) == 4
    watch.keep(f"ct-{version}-desktop")


def test_the_viewer_fits_a_phone(
    browser: Browser, product: Product, study: str, version: str
) -> None:
    with watched(browser, product.url, PHONE) as watch:
        watch.page.goto(study_url(product.url, study))
        watch.wait_for_image()
        watch.keep(f"ct-{version}-phone")
        assert watch.errors == []


def test_the_page_is_isolated_so_that_volumes_share_memory(watch: Watch, product: Product) -> None:
    watch.page.goto(f"{product.url}/viewer/")
    assert watch.page.evaluate("window.crossOriginIsolated") is True


def test_a_measurement_is_saved_as_a_report_in_its_study(
    watch: Watch, product: Product, study: str, version: str
) -> None:
    watch.page.goto(study_url(product.url, study))
    watch.wait_for_image()
    watch.page.evaluate(_MEASURE)
    _drag(watch)
    watch.page.wait_for_function(_COUNT, timeout=20_000)
    saved = watch.page.evaluate(_SAVE, version.startswith("3.13"))
    assert saved["study"] == study
    reports = requests.get(
        f"{product.root}/studies/{study}/instances", params={"Modality": "SR"},
        headers={"Accept": JSON}, timeout=10,
    ).json()  # fmt: skip
    assert saved["sop"] in [report["00080018"]["Value"][0] for report in reports]


def _drag(watch: Watch) -> None:
    """Draw a line across the middle of the viewport, as a hand would."""
    box = watch.page.locator("canvas.cornerstone-canvas").first.bounding_box()
    assert box
    y, mouse = box["y"] + box["height"] * 0.5, watch.page.mouse
    start, end = box["x"] + box["width"] * 0.35, box["x"] + box["width"] * 0.6
    mouse.move(start, y)
    mouse.down()
    mouse.move(end, y + 20, steps=10)
    mouse.up()
    watch.page.mouse.move(end, y + 60)
