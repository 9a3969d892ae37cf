"""Our own server as `make run` starts it, with access by accounts and a token.

May live here: what it is told about its database and its objects. Durability is as it comes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.suite.servers.server import DimseAddress, Server
from tests.product import Product
from tests.services import PostgresServer, S3Server, make_bucket, s3_server

CALLER = "BENCH"
_BUCKET = "benchmarks"


@contextlib.contextmanager
def ours(
    name: str, home: Path, environment: Mapping[str, str] = {}, beside: frozenset[int] = frozenset()
) -> Iterator[Server]:
    """Start it; `beside` are processes that work for it alone."""
    home.mkdir(parents=True, exist_ok=True)
    product = Product(home, {"DICOMTUBE_ACCESS": "accounts", **environment})
    product.start(echo=False)
    try:
        token = _admitted(product)
        process = product.process
        assert process is not None
        yield Server(
            name,
            product.root,
            {"Authorization": f"Bearer {token}"},
            DimseAddress("DICOMTUBE", "127.0.0.1", product.dimse_port),
            lambda: {process.pid, *beside},
        )
    finally:
        product.stop()


@contextlib.contextmanager
def ours_on_postgres(name: str, home: Path) -> Iterator[Server]:
    """With the index in a PostgreSQL of its own, which syncs as it comes."""
    (home / "postgres").mkdir(parents=True, exist_ok=True)
    database = PostgresServer(home / "postgres")
    try:
        url = database.new_database()
        # The server is not our child: it goes by the file that it writes.
        beside = frozenset(int(one.read_text().split()[0]) for one in home.rglob("postmaster.pid"))
        with ours(name, home / "home", {"DICOMTUBE_DATABASE_URL": url}, beside) as server:
            yield server
    finally:
        database.stop()


@contextlib.contextmanager
def ours_on_s3(name: str, home: Path) -> Iterator[Server]:
    """With objects in an S3 store on this machine."""
    (home / "s3").mkdir(parents=True, exist_ok=True)
    with s3_server(home / "s3") as store:
        make_bucket(store, _BUCKET)
        with ours(name, home / "home", _objects_in(store)) as server:
            yield server


def _objects_in(store: S3Server) -> dict[str, str]:
    return {"DICOMTUBE_OBJECTS_URL": f"s3://{_BUCKET}/objects", **store.environment()}


def _admitted(product: Product) -> str:
    """A token that may read and write; the sender of C-STORE is let in, too."""
    product.command("peer", "add", CALLER, "127.0.0.1/32", "--grant", "archive:write")
    printed = product.command("token", "create", "benchmarks", "--grant", "archive:read,write")
    return printed.split()[-1]
