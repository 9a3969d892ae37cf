"""A town whose people have something of everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.everything import fill_everything
from tests.people import Town, town


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        yield made


@pytest.fixture
def filled(tmp_path: Path, database_url: str) -> Iterator[Town]:
    """A town in which Wilma has something in every table, on each database."""
    with town(tmp_path, database_url) as made:
        yield _fill(made)


@pytest.fixture(scope="package")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The same once, for tests that only look."""
    with town(tmp_path_factory.mktemp("seen")) as made:
        yield _fill(made)


def _fill(here: Town) -> Town:
    for handle in ("wilma", "otto"):
        here.person(handle)
    fill_everything(here, "wilma", "otto")
    return here
