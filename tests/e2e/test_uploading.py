"""Bringing studies in Chromium: real files with planted identifiers, and the bytes that leave.

Every byte that the browser sends is kept at the server's edge and searched. What arrived is read
by pydicom and compared with what was chosen. Screenshots go to `test-results/pages/`.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import SecondaryCaptureImageStorage
from werkzeug.serving import make_server

from archive import uploads
from community.look import packages
from tests.builders import ct_image
from tests.e2e.browser import DESKTOP, ROOT, Watch, watched
from tests.e2e.visits import check, sign_in
from tests.people import Town, town
from viewer import npm
from worker.pipeline import process_study

MAKE = ROOT / ".make"
SMALL = {"width": 320, "height": 640}
STUDY = "1.2.826.0.1.3680043.10.99.1"
# Every kind of header that the script takes apart: implicit and explicit VR, both byte orders,
# deflated, fragments, private and nested sequences, an unknown VR, a report.
FILES = (
    "MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm",
    "JPEG2000.dcm", "image_dfl.dcm", "CT_small.dcm", "nested_priv_SQ.dcm", "UN_sequence.dcm",
    "liver_1frame.dcm", "test-SR.dcm", "rtplan.dcm", "SC_rgb_rle_2frame.dcm",
)  # fmt: skip

PLANTED = {
    "PatientName": "Zwetschgenbaum^Quirinus",
    "PatientID": "PLUM-77-4711",
    "PatientBirthDate": "19371103",
    "PatientAddress": "Holunderweg 9, Birkenhausen",
    "ReferringPhysicianName": "Brombeer^Wolfgundis",
    "OperatorsName": "Stachelbeer^Ottokar",
    "InstitutionName": "Klinik am Quittenhain",
    "AccessionNumber": "ACC9081726354",
    "StationName": "TOMOQUITTE7",
    "DeviceSerialNumber": "SN-883412-Q",
    "RequestingPhysician": "Mirabell^Kunigunde",
    "PatientComments": "phone 0171 5558 9921",
}
WORDS = (
    "zwetschgenbaum", "quirinus", "plum-77-4711", "19371103", "1937-11-03", "holunderweg",
    "brombeer", "wolfgundis", "stachelbeer", "ottokar", "quittenhain", "acc9081726354",
    "tomoquitte7", "sn-883412-q", "mirabell", "kunigunde", "5558 9921", "kumquat", "pomeranze",
    "19991231", "20231117", "preamble-secret", "send_aet_quitte", "sanddorn", "vogelbeer",
)  # fmt: skip


@dataclass
class Edge:
    """What every request of the browser brought, in front of the app; may refuse for a while."""

    app: Callable[..., Iterable[bytes]]
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    # Stored, and then the answer is lost.
    losing: int = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        head = "\n".join(f"{key}: {value}" for key, value in environ.items() if key.isupper())
        self.sent.append((environ["REQUEST_METHOD"] + environ["PATH_INFO"], head.encode() + body))
        is_stow = environ["PATH_INFO"].endswith("/studies")
        if is_stow and self.losing:
            self.losing -= 1
            list(self.app(environ, lambda *_: lambda _: None))
            start("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return self.app(environ, start)

    def messages(self) -> list[bytes]:
        return [body for path, body in self.sent if path.endswith("/studies")]


@dataclass
class Place:
    town: Town
    url: str
    edge: Edge


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as found:
            for handle in ("ann", "ben", "cem", "dee", "eve"):
                found.person(handle)
            edge = Edge(found.app)
            server = make_server("127.0.0.1", 0, edge, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Place(found, f"http://127.0.0.1:{server.server_port}", edge)
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, test_data: Path | None) -> Path:
    """Real files of one made-up patient, in a folder that is called after them."""
    if test_data is None:
        pytest.skip("needs the folder of real DICOM files (DICOMTUBE_TEST_DATA)")
    place = tmp_path_factory.mktemp("files") / "Sanddorn Quirinus"
    place.mkdir()
    for number, name in enumerate(FILES):
        ds = pydicom.dcmread(test_data / "files" / "pydicom" / "test_files" / name)
        plant(ds, number)
        ds.save_as(place / f"Vogelbeer {number}.dcm", enforce_file_format=False)
    (place / "notes.txt").write_text("Quirinus Zwetschgenbaum")
    return place


def plant(ds: pydicom.FileDataset, number: int) -> None:
    """Give a file the made-up patient, at every kind of place."""
    for keyword, value in PLANTED.items():
        setattr(ds, keyword, value)
    ds.setdefault("SOPClassUID", SecondaryCaptureImageStorage)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.StudyInstanceUID = STUDY
    ds.SeriesInstanceUID = f"{STUDY}.{number}"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{STUDY}.{number}.1"
    # Left to the server as prose, but for the names in it.
    ds.StudyDescription = "Brain Zwetschgenbaum, Quirinus"
    ds.SeriesDescription = "AX T1 for Dr. BROMBEER"
    ds.StudyDate = ds.SeriesDate = "20231117"
    ds.AcquisitionDateTime = "19991231235959.5"
    inner = Dataset()
    inner.PersonName = "Kumquat^Leopold"
    inner.InstitutionName = "Pomeranze Spital"
    inner.TextValue = "as told by Mirabell"
    ds.ReferencedRequestSequence = Sequence([Dataset()])
    ds.ReferencedRequestSequence[0].RequestedProcedureDescription = "seen by Kumquat"
    ds.ReferencedRequestSequence[0].AccessionNumber = PLANTED["AccessionNumber"]
    ds.PerformedProtocolCodeSequence = Sequence([inner])
    block = ds.private_block(0x0029, "QUITTE HEADER", create=True)
    block.add_new(0x10, "LT", "Zwetschgenbaum 19371103")
    block.add_new(0x11, "SQ", [inner])
    ds.file_meta.SourceApplicationEntityTitle = "SEND_AET_QUITTE"
    ds.preamble = b"preamble-secret".ljust(128, b"\0")


@pytest.fixture
def watch(here: Place, browser: Browser) -> Iterator[Watch]:
    here.edge.sent.clear()
    with watched(browser, here.url, DESKTOP) as made:
        yield made


def open_page(here: Place, watch: Watch, handle: str) -> Page:
    sign_in(here.town, watch.page, handle)
    watch.page.goto(f"{here.url}/upload")
    return watch.page


def confirm_and_send(page: Page) -> None:
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Upload", exact=True).click()


def wait_until_sent(page: Page) -> None:
    status = page.locator("#upload-status")
    expect(status).to_contain_text("Everything was sent", timeout=60_000)


def arrived(here: Place) -> dict[str, pydicom.FileDataset]:
    """What left the browser, as pydicom reads it, by SOP Instance UID."""
    found = {}
    for message in here.edge.messages():
        for part in message.split(b"Content-Type: application/dicom\r\n\r\n")[1:]:
            ds = pydicom.dcmread(io.BytesIO(part.rpartition(b"\r\n--")[0]))
            found[str(ds.SOPInstanceUID)] = ds
    return found


def test_no_planted_identifier_leaves_the_browser_and_everything_else_does(
    here: Place, watch: Watch, folder: Path
) -> None:
    page = open_page(here, watch, "ann")
    page.get_by_label("A whole folder").set_input_files(folder)
    expect(page.locator("#upload-status")).to_contain_text(f"Images found: {len(FILES)}")
    card = page.locator(".study-found")
    expect(card).to_have_count(1)
    card.get_by_text("What is taken out before it leaves").click()
    for shown in ("Zwetschgenbaum^Quirinus", "PLUM-77-4711", "Holunderweg", "Kumquat"):
        expect(card).to_contain_text(shown)
    page.get_by_text("Files that were passed over").click()
    expect(page.locator("#skipped")).to_contain_text("notes.txt: not a DICOM file")
    confirm_and_send(page)
    wait_until_sent(page)

    for path, body in here.edge.sent:
        leaked = [word for word in WORDS if word.encode() in body.lower()]
        assert leaked == [], path
    found = arrived(here)
    assert len(found) == len(FILES)
    for path in folder.glob("*.dcm"):
        before = pydicom.dcmread(path)
        after = found[str(before.SOPInstanceUID)]
        assert after.get("PixelData") == before.get("PixelData"), path
        assert after.get("Rows") == before.get("Rows")
        assert after.PatientID == found[f"{STUDY}.0.1"].PatientID != ""
        assert "REMOVED" not in str(after)
        assert not [element for element in after.iterall() if element.tag.is_private]
    assert watch.errors == []
    assert watch.foreign == []


def test_the_patient_stays_one_and_intervals_stay_what_they_were(
    here: Place, watch: Watch, folder: Path, tmp_path: Path
) -> None:
    for number, day in enumerate(("20200228", "20200301")):
        ds = pydicom.dcmread(folder / "Vogelbeer 0.dcm")
        ds.StudyInstanceUID = f"{STUDY}.8{number}"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{STUDY}.8{number}.1"
        ds.StudyDate = day
        ds.save_as(tmp_path / f"{number}.dcm")
    page = open_page(here, watch, "ben")
    page.get_by_label("DICOM files or ZIP archives").set_input_files(
        [tmp_path / "0.dcm", tmp_path / "1.dcm"]
    )
    expect(page.locator(".study-found")).to_have_count(2)
    confirm_and_send(page)
    wait_until_sent(page)
    first, second = arrived(here).values()
    days = [pydicom.valuerep.DA(ds.StudyDate) for ds in (first, second)]
    assert (days[1] - days[0]).days == 2
    assert days[0].year in (2019, 2020)
    assert first.StudyDate != "20200228"
    assert first.PatientID == second.PatientID


def test_an_upload_survives_lost_answers_and_goes_on_where_it_stopped(
    here: Place, watch: Watch, folder: Path
) -> None:
    page = open_page(here, watch, "cem")
    failing = [True]

    def fail_once(route: Route) -> None:
        if failing and failing.pop():
            route.abort()
        else:
            route.continue_()

    page.route("**/studies", fail_once)
    here.edge.losing = 1
    archive = zipped(folder)
    page.get_by_label("DICOM files or ZIP archives").set_input_files(
        {"name": "Quirinus.zip", "mimeType": "application/zip", "buffer": archive}
    )
    expect(page.locator("#upload-status")).to_contain_text(f"Images found: {len(FILES)}")
    confirm_and_send(page)
    # The first message is lost on the way, the second is stored and its answer lost.
    wait_until_sent(page)
    expect(page.locator(".study-found")).to_contain_text(f"{len(FILES)} were there already")
    assert len(here.edge.messages()) == 1
    page.unroute("**/studies")

    here.edge.sent.clear()
    page.goto(f"{here.url}/upload")
    page.get_by_label("A whole folder").set_input_files(folder)
    expect(page.locator(".study-found")).to_be_visible()
    confirm_and_send(page)
    wait_until_sent(page)
    assert here.edge.messages() == []
    expect(page.get_by_role("link", name="Follow this study")).to_be_visible()


def test_who_was_signed_out_meanwhile_signs_in_and_goes_on(
    here: Place, watch: Watch, folder: Path
) -> None:
    page = open_page(here, watch, "eve")
    page.get_by_label("DICOM files or ZIP archives").set_input_files(folder / "Vogelbeer 6.dcm")
    expect(page.locator("#upload-status")).to_contain_text("Images found: 1")
    page.context.clear_cookies()
    confirm_and_send(page)
    expect(page.locator("#upload-status")).to_contain_text("You are not signed in any more")
    assert here.edge.messages() == []
    sign_in(here.town, page, "eve")
    page.get_by_role("button", name="Go on").click()
    wait_until_sent(page)
    assert len(arrived(here)) == 1


def zipped(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"Sanddorn/{path.name}")
    return made.getvalue()


def drop(page: Page, name: str, data: bytes) -> None:
    """Drop a file, as from the desktop."""
    page.evaluate(
        """([name, bytes]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name));
          document.getElementById("drop").dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [name, [*data]],
    )


