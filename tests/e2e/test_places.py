"""The link of a comment opens OHIF at its place: the slice, the window, the region.

In a stack, in a frame of several, in the planes of a volume, and in a series of several points
in time, which OHIF shows as a volume by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pydicom
import pytest
from playwright.sync_api import Browser, expect
from pydicom.uid import MRImageStorage, MultiFrameGrayscaleByteSecondaryCaptureImageStorage

from tests.builders import ct_image
from tests.e2e.browser import Watch, watched
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

# Each plane of a volume: what it is cut by, and the corners that are drawn, in the patient's space.
PLANES = """() => {
  const [engine] = window.cornerstone?.getRenderingEngines?.() ?? [];
  const planes = (engine?.getViewports() ?? [])
    .filter((one) => one.type === 'orthographic' && one.getVolumeId());
  return planes.map((one) => {
    const { focalPoint, viewPlaneNormal } = one.getCamera();
    const volume = window.cornerstone.cache.getVolume(one.getVolumeId());
    const points = one.element.querySelector('svg.place > polygon')?.getAttribute('points');
    const corners = points?.split(' ').map((two) => one.canvasToWorld(two.split(',').map(Number)));
    const { lower, upper } = one.getProperties().voiRange ?? {};
    return {
      at: Array.from(focalPoint), normal: Array.from(viewPlaneNormal), lower, upper,
      time: volume?.dimensionGroupNumber ?? null,
      corners: corners?.map((corner) => Array.from(corner)) ?? null,
    };
  });
}"""
DRAWN = f"() => ({PLANES})().some((plane) => plane.corners)"

STUDY, SERIES, FRAME_OF_REFERENCE = "1.2.826.0.7.1", "1.2.826.0.7.1.1", "1.2.826.0.7.1.9"
SLICES, SPACING_MM = 10, 2.0
#: Columns 16 to 32 and rows 32 to 40 of 64, whose first pixel's centre is at -32, -32.
REGION = "0.25,0.5,0.25,0.125"
CORNERS = [(-16.5, -0.5), (-0.5, -0.5), (-0.5, 7.5), (-16.5, 7.5)]


@pytest.fixture(scope="module", params=["3.13.2", "3.12.10"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def product(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with this release of the viewer."""
    made = Product(tmp_path_factory.mktemp("home"), {"DICOMTUBE_VIEWER_VERSION": version})
    made.start(timeout_s=240)
    yield made
    made.stop()


@pytest.fixture
def watch(browser: Browser, product: Product) -> Iterator[Watch]:
    with watched(browser, product.url) as made:
        yield made
        assert made.errors == []


def keep(product: Product, files: list[bytes]) -> None:
    assert stow(product.root, files).status_code == 200


def opened(watch: Watch, product: Product, study: str, instance: str, **more: str) -> None:
    query = {"StudyInstanceUIDs": study, "initialSOPInstanceUID": instance, **more}
    watch.page.goto(f"{product.url}/viewer/viewer?{urlencode(query)}")


def volume(times: int, below: str) -> list[bytes]:
    """A small volume, as often as there are times."""
    return [
        ct_image(
            StudyInstanceUID=f"{STUDY}.{below}",
            SeriesInstanceUID=f"{SERIES}.{below}",
            SOPInstanceUID=instance(below, time, slice_),
            SOPClassUID=MRImageStorage,
            Modality="MR",
            FrameOfReferenceUID=FRAME_OF_REFERENCE,
            InstanceNumber=time * SLICES + slice_ + 1,
            TemporalPositionIdentifier=time + 1,
            Rows=64,
            Columns=64,
            PixelSpacing=[1, 1],
            SliceThickness=SPACING_MM,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            ImagePositionPatient=[-32, -32, slice_ * SPACING_MM],
        )
        for time in range(times)
        for slice_ in range(SLICES)
    ]


def instance(below: str, time: int, slice_: int) -> str:
    return f"{SERIES}.{below}.{time + 1}.{slice_ + 1}"


