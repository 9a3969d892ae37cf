"""Canaries in everything that may not leave: the service hears none of them.

Every text in every table that is filled here, but for the few that may be told, is a word of its
own; so are the attributes of the study. Texts that may be told are drawn by chance, with words
among them that may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, Table, and_, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import Person, change_texts, find_by_handle
from community.accounts.sessions import begin
from community.assistant.payload import SECTIONS, AiPayload
from community.assistant.port import Answer
from community.assisting import asking
from community.assisting.terms import TERMS
from community.assisting.working import work_waiting
from community.cases import editing
from community.cases.model import KINDS, PUBLIC, Section
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion.writing import Words, post_comment
from community.finding import tagging
from community.ids import new_id
from community.models import identity
from community.rights.schema import every_table
from tests.archives import new_archive
from tests.assistant import StandIn, nobody_else, stand_in
from tests.cases import TEXT, full_case, give, image, keep, somebody

STUDY = "1.2.826.0.1.3680043.10.77"

TOLD = {("medical_case", "title"), ("case_section", "markdown")}
STEERING = {
    ("medical_case", "state"), ("person", "state"), ("person", "role"), ("case_section", "kind"),
    ("assistant_consent", "statement_version"), ("assistant_wish", "state"),
}  # fmt: skip
"""What decides whether anything is told at all."""
OTHER_ROOMS = {"collection", "alembic_version", "policy"}
"""Tables that no case and no person has rows in."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = new_archive(tmp_path_factory.mktemp("home"), DICOMTUBE_ACCESS="accounts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "max_calls_a_person", 10**6)
        yield made
    made.close()


def texts_of(table: Table) -> list[str]:
    """Columns with text that is neither a name of a row nor refers to one."""
    return [
        one.name
        for one in table.c
        if isinstance(one.type, String) and not one.primary_key and not one.foreign_keys
    ]


def plant(archive: Archive) -> dict[str, str]:
    """Have every text be a word of its own; returns where each is."""
    planted: dict[str, str] = {}
    numbers = count(1)
    with writing(archive.engine) as connection:
        for name, table in every_table().items():
            if name in OTHER_ROOMS:
                continue
            keys = list(table.primary_key.columns)
            for row in connection.execute(select(*keys)).all():
                this = and_(*(key == value for key, value in zip(keys, row, strict=True)))
                for column in texts_of(table):
                    if (name, column) in TOLD | STEERING:
                        continue
                    canary = f"Kn{next(numbers)}q"
                    connection.execute(update(table).where(this).values({column: canary}))
                    planted[canary] = f"{name}.{column}"
    return planted


def names_of_rows(archive: Archive) -> set[str]:
    """Ids, slugs and UIDs of everything that is there."""
    found: set[str] = set()
    with reading(archive.engine) as connection:
        for name, table in every_table().items():
            if name in OTHER_ROOMS:
                continue
            for row in connection.execute(select(*table.primary_key.columns)):
                found |= {one for one in row if isinstance(one, str) and len(one) > 12}
    return found


def fill(archive: Archive, ann: Person) -> str:
    """A case with whatever a case may have, and a person with whatever a person may."""
    keep(archive, image(STUDY, PatientName="Kanari^Patient", StudyDescription="Kanaristudie"))
    give(archive, STUDY, ann)
    sections = tuple(Section(kind, f"Told of {kind}.", "always") for kind in KINDS)
    case = full_case(archive, ann, STUDY, state=PUBLIC, sections=sections, is_unknown=True)
    change_texts(archive, ann.id, {"display_name": "Kanari Vogel", "bio": "A bio."})
    row = {
        "id": new_id(), "person": ann.id, "provider": "google", "subject": "kanarisubject",
        "email": "kanari@example.org", "given_name": "Kanari Name", "linked_at": case.created_at,
    }  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(identity).values(row))
        begin(connection, ann.id, "a browser")
    view = view_case(archive, Reader(ann), case.slug)
    tagging.add_tag(archive, view, "a tag of mine")
    post_comment(archive, Reader(ann), case.slug, Words("A comment of mine."))
    return case.id