@pytest.mark.parametrize(
    ("state", "leads_to"),
    [("published", "Download the receipt"), ("needs review", "Follow this study")],
)
def test_the_page_follows_a_study_as_far_as_it_goes_by_itself_and_leads_on(
    here: Place, watch: Watch, folder: Path, state: str, leads_to: str
) -> None:
    page, found = open_page(here, watch, "dee"), here.town
    data = (folder / "Vogelbeer 0.dcm").read_bytes() if state == "needs review" else ct_image()
    drop(page, "Quirinus.dcm", data)
    expect(page.locator("#upload-status")).to_contain_text("Images found: 1")
    confirm_and_send(page)
    card = page.locator(".study-found")
    expect(card).to_contain_text("Waiting for de-identification", timeout=60_000)
    one = uploads.visible_uploads(found.archive, found.principal("dee"))[0]
    process_study(found.archive, uploads.announcement_of(found.archive, one))
    expect(card).to_have_attribute("data-state", state, timeout=60_000)
    expect(card.get_by_role("link", name=leads_to)).to_be_visible()
    card.get_by_role("link", name="Follow this study").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(state.capitalize())
    if state == "published":
        page.get_by_role("link", name="Make a case of this").click()
        page.wait_for_url("**/cases/new?study=*")
        expect(page.locator('[name="study"]')).to_have_value(one.study_instance_uid)
    assert watch.errors == []