def test_a_place_is_shown_in_its_slice_with_its_window(
    watch: Watch, product: Product, version: str, test_data: Path | None
) -> None:
    files = ct_files(test_data)
    found = pydicom.dcmread(files[2], stop_before_pixels=True)
    keep(product, [path.read_bytes() for path in files])
    series = {"initialSeriesInstanceUID": found.SeriesInstanceUID, "window": "50,300"}
    study, asked = found.StudyInstanceUID, found.SOPInstanceUID
    opened(watch, product, study, asked, region="0.25,0.5,0.2,0.1", **series)
    watch.page.wait_for_function(f"() => ({SEEN})() !== null", timeout=90_000)
    seen = watch.page.evaluate(SEEN)
    watch.keep(f"place-{version}-desktop")
    assert f"/instances/{asked}/" in seen["image"]
    assert (seen["lower"], seen["upper"]) == (-100, 199)
    assert (seen["kind"], seen["inside"]) == ("polygon", True)
    assert seen["shape"] == pytest.approx(2 * found.Columns / found.Rows, rel=0.1)


def test_a_place_in_one_frame_of_several_is_shown_in_that_frame(
    watch: Watch, product: Product
) -> None:
    """The study has no Patient ID, and is not said to be of several patients."""
    made = ct_image(
        SOPClassUID=MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        SOPInstanceUID=f"{STUDY}.5.1",
        StudyInstanceUID=f"{STUDY}.5",
        Modality="OT",
        PatientID=None,
        NumberOfFrames=4,
        Rows=64,
        Columns=64,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
    )
    keep(product, [made])
    opened(watch, product, f"{STUDY}.5", f"{STUDY}.5.1", frame="3", region=REGION)
    watch.page.wait_for_function(f"() => ({SEEN})() !== null", timeout=90_000)
    assert watch.page.evaluate(SEEN)["image"].endswith(f"/instances/{STUDY}.5.1/frames/3")
    expect(watch.page.get_by_text("Patient", exact=True)).to_be_visible()
    expect(watch.page.get_by_text("Multiple Patients")).to_have_count(0)


def test_a_place_is_shown_where_planes_of_a_volume_cross_it(
    watch: Watch, product: Product, version: str
) -> None:
    keep(product, volume(1, "3"))
    asked = instance("3", 0, 6)
    more = {"hangingProtocolId": "mpr", "window": "50,300"}
    opened(watch, product, f"{STUDY}.3", asked, region=REGION, **more)
    watch.page.wait_for_function(DRAWN, timeout=90_000)
    watch.page.wait_for_timeout(1_000)
    planes = watch.page.evaluate(PLANES)
    watch.keep(f"place-mpr-{version}-desktop")
    assert len(planes) == 3
    [drawn] = [plane for plane in planes if plane["corners"]]
    check_corners(drawn, 6)
    for plane in planes:
        axis = max(range(3), key=lambda one: abs(plane["normal"][one]))
        middle = (-8.5, 3.5, 6 * SPACING_MM)[axis]
        assert plane["at"][axis] == pytest.approx(middle, abs=0.01), plane
        assert (plane["lower"], plane["upper"]) == (-100, 199)


def test_a_place_in_a_series_of_several_times_is_shown_at_its_time(
    watch: Watch, product: Product, version: str
) -> None:
    keep(product, volume(3, "4"))
    opened(watch, product, f"{STUDY}.4", instance("4", 1, 7), region=REGION)
    watch.page.wait_for_function(DRAWN, timeout=90_000)
    planes = watch.page.evaluate(PLANES)
    watch.keep(f"place-times-{version}-desktop")
    [plane] = planes
    assert plane["time"] == 2
    check_corners(plane, 7)


def check_corners(plane: dict[str, Any], slice_: int) -> None:
    expected = [(x, y, slice_ * SPACING_MM) for x, y in CORNERS]
    for corner, wanted in zip(plane["corners"], expected, strict=True):
        assert corner == pytest.approx(wanted, abs=0.05)
