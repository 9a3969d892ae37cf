"""A case comes back: from our own export, from a MIRCdocument, and never more than is read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from archive.archive import Announcement
from archive.collections import COMMUNITY, get_collection, quarantine_of
from archive.errors import NotAllowed
from archive.sharing import list_audiences
from community import statements
from community.accounts.people import RESTRICTED, Person, change_state, find_person
from community.cases import pictures, publishing, studies
from community.cases.errors import CaseError
from community.cases.model import DRAFT, HISTORY, Case, CaseView
from community.cases.pictures import Shown
from community.cases.reading import CaseQuery, Reader, list_cases, view_case
from community.discussion import writing
from community.discussion.model import Spot
from community.exchange.errors import BadBundle
from community.exchange.importing import OF_A_FORM, import_case
from community.finding import tagging
from community.quizzes import attempts, questions
from community.quizzes.model import CHOICE, FREE, LOCATE
from community.quizzes.questions import Wish
from community.uploading.unpacking import BadArchive, Bounds
from tests.cases import VERSION, full_case, give, image, keep, place
from tests.people import Town, town
from worker.pipeline import process_study

MINE, SECOND = "1.2.91", "1.2.92"
MIRC = (
    b"<MIRCdocument><title>From elsewhere</title>"
    b"<section heading='History'>Cough.</section></MIRCdocument>"
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        keep(found.archive, image(MINE, 1), image(MINE, 2), image(SECOND, 1))
        for study in (MINE, SECOND):
            give(found.archive, study, person(found, "ann"))
        yield found


def person(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def exported(here: Town) -> bytes:
    ann = person(here, "ann")
    made = full_case(here.archive, ann, MINE, state=None, is_unknown=True)
    studies.add_study(here.archive, ann, made.id, SECOND, label="After", relative_day=30)
    shown = Shown("Later", "Smaller", region=(0.25, 0.25, 0.5, 0.5), is_spoiler=True)
    pictures.add_key_images(here.archive, ann, made.id, [place(SECOND)], shown)
    return here.browser("ann").get(f"/cases/{made.slug}/export").data


def seen(here: Town, owner: Person, case: Case) -> CaseView:
    return view_case(here.archive, Reader(owner), case.id)


def zipped(**files: bytes) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return made


def test_an_owner_gets_the_same_case_again(here: Town, exported: bytes) -> None:
    ann = person(here, "ann")
    made = import_case(here.archive, ann, io.BytesIO(exported))
    assert (made.studies, made.key_images, made.instances, made.notes) == (2, 2, 0, ())
    view = seen(here, ann, made.case)
    assert view.case.state == DRAFT
    assert view.case.is_unknown
    assert view.shown_title == "Giant panda sign"
    assert [(one.label, one.relative_day) for one in view.studies] == [("", None), ("After", 30)]
    assert [one.caption for one in view.key_images] == ["The sign", "Later"]
    assert view.key_images[1].region == (0.25, 0.25, 0.5, 0.5)
    assert view.key_images[1].is_spoiler


def test_on_another_server_its_studies_come_by_the_way_of_every_upload(
    exported: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with town(tmp_path_factory.mktemp("other")) as there:
        there.person("eve")
        eve = person(there, "eve")
        made = import_case(there.archive, eve, io.BytesIO(exported))
        assert (made.studies, made.key_images, made.instances, made.notes) == (2, 2, 3, ())
        view = seen(there, eve, made.case)
        uids = {one.study_instance_uid for one in view.studies}
        assert not uids & {MINE, SECOND}
        (first, second) = view.studies
        assert second.label == "After"
        assert [one.study_instance_uid for one in view.key_images] == [
            first.study_instance_uid,
            second.study_instance_uid,
        ]
        assert len(set(made.uploads)) == 2
        with pytest.raises(CaseError, match="still being de-identified"):
            show(there, eve, view.case)
        publish(there, [one.study_instance_uid for one in view.studies])
        audiences = list_audiences(there.archive, COMMUNITY, first.study_instance_uid)
        assert audiences == {f"person:{eve.id}", f"case:{made.case.id}"}
        picture = view.key_images[0]
        path = (
            f"/cases/{made.case.id}/dicom-web/studies/{picture.study_instance_uid}/series/"
            f"{picture.series_instance_uid}/instances/{picture.sop_instance_uid}/metadata"
        )
        assert there.browser("eve").get(path).status_code == 200
        assert there.browser().get(path).status_code in (401, 403, 404)
        show(there, eve, view.case)
        assert there.browser().get(path).status_code == 200


def with_companions(here: Town) -> Case:
    """An unknown case that others see, with tags, a question of each kind and a comment."""
    ann, ben = person(here, "ann"), person(here, "ben")
    made = full_case(here.archive, ann, MINE, state=None, is_unknown=True)
    shown = Shown("Later", "Smaller", region=(0.25, 0.25, 0.5, 0.5))
    pictures.add_key_images(here.archive, ann, made.id, [place(MINE, 2)], shown)
    show(here, ann, made)
    view = seen(here, ann, made)
    tagging.replace_tags(here.archive, view, ["Copper", "Basal ganglia"])
    for wish in (
        Wish(FREE, "What is it?", ("Wilson disease", "Wilson")),
        Wish(CHOICE, "Which metal?", ("Iron", "Copper"), 1),
        Wish(LOCATE, "Where?", key_image=view.key_images[1].id),
    ):
        questions.add_question(here.archive, Reader(ann), made.id, wish)
    spot = Spot("", MINE, f"{MINE}.1", f"{MINE}.1.1", region=(0.1, 0.1, 0.2, 0.2))
    attempts.give_up(here.archive, Reader(ben), made.id)
    first = writing.post_comment(
        here.archive, Reader(ben), made.slug, writing.Words("Seen by @ann, too"), spot=spot
    )
    writing.post_comment(here.archive, Reader(ann), made.slug, writing.Words("Yes"), first)
    return made


def test_tags_and_questions_come_back_and_comments_are_carried_without_names(
    here: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = with_companions(here)
    assert here.browser().get(f"/cases/{made.slug}/export").status_code == 403
    exported = here.browser("ben").get(f"/cases/{made.slug}/export").data
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        said = json.loads(archive.read("case.json"))
    assert [(one["by"], one["markdown"], one["answers"]) for one in said["comments"]] == [
        ("reader", "Seen by @reader, too", None),
        ("author", "Yes", 0),
    ]
    assert said["comments"][0]["place"]["region"] == [0.1, 0.1, 0.2, 0.2]
    with town(tmp_path_factory.mktemp("third")) as there:
        there.person("eve")
        eve = person(there, "eve")
        again = import_case(there.archive, eve, io.BytesIO(exported))
        assert again.notes == ("2 comments stay with the case that they were made on.",)
        view = seen(there, eve, again.case)
        labels = {one.label for one in tagging.tags_of(there.archive, view)}
        assert labels == {"Copper", "Basal ganglia"}
        free, choice, locate = questions.own_questions(there.archive, Reader(eve), again.case.id)
        assert (free.body, free.accepted) == ("What is it?", ("Wilson disease", "Wilson"))
        assert (choice.options, choice.right_option) == (("Iron", "Copper"), 1)
        assert locate.place is not None
        assert locate.place.sop_instance_uid == view.key_images[1].sop_instance_uid
        assert locate.place.region == (0.25, 0.25, 0.5, 0.5)


def test_what_cannot_be_asked_here_is_left_out_and_said(here: Town, exported: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        said: dict[str, Any] = json.loads(archive.read("case.json"))
    lost = {"study_instance_uid": MINE, "series_instance_uid": "1", "sop_instance_uid": "2"}
    said |= {
        "tags": [{"label": "Born 12.3.1987"}, {"label": "Copper"}],
        "questions": [
            {"kind": "choice", "body": "Which?", "options": ["one"], "right_option": 0},
            {"kind": "locate", "body": "Where?", "place": {**lost, "region": [0, 0, 1, 1]}},
            {"kind": "riddle", "body": "What?"},
            {"kind": "free", "body": "What is it?"},
        ],
    }
    files = zipped(**{"case.json": json.dumps(said).encode()})
    made = import_case(here.archive, person(here, "ann"), files)
    assert "1 tags were not taken." in made.notes
    assert "3 questions were not taken." in made.notes


def show(town: Town, owner: Person, case: Case) -> None:
    """Publish a case."""
    publishing.publish(town.archive, owner, case.id, None, VERSION, looked=True)


def publish(town: Town, uids: list[str]) -> None:
    """What the worker does with uploads."""
    quarantine = quarantine_of(town.archive, get_collection(town.archive, COMMUNITY))
    for uid in uids:
        process_study(town.archive, Announcement(quarantine.name, uid, 1))


def test_somebody_else_gets_the_words_and_is_told_what_is_missing(
    here: Town, exported: bytes
) -> None:
    ben = person(here, "ben")
    made = import_case(here.archive, ben, io.BytesIO(exported))
    view = seen(here, ben, made.case)
    assert view.shown_title == "Giant panda sign"
    assert made.studies == 0
    assert view.studies == ()
    assert view.key_images == ()
    told = " ".join(made.notes)
    assert "not yours" in told
    assert "2 key images" in told


def test_a_document_by_itself_becomes_a_draft(here: Town) -> None:
    ann = person(here, "ann")
    made = import_case(here.archive, ann, io.BytesIO(MIRC))
    view = seen(here, ann, made.case)
    assert view.shown_title == "From elsewhere"
    section = view.section(HISTORY)
    assert section is not None
    assert section.markdown == "Cough."


def test_an_archive_with_a_document_brings_its_images(here: Town) -> None:
    ann = person(here, "ann")
    files = zipped(doc_xml=MIRC, a=image("1.9.1"), sub__b=image("1.9.1", 2), notes=b"no image")
    made = import_case(here.archive, ann, files)
    assert (made.studies, made.instances) == (1, 2)
    assert made.notes == ("1 files were not taken: they are not DICOM files.",)


def test_words_that_are_not_known_here_are_left_out_and_said(here: Town, exported: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        said: dict[str, Any] = json.loads(archive.read("case.json"))
    said |= {"specialty": "astrology", "modalities": ["MR", "XX"], "title": "x" * 300}
    made = import_case(
        here.archive, person(here, "ann"), zipped(**{"case.json": json.dumps(said).encode()})
    )
    assert made.case.specialty == ""
    assert made.case.modalities == ("MR",)
    assert len(made.case.title) == 200
    assert len(made.notes) == 3


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4 not an archive", b"<html/>", b"{}", zipped(x=b"y").getvalue()]
)
def test_what_holds_no_case_is_refused_and_leaves_nothing(here: Town, data: bytes) -> None:
    ann = person(here, "ann")
    before = list_cases(here.archive, Reader(ann), CaseQuery(owner=ann.id)).items
    with pytest.raises((BadBundle, BadArchive)):
        import_case(here.archive, ann, io.BytesIO(data))
    assert list_cases(here.archive, Reader(ann), CaseQuery(owner=ann.id)).items == before


def test_an_archive_that_grows_is_not_read_on(here: Town) -> None:
    small = Bounds(OF_A_FORM.entries, OF_A_FORM.directory_bytes, unpacked_bytes=100_000)
    bomb = zipped(doc_xml=MIRC, a=bytes(10_000_000))
    made = import_case(here.archive, person(here, "ann"), bomb, small)
    assert made.instances == 0
    assert "grows too long" in made.notes[0]


def test_names_in_an_archive_lead_nowhere(here: Town) -> None:
    files = zipped(**{"../../../etc/doc.xml": MIRC, "/tmp/../evil": image("1.9.5")})
    made = import_case(here.archive, person(here, "ann"), files)
    assert made.instances == 1


def test_who_may_not_write_imports_nothing(here: Town) -> None:
    ben = person(here, "ben")
    change_state(here.archive, ben.id, RESTRICTED)
    try:
        with pytest.raises(NotAllowed):
            import_case(here.archive, person(here, "ben"), io.BytesIO(MIRC))
    finally:
        change_state(here.archive, ben.id, "active")


def form(here: Town, **fields: Any) -> Any:
    client = here.browser("ann")
    page = client.get("/cases/import").text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    data = {"csrf": token, "confirm": statements.current(statements.UPLOAD).version, **fields}
    return client.post("/cases/import", data=data, content_type="multipart/form-data")


def test_the_form_takes_a_file_and_leads_to_the_draft(here: Town) -> None:
    answer = form(here, file=(io.BytesIO(MIRC), "case.xml"))
    assert answer.status_code == 201
    assert "draft of yours" in answer.text
    assert 'href="/cases/' in answer.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a file"),
        ({"file": (b"<html/>", "x.xml")}, "There is no case in this file"),
        ({"file": (MIRC, "x.xml"), "confirm": ""}, "Read and confirm"),
    ],
)
def test_the_form_says_what_to_do(here: Town, fields: dict[str, Any], words: str) -> None:
    if "file" in fields:
        data, name = fields["file"]
        fields = fields | {"file": (io.BytesIO(data), name)}
    answer = form(here, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="error-summary"' in answer.text


def test_the_form_needs_somebody_and_its_token(here: Town) -> None:
    assert here.browser().get("/cases/import").status_code == 302
    data = {"file": (io.BytesIO(MIRC), "x.xml"), "confirm": "2026-11"}
    answer = here.browser("ann").post("/cases/import", data=data)
    assert answer.status_code == 400
