"""A case has studies that its owner may share, and frames of them; its readers read just these."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from archive.access import PUBLIC
from archive.sharing import list_audiences, share_study
from community.accounts.people import OPERATOR, Person, find_person
from community.cases import editing, pictures, publishing, studies
from community.cases.errors import CaseError
from community.cases.model import UNLISTED, Case
from community.cases.pictures import Place, Shown
from community.cases.reading import NOBODY, Reader, view_case
from tests.cases import TEXT, VERSION, full_case, give, image, keep, place
from tests.people import Town, town

MINE, SECOND, HERS, OPEN = "1.2.1", "1.2.2", "1.2.3", "1.2.4"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        keep(
            found.archive, image(MINE), image(MINE, 2, NumberOfFrames=3), image(SECOND),
            image(HERS), image(OPEN),
        )  # fmt: skip
        give(found.archive, MINE, person(found, "ann"))
        give(found.archive, SECOND, person(found, "ann"))
        give(found.archive, HERS, person(found, "ben"))
        share_study(found.archive, "community", OPEN, PUBLIC)
        yield found


def person(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


@pytest.fixture
def ann(here: Town) -> Person:
    return person(here, "ann")


@pytest.fixture
def case(here: Town, ann: Person) -> Case:
    made = editing.make_case(here.archive, ann, TEXT)
    return studies.add_study(here.archive, ann, made.id, MINE, label="Before", relative_day=0)


def test_only_what_is_theirs_or_everybodys_is_given_to_a_case(
    here: Town, ann: Person, case: Case
) -> None:
    for study in (HERS, "1.2.99", "none/../../x", MINE):
        with pytest.raises(CaseError):
            studies.add_study(here.archive, ann, case.id, study)
    studies.add_study(here.archive, ann, case.id, OPEN, label="After", relative_day=-12)
    view = view_case(here.archive, Reader(ann), case.id)
    assert [(one.study_instance_uid, one.label, one.relative_day) for one in view.studies] == [
        (MINE, "Before", 0), (OPEN, "After", -12),
    ]  # fmt: skip
    assert f"case:{case.id}" in list_audiences(here.archive, "community", MINE)


def test_an_operator_gives_cases_no_study_of_others_though_they_read_it(here: Town) -> None:
    here.person("boss", OPERATOR)
    boss = person(here, "boss")
    made = editing.make_case(here.archive, boss, TEXT)
    with pytest.raises(CaseError):
        studies.add_study(here.archive, boss, made.id, HERS)
    studies.add_study(here.archive, boss, made.id, OPEN)


def test_studies_are_renamed_moved_and_taken_away_with_their_key_images(
    here: Town, ann: Person, case: Case
) -> None:
    studies.add_study(here.archive, ann, case.id, SECOND)
    pictures.add_key_images(here.archive, ann, case.id, [place(MINE), place(SECOND)])
    studies.edit_study(here.archive, ann, case.id, SECOND, label="Later", relative_day=9)
    studies.move_study(here.archive, ann, case.id, SECOND, -1)
    view = view_case(here.archive, Reader(ann), case.id)
    assert [one.label for one in view.studies] == ["Later", "Before"]
    studies.move_study(here.archive, ann, case.id, SECOND, -1)
    studies.remove_study(here.archive, ann, case.id, MINE)
    view = view_case(here.archive, Reader(ann), case.id)
    assert [one.study_instance_uid for one in view.studies] == [SECOND]
    assert [one.study_instance_uid for one in view.key_images] == [SECOND]
    assert f"case:{case.id}" not in list_audiences(here.archive, "community", MINE)
    with pytest.raises(CaseError, match="days"):
        studies.edit_study(here.archive, ann, case.id, SECOND, relative_day=10**6)


def test_a_study_joins_a_case_that_others_see_only_with_the_words_confirmed(
    here: Town, ann: Person
) -> None:
    case = full_case(here.archive, ann, MINE)
    with pytest.raises(CaseError) as caught:
        studies.add_study(here.archive, ann, case.id, SECOND)
    assert caught.value.field == "confirmed"
    studies.add_study(here.archive, ann, case.id, SECOND, statement_version=VERSION)
    studies.remove_study(here.archive, ann, case.id, MINE)
    with pytest.raises(CaseError, match="draft"):
        studies.remove_study(here.archive, ann, case.id, SECOND)


def test_key_images_are_frames_of_the_cases_studies_each_once(
    here: Town, ann: Person, case: Case
) -> None:
    for wrong in (
        place(SECOND), place(MINE, 9), place(MINE, frame=2), place(MINE, 2, frame=4),
        place(MINE, frame=0), Place("x", "y", "z"),
    ):  # fmt: skip
        with pytest.raises(CaseError):
            pictures.add_key_images(here.archive, ann, case.id, [wrong])
    several = [place(MINE), place(MINE, 2, 3), place(MINE)]
    pictures.add_key_images(here.archive, ann, case.id, several)
    changed = pictures.add_key_images(here.archive, ann, case.id, several)
    view = view_case(here.archive, Reader(ann), case.id)
    assert [one.frame for one in view.key_images] == [1, 3]
    assert changed.version == view.case.version


def test_what_is_said_of_a_key_image_is_bounded_and_its_region_lies_within(
    here: Town, ann: Person, case: Case
) -> None:
    pictures.add_key_images(here.archive, ann, case.id, [place(MINE), place(MINE, 2)])
    first, second = view_case(here.archive, Reader(ann), case.id).key_images
    told = Shown("A\ncaption", "Words", (0.25, 0.5, 0.5, 0.5), is_spoiler=True)
    pictures.edit_key_image(here.archive, ann, case.id, second.id, told)
    pictures.move_key_image(here.archive, ann, case.id, second.id, -1)
    now = view_case(here.archive, Reader(ann), case.id).cover
    assert now is not None
    assert (now.id, now.caption, now.alt, now.region, now.is_spoiler) == (
        second.id, "A caption", "Words", (0.25, 0.5, 0.5, 0.5), True,
    )  # fmt: skip
    for region in ((0.5, 0.5, 0.6, 0.1), (-0.1, 0, 0.1, 0.1), (0, 0, 0, 0.1), (0, 0, 1, 1.01)):
        with pytest.raises(CaseError):
            pictures.edit_key_image(here.archive, ann, case.id, first.id, Shown(region=region))
    pictures.remove_key_image(here.archive, ann, case.id, first.id)
    assert len(view_case(here.archive, Reader(ann), case.id).key_images) == 1


def test_a_key_image_without_words_is_its_owners_alone(here: Town, ann: Person) -> None:
    case = full_case(here.archive, ann, MINE)
    pictures.add_key_images(here.archive, ann, case.id, [place(MINE, 2)])
    assert len(view_case(here.archive, Reader(ann), case.id).key_images) == 2
    assert len(view_case(here.archive, NOBODY, case.id).key_images) == 1
    with pytest.raises(CaseError) as caught:
        pictures.edit_key_image(
            here.archive, ann, case.id,
            view_case(here.archive, Reader(ann), case.id).key_images[1].id, Shown("No words"),
        )  # fmt: skip
    assert caught.value.field == "alt"


def rows(client: FlaskClient, case: Case, path: str = "/studies") -> tuple[int, int]:
    answer = client.get(f"/cases/{case.id}/dicom-web{path}", buffered=True)
    return answer.status_code, len(answer.get_json() or ()) if answer.status_code == 200 else 0


def test_the_root_of_a_case_is_open_to_who_reads_the_case(here: Town, ann: Person) -> None:
    case = full_case(here.archive, ann, MINE, state=None)
    owner, other, nobody = (here.browser(who) for who in ("ann", "ben", None))
    assert [rows(one, case)[0] for one in (owner, other, nobody)] == [200, 404, 401]
    assert rows(owner, case) == (200, 1)
    publishing.publish(here.archive, ann, case.id, None, VERSION, state=UNLISTED)
    assert [rows(one, case) for one in (owner, other, nobody)] == [(200, 1)] * 3
    assert rows(nobody, case, f"/studies/{MINE}/instances") == (200, 2)
    assert rows(nobody, case, f"/studies/{OPEN}/instances")[0] == 404
    publishing.withdraw(here.archive, ann, case.id)
    assert [rows(one, case)[0] for one in (owner, other, nobody)] == [200, 404, 401]
    publishing.tombstone(here.archive, ann, case.id)
    assert [rows(one, case)[0] for one in (owner, other, nobody)] == [404, 404, 401]


def test_an_owner_hands_out_links_to_a_draft(here: Town, ann: Person) -> None:
    case = full_case(here.archive, ann, MINE, state=None)
    links = {"kind": "case", "target": case.id, "name": "for Ben"}
    made = [
        here.browser(who).post(
            "/api/v1/me/links", json=links, headers={"X-CSRF-Token": token(here, who)}
        )
        for who in ("ann", "ben")
    ]  # fmt: skip
    assert [one.status_code for one in made] == [201, 403]


def token(here: Town, handle: str) -> str:
    from community.accounts import csrf

    browser = here.browser(handle)
    cookie = browser.get_cookie("__Host-dt_session")
    assert cookie is not None
    return csrf.token_of(cookie.value)
