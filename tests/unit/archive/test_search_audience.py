"""Search of what is shared: the answers are those of everything, less what is not shared.

Who may read few studies and who may read very many are both answered from indexes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, insert

from archive import search_frequent, search_statements
from archive.access import LOCAL, PUBLIC, Principal, narrowed
from archive.archive import Archive
from archive.attributes import Level, find_path
from archive.collections import get_collection
from archive.conditions import Search
from archive.criteria import Rules, condition
from archive.database import writing
from archive.errors import TooBroad
from archive.models import share
from archive.search import Page, search
from tests.indexed import archive_on, document, fill

STUDIES = 30
KEYS = {Level.STUDY: "0020000D", Level.SERIES: "0020000E", Level.INSTANCE: "00080018"}
ASKED: list[dict[str, str]] = [
    {},
    {"Modality": "MR"},
    {"PatientID": "p7"},
    {"PatientName": "*oe*"},
    {"StudyDate": "20200105-20200120"},
    {"PatientComments": "yes"},
    {"Modality": "CT", "StudyDate": "20200101-20200110"},
    {"Rows": "512"},
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('index') / 'index.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    made = server.new_database()
    yield made
    server.drop_database(made)


@pytest.fixture(scope="module")
def archive(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Thirty studies of two series; each is shared with some, and some with the public."""
    chance = random.Random(5)
    with archive_on(url, tmp_path_factory.mktemp("home")) as opened:
        for name in ("archive", "community"):
            fill(opened, [one for n in range(STUDIES) for one in _study(n)], name)
        _share(opened, "archive", {n: _some(chance, n) for n in range(STUDIES)})
        _share(opened, "community", {n: ["person:few", "person:many"] for n in range(STUDIES)})
        # So many of others that plans for few rows are not as good as plans for one.
        _share(opened, "archive", {n: [f"link:{one}" for one in range(50)] for n in range(STUDIES)})
        _count_rows(opened)
        yield opened


def _study(n: int) -> Iterator[Any]:
    for leaf in range(2):
        yield document(
            f"1.{n}",
            f"1.{n}.{leaf}",
            f"1.{n}.{leaf}.1",
            PatientID=f"p{n}",
            PatientName="Doe^J" if n % 3 else "Roe^J",
            StudyDate=f"202001{n % 28 + 1:02}",
            Modality="MR" if leaf and n % 2 else "CT",
            PatientComments="yes" if n % 4 == 0 else "no",
            Rows=512 if n % 5 else 256,
        )


def _some(chance: random.Random, n: int) -> list[str]:
    found = ["person:few"] if n in (3, 8, 21) else []
    found += ["person:many", "case:c"] if chance.random() < 0.7 else []
    return found + ([PUBLIC] if n in (8, 12) else [])


def _share(archive: Archive, collection: str, audiences: dict[int, list[str]]) -> None:
    place = get_collection(archive, collection).id
    rows = [
        {"collection_id": place, "study_instance_uid": f"1.{n}", "audience": one}
        for n, each in audiences.items()
        for one in each
    ]
    with writing(archive.engine) as connection:
        connection.execute(insert(share), rows)


def _count_rows(archive: Archive) -> None:
    """Let the planner know the tables now, whenever PostgreSQL would look at them by itself."""
    with writing(archive.engine) as connection:
        connection.exec_driver_sql("ANALYZE")


def person(*audiences: str) -> Principal:
    return Principal("person x", audiences=frozenset(audiences))


READERS: dict[str, Principal] = {
    "few": person("person:few"),
    "many": person("person:many"),
    "both": person("person:few", "person:many", "link:none"),
    "public only": person(),
    "nothing": narrowed(None, "case:none"),
    "a case": narrowed(None, "case:c"),
}


def question(level: Level, keys: dict[str, str], **more: Any) -> Search:
    conditions = tuple(condition(find_path(k) or (), v, Rules()) for k, v in keys.items())
    return Search(level, conditions=conditions, **more)


def names(page: Page, level: Level) -> list[str]:
    return [row[KEYS[level]]["Value"][0] for row in page.rows]


def studies_of(archive: Archive, reader: Principal) -> set[str]:
    """By the plainest reading of the rows."""
    audiences = reader.within or reader.audiences | {PUBLIC}
    place = get_collection(archive, "archive").id
    with archive.engine.connect() as connection:
        rows = connection.execute(share.select().where(share.c.collection_id == place)).all()
    return {row.study_instance_uid for row in rows if row.audience in audiences}


