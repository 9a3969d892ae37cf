"""With every real file on the server: OHIF's study list works and every study with images opens.

What OHIF itself cannot show stands in `ohif_limits.py`, with the reason; a row that is no longer
true fails as well. `make viewer-all` opens every study, `make test` those of the table and the
odd ones, and a few ordinary ones.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as TooSlow

from tests.e2e.browser import Watch, study_url, watched
from tests.e2e.ohif_limits import BLANK, LIMITS
from tests.product import JSON, Product, stow, wait_processed
from tests.services import wait_until

ALL_STUDIES = bool(os.environ.get("DICOMTUBE_TEST_ALL_STUDIES"))
_ORDINARY = 6
_DRAWN_WITHIN_S = 5.0
_PIXELS = frozenset({"7FE00010", "7FE00008", "7FE00009"})
_NOT_DICOM = frozenset({".tsv", ".md", ".txt", ".json", ".dump"})

Json = dict[str, Any]


@dataclass(frozen=True)
class Study:
    uid: str
    modalities: tuple[str, ...]
    odd: bool


def files(test_data: Path | None) -> list[Path]:
    """Every file, always in the same order: of duplicates the first stored is kept and shown."""
    folder = test_data or Path(pydicom.__file__).parent / "data"
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in _NOT_DICOM
    ]


@pytest.fixture(scope="module")
def product(embedded_product: Product, test_data: Path | None) -> Product:
    """The product with everything pushed; what is refused is another test's matter."""
    for path in files(test_data):
        answer = stow(embedded_product.root, [path.read_bytes()])
        assert answer.status_code in (200, 202, 409), (path.name, answer.text[:300])
    wait_processed(embedded_product)
    return embedded_product


def ask(url: str, **parameters: str) -> list[Json]:
    headers = {"Accept": JSON}
    answer = requests.get(url, params=parameters, headers=headers, timeout=60)
    return answer.json() if answer.status_code == 200 else []


def studies_with_images(product: Product) -> list[Study]:
    found = []
    for row in ask(f"{product.root}/studies", limit="1000"):
        uid = row["0020000D"]["Value"][0]
        if any(_PIXELS & item.keys() for item in ask(f"{product.root}/studies/{uid}/metadata")):
            modalities = tuple(row["00080061"].get("Value", ()))
            found.append(Study(uid, modalities, odd=is_odd(row)))
    return sorted(found, key=lambda study: study.uid)


def is_odd(row: Json) -> bool:
    """Does the study lack what a study list shows?"""
    return not (row["00080061"].get("Value") and row["00080020"].get("Value"))


def chosen(studies: list[Study]) -> list[Study]:
    if ALL_STUDIES:
        return studies
    special = [study for study in studies if study.odd or study.uid in LIMITS]
    ordinary = [study for study in studies if study not in special]
    step = max(1, len(ordinary) // _ORDINARY)
    return special + ordinary[::step][:_ORDINARY]


def complaints(browser: Browser, product: Product, study: Study) -> list[str]:
    """Open the study and return what went wrong: console errors, or no image."""
    with watched(browser, product.url) as watch:
        watch.page.goto(study_url(product.url, study.uid))
        _settle(watch, patience_ms=20_000 if study.uid in LIMITS else 60_000)
        blank = [] if _shown(watch) else [BLANK, *watch.explanations]
        found = [*watch.errors, *(f"foreign: {url}" for url in watch.foreign), *blank]
        if found:
            watch.keep(f"odd-{study.uid}")
        return found


def _settle(watch: Watch, patience_ms: int) -> None:
    """Wait for the image or for a complaint, and then until nothing more is asked for."""
    try:
        watch.wait_for_image(min_levels=2, timeout_ms=patience_ms)
        watch.page.wait_for_load_state("networkidle", timeout=20_000)
    except TooSlow:
        return  # judged by what is on the page now


def _shown(watch: Watch) -> bool:
    """Whether an image is on the page.

    The tiles of a slide are drawn a while after they came; a viewport is blank for a moment
    whenever its size changes.
    """
    try:
        wait_until(
            lambda: watch.pixels()[0] > 1 or watch.shows_slide(),
            "the image to be drawn",
            _DRAWN_WITHIN_S,
        )
    except TimeoutError:
        return False
    return True


def test_the_study_list_shows_all_of_it(browser: Browser, product: Product) -> None:
    with watched(browser, product.url) as watch:
        watch.page.goto(f"{product.url}/viewer/")
        count = len(ask(f"{product.root}/studies", limit="101"))
        watch.page.get_by_text(f"of {min(count, 101)}").first.wait_for(timeout=60_000)
        watch.keep("study-list-all-data")
        assert watch.errors == []
        assert watch.foreign == []


@pytest.mark.timeout(5400)
def test_every_study_with_images_opens_or_its_limit_is_known(
    browser: Browser, product: Product
) -> None:
    wrong: list[str] = []
    studies = chosen(studies_with_images(product))
    assert studies
    for study in studies:
        found = complaints(browser, product, study)
        limit = LIMITS.get(study.uid)
        if limit is None and found:
            wrong.append(f"{study.uid} {study.modalities}: {'; '.join(found)}")
        if limit is not None and not any(limit.sign in text for text in found):
            seen = "; ".join(found) or "it opens"
            wrong.append(f"{study.uid}: {seen} now, and no longer: {limit.reason}")
    assert not wrong, "\n".join(["", *wrong])
