"""The link of a comment opens OHIF at its place: the slice, the window, the region."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pydicom
import pytest

from tests.e2e.browser import chromium, watched
from tests.e2e.test_viewer import ct_files
from tests.product import Product, stow

SEEN = """() => {
  const [engine] = window.cornerstone?.getRenderingEngines?.() ?? [];
  const viewport = engine?.getViewports().find((one) => one.getCornerstoneImage?.());
  const shape = viewport?.element.querySelector('svg.place > *');
  if (!shape) return null;
  const image = viewport.element.getBoundingClientRect();
  const box = shape.getBoundingClientRect();
  const { lower, upper } = viewport.getProperties().voiRange;
  return {
    image: viewport.getCurrentImageId(), lower, upper, kind: shape.localName,
    inside: box.left >= image.left && box.right <= image.right && box.width > 8,
    shape: box.width / box.height,
  };
}"""


@pytest.mark.parametrize("version", ["3.13.2", "3.12.10"])
def test_a_place_is_shown_in_its_slice_with_its_window(
    tmp_path: Path, test_data: Path | None, version: str
) -> None:
    files = ct_files(test_data)
    found = pydicom.dcmread(files[2], stop_before_pixels=True)
    product = Product(tmp_path, {"DICOMTUBE_VIEWER_VERSION": version})
    product.start(timeout_s=240)
    try:
        assert stow(product.root, [path.read_bytes() for path in files]).status_code == 200
        query = {
            "StudyInstanceUIDs": found.StudyInstanceUID,
            "initialSeriesInstanceUID": found.SeriesInstanceUID,
            "initialSOPInstanceUID": found.SOPInstanceUID,
            "region": "0.25,0.5,0.2,0.1",
            "window": "50,300",
        }
        with chromium() as browser, watched(browser, product.url) as watch:
            watch.page.goto(f"{product.url}/viewer/viewer?{urlencode(query)}")
            watch.page.wait_for_function(f"() => ({SEEN})() !== null", timeout=90_000)
            seen = watch.page.evaluate(SEEN)
            watch.keep(f"place-{version}-desktop")
            assert watch.errors == []
    finally:
        product.stop()
    assert f"/instances/{found.SOPInstanceUID}/" in seen["image"]
    assert (seen["lower"], seen["upper"]) == (-100, 199)
    assert (seen["kind"], seen["inside"]) == ("polygon", True)
    assert seen["shape"] == pytest.approx(2 * found.Columns / found.Rows, rel=0.1)
