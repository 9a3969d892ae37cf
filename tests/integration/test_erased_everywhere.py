"""An account that has something in every table is erased: not a word of it is left anywhere.

Looked through are every row of every table, SQLite's file, every object, every key of the broker,
what every address answers (so every cache, too), the search and the log.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from archive.archive import Archive
from archive.database import checkpoint, reading, scrub
from archive.documents import unpack_document
from community.accounts.people import find_person
from community.finding.indexing import index_everything
from community.rights import ledger
from community.rights.copies import ask_for, copies_of, fetch, make_waiting
from community.rights.erasing import erase_person
from community.rights.importing import import_account
from tests.archives import new_archive
from tests.canaries import unpacked
from tests.everything import CANARY, fill_everything
from tests.people import Town, town
from tests.peopled import Things
from tests.walking import doors
from worker.announcer import create_announcer
from worker.settings import WorkerSettings

HANDLE = "wilhelmine"
max_of_a_door = 12
WORDS = (CANARY.encode(), HANDLE.encode())


def has_words(data: bytes) -> bool:
    return any(word in part.lower() for part in unpacked(data) for word in WORDS)


def spelled(value: Any) -> bytes:
    """A value of a column, unpacked if it is a packed document."""
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        try:
            return repr(unpack_document(data)).encode()
        except Exception:  # most bytes are none
            return data
    return str(value).encode()


def in_tables(archive: Archive) -> list[str]:
    """Columns in which the words stand: of every table that the database has, whoever made it."""
    found = []
    with reading(archive.engine) as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                found += [f"{table}.{name}" for name, one in row.items() if has_words(spelled(one))]
    return sorted(set(found))


def in_file(archive: Archive) -> list[str]:
    """SQLite's files that have the words, also in pages that are free."""
    checkpoint(archive.engine)
    path = archive.engine.url.database
    if archive.engine.dialect.name != "sqlite" or path is None:
        return []
    files = [Path(path + more) for more in ("", "-wal")]
    return [one.name for one in files if one.exists() and has_words(one.read_bytes())]


def in_objects(archive: Archive) -> list[str]:
    def whole(key: str) -> bytes:
        return archive.objects.read(key, 0, archive.objects.size(key))

    return [key for key in archive.objects.keys("") if has_words(key.encode() + whole(key))]


def in_broker(url: str) -> list[str]:
    client = redis.Redis.from_url(url)
    keys = [bytes(key) for key in client.scan_iter()]
    return [key.decode() for key in keys if has_words(key + (client.dump(key) or b""))]


def in_answers(browser: FlaskClient, addresses: set[str]) -> list[str]:
    """Addresses that answer with the words; those that have them in themselves are left out."""
    found = []
    for address in sorted(addresses):
        answer = browser.get(address, headers={"Accept": "text/html, */*;q=0.5"})
        assert answer.status_code < 500, (address, answer.text[:300])
        if has_words(answer.data):
            found.append(address)
    return found


def addresses_of(here: Town, things: Things) -> set[str]:
    every = (islice(things.addresses(door), max_of_a_door) for door in doors(here.app, ("GET",)))
    found = {one for several in every for one in several}
    return {one for one in found if HANDLE not in one and not one.endswith("/metrics")}


class Everything(logging.Handler):
    """All that anybody logs, with what goes beside the words."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(repr(record.__dict__) + record.getMessage())


@pytest.fixture
def log() -> Iterator[Everything]:
    kept, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(kept)
    root.setLevel(before)


@pytest.fixture
def here(
    tmp_path: Path, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    announce = create_announcer(broker_url, WorkerSettings.from_environment({}))
    monkeypatch.setattr(
        "tests.people.new_archive",
        lambda home, url=None, **more: new_archive(home, url, announce, **more),
    )
    with town(tmp_path, database_url) as made:
        yield made


def test_nothing_of_an_erased_account_is_left_anywhere(
    here: Town, tmp_path: Path, broker_url: str, log: Everything
) -> None:
    archive = here.archive
    wilma, _ = here.person(HANDLE), here.person("otto")
    things = fill_everything(here, HANDLE, "otto")
    index_everything(archive)
    person = find_person(archive, wilma)
    assert person is not None
    ask_for(archive, person, with_studies=True)
    assert make_waiting(archive) == 1
    addresses = addresses_of(here, things)
    nobody, otto, herself = here.browser(), here.browser("otto"), here.browser(HANDLE)
    # Before, the words are found wherever they are looked for.
    seen = {*in_answers(herself, addresses), *in_answers(nobody, addresses)}
    assert len(seen) > 20
    assert len(in_tables(archive)) > 20
    assert in_objects(archive)
    assert in_file(archive) or archive.engine.dialect.name != "sqlite"

    copy = copies_of(archive, wilma)[0]
    _, pieces = fetch(archive, wilma, copy.id)
    other = new_archive(tmp_path / "elsewhere")
    assert import_account(other, io.BytesIO(b"".join(pieces))).handle == HANDLE
    other.close()

    assert erase_person(archive, wilma)
    ledger.copy_out(archive)
    scrub(archive.engine)
    assert in_tables(archive) == []
    assert in_file(archive) == []
    assert in_objects(archive) == []
    assert in_broker(broker_url) == []
    for browser in (nobody, otto, herself):
        assert in_answers(browser, seen) == []
    found = here.browser().get(f"/api/v1/search?q={CANARY}").json
    assert found["items"] == []
    assert [line for line in log.lines if has_words(line.encode())] == []
