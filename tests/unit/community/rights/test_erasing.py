"""Erasing somebody: what is theirs is nowhere any more, and what is of others is whole."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import pytest
from sqlalchemy import select

from archive.access import audience_of, person_name
from archive.database import reading
from archive.models import study, upload
from archive.sharing import list_audiences
from archive.tokens import create_token
from community.accounts.people import Person, find_person
from community.case_models import medical_case
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion.mentions import DELETED
from community.discussion.model import ERASED
from community.discussion.opinions import vote
from community.rights.erasing import NotErased, erase_person
from community.rights.rules import RULES, Act, ruled_tables
from community.talk_models import comment
from tests.cases import TITLE, full_case, give, image, keep
from tests.everything import count_rows
from tests.people import Town
from tests.peopled import rows
from tests.quarantined import ask, screen
from tests.talk import say


def test_somebody_has_a_row_in_every_table_before(seen: Town) -> None:
    wilma = seen.ids["wilma"]
    empty = [t.name for t, _ in ruled_tables() if not count_rows(seen.archive, t, wilma)]
    assert empty == []


@pytest.mark.parametrize("keeps_work", [False, True], ids=["all", "name"])
def test_no_row_leads_to_somebody_who_is_erased(filled: Town, keeps_work: bool) -> None:
    wilma = filled.ids["wilma"]
    assert erase_person(filled.archive, wilma, keeps_work=keeps_work)
    left = [t.name for t, _ in ruled_tables() if count_rows(filled.archive, t, wilma)]
    assert left == []
    # Ids in texts of others stay, and lead nowhere: nobody is called so.
    naming = {row.split()[0] for row in rows(filled.archive, {wilma})}
    assert naming <= {"comment", "comment_revision", "erasure_entry"}
    assert not erase_person(filled.archive, wilma)


# ---- what is of others stays whole


STUDY = "1.2.826.0.1.97.1"
SECOND = "1.2.826.0.1.97.2"


@pytest.fixture
def talking(here: Town) -> Town:
    """Wilma has a public case and a draft; she and Otto talk about it."""
    keep(here.archive, image(STUDY), image(SECOND))
    wilma, otto = (member(here, handle) for handle in ("wilma", "otto"))
    for uid in (STUDY, SECOND):
        give(here.archive, uid, wilma)
    here.ids["case"] = full_case(here.archive, wilma, STUDY).id
    here.ids["draft"] = full_case(here.archive, wilma, SECOND, state=None).id
    slug = view_case(here.archive, Reader(otto), here.ids["case"]).case.slug
    here.ids["slug"] = slug
    here.ids["first"] = say(here.archive, wilma.id, slug, "A quokka.")
    here.ids["answer"] = say(here.archive, otto.id, slug, "Not so, @wilma.", here.ids["first"])
    here.ids["alone"] = say(here.archive, wilma.id, slug, "A numbat.")
    vote(here.archive, Reader(wilma), slug, here.ids["answer"], is_helpful=True)
    return here


def member(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.person(handle))
    assert found is not None
    return found


def comments(here: Town) -> dict[str, tuple[str | None, str | None, str, int]]:
    """Author, text, tombstone and votes of each comment, by what it is called here."""
    names = {number: name for name, number in here.ids.items()}
    query = select(comment.c.id, comment.c.author, comment.c.markdown, comment.c.tombstone)
    with reading(here.archive.engine) as connection:
        found = connection.execute(query.add_columns(comment.c.helpful)).all()
    return {names[row.id]: tuple(row)[1:] for row in found}  # type: ignore[misc]


def studies(here: Town) -> set[str]:
    with reading(here.archive.engine) as connection:
        return set(connection.scalars(select(study.c.study_instance_uid)))


def test_a_thread_keeps_its_shape_and_nothing_of_what_was_said(talking: Town) -> None:
    wilma, otto = talking.ids["wilma"], talking.ids["otto"]
    assert comments(talking)["answer"][3] == 1
    erase_person(talking.archive, wilma)
    assert comments(talking) == {
        "first": (None, None, ERASED, 0),
        "answer": (otto, f"Not so, @[p:{wilma}].", "", 0),
    }


def test_a_case_is_told_of_as_gone_and_a_draft_is_not(talking: Town) -> None:
    erase_person(talking.archive, talking.ids["wilma"])
    gone = talking.browser().get(f"/cases/{talking.ids['slug']}")
    assert gone.status_code == HTTPStatus.GONE
    assert TITLE not in gone.text
    with reading(talking.archive.engine) as connection:
        assert list(connection.scalars(select(medical_case.c.id))) == [talking.ids["case"]]
    assert studies(talking) == set()


def test_work_that_is_kept_has_no_name_and_what_nobody_saw_goes(talking: Town) -> None:
    erase_person(talking.archive, talking.ids["wilma"], keeps_work=True)
    page = talking.browser().get(f"/cases/{talking.ids['slug']}")
    assert page.status_code == HTTPStatus.OK
    assert TITLE in page.text
    assert "A quokka." in page.text
    assert f"@{DELETED}" in page.text
    assert "wilma" not in page.text.lower()
    assert comments(talking)["first"][:2] == (None, "A quokka.")
    assert studies(talking) == {STUDY}
    with reading(talking.archive.engine) as connection:
        assert set(connection.scalars(select(medical_case.c.owner))) == {None}


def test_a_study_that_somebody_else_owns_too_stays_theirs(talking: Town) -> None:
    otto = find_person(talking.archive, talking.ids["otto"])
    assert otto is not None
    give(talking.archive, SECOND, otto)
    erase_person(talking.archive, talking.ids["wilma"])
    assert studies(talking) == {SECOND}
    assert list_audiences(talking.archive, "community", SECOND) == {audience_of(otto.id)}


def test_what_waits_in_quarantine_goes_too(here: Town) -> None:
    wilma = here.person("wilma")
    ask(here.archive, screen(StudyInstanceUID=STUDY), sender=person_name(wilma))
    assert len(studies(here)) == 1
    erase_person(here.archive, wilma)
    assert studies(here) == set()
    assert list(here.archive.objects.keys("1/")) == list(here.archive.objects.keys("2/")) == []
    with reading(here.archive.engine) as connection:
        assert connection.execute(select(upload)).all() == []


def test_a_rule_that_is_not_true_undoes_all_of_it(
    talking: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_token(talking.archive, "script", [("community", "read")], person=talking.ids["wilma"])
    monkeypatch.setitem(RULES, "token", replace(RULES["token"], erased=Act.STAY))
    with pytest.raises(NotErased, match="token"):
        erase_person(talking.archive, talking.ids["wilma"], keeps_work=True)
    assert find_person(talking.archive, talking.ids["wilma"]) is not None
    monkeypatch.undo()
    assert erase_person(talking.archive, talking.ids["wilma"], keeps_work=True)