def test_of_all_that_is_kept_nothing_is_told_but_title_and_texts(
    tmp_path: Path,
) -> None:
    archive = new_archive(tmp_path, DICOMTUBE_ACCESS="accounts")
    ann = somebody(archive, "kanarihandle")
    case = fill(archive, ann)
    with stand_in() as service, nobody_else() as elsewhere:
        settings_ = service.settings()
        asking.allow(archive, settings_, ann, case, TERMS["paid"].version)
        asking.ask(archive, settings_, ann, case)
        planted, names = plant(archive), names_of_rows(archive)
        filled = {where.partition(".")[0] for where in planted.values()}
        assert work_waiting(archive, settings_, settings_.service()) == 1
        heard = service.heard.decode()
    archive.close()
    assert {
        "medical_case", "case_study", "key_image", "case_revision", "comment", "person",
        "identity", "tag", "session", "study", "series", "instance", "sharing_confirmation",
    } <= filled  # fmt: skip
    assert len(names) > 10
    assert [where for canary, where in planted.items() if canary in heard] == []
    assert [one for one in names if one in heard] == []
    assert "anari" not in heard
    assert [kind for kind in SECTIONS if f"Told of {kind}." not in heard] == []
    assert "Told of references." not in heard
    assert elsewhere == []


class Recorder:
    """A service that keeps what it hears and says nothing."""

    model = "gemini-of-tests"

    def __init__(self) -> None:
        self.heard = ""

    def ask(self, payload: AiPayload) -> Answer:
        self.heard += payload.spelled()
        return Answer("{}", self.model)


NEVER = (
    "Xandra Quillfeather", "quillfeather", "@quillfeather", "xq@example.org", "xandra.q",
    "1.2.840.113619.2.55.3", "https://quill.example/x", "01.02.1961", "MRN: QF123456",
    "030 5551 2345", "dtp_QuillQuillQuillQuillQuill",
)  # fmt: skip
HARMLESS = ("A girl", "tremor", "high signal", "of the midbrain", "12 mm", "T2", "grows", "\n")
_texts = st.lists(st.sampled_from(HARMLESS + NEVER), max_size=6).map(" ".join)
_sections = st.dictionaries(st.sampled_from(KINDS), _texts, min_size=1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=_texts, sections=_sections)
def test_whatever_an_author_writes_no_word_that_identifies_leaves(
    archive: Archive, title: str, sections: dict[str, str]
) -> None:
    author = _author(archive)
    text = replace(
        TEXT,
        title=title,
        sections=tuple(Section(kind, words, "always") for kind, words in sections.items()),
    )
    service, how = Recorder(), StandIn("http://127.0.0.1:9").settings(max_calls_per_day=10**6)
    case = editing.make_case(archive, author, text)
    asking.allow(archive, how, author, case.id, TERMS["paid"].version)
    asking.ask(archive, how, author, case.id)
    asked = work_waiting(archive, how, service)
    assert [one for one in NEVER if one.casefold() in service.heard.casefold()] == []
    told = (title, *(words for kind, words in sections.items() if kind in SECTIONS))
    if asked == 0:
        is_named = any(one in words for one in NEVER for words in told)
        assert is_named or not any(words.strip() for words in told[1:])


def _author(archive: Archive) -> Person:
    known = find_by_handle(archive, "quillfeather")
    if known is not None:
        return known
    made = somebody(archive, "quillfeather")
    change_texts(archive, made.id, {"display_name": "Xandra Quillfeather"})
    row: dict[str, Any] = {
        "id": new_id(), "person": made.id, "provider": "google", "subject": "x",
        "email": "xandra.q@example.org", "linked_at": made.created_at,
    }  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(identity).values(row))
    return made
