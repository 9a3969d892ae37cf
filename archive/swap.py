"""Objects that rows point to, put in place of older ones in one transaction.

Kept metadata and thumbnails come and go like this: the new object is durable
under a loose key first; then, if its series is still what it was made from,
the row is swapped and the old key becomes loose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from archive import removal
from archive.archive import Archive
from archive.database import writing
from archive.models import loose_object, series
from archive.objects import SpoolFile


def make_durable(archive: Archive, files: Mapping[str, SpoolFile | Path]) -> None:
    """Keep files under keys that are noted as loose."""
    with writing(archive.engine, durable=False) as connection:
        removal.loosen(connection, list(files), datetime.now(UTC))
    archive.objects.adopt([(file, key) for key, file in files.items()])


def swap_rows(
    archive: Archive, table: Table, series_id: int, revision: int, rows: Sequence[dict[str, Any]]
) -> bool:
    """Put rows in place of those that `table` has for a series.

    Parameters
    ----------
    rows : sequence of dict
        With `object_key`, made durable before.

    Returns
    -------
    bool
        False if the series changed, or was erased, since `revision`; the new
        objects stay loose then.
    """
    keys = [row["object_key"] for row in rows]
    with writing(archive.engine) as connection:
        query = select(series.c.revision).where(series.c.id == series_id).with_for_update()
        if connection.scalar(query) != revision or not settle(connection, keys):
            return False
        old = select(table.c.object_key).where(table.c.series_id == series_id)
        removal.loosen(connection, list(connection.scalars(old)), datetime.now(UTC))
        connection.execute(delete(table).where(table.c.series_id == series_id))
        values = {"series_id": series_id, "revision": revision}
        connection.execute(insert(table), [{**row, **values} for row in rows])
    return True


def settle(connection: Connection, keys: Sequence[str]) -> bool:
    """Take keys off the loose list, if no sweep condemned one of them."""
    usable = (
        select(loose_object.c.object_key)
        .where(loose_object.c.object_key.in_(keys), ~loose_object.c.condemned)
        .with_for_update()
    )
    if len(connection.scalars(usable).all()) != len(keys):
        return False
    connection.execute(delete(loose_object).where(loose_object.c.object_key.in_(keys)))
    return True
