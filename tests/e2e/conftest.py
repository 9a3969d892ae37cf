"""Live products for the end-to-end tests, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import Stack
from tests.e2e.browser import chromium
from tests.e2e.world import World, world
from tests.product import Product


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all; what a test keeps is in a context of its own."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Servers with everything that pages show."""
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def product(stack: Stack) -> Iterator[Product]:
    """The whole product, on the embedded default and on the full set of servers."""
    yield from _run(stack)


@pytest.fixture(scope="module")
def embedded_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product on the embedded default only."""
    yield from _run(Stack("embedded", {"DICOMTUBE_HOME": str(tmp_path_factory.mktemp("home"))}))


def _run(stack: Stack) -> Iterator[Product]:
    product = Product(Path(stack.environment["DICOMTUBE_HOME"]), stack.environment)
    product.start()
    yield product
    product.stop()
