"""A backup that is put back brings nobody back: what was erased since is erased again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, select

from archive.access import LOCAL
from archive.archive import Archive
from archive.database import reading
from archive.erase import erase
from archive.errors import ArchiveError
from archive.models import study
from community.accounts.people import find_person
from community.cases.model import TOMBSTONE
from community.cases.publishing import tombstone
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.rights import ledger
from community.rights.erasing import erase_person
from community.rights.replaying import replay
from ops.__main__ import main
from tests.archives import new_archive
from tests.cases import full_case, give, image, keep
from tests.people import Town
from tests.peopled import rows

STUDY = "1.2.826.0.1.99.1"
SECOND = "1.2.826.0.1.99.2"


def back_up(url: str, to: Path) -> str:
    """Copy a database as an operator would; returns the address of the copy."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        with sqlite3.connect(str(parts.database)) as source, sqlite3.connect(to) as target:
            source.backup(target)
        return f"sqlite:///{to}"
    name = f"{parts.database}_copy"
    admin = parts.set(drivername="postgresql", database="postgres")
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{parts.database}"')
    return parts.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def restored(filled: Town, tmp_path: Path, database_url: str) -> Iterator[Callable[[], Archive]]:
    """Backed up before anything is erased; called, it opens the backup beside the same objects."""
    opened: list[Archive] = []
    filled.archive.engine.dispose()
    copy = back_up(database_url, tmp_path / "backup.sqlite")

    def restore() -> Archive:
        objects = {"DICOMTUBE_OBJECTS_URL": filled.archive.settings.objects_url}
        opened.append(new_archive(tmp_path / "home", copy, DICOMTUBE_ACCESS="accounts", **objects))
        return opened[-1]

    yield restore
    for one in opened:
        one.close()
    if not copy.startswith("sqlite"):
        parts = make_url(copy)
        admin = parts.set(drivername="postgresql", database="postgres")
        address = admin.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{parts.database}" WITH (FORCE)')


@pytest.mark.parametrize("keeps_work", [False, True], ids=["all", "name"])
def test_somebody_who_came_back_with_a_backup_is_erased_again(
    filled: Town, restored: Callable[[], Archive], keeps_work: bool
) -> None:
    wilma = filled.ids["wilma"]
    erase_person(filled.archive, wilma, keeps_work=keeps_work)
    after = rows(filled.archive, {wilma})
    backup = restored()
    assert find_person(backup, wilma) is not None
    assert replay(backup)["person"] == 1
    assert find_person(backup, wilma) is None
    assert {one.split()[0] for one in rows(backup, {wilma})} <= {one.split()[0] for one in after}
    assert find_person(backup, filled.ids["otto"]) is not None
    assert replay(backup) == {"person": 0, "case": 0, "study": 0}


def test_a_case_and_a_study_that_were_removed_are_removed_again(here: Town, tmp_path: Path) -> None:
    archive, otto = here.archive, find_person(here.archive, here.person("otto"))
    assert otto is not None
    keep(archive, image(STUDY), image(SECOND))
    give(archive, STUDY, otto)
    made = full_case(archive, otto, STUDY)
    archive.engine.dispose()
    copy = back_up(archive.settings.database_url, tmp_path / "backup.sqlite")
    tombstone(archive, otto, made.id)
    erase(archive, LOCAL, "community", SECOND)
    ledger.copy_out(archive)
    objects = {"DICOMTUBE_OBJECTS_URL": archive.settings.objects_url}
    backup = new_archive(tmp_path / "other", copy, **objects)
    assert view_case(backup, Reader(), made.slug).case.id == made.id
    assert replay(backup) == {"person": 0, "case": 1, "study": 1}
    with reading(backup.engine) as connection:
        assert set(connection.scalars(select(study.c.study_instance_uid))) == {STUDY}
    with pytest.raises(ArchiveError):
        view_case(backup, Reader(), made.slug)
    backup.close()


def test_a_study_that_was_stored_anew_after_it_was_erased_stays(here: Town) -> None:
    keep(here.archive, image(STUDY))
    erase(here.archive, LOCAL, "community", STUDY)
    ledger.copy_out(here.archive)
    keep(here.archive, image(STUDY))
    assert replay(here.archive)["study"] == 0


def test_the_ledger_says_ids_and_nothing_else(filled: Town) -> None:
    erase_person(filled.archive, filled.ids["wilma"])
    ledger.copy_out(filled.archive)
    for key in filled.archive.objects.keys("erased/"):
        entry = ledger.from_line(filled.archive.objects.read(key, 0, 4096).decode())
        assert entry.kind in ledger.KINDS
        assert "wilma" not in entry.subject
    kinds = [one.kind for one in ledger.listed(filled.archive)]
    assert kinds.count("person") == 1
    assert kinds.count("case") == kinds.count("study") == 4


@pytest.mark.parametrize("line", ["", "[]", '{"id": 1}', '{"kind": "person"}', "{" * 9_999])
def test_what_is_no_ledger_is_refused(line: str) -> None:
    with pytest.raises(ArchiveError):
        ledger.from_line(line)


def test_a_line_is_read_as_it_was_written() -> None:
    entry = ledger.Entry(
        "0196f2a4-0000-7000-8000-000000000000", ledger.CASE, "x", False, datetime.now(UTC)
    )
    assert ledger.from_line(ledger.to_line(entry)) == entry


def test_operators_list_keep_and_replay_it(
    here: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = here.archive.settings
    for name, value in {
        "DICOMTUBE_HOME": str(tmp_path / "home"),
        "DICOMTUBE_DATABASE_URL": settings.database_url,
        "DICOMTUBE_OBJECTS_URL": settings.objects_url,
    }.items():
        monkeypatch.setenv(name, value)
    wilma = here.person("wilma")
    assert main(["account", "export", "wilma", str(tmp_path / "copy.zip")]) == 0
    assert main(["account", "erase", "wilma"]) == 2
    assert main(["account", "erase", "wilma", "--yes"]) == 0
    assert main(["erasures", "list"]) == 0
    assert wilma in capsys.readouterr().out
    kept = tmp_path / "ledger"
    assert main(["erasures", "export", str(kept)]) == 0
    assert wilma in kept.read_text()
    assert main(["import-account", str(tmp_path / "copy.zip")]) == 0
    assert find_person(here.archive, wilma) is not None
    assert main(["erasures", "replay", "--ledger", str(kept)]) == 0
    assert find_person(here.archive, wilma) is None
    assert TOMBSTONE not in capsys.readouterr().out
