"""Made-up studies in an index, millions of them in minutes: rows copied in bulk, without files.

May live here: what the rows say, and how they get in. May not: what is asked of them. Studies and
series are made one by one, as different as those of a hospital; instances are multiplied by the
database out of their series, with documents of a CT slice. Indexes are dropped before and made
again after, as a restore does it.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, NullPool, Table, create_engine, func, insert, select, text

from archive.archive import Archive
from archive.collections import get_collection
from archive.database import is_sqlite
from archive.documents import pack_document
from archive.folding import fold_name, fuzzy_text
from archive.models import instance, instance_document, series, study
from benchmarks.corpus import ct_slice
from imaging.json_model import to_json
from imaging.part10 import read_header

FAMILY = ["Smith", "Johnson", "Müller", "Yamada", "Garcia", "Nguyen", "Okafor", "Silva", "Berg"]
GIVEN = ["Anna", "John", "Maria", "Wei", "Carlos", "Fatima", "Lukas", "Olga", "Tarou", "Ingrid"]
MODALITIES = ["CT"] * 60 + ["MR"] * 30 + ["US"] * 9 + ["SEG"]
PARTS = ["CHEST", "HEAD", "ABDOMEN", "KNEE", "SPINE"]
OFFSETS = ["", "", "", "+0100", "+0200"]
CT, SEG = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66.4"
SERIES, INSTANCES, CHUNK = 2, 4, 5_000
DAYS = 5_000

_NOW = datetime(2025, 1, 1, tzinfo=UTC)
_UNIQUE_BYTES = {
    "sqlite": {"version": "lower(hex(randomblob(16)))", "digest": "randomblob(32)"},
    "postgresql": {
        "version": "md5(series.id || '.' || leaf.column1)",
        "digest": "decode(md5(series.id || '.' || leaf.column1) || md5(series.id::text), 'hex')",
    },
}


@dataclass(frozen=True, slots=True)
class Filled:
    """How long it took, in seconds: rows, indexes over all rows, and the planner's statistics."""

    rows_s: float = 0.0
    indexes_s: float = 0.0
    vacuum_s: float = 0.0


