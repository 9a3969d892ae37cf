"""Events are kept in a chain, name nobody by themselves, and go with what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import insert_person
from community.audit.chain import START
from community.audit.trail import OPERATOR, SYSTEM, by_person, forget_person, pseudonym_of, record
from community.audit_models import audit_event, audit_name
from community.ids import new_id
from community.models import person
from tests.archives import new_archive


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url)
    yield made
    made.close()


@pytest.fixture
def ann(archive: Archive) -> str:
    with writing(archive.engine) as connection:
        return insert_person(connection, "ann", {})


def events(archive: Archive) -> list[object]:
    with reading(archive.engine) as connection:
        return list(connection.execute(select(audit_event).order_by(audit_event.c.number)))


def test_each_event_has_the_hash_of_the_one_before(archive: Archive, ann: str) -> None:
    with writing(archive.engine) as connection:
        record(connection, OPERATOR, "account.role", subject=ann, facts={"role": "moderator"})
        record(connection, by_person(ann), "case.published", target="case 1")
    with writing(archive.engine) as connection:
        record(connection, SYSTEM, "retention.ran")
    found = events(archive)
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.previous_sha256 for one in found] == [START, *(one.sha256 for one in found[:-1])]
    assert len({one.sha256 for one in found}) == 3


def test_an_event_of_what_was_undone_is_not_there(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), writing(archive.engine) as connection:
        record(connection, SYSTEM, "retention.ran")
        _ = 1 / 0
    assert events(archive) == []


def test_people_stand_in_it_by_names_that_only_one_table_leads_back_from(
    archive: Archive, ann: str
) -> None:
    with writing(archive.engine) as connection:
        record(connection, by_person(ann), "report.made", target="case 1", subject=ann)
        name = pseudonym_of(connection, ann)
    [event] = events(archive)
    assert (event.actor, event.subject) == (f"person {name}", name)
    assert not any(ann in str(value) for value in event)
    with writing(archive.engine) as connection:
        forget_person(connection, ann)
        assert pseudonym_of(connection, ann) is None
    assert events(archive) == [event]


def test_the_name_goes_with_its_person(archive: Archive, ann: str) -> None:
    with writing(archive.engine) as connection:
        record(connection, SYSTEM, "account.erased", subject=ann)
        connection.execute(delete(person).where(person.c.id == ann))
    with writing(archive.engine) as connection:
        record(connection, SYSTEM, "account.erased", subject=ann)
        assert connection.execute(select(audit_name)).all() == []
    assert len(events(archive)) == 2


@pytest.mark.parametrize(
    ("actor", "action", "more"),
    [
        ("somebody", "case.held", {}),
        (SYSTEM, "case.eaten", {}),
        (SYSTEM, "case.held", {"target": "person 1"}),
        (SYSTEM, "case.held", {"target": "what Mrs Doe had"}),
        (SYSTEM, "case.held", {"facts": {"words": "x" * 81}}),
        (SYSTEM, "case.held", {"facts": {"words": None}}),
    ],
)
def test_what_could_be_free_text_is_refused(
    archive: Archive, actor: str, action: str, more: dict[str, object]
) -> None:
    with (
        writing(archive.engine) as connection,
        pytest.raises(ValueError, match=r"a person|actions|actor|fact"),
    ):
        record(connection, actor, action, **more)  # type: ignore[arg-type]


def test_an_actor_who_is_no_more_is_somebody(archive: Archive) -> None:
    gone = new_id()
    with writing(archive.engine) as connection:
        record(connection, by_person(gone), "case.held")
    assert gone not in events(archive)[0].actor
