"""No table and no column about people without a rule: how it is exported, and how it is erased."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text

from community.models import metadata
from community.rights.links import By
from community.rights.rules import (
    FILES,
    NOT_PEOPLE,
    RULES,
    WITHOUT_PEOPLE,
    Act,
    Rule,
    rows_of,
    ruled_tables,
)
from community.rights.schema import every_table, people_in

# What columns are called that name somebody without a foreign key.
NAMES_OF_PEOPLE = {
    "person", "owner", "author", "actor", "user", "who", "by", "principal", "senders", "sender",
    "audience", "target", "subject", "reporter", "email", "assignee", "staff", "handled_by",
}  # fmt: skip
SECRETS = ("secret", "password_hash", "token_hash", "verifier")


def without_a_rule() -> set[str]:
    return set(every_table()) - RULES.keys() - WITHOUT_PEOPLE.keys()


def unspoken(table: Table, rule: Rule | None) -> list[str]:
    """Columns of a table that may name a person and that no rule speaks of."""
    spoken = {column for link in rule.mine for column in link.columns} if rule else set()
    spoken |= {link.column for link in rule.named} if rule else set()
    suspects = {one.name for one in people_in(table)}
    suspects |= {
        one.name for one in table.c if one.name in NAMES_OF_PEOPLE or one.name.endswith("_by")
    }
    return sorted(
        name for name in suspects if name not in spoken and (table.name, name) not in NOT_PEOPLE
    )


def test_every_table_of_the_schema_has_a_rule_or_a_reason_why_it_needs_none() -> None:
    assert without_a_rule() == set(), "add a row to community/rights/rules.py"
    assert not RULES.keys() & WITHOUT_PEOPLE.keys()
    assert RULES.keys() | WITHOUT_PEOPLE.keys() == every_table().keys()


def test_every_column_that_names_a_person_is_spoken_of_in_the_rule_of_its_table() -> None:
    found = {
        f"{name}.{column}"
        for name, table in every_table().items()
        for column in unspoken(table, RULES.get(name))
    }
    assert found == set(), "say in community/rights/rules.py what becomes of it"


def test_a_new_table_with_a_link_to_a_person_would_fail_the_build() -> None:
    new = Table(
        "new",
        metadata,
        Column("friend", ForeignKey("person.id"), primary_key=True),
        Column("approved_by", LargeBinary),
    )
    try:
        assert unspoken(new, None) == ["approved_by", "friend"]
        assert unspoken(new, Rule((By("friend"),))) == ["approved_by"]
        every_table.cache_clear()
        assert without_a_rule() == {"new"}
    finally:
        metadata.remove(new)
        every_table.cache_clear()


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_is_whole(name: str) -> None:
    rule, table = RULES[name], every_table()[name]
    assert (rule.file in FILES) != bool(rule.why_not)
    assert rule.mine
    assert {*rule.left_out, *rule.packed} <= set(table.c.keys())
    if rule.file:
        exported = set(table.c.keys()) - rule.left_out.keys()
        assert not [one for one in exported if any(word in one for word in SECRETS)]
    assert not rule.blanked or Act.UNNAME in (rule.erased, rule.kept)
    assert all(table.c[one].nullable or isinstance(table.c[one].type, Text) for one in rule.blanked)
    for link in rule.named:
        assert link.column in table.c
        is_text = isinstance(table.c[link.column].type, Text)
        assert rule.named[link] is Act.DELETE or table.c[link.column].nullable or is_text


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_rows_of_somebody_can_be_asked_for(name: str) -> None:
    assert str(rows_of(every_table()[name], "somebody").compile())


def test_what_belongs_to_another_row_is_deleted_with_it_by_the_database_or_by_name() -> None:
    for table, rule in ruled_tables():
        # Tags go when the last case that has them does: `community.cases.removing`.
        if rule.erased is Act.FOLLOW and table.name != "tag":
            assert any(key.ondelete == "CASCADE" for key in table.foreign_key_constraints), table
