"""A server on which people have something of every kind: cases, talk, links, tokens, uploads.

May live here: how a test fills a server, and what lies in its tables. May not: expectations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import Column, String, Text, select, update

from archive.archive import Archive
from archive.database import reading, writing
from archive.documents import pack_document, unpack_document
from archive.models import metadata as archives
from archive.tokens import create_token
from community.accounts import credentials, people
from community.accounts.people import Person, find_person
from community.case_models import case_revision
from community.cases.editing import edit_case
from community.cases.model import DRAFT, PUBLIC, UNLISTED, Case
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.cases.revisions import list_revisions
from community.finding.tagging import add_tag
from community.models import metadata
from community.quizzes.model import CHOICE, FREE
from community.quizzes.questions import Wish, add_question
from community.sharing.links import STUDY, make_link
from community.sharing.links import Wish as LinkWish
from tests.cases import TEXT, full_case, give, image, keep
from tests.people import Town
from tests.quarantined import ask, screen
from tests.talk import say
from tests.walking import Door

STUDIES = {
    state: f"1.2.826.0.1.77.{n}" for n, state in enumerate((PUBLIC, UNLISTED, DRAFT, "unknown"), 1)
}


@dataclass
class Things:
    """What somebody has, for addresses: values by the names that routes give their variables."""

    cases: dict[str, Case]
    values: dict[str, list[str]]

    def addresses(self, door: Door) -> Iterator[str]:
        """Addresses of a route with each thing in each place; one that leads nowhere without."""
        kinds = door.variables
        choices = [self.values.get(name) or [""] for name in kinds]
        for chosen in product(*choices):
            yield door.address(dict(zip(kinds, chosen, strict=True)))


def fill(here: Town, owner: str, talker: str, words: str = "", **attributes: Any) -> Things:
    """Give somebody everything that a person can have.

    Parameters
    ----------
    words
        Stand in the texts of what others may not see: the draft and its kin.
    attributes
        Of the images, such as a hostile description.
    """
    archive = here.archive
    person = _person(archive, here.ids[owner])
    people.change_profile(archive, person.id, f"Dr. {owner}", "Looks at heads.")
    credentials.add(archive, person.id, "Radiologist")
    keep(archive, *(image(study, **attributes) for study in STUDIES.values()))
    for study in STUDIES.values():
        give(archive, study, person)
    cases = {state: _case(archive, person, state, words) for state in STUDIES}
    comments = [
        say(archive, here.ids[who], cases[PUBLIC].slug, f"See this, @{owner}.")
        for who in (owner, talker)
    ]
    asking = Reader(person)
    questions = [
        add_question(archive, asking, cases["unknown"].slug, wish).id
        for wish in (Wish(FREE, "What is it?", ["A"]), Wish(CHOICE, "How old?", ["new", "old"], 1))
    ]
    number, _ = create_token(archive, "script", [("community", "read")], person=person.id)
    wish = LinkWish(STUDY, f"community/{STUDIES[DRAFT]}", words, None, None)
    link, _ = make_link(archive, here.principal(owner), wish, lambda *_: False)
    upload = ask(archive, screen(StudyInstanceUID="1.2.826.0.1.78.1"))
    return Things(
        cases,
        {
            "slug": [case.slug for case in cases.values()],
            "case": [case.id for case in cases.values()],
            "handle": [owner, talker],
            "comment_id": comments,
            "question": questions,
            "token": [upload.token],
            "link_id": [link.id],
            "study": list(STUDIES.values()),
            "number": sorted({"1", str(number), *_revisions(archive, person, cases[PUBLIC])}),
            "frame": ["1"],
            "image": _images(archive, cases),
            "collection": ["community"],
        },
    )


def _person(archive: Archive, person_id: str) -> Person:
    found = find_person(archive, person_id)
    assert found is not None
    return found


def _case(archive: Archive, person: Person, state: str, words: str) -> Case:
    shown = {PUBLIC: PUBLIC, UNLISTED: UNLISTED, "unknown": PUBLIC}.get(state)
    told = replace(TEXT, title=f"{TEXT.title} {words if state == DRAFT else ''}".strip())
    made = full_case(
        archive,
        person,
        STUDIES[state],
        state=shown,
        title=told.title,
        is_unknown=state == "unknown",
    )
    if state == PUBLIC:
        edit_case(archive, person, made.id, None, replace(told, title=f"{told.title}, again"))
        add_tag(archive, view_case(archive, Reader(person), made.slug), "midbrain")
    return made


def _revisions(archive: Archive, person: Person, case: Case) -> list[str]:
    found = list_revisions(archive, view_case(archive, Reader(person), case.slug))
    return [str(one.number) for one in found]


def _images(archive: Archive, cases: dict[str, Case]) -> list[str]:
    views = [
        view_case(archive, Reader(), one.slug) for one in cases.values() if one.state == PUBLIC
    ]
    return [image.id for view in views for image in view.key_images]


def rows(archive: Archive, mentioning: set[str] | None = None) -> set[str]:
    """Every row of the community, and of what the archive keeps of people, spelled out."""
    tables = [*metadata.sorted_tables]
    tables += [archives.tables[name] for name in ("token", "share", "upload")]
    found = set()
    with reading(archive.engine) as connection:
        for table in tables:
            columns = [column for column in table.c if column.name not in _VOLATILE]
            for row in connection.execute(select(*columns)):
                spelled = f"{table.name} {tuple(row)!r}"
                if mentioning is None or any(one in spelled for one in mentioning):
                    found.add(spelled)
    return found


_VOLATILE = ("seen_at", "expires_at", "last_seen_day", "count")


def poison(archive: Archive, text: str, spared: frozenset[str]) -> list[str]:
    """Put a text in every column for texts, and in all earlier texts; returns the columns."""
    done = []
    with writing(archive.engine) as connection:
        for name, column in columns_of_words():
            if isinstance(column.type, Text) and name not in spared:
                connection.execute(update(column.table).values({column.name: text}))
                done.append(name)
        for row in connection.execute(select(case_revision)).all():
            document = _hostile(unpack_document(row.document), f"{text} {row.number}")
            this = (case_revision.c.case_id == row.case_id, case_revision.c.number == row.number)
            statement = update(case_revision).where(*this)
            connection.execute(statement.values(document=pack_document(document)))
    return done


def columns_of_words() -> Iterator[tuple[str, Column[Any]]]:
    """Every column of people's tables that holds words and is nobody's name for a row."""
    for table in metadata.sorted_tables:
        for column in table.c:
            is_name = column.primary_key or column.unique or column.foreign_keys
            if isinstance(column.type, String) and not is_name:
                yield f"{table.name}.{column.name}", column


@contextmanager
def instead(archive: Archive, columns: Sequence[Column[Any]], text: str) -> Iterator[None]:
    """Have these columns of one table say something else for a while."""
    table, keys = columns[0].table, [*columns[0].table.primary_key]
    with writing(archive.engine) as connection:
        before = connection.execute(select(*keys, *columns)).all()
        connection.execute(update(table).values({column.name: text for column in columns}))
    yield
    with writing(archive.engine) as connection:
        for row in before:
            this = [key == value for key, value in zip(keys, row, strict=False)]
            values = {column.name: row._mapping[column] for column in columns}
            connection.execute(update(table).where(*this).values(values))


def _hostile(document: Any, text: str) -> Any:
    """The same, with the text for every value that is words; kinds stay, as they are names."""
    if isinstance(document, dict):
        return {
            name: value if name in ("kind", "reveal") else _hostile(value, text)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [_hostile(one, text) for one in document]
    return text if isinstance(document, str) else document