def fill(archive: Archive, size: int, leaves: int = INSTANCES) -> Filled:
    """Make the collection ``archive`` hold so many studies; it may hold some already.

    Parameters
    ----------
    leaves
        Instances of a series; always the same in one index.
    """
    place = get_collection(archive, "archive").id
    # An engine of its own: the product's lets nobody relax what it promises.
    engine = create_engine(archive.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        _relax(connection)
        first = int(connection.execute(select(func.count()).select_from(study)).scalar_one())
        if first >= size:
            return Filled()
        indexes = _without_indexes(connection)
        start = time.monotonic()
        for begin in range(first, size, CHUNK):
            numbers = range(begin, min(begin + CHUNK, size))
            copy_rows(connection, study, [_study(place, n, leaves) for n in numbers])
            rows = [row for n in numbers for row in _series(place, n, leaves)]
            copy_rows(connection, series, rows)
        _multiply(connection, first * SERIES, leaves)
        _go_on_after(connection)
        connection.commit()
        copied = time.monotonic()
        _index(connection, indexes)
        indexed = time.monotonic()
        _settle(connection)
        done = Filled(copied - start, indexed - copied, time.monotonic() - indexed)
    print(f"{size:,} studies: {done}", file=sys.stderr, flush=True)
    return done


def _relax(connection: Connection) -> None:
    if is_sqlite(connection):
        settings = ("PRAGMA synchronous = OFF", "PRAGMA secure_delete = OFF",
                    "PRAGMA cache_size = -2000000", "PRAGMA temp_store = FILE",
                    "PRAGMA foreign_keys = OFF")  # fmt: skip
    else:
        settings = ("SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0",
                    "SET synchronous_commit = off", "SET maintenance_work_mem = '1GB'",
                    "SET session_replication_role = replica")  # fmt: skip
    for setting in settings:
        connection.exec_driver_sql(setting)
    connection.commit()


def _without_indexes(connection: Connection) -> list[str]:
    """Drop the indexes of the search and what feeds them; say how to make them again."""
    tables = "('study', 'series', 'instance')"
    told: list[str] = []
    if is_sqlite(connection):
        # What its planner was told of an index goes with the index.
        rows = connection.execute(text("SELECT tbl, idx, stat FROM sqlite_stat1")).all()
        values = ", ".join(f"('{row.tbl}', '{row.idx}', '{row.stat}')" for row in rows)
        told = ["DELETE FROM sqlite_stat1", f"INSERT INTO sqlite_stat1 VALUES {values}"]
        query = (
            f"SELECT type, name, sql FROM sqlite_schema WHERE tbl_name IN {tables} "
            "AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        )
    else:
        query = (
            "SELECT 'index' AS type, indexname AS name, indexdef AS sql FROM pg_indexes WHERE "
            f"tablename IN {tables} AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        )
    found = connection.execute(text(query)).all()
    for row in found:
        connection.exec_driver_sql(f"DROP {row.type} {row.name}")
    connection.commit()
    return [*(row.sql for row in found), *told]


def _index(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    if is_sqlite(connection):
        for table in ("study_text", "series_text"):
            connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
    connection.commit()


def _settle(connection: Connection) -> None:
    """Have the database as it is after a quiet night."""
    if is_sqlite(connection):
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with connection.engine.connect() as other:
        plain = other.execution_options(isolation_level="AUTOCOMMIT")
        plain.exec_driver_sql("VACUUM ANALYZE")
        plain.exec_driver_sql("CHECKPOINT")


def copy_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns, in the fastest way that the database has."""
    if not rows:
        return
    if is_sqlite(connection):
        connection.execute(insert(table), rows)
        connection.commit()
        return
    names = list(rows[0])
    driver: Any = connection.connection.driver_connection
    with driver.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def _go_on_after(connection: Connection) -> None:
    """Have the rows that the product adds be numbered after those that were copied."""
    if is_sqlite(connection):
        return
    for table in (study, series, instance):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
            f"(SELECT max(id) FROM {table.name}))"
        )


def _multiply(connection: Connection, after: int, count: int) -> None:
    """Instances and their documents, of all series after one."""
    leaves = ", ".join(f"({leaf})" for leaf in range(count))
    key = f"(series.id - 1) * {count} + leaf.column1 + 1"
    columns = {
        "id": key,
        "collection_id": "collection_id",
        "study_id": "study_id",
        "series_id": "id",
        "sop_instance_uid": "series_instance_uid || '.' || leaf.column1",
        "sop_class_uid": f"CASE modality WHEN 'SEG' THEN '{SEG}' ELSE '{CT}' END",
        "transfer_syntax_uid": "'1.2.840.10008.1.2.1'",
        "size": "527000",
        "number_of_frames": "1",
        "stored_at": "'2025-01-01 00:00:00.000000'",
        "instance_number": "leaf.column1 + 1",
        "image_rows": "'512'",
        "image_columns": "'512'",
        "bits_allocated": "'16'",
        **_UNIQUE_BYTES[connection.dialect.name],
    }
    source = f"FROM series CROSS JOIN (VALUES {leaves}) AS leaf WHERE series.id > {after}"
    connection.exec_driver_sql(
        f"INSERT INTO {instance.name} ({', '.join(columns)}) "
        f"SELECT {', '.join(columns.values())} {source} ORDER BY series.id"
    )
    documents = " ".join(
        f"WHEN {leaf} THEN {_blob(connection, document)}"
        for leaf, document in enumerate(_documents(count))
    )
    connection.exec_driver_sql(
        f"INSERT INTO {instance_document.name} (instance_id, document) "
        f"SELECT {key}, CASE leaf.column1 {documents} END {source} ORDER BY series.id"
    )


def _blob(connection: Connection, data: bytes) -> str:
    return f"x'{data.hex()}'" if is_sqlite(connection) else f"'\\x{data.hex()}'::bytea"


def _documents(count: int) -> Iterator[bytes]:
    """DICOM JSON of slices, one for each instance of a series."""
    for number in range(count):
        _, data = ct_slice("1.5", "1.5.1", number + 1, bytes(512 * 512 * 2))
        model = to_json(read_header(io.BytesIO(data)).data_set, lambda path, _: f"@/bulk/{path}")
        yield pack_document(model)


def _study(place: int, n: int, leaves: int) -> dict[str, Any]:
    chance = random.Random(n)
    name = f"{chance.choice(FAMILY)}^{chance.choice(GIVEN)} {chance.randrange(100_000)}"
    physician = f"{chance.choice(FAMILY)}^{chance.choice(GIVEN)}"
    day = date(2010, 1, 1) + timedelta(days=chance.randrange(DAYS))
    clock = f"{chance.randrange(24):02}{chance.randrange(60):02}00"
    folded, referring = fold_name(name), fold_name(physician)
    description = f"study {n % 97} of {chance.choice(GIVEN)}"
    offset = OFFSETS[n % len(OFFSETS)]
    model = {
        "00080020": {"vr": "DA", "Value": [f"{day:%Y%m%d}"]},
        "00080030": {"vr": "TM", "Value": [clock]},
        "00080050": {"vr": "SH", "Value": [f"A{n:08}"]},
        "00080090": {"vr": "PN", "Value": [{"Alphabetic": physician}]},
        "00080201": {"vr": "SH", **({"Value": [offset]} if offset else {})},
        "00081030": {"vr": "LO", "Value": [description]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
        "00100020": {"vr": "LO", "Value": [f"P{n:07}"]},
        "00100030": {"vr": "DA", "Value": [f"{1930 + n % 80}0{1 + n % 9}15"]},
        "00100040": {"vr": "CS", "Value": ["FM"[n % 2]]},
    }
    return {
        "id": n + 1,
        "collection_id": place,
        "study_instance_uid": f"1.5.{n}",
        "number_of_series": SERIES,
        "number_of_instances": SERIES * leaves,
        "modalities_in_study": _modality(n),
        "sop_classes_in_study": SEG if _modality(n) == "SEG" else CT,
        "changed_at": _NOW,
        "document": pack_document(model),
        "document_from": f"1.5.{n}.0.0",
        "study_date": f"{day:%Y%m%d}",
        "study_time": f"{clock}.000000",
        "timezone_offset_from_utc": offset,
        "patient_name": folded[0],
        "patient_name_fuzzy": fuzzy_text(folded),
        "referring_physician_name": referring[0],
        "referring_physician_name_fuzzy": fuzzy_text(referring),
        "patient_id": f"P{n:07}",
        "patient_birth_date": f"{1930 + n % 80}0{1 + n % 9}15",
        "patient_sex": "FM"[n % 2],
        "accession_number": f"A{n:08}",
        "study_id_value": str(n % 10_000),
        "study_description": description,
    }


def _modality(n: int) -> str:
    return MODALITIES[random.Random(n).randrange(100)]


def _series(place: int, n: int, leaves: int) -> Iterator[dict[str, Any]]:
    modality = _modality(n)
    chance = random.Random(-n)
    day = date(2010, 1, 1) + timedelta(days=chance.randrange(DAYS))
    for child in range(SERIES):
        description = f"series {n % 1000}"
        model = {
            "00080021": {"vr": "DA", "Value": [f"{day:%Y%m%d}"]},
            "00080060": {"vr": "CS", "Value": [modality]},
            "0008103E": {"vr": "LO", "Value": [description]},
            "00200011": {"vr": "IS", "Value": [child + 1]},
        }
        yield {
            "id": n * SERIES + child + 1,
            "collection_id": place,
            "study_id": n + 1,
            "series_instance_uid": f"1.5.{n}.{child}",
            "number_of_instances": leaves,
            "document": pack_document(model),
            "document_from": f"1.5.{n}.{child}.0",
            "modality": modality,
            "series_number": str(child + 1),
            "series_description": description,
            "series_date": f"{day:%Y%m%d}",
            "body_part_examined": PARTS[n % len(PARTS)],
            "institution_name": f"hospital {n % 7}",
            "station_name": f"station {n % 200}",
            "protocol_name": f"protocol {n % 300}",
            "scheduled_procedure_step_id": f"S{n}",
        }