@pytest.mark.parametrize(("viewport", "scheme"), [(SMALL, "dark"), (DESKTOP, "light")])
def test_the_page_keeps_nobody_out(
    here: Place, browser: Browser, folder: Path, viewport: dict[str, int], scheme: str
) -> None:
    lines = []
    with watched(browser, here.url, viewport) as watch:
        page = watch.page
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        open_page(here, watch, "ann")
        lines += check(page, f"upload-empty-{scheme}")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Upload", exact=True).click()
        expect(page.locator("#upload-status")).to_contain_text("Choose at least one")
        page.get_by_label("A whole folder").set_input_files(folder)
        page.get_by_text("What is taken out before it leaves").click()
        lines += check(page, f"upload-found-{scheme}")
        page.get_by_role("button", name="Upload", exact=True).click()
        expect(page.locator("#upload-status")).to_contain_text(
            "Everything was sent", timeout=60_000
        )
        lines += check(page, f"upload-sent-{scheme}")
        assert watch.errors == []
        assert watch.foreign == []
    assert lines == []


def test_without_a_script_the_form_brings_the_files_and_says_what_that_means(
    here: Place, browser: Browser, folder: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(here.town, page, "ben")
    page.goto(f"{here.url}/upload")
    expect(page.get_by_text("Your files leave as they are")).to_be_visible()
    page.get_by_label("DICOM files or ZIP archives").set_input_files(folder / "Vogelbeer 1.dcm")
    confirm_and_send(page)
    expect(page.get_by_text("New images: 1.")).to_be_visible()
    context.close()
