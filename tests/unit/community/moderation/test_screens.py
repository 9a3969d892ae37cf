"""Short texts that others see do not say who a patient is: they are not taken until they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import ArchiveError
from community.accounts.people import Person, change_profile
from community.cases import studies
from community.cases.patient_words import names_patient
from community.cases.readers import Reader
from community.quizzes.model import CHOICE, FREE
from community.quizzes.playlists import PUBLIC, Wording, make_playlist
from community.quizzes.questions import Wish, add_question
from tests.archives import new_archive
from tests.cases import full_case, give, image, keep, somebody

STUDY = "1.2.79.1"
Write = Callable[[Archive, Person, str], object]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path, DICOMTUBE_ACCESS="accounts")
    keep(made, image(STUDY))
    yield made
    made.close()


def ask(archive: Archive, who: Person, text: str) -> object:
    case = full_case(archive, who, STUDY)
    return add_question(archive, Reader(who), case.id, Wish(FREE, text))


def offer(archive: Archive, who: Person, text: str) -> object:
    case = full_case(archive, who, STUDY)
    wish = Wish(CHOICE, "Which?", ["a cyst", text], right_option=0)
    return add_question(archive, Reader(who), case.id, wish)


def call_study(archive: Archive, who: Person, text: str) -> object:
    case = full_case(archive, who, STUDY)
    return studies.edit_study(archive, who, case.id, STUDY, label=text)


def list_cases(archive: Archive, who: Person, text: str) -> object:
    return make_playlist(archive, Reader(who), Wording(text, "", PUBLIC))


def describe_list(archive: Archive, who: Person, text: str) -> object:
    return make_playlist(archive, Reader(who), Wording("For residents", text, PUBLIC))


def tell_of_oneself(archive: Archive, who: Person, text: str) -> None:
    change_profile(archive, who.id, None, text)


@pytest.mark.parametrize(
    "write", [ask, offer, call_study, list_cases, describe_list, tell_of_oneself]
)
def test_a_short_text_that_names_a_patient_is_not_taken(archive: Archive, write: Write) -> None:
    ann = somebody(archive, "ann")
    give(archive, STUDY, ann)
    with pytest.raises(ArchiveError, match="identify"):
        write(archive, ann, "before surgery, MRN: 445566")
    write(archive, ann, "before surgery")


@pytest.mark.parametrize("write", [ask, offer, call_study])
def test_what_stands_beside_images_has_no_date_either(archive: Archive, write: Write) -> None:
    ann = somebody(archive, "ann")
    give(archive, STUDY, ann)
    with pytest.raises(ArchiveError, match="identify"):
        write(archive, ann, "CT of 12.03.2020")


def test_authors_may_name_themselves() -> None:
    assert not names_patient("Dr. Smith, radiologist, +49 30 123456, smith@example.org, 12.03.2026")
    assert names_patient("Patient name: Smith")
    assert names_patient("patient initials = J.D.")