def as_if_large(patch: pytest.MonkeyPatch, few: int, walked: int) -> None:
    """Search a small archive as one that has far more than is worth walking."""
    patch.setattr(search_statements, "MAX_FEW", dict.fromkeys(range(3), few))
    patch.setattr(search_frequent, "worth_walking", lambda *_: walked)
    patch.setattr(search_frequent, "MAX_COUNTED", 1)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(("few", "walked"), [(2_000, 1), (0, 0), (0, 3), (0, 1_000)])
def test_the_answer_is_that_of_everything_less_what_is_not_shared(
    archive: Archive, name: str, few: int, walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = READERS[name]
    readable = studies_of(archive, reader)
    for level in Level:
        for keys in ASKED:
            everything = search(archive, LOCAL, "archive", question(level, keys)).rows
            expected = [
                row[KEYS[level]]["Value"][0]
                for row in everything
                if row["0020000D"]["Value"][0] in readable
            ]
            with monkeypatch.context() as patch:
                as_if_large(patch, few, walked)
                asked = question(level, keys)
                found = names(search(archive, reader, "archive", asked), level)
                page = search(archive, reader, "archive", replace(asked, limit=2, offset=1))
            assert found == expected
            assert names(page, level) == expected[1:3]
            assert bool(page.remaining) is (len(expected) > 3)


def plans(
    archive: Archive, asked: Search, reader: Principal, patch: pytest.MonkeyPatch, few: int
) -> list[str]:
    """How the database goes about each statement of a search."""
    found: list[str] = []

    def explain(connection: Any, _: Any, statement: str, values: Any, *__: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")) or "FROM collection" in statement:
            return
        cursor = connection.connection.cursor()
        if archive.engine.dialect.name == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + statement, values)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + statement, values)
        found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(archive.engine, "before_cursor_execute", explain)
    try:
        with patch.context() as inner:
            as_if_large(inner, few, 4)
            search(archive, reader, "archive", asked)
    finally:
        event.remove(archive.engine, "before_cursor_execute", explain)
    assert found
    return found


def reads_all(line: str) -> bool:
    return bool(re.search(r"SCAN (study|series|instance|share)\b(?! USING)|Seq Scan", line))


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(("few", "name"), [(2_000, "few"), (0, "many"), (0, "few"), (0, "a case")])
def test_no_statement_reads_all_rows_of_a_table(
    archive: Archive, level: Level, few: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for keys in ASKED:
        for plan in plans(archive, question(level, keys, limit=2), READERS[name], monkeypatch, few):
            assert not [line for line in plan.splitlines() if reads_all(line)], plan


def test_who_may_read_few_is_answered_from_those_few(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plans(archive, question(Level.STUDY, {}), READERS["few"], monkeypatch, few=2_000)
    assert len(found) == 1  # which they are, and the page
    assert "ix_share_audience" in found[0]
    assert re.search(r"USING INTEGER PRIMARY KEY|CTE Scan on here", found[0])


def test_who_may_read_very_many_is_answered_by_a_walk_that_looks_each_study_up(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = question(Level.STUDY, {}, limit=1)
    found = plans(archive, asked, READERS["many"], monkeypatch, few=0)
    walks = [plan for plan in found if "ix_study_newest" in plan and "share" in plan]
    assert len(walks) == 1
    assert re.search(r"SubPlan|CORRELATED", walks[0])
    assert not re.search(r"Hash (Semi )?Join", walks[0])


def test_documents_are_read_of_what_is_shared_only(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are of others, they neither count nor cost."""
    monkeypatch.setattr("archive.search_scan.MAX_SCANNED", 3)
    asked = question(Level.STUDY, {"PatientComments": "yes"})
    as_if_large(monkeypatch, 0, 0)
    assert names(search(archive, READERS["public only"], "archive", asked), Level.STUDY) == [
        "1.12",
        "1.8",
    ]
    with pytest.raises(TooBroad):
        search(archive, READERS["many"], "archive", asked)


def test_shares_of_another_collection_open_nothing_here(archive: Archive) -> None:
    everything = names(search(archive, READERS["few"], "community", question(Level.STUDY, {})),
                       Level.STUDY)  # fmt: skip
    assert len(everything) == STUDIES
    here = names(search(archive, READERS["few"], "archive", question(Level.STUDY, {})), Level.STUDY)
    assert set(here) == {"1.3", "1.8", "1.21", "1.12"}
