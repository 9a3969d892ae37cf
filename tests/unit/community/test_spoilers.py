"""Before the answer the diagnosis of an unknown case is in no byte that any door sends.

Every address that the app knows is asked for (`tests.canaries`); afterwards the same walk has to
find the word.
"""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest

from community.accounts.people import find_person
from community.cases.readers import Reader
from community.quizzes.attempts import give_up
from community.sharing.links import CASE, make_link
from community.sharing.links import Wish as LinkWish
from tests.canaries import CANARY, STUDY, Scene, fill, is_in, make, talk, unpacked, walk
from tests.people import town


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with town(tmp_path_factory.mktemp("town")) as here:
        for handle in ("ann", "ben", "cleo"):
            here.person(handle)
        ann = find_person(here.archive, here.ids["ann"])
        assert ann is not None
        instances = fill(here, ann)
        case = make(here, ann)
        talk(here, case)
        yield Scene(here, case, instances)


def test_a_hit_is_seen_however_it_is_packed() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", f"It is {CANARY.upper()} {'.' * 200}")
    encoded = base64.b64encode(b"It is " + CANARY.encode())
    for body in (CANARY.encode(), packed.getvalue(), encoded, CANARY.encode("utf-16-le")):
        assert any(is_in(part) for part in unpacked(body))
    assert not is_in(b"Zebra finch")


def test_nobody_is_told_before_the_answer_at_any_door(scene: Scene) -> None:
    assert walk(scene, scene.town.browser()) == set()


def test_a_reader_with_an_account_is_told_nothing_before_the_answer(scene: Scene) -> None:
    assert walk(scene, scene.town.browser("cleo")) == set()


def test_who_comes_by_a_link_is_told_nothing_before_the_answer(scene: Scene) -> None:
    here = scene.town
    wish = LinkWish(CASE, scene.case.id)
    _, secret = make_link(here.archive, here.principal("ann"), wish, lambda *_: True)
    assert walk(scene, here.browser(), Authorization=f"Bearer {secret}") == set()


def test_who_gave_up_is_told_so_the_walk_would_have_seen_it(scene: Scene) -> None:
    here = scene.town
    give_up(here.archive, Reader(find_person(here.archive, here.ids["ben"])), scene.case.id)
    found = " ".join(sorted(walk(scene, here.browser("ben"))))
    root = f"/cases/{scene.case.id}/dicom-web"
    for door in (
        f"/cases/{scene.case.slug} [",
        f"/cases/{scene.case.slug}/answer", f"{root}/studies/{STUDY}/metadata", f"{root}/studies ",
        f"{root}/studies/{STUDY} ", f"{root}/wado?", f"{STUDY}.2.1/rendered",
    ):  # fmt: skip
        assert door in found


def test_a_search_for_the_diagnosis_finds_nothing_at_the_root_and_refuses_to_guess(
    scene: Scene,
) -> None:
    root, browser = f"/cases/{scene.case.id}/dicom-web", scene.town.browser("cleo")
    for key in ("StudyDescription", "00081030", "PatientName", "PatientID", "BodyPartExamined"):
        answers = {browser.get(f"{root}/studies?{key}={word}*").status_code for word in "ZQ"}
        assert answers == {403}
    assert browser.get(f"{root}/studies?StudyInstanceUID={STUDY}").status_code == 200


def test_no_search_finds_the_case_by_its_diagnosis(scene: Scene) -> None:
    browser, slug = scene.town.browser("cleo"), scene.case.slug
    assert slug in browser.get("/search?q=cough").text
    for address in ("/search", "/api/v1/search", "/api/v1/cases"):
        for words in (CANARY, CANARY.lower()[:8], f"{CANARY}+cough", f"lobe+{CANARY}"):
            found = browser.get(f"{address}?q={words}")
            assert slug not in found.text, (address, words)


def test_a_viewer_has_what_it_needs_before_the_answer(scene: Scene) -> None:
    root, browser = f"/cases/{scene.case.id}/dicom-web", scene.town.browser("cleo")
    image = f"{root}/studies/{STUDY}/series/{STUDY}.1/instances/{STUDY}.1.1"
    [told] = browser.get(f"{image}/metadata").get_json()
    for tag in ("0020000D", "00080016", "00280010", "00280100", "7FE00010", "00280004"):
        assert tag in told
    assert browser.get(f"{image}/frames/1").status_code == 200
    assert browser.get(f"{image}/frames/1/rendered").status_code == 200
    assert browser.get(f"{image}/bulkdata/7FE00010").status_code == 200
    assert browser.get(f"{root}/studies/{STUDY}/thumbnail").status_code == 200
    before = browser.get(f"{image}/metadata").headers["ETag"]
    owner = scene.town.browser("ann").get(f"{image}/metadata").headers["ETag"]
    assert before != owner, "a browser asks anew once it may know"
