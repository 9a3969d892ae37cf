"""Lists of requests are the same on both databases."""

from __future__ import annotations

from pathlib import Path

from archive.database import reading, writing
from community.accounts.people import insert_person
from community.requests import kinds
from community.requests.reading import (
    OVERDUE,
    Sieve,
    accounts_with,
    count_queue,
    find_open,
    list_own,
    list_queue,
    of_person,
)
from community.requests.reminding import count_overdue, remind
from community.requests.tickets import close_in
from tests import asked
from tests.archives import new_archive


def test_the_queue_and_ones_own_list_miss_nothing(tmp_path: Path, database_url: str) -> None:
    archive = new_archive(tmp_path, database_url)
    with writing(archive.engine) as connection:
        ann = insert_person(connection, "ann", {})
    late = asked.came_signed_in(archive, ann, kinds.ERASE, days_ago=40)
    soon = asked.came_signed_in(archive, ann, kinds.ACCESS, days_ago=25)
    shown = asked.came(archive, kinds.TAKEDOWN)
    done = asked.came_signed_in(archive, ann, kinds.OBJECT)
    with writing(archive.engine) as connection:
        close_in(connection, done.id, kinds.DONE)

    found, after = [], ""
    for _ in range(3):
        page = list_queue(archive, Sieve(), after, 1)
        found += [one.id for one in page.items]
        after = page.later
    assert (found, after) == ([shown.id, late.id, soon.id], "")
    assert [one.id for one in list_queue(archive, Sieve(OVERDUE)).items] == [late.id]
    assert [one.id for one in list_queue(archive, Sieve(kinds.CLOSED)).items] == [done.id]
    assert list_queue(archive, Sieve(reference=late.reference.lower())).items == (late,)
    assert list_queue(archive, Sieve(taken_by=ann)).items == ()
    assert count_queue(archive) == {kinds.OPEN: 3, kinds.ASKED: 0, kinds.CLOSED: 1, OVERDUE: 1}

    assert [one.id for one in of_person(archive, ann)] == [soon.id, late.id, done.id]
    first = list_own(archive, ann, limit=2)
    assert [one.id for one in first.items] == [done.id, soon.id]
    assert [one.id for one in list_own(archive, ann, first.later, 2).items] == [late.id]
    with reading(archive.engine) as connection:
        assert find_open(connection, ann, kinds.OBJECT) is None
        assert find_open(connection, ann, kinds.ERASE) == late
    assert accounts_with(archive, "nobody@example.org") == []

    assert (remind(archive, "a@example.org"), remind(archive, "a@example.org")) == (2, 0)
    assert count_overdue(archive) == 1
    archive.close()
