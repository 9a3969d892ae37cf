"""Pages of cases in Chromium: they keep nobody out, and the viewer comes into that of a case."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from community.accounts.people import find_person
from community.cases import editing, pictures
from community.cases.model import AFTER_ANSWER, DISCUSSION, Section
from community.cases.pictures import Shown
from community.cases.reading import Reader, view_case
from community.look import packages
from tests.cases import TEXT, full_case, give, image, keep, place
from tests.e2e.browser import DESKTOP, ROOT, watched
from tests.e2e.visits import check, sign_in
from tests.people import Town, town
from viewer import npm

SMALL = {"width": 320, "height": 640}
STUDY, OTHER = "1.2.1", "1.2.2"
LONG = "Two **signs**:\n\n- one\n- two\n\n| Sign | Seen |\n|---|---|\n| face | yes |\n\n[A](https://a.example)"


def slice_of(study: str, number: int) -> bytes:
    """A bright disc in a larger one, somewhere else in each slice."""
    y, x = np.mgrid[:128, :128]
    pixels = 500 * (np.hypot(x - 64, y - 64) < 50) + 400 * (
        np.hypot(x - 40 - 6 * number, y - 60) < 9
    )
    return image(
        study, number, Rows=128, Columns=128, PixelData=pixels.astype("<u2").tobytes(),
        ImagePositionPatient=[0, 0, number], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
    )  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str, dict[str, str]]]:
    packages.install(ROOT / ".make", npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(ROOT / ".make"))
        with town(tmp_path_factory.mktemp("town")) as found:
            paths = fill(found)
            server = make_server("127.0.0.1", 0, found.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield found, f"http://127.0.0.1:{server.server_port}", paths
            server.shutdown()
            server.server_close()


def fill(found: Town) -> dict[str, str]:
    """Cases in several states; the addresses of their pages."""
    found.person("ann")
    ann, archive = find_person(found.archive, found.ids["ann"]), found.archive
    assert ann is not None
    keep(archive, *(slice_of(STUDY, number) for number in range(1, 4)), slice_of(OTHER, 1))
    for study in (STUDY, OTHER):
        give(archive, study, ann)
    case = full_case(archive, ann, STUDY)
    pictures.add_key_images(archive, ann, case.id, [place(STUDY, 2)])
    first, second = view_case(archive, Reader(ann), case.id).key_images
    told = Shown("The sign", "A bright disc", (0.3, 0.35, 0.2, 0.2))
    pictures.edit_key_image(archive, ann, case.id, first.id, told)
    pictures.edit_key_image(archive, ann, case.id, second.id, Shown("", "A disc further down"))
    more = (*TEXT.sections, Section(DISCUSSION, LONG, AFTER_ANSWER))
    changed = editing.edit_case(archive, ann, case.id, None, replace(TEXT, sections=more))
    unknown = full_case(archive, ann, STUDY, is_unknown=True)
    draft = full_case(archive, ann, STUDY, state=None, title="The case of Dr. Miller")
    empty = editing.make_case(archive, ann)
    return {
        "mine": "/cases", "new": "/cases/new", "case": f"/cases/{case.slug}",
        "unknown": f"/cases/{unknown.slug}", "edit": f"/cases/{case.slug}/edit",
        "pictures": f"/cases/{case.slug}/studies", "publish": f"/cases/{draft.slug}/publish",
        "choose": f"/cases/{case.slug}/studies/{STUDY}/choose",
        "revisions": f"/cases/{case.slug}/revisions",
        "revision": f"/cases/{case.slug}/revisions/{changed.version}",
        "empty-pictures": f"/cases/{empty.slug}/studies",
        "empty-publish": f"/cases/{empty.slug}/publish", "empty-case": f"/cases/{empty.slug}",
    }  # fmt: skip


@pytest.mark.parametrize(("viewport", "scheme"), [(SMALL, "dark"), (DESKTOP, "light")])
def test_pages_of_cases_keep_nobody_out(
    here: tuple[Town, str, dict[str, str]],
    browser: Browser,
    viewport: dict[str, int],
    scheme: str,
) -> None:
    found, url, paths = here
    lines: list[str] = []
    with watched(browser, url, viewport) as watch:
        page = watch.page
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for name in ("case", "unknown"):
            page.goto(url + paths[name])
            lines += check(page, f"case-{name}-for-all")
        sign_in(found, page, "ann")
        for name, path in paths.items():
            page.goto(url + path)
            lines += check(page, f"case-{name}")
        assert (watch.errors, watch.foreign) == ([], [])
        page.goto(url + paths["edit"])
        page.get_by_label("Title", exact=True).fill("The case of Dr. Smith")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("Look at the places")
        lines += check(page, "case-edit-problem")
    assert lines == []


def test_the_viewer_comes_into_the_page_of_a_case(
    here: tuple[Town, str, dict[str, str]], browser: Browser
) -> None:
    _, url, paths = here
    with watched(browser, url) as watch:
        page = watch.page
        page.goto(url + paths["case"])
        # Without that, a viewer in a frame has no memory to share with its workers.
        assert page.evaluate("crossOriginIsolated")
        page.get_by_role("link", name="Look through all images").click()
        frame = page.locator("iframe")
        expect(frame).to_have_attribute("title", "Images of this case in the viewer")
        expect(frame).to_be_focused()
        handle = frame.element_handle()
        assert handle is not None
        inside = handle.content_frame()
        assert inside is not None
        inside.wait_for_url("**/viewer/viewer?*")
        assert inside.evaluate("crossOriginIsolated")
        assert (watch.errors, watch.foreign) == ([], [])


def test_without_scripts_a_case_is_read_and_leads_to_the_viewer(
    here: tuple[Town, str, dict[str, str]], browser: Browser
) -> None:
    _, url, paths = here
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url + paths["case"])
    expect(page.get_by_role("heading", name="Diagnosis")).to_be_visible()
    page.get_by_role("link", name="Look through all images").click()
    expect(page).to_have_url(
        f"{url}/viewer/viewer?StudyInstanceUIDs={STUDY}&datasources=case-" + page.url[-36:]
    )
    context.close()
