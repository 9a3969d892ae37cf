"""Erasing somebody: what is theirs is nowhere any more, and what is of others is whole."""

from __future__ import annotations

import pytest

from community.rights.erasing import erase_person
from community.rights.rules import ruled_tables
from tests.everything import count_rows
from tests.people import Town
from tests.peopled import rows


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
