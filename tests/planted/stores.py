"""Everything that a product keeps: rows, objects, queues and files, as bytes with a name.

May live here: how it is read. May not: what is looked for in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import redis
from sqlalchemy import inspect, text

from archive.archive import Archive, open_archive
from archive.settings import Settings
from ops.broker import running_url

_NUL = b"\0\n"


@contextmanager
def archive_of(environment: Mapping[str, str]) -> Iterator[Archive]:
    """The archive of a running product, beside it."""
    # Who may read a bucket is told to its library by the environment alone.
    with patch.dict(os.environ, environment):
        archive = open_archive(Settings.from_environment(environment))
        try:
            yield archive
        finally:
            archive.close()


def rows(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Every value of every table: texts together, blobs one by one."""
    with archive.engine.connect() as connection:
        for name in inspect(archive.engine).get_table_names():
            texts = []
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                for column, value in row._mapping.items():
                    if isinstance(value, bytes):
                        yield f"{name}.{column}", value
                    else:
                        texts.append(str(value).encode())
            yield name, _NUL.join(texts)


def objects(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Every object and its key."""
    for key in archive.objects.keys(""):
        with archive.objects.open(key) as stream:
            yield key, key.encode() + _NUL + stream.read()


def queues(environment: Mapping[str, str], home: Path) -> Iterator[tuple[str, bytes]]:
    """What the broker holds."""
    url = environment.get("DICOMTUBE_BROKER_URL") or running_url(home)
    assert url
    client = redis.Redis.from_url(url)
    for key in client.keys("*"):
        yield repr(key), key + _NUL + _held(client, key)


def _held(client: redis.Redis, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"list":
        return _NUL.join(client.lrange(key, 0, -1))
    if kind == b"hash":
        return _NUL.join(piece for pair in client.hgetall(key).items() for piece in pair)
    if kind == b"set":
        return _NUL.join(client.smembers(key))
    if kind == b"zset":
        return _NUL.join(client.zrange(key, 0, -1))
    return client.get(key) or b""


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below the folders, and its name."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path), path.name.encode() + _NUL + path.read_bytes()
