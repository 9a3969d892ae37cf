"""A case is written, published, read and removed on ordinary forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.accounts import csrf
from community.accounts.people import Person, find_person
from community.accounts.signed_in import COOKIE
from community.cases import editing, pictures, studies
from community.cases.model import UNLISTED
from community.cases.pages import max_text_bytes
from community.cases.pictures import Shown
from tests.cases import TEXT, TITLE, VERSION, full_case, give, image, keep, place
from tests.people import Town, town

STUDY, OTHER = "1.2.1", "1.2.2"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        many = [image(STUDY, number) for number in range(1, 31)]
        keep(found.archive, *many, image(OTHER, NumberOfFrames=3))
        give(found.archive, STUDY, person(found, "ann"))
        give(found.archive, OTHER, person(found, "ann"))
        yield found


def person(here: Town, handle: str = "ann") -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


def send(browser: FlaskClient, path: str, **form: object) -> TestResponse:
    """Send a form as a page would, and follow where it leads."""
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    data = {"csrf": csrf.token_of(cookie.value), **form}
    return browser.post(path, data=data, follow_redirects=True)


def version_on(page: TestResponse) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None
    return found[1]


def text_form(**more: object) -> dict[str, object]:
    form: dict[str, object] = {
        "title": TITLE, "unknown_title": "A tremor", "specialty": "neuro", "body_part": "brain",
        "modalities": ["MR", "CT"], "licence": "CC-BY-4.0", "language": "en",
        "history": "Tremor.", "findings": "**High** signal.", "diagnosis": "Wilson disease",
        "after-diagnosis": "yes",
    }  # fmt: skip
    return form | more


def test_a_case_is_made_written_published_changed_and_removed_with_forms(here: Town) -> None:
    ann, ben = here.browser("ann"), here.browser("ben")
    assert "You have no cases yet" in ben.get("/cases").text
    made = send(ann, "/cases/new", title=TITLE, study=STUDY)
    slug = made.request.path.split("/")[2]
    assert made.request.path == f"/cases/{slug}/edit"
    assert ben.get(f"/cases/{slug}").status_code == 404
    version = version_on(made)
    saved = send(ann, f"/cases/{slug}/edit", version=version, **text_form())
    assert "Saved." in saved.text
    lacking = ann.get(f"/cases/{slug}/publish")
    assert "Before others can see it" not in lacking.text, "key images are nobody's duty"
    chosen = send(
        ann, f"/cases/{slug}/studies/{STUDY}/choose",
        series=f"{STUDY}.1", frame=[f"{STUDY}.1.1|1", f"{STUDY}.1.2|1"],
    )  # fmt: skip
    images = re.findall(r'action="/cases/\w+/images/([0-9a-f-]+)"', chosen.text)
    assert len(images) == 2
    assert "Describe each key image" in ann.get(f"/cases/{slug}/publish").text
    for one in images:
        send(ann, f"/cases/{slug}/images/{one}", caption="The sign", alt="A face")
    page = ann.get(f"/cases/{slug}/publish")
    refused = send(ann, f"/cases/{slug}/publish", version=version_on(page), statement=VERSION)
    assert refused.status_code == 422
    done = send(
        ann, f"/cases/{slug}/publish",
        version=version_on(page), statement=VERSION, state="public", confirmed="yes",
    )  # fmt: skip
    assert "Published" in done.text
    nobody = here.browser().get(f"/cases/{slug}")
    for words in (TITLE, "<strong>High</strong>", "Wilson disease", "A face"):
        assert words in nobody.text
    assert "/edit" not in nobody.text
    hidden = send(ann, f"/cases/{slug}/state", step="withdraw")
    assert "Fewer people see the case" in hidden.text
    assert here.browser().get(f"/cases/{slug}").status_code == 404
    assert send(ann, f"/cases/{slug}/remove").status_code == 422
    assert "The case is removed" in send(ann, f"/cases/{slug}/remove", sure="yes").text
    assert here.browser().get(f"/cases/{slug}").status_code == 410


def test_a_key_image_leads_to_its_frame_and_region_in_the_viewer(here: Town) -> None:
    ann = person(here)
    case = editing.make_case(here.archive, ann, TEXT)
    studies.add_study(here.archive, ann, case.id, OTHER)
    told = Shown("The sign", "A face", region=(0.25, 0.5, 0.125, 0.2))
    pictures.add_key_images(here.archive, ann, case.id, [place(OTHER, frame=3)], told)
    page = here.browser("ann").get(f"/cases/{case.slug}").text.replace("&amp;", "&")
    where = f"initialSeriesInstanceUID={OTHER}.1&initialSOPInstanceUID={OTHER}.1.1"
    assert f"{where}&frame=3&region=0.25,0.5,0.125,0.2" in page


def test_the_page_of_a_case_leads_to_the_viewer_at_its_own_root(here: Town) -> None:
    case = full_case(here.archive, person(here), STUDY)
    page = here.browser().get(f"/cases/{case.slug}")
    viewer = f"/viewer/viewer?StudyInstanceUIDs={STUDY}&amp;datasources=case-{case.id}"
    assert viewer in page.text
    assert f"initialSOPInstanceUID={STUDY}.1.1" in page.text
    rendered = re.search(rf'src="(/cases/{case.id}/dicom-web/[^"]+/rendered[^"]+)"', page.text)
    assert rendered is not None
    answer = here.browser().get(
        rendered[1].replace("&amp;", "&"), headers={"Accept": "image/avif,image/webp,image/*"},
        buffered=True,
    )  # fmt: skip
    assert (answer.status_code, answer.mimetype.split("/")[0]) == (200, "image")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "Not for primary diagnosis" in page.text
    moved = here.browser().get(f"/cases/{case.id}")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"/cases/{case.slug}")


def test_an_unknown_case_gives_nothing_away_on_any_of_its_pages(here: Town) -> None:
    case = full_case(here.archive, person(here), STUDY, is_unknown=True)
    for path in ("", "/revisions", "/revisions/4"):
        page = here.browser("ben").get(f"/cases/{case.slug}{path}")
        for secret in (TITLE, "Wilson", "Diagnosis certain", "Genetics"):
            assert secret not in page.text, path
    assert "A girl with a tremor" in here.browser().get(f"/cases/{case.slug}").text
    assert TITLE in here.browser("ann").get(f"/cases/{case.slug}").text


def test_who_was_late_keeps_what_they_wrote_and_saves_it_again(here: Town) -> None:
    case = editing.make_case(here.archive, person(here), TEXT)
    ann, path = here.browser("ann"), f"/cases/{case.slug}/edit"
    send(ann, path, version="1", **text_form(title="First"))
    late = send(ann, path, version="1", **text_form(title="Second"))
    assert late.status_code == 409
    assert "changed meanwhile" in late.text
    assert 'value="Second"' in late.text
    again = send(ann, path, version=version_on(late), **text_form(title="Second"))
    assert "Saved." in again.text
    assert 'value="Second"' in again.text


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(here: Town) -> None:
    case = editing.make_case(here.archive, person(here), TEXT)
    ann, path = here.browser("ann"), f"/cases/{case.slug}/edit"
    wrong = send(ann, path, version="1", **text_form(title="x" * 201, history="Kept words"))
    assert wrong.status_code == 422
    assert 'href="#f-title"' in wrong.text
    assert "Kept words" in wrong.text
    for form in ({"version": "one"}, {"version": "1", "specialty": "x"}, {}):
        assert send(ann, path, **{**text_form(), **form}).status_code == 422
    long = text_form(history="語" * 20_000, findings="語" * 20_000, discussion="語" * 20_000)
    assert "Saved." in send(ann, path, version="1", **long).text
    assert send(ann, path, history="x" * max_text_bytes, version="1").status_code == 413


def test_a_case_that_others_see_asks_its_author_to_look_at_new_places(here: Town) -> None:
    case = full_case(here.archive, person(here), STUDY)
    ann, path = here.browser("ann"), f"/cases/{case.slug}/edit"
    named = text_form(history="Sent by Dr. Miller.")
    asked = send(ann, path, version=str(case.version), **named)
    assert asked.status_code == 422
    assert "Dr. Miller</mark>" in asked.text
    assert "Saved." in send(ann, path, version=str(case.version), looked="yes", **named).text


def test_frames_are_chosen_page_by_page_and_studies_ordered_without_a_script(here: Town) -> None:
    case = editing.make_case(here.archive, person(here), TEXT)
    ann, path = here.browser("ann"), f"/cases/{case.slug}/studies"
    listed = ann.get(path).text
    assert f'value="{STUDY}"' in listed
    send(ann, path, study=STUDY, label="Before", relative_day="-3")
    second = send(ann, path, study=OTHER)
    assert second.text.index("Before") < second.text.index("Study 2")
    up = send(ann, f"{path}/{OTHER}", action="up")
    assert up.text.index("Study 1") < up.text.index("Before")
    assert send(ann, f"{path}/{OTHER}", label="x", relative_day="soon").status_code == 422
    first = ann.get(f"{path}/{STUDY}/choose").text
    assert first.count('name="frame"') == 24
    assert "first=24" in first
    assert ann.get(f"{path}/{STUDY}/choose?first=24").text.count('name="frame"') == 6
    frames = ann.get(f"{path}/{OTHER}/choose").text
    assert re.findall(r'value="[\d.]+\|(\d)"', frames) == ["1", "2", "3"]
    assert send(ann, f"{path}/{OTHER}/choose", series=f"{OTHER}.1").status_code == 422
    assert ann.get(f"{path}/1.9/choose").status_code == 404
    assert send(ann, path, uid="1.9").status_code == 422
    assert "Study 1" not in send(ann, f"{path}/{OTHER}", action="remove").text


def test_a_region_is_given_in_percent_and_drawn(here: Town) -> None:
    case = full_case(here.archive, person(here), STUDY)
    ann = here.browser("ann")
    one = re.findall(r"/images/([0-9a-f-]+)", ann.get(f"/cases/{case.slug}/studies").text)[0]
    path, region = f"/cases/{case.slug}/images/{one}", {"region-x": "10", "region-y": "20"}
    assert send(ann, path, alt="x", **region).status_code == 422
    region |= {"region-w": "30", "region-h": "40.5"}
    assert send(ann, path, alt="x", **region).status_code == 200
    drawn = '<rect x="0.1" y="0.2" width="0.3" height="0.405"/>'
    assert drawn in here.browser().get(f"/cases/{case.slug}").text
    wide = {**region, "region-w": "95"}
    assert send(ann, path, alt="x", **wide).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/edit"), ("POST", "/edit"), ("GET", "/studies"), ("POST", "/studies"),
        ("POST", f"/studies/{STUDY}"), ("GET", f"/studies/{STUDY}/choose"),
        ("POST", f"/studies/{STUDY}/choose"), ("POST", "/images/x"), ("GET", "/publish"),
        ("POST", "/publish"), ("POST", "/state"), ("POST", "/remove"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("state", [None, UNLISTED])
def test_the_pages_that_write_a_case_are_its_owners(
    here: Town, method: str, path: str, state: str | None
) -> None:
    case = full_case(here.archive, person(here), STUDY, state=state)
    ben, address = here.browser("ben"), f"/cases/{case.slug}{path}"
    answer = ben.get(address) if method == "GET" else send(ben, address)
    assert answer.status_code == 404
    nobody = here.browser().open(address, method=method)
    assert nobody.status_code in (302, 401)
    if method == "POST":
        cookie = here.browser("ann")
        assert cookie.post(address).status_code == 400, "without the token of the form"


def test_lists_of_ones_cases_go_on_and_are_narrowed(here: Town) -> None:
    here.person("eve")
    eve = person(here, "eve")
    for number in range(26):
        editing.make_case(here.archive, eve, editing.CaseText(title=f"Case {number:02}"))
    browser = here.browser("eve")
    first = browser.get("/cases")
    assert first.text.count('class="tile-title"') == 24
    further = re.search(r'href="(/cases\?cursor=[^"]+)"', first.text)
    assert further is not None
    assert browser.get(further[1].replace("&amp;", "&")).text.count('class="tile-title"') == 2
    assert "There are no cases here" in browser.get("/cases?state=public").text
    assert browser.get("/cases?cursor=nonsense").status_code == 303
    assert here.browser().get("/cases").status_code == 302


def test_revisions_show_old_words_and_new_ones(here: Town) -> None:
    case = full_case(here.archive, person(here), STUDY)
    ann = here.browser("ann")
    send(ann, f"/cases/{case.slug}/edit", version=str(case.version),
         **text_form(history="New <b>words</b>", note="Clearer"))  # fmt: skip
    listed = here.browser().get(f"/cases/{case.slug}/revisions").text
    assert "Clearer" in listed
    numbers = re.findall(r"/revisions/(\d+)", listed)
    newest = here.browser().get(f"/cases/{case.slug}/revisions/{numbers[0]}").text
    assert "<del>Tremor since spring.</del>" in newest
    assert "<ins>New &lt;b&gt;words&lt;/b&gt;</ins>" in newest
    assert here.browser().get(f"/cases/{case.slug}/revisions/999").status_code == 404
    assert ann.get(f"/cases/{case.slug}/revisions").status_code == 200
