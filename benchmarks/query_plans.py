"""How the databases find what is asked for, key by key: the statements' plans, read and tabled.

    python -m benchmarks.query_plans [--studies 2000] [--database URL [--as-it-is]] [--write]

Every indexed key is asked for in each way that an index serves: a value, a range, a beginning, a
middle. The plans of all statements of each question are looked through: which indexes they use, and
whether one reads all rows of a table. SQLite is filled in a temporary folder; a database that is
given is filled to the same size, or asked as it is. `--write` puts the table into
docs/query-plans.md. It ends with 1 when a table would be read as a whole.

May live here: how plans are read and told. May not: what is stored (`benchmarks.filling`) and what
the searches do.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from archive.access import LOCAL
from archive.archive import Archive, migrate, open_archive
from archive.attributes import ATTRIBUTES, Attribute, Index, find_path
from archive.conditions import Search
from archive.criteria import Rules, condition
from archive.database import reading
from archive.models import study
from archive.search import search
from archive.search_probes import is_looked_up
from archive.settings import Settings
from benchmarks.filling import SEG, fill

PAGE = Path(__file__).parent.parent / "docs" / "query-plans.md"

LARGE = 10_000
"""Studies from which on a planner has reason to prefer an index to reading everything."""

# What the made-up studies hold, or nearly; other keys are asked for what nobody has.
_VALUES = {
    "PatientName": "smith^anna 123",
    "PatientID": "P0001234",
    "AccessionNumber": "A00001234",
    "StudyInstanceUID": "1.5.123",
    "SeriesInstanceUID": "1.5.123.1",
    "SOPInstanceUID": "1.5.123.1.1",
    "SOPClassUID": SEG,
    "SOPClassesInStudy": SEG,
    "ModalitiesInStudy": "SEG",
    "Modality": "SEG",
    "PatientSex": "O",
    "SeriesNumber": "77",
    "InstanceNumber": "99",
}
_BY_VR = {"DA": "20200601", "TM": "101500", "UI": "1.2.3", "PN": "nobody^known"}
_RANGES = {"DA": "20200601-20200607", "TM": "1015-1016"}

_WHOLE = re.compile(r"SCAN (study|series|instance|share)\b|Seq Scan on (\w+)")
_INDEXES = re.compile(
    r"USING (?:COVERING )?INDEX (\w+)|USING (INTEGER PRIMARY KEY)|SCAN (\w+_text) VIRTUAL TABLE"
    r"|Scan (?:Backward )?using (\w+)|Bitmap Index Scan on (\w+)"
)
_IN_EVERY_SEARCH = re.compile(r"INTEGER PRIMARY KEY|pk_\w+|\w*study_hold\w*")


@dataclass(frozen=True, slots=True)
class Asked:
    """One key in one form."""

    attribute: Attribute
    form: str
    text: str

    def search(self) -> Search:
        """The question, at the level of the key."""
        path = find_path(self.attribute.keyword) or ()
        rules = Rules(fuzzy=self.form == "by sound")
        return Search(
            self.attribute.level, conditions=(condition(path, self.text, rules),), limit=100
        )


@dataclass(frozen=True, slots=True)
class Way:
    """How a question was gone about.

    Parameters
    ----------
    statements
        How many the search took.
    indexes
        Those that were read, without those that every search reads.
    whole
        Tables that were read as a whole.
    """

    statements: int
    indexes: tuple[str, ...]
    whole: tuple[str, ...]


def questions() -> Iterator[Asked]:
    """Every indexed key in every form that an index serves."""
    for attribute in ATTRIBUTES:
        if not is_looked_up(attribute):
            continue
        value = _VALUES.get(attribute.keyword) or _BY_VR.get(attribute.vr, "nothing")
        yield Asked(attribute, "value", value)
        if attribute.vr in _RANGES:
            yield Asked(attribute, "range", _RANGES[attribute.vr])
        if attribute.vr not in ("DA", "TM", "UI", "IS"):
            yield Asked(attribute, "beginning", f"{value[: max(1, len(value) - 1)]}*")
        if attribute.index is Index.TEXT:
            yield Asked(attribute, "middle", f"*{value[1:]}*")
        if attribute.fuzzy_column:
            yield Asked(attribute, "by sound", "nobody 123456")


def way_of(archive: Archive, question: Search, *, large: bool) -> Way:
    """Search, and see how.

    Parameters
    ----------
    large
        The planner is left its choice: there is enough that an index is worth it.
    """
    plans: list[str] = []

    def explain(connection: Any, _: Any, statement: str, values: Any, *__: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")) or "FROM collection" in statement:
            return
        cursor = connection.connection.cursor()
        if archive.engine.dialect.name == "sqlite":
            cursor.execute("EXPLAIN QUERY PLAN " + statement, values)
        else:
            cursor.execute(f"SET LOCAL enable_seqscan = {'on' if large else 'off'}")
            cursor.execute("EXPLAIN " + statement, values)
        plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(archive.engine, "before_cursor_execute", explain)
    try:
        search(archive, LOCAL, "archive", question)
    finally:
        event.remove(archive.engine, "before_cursor_execute", explain)
    return read_plans(plans)


def read_plans(plans: Sequence[str]) -> Way:
    """What the plans of the statements of one search come to."""
    text = "\n".join(plans)
    indexes = dict.fromkeys(_first(found) for found in _INDEXES.finditer(text))
    whole = dict.fromkeys(_first(found) for found in _WHOLE.finditer(text))
    own = tuple(name for name in indexes if not _IN_EVERY_SEARCH.fullmatch(name))
    return Way(len(plans), own, tuple(name for name in whole if name != "study_hold"))


def _first(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group)


def table(ways: dict[str, dict[Asked, Way]]) -> str:
    """The table of a page: a line a question, a column a database."""
    asked = list(dict.fromkeys(one for each in ways.values() for one in each))
    lines = [
        f"| key | asked for by | {' | '.join(ways)} |",
        f"| --- | --- |{' --- |' * len(ways)}",
    ]
    for one in asked:
        cells = (_told(each[one]) for each in ways.values())
        lines.append(f"| {one.attribute.keyword} | {one.form} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(way: Way) -> str:
    indexes = ", ".join(f"`{name}`" for name in way.indexes) or "the primary key"
    whole = f" **and all of {', '.join(way.whole)}**" if way.whole else ""
    return f"{indexes}{whole}; {way.statements}"


HEAD = """# Query plans

Made by `python -m benchmarks.query_plans --write`; do not edit. Each indexed key, asked for in each
way that an index serves, with the indexes that the statements of the search read and how many
statements it took. Left out is what every search reads: primary keys, and which studies are held.
A table that would be read as a whole stands in bold; there is none, and a test keeps it so. Where
fewer than {large:,} studies are stored, PostgreSQL is told not to read tables as a whole just
because they are small: what it could do, not what it would.

A value that few rows have takes one statement; one that nothing has, a second one that sees so;
what is neither rare nor frequent, some more (docs/decisions/0022).
"""


def main() -> int:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2_000)
    parser.add_argument("--database")
    parser.add_argument("--as-it-is", action="store_true", help="do not fill the one given")
    parser.add_argument("--write", action="store_true")
    wish = parser.parse_args()
    ways: dict[str, dict[Asked, Way]] = {}
    with tempfile.TemporaryDirectory() as home:
        for url in [None, wish.database] if wish.database else [None]:
            environment = {"DICOMTUBE_HOME": home}
            if url:
                environment["DICOMTUBE_DATABASE_URL"] = url
            settings = Settings.from_environment(environment)
            migrate(settings)
            archive = open_archive(settings)
            if not (url and wish.as_it_is):
                fill(archive, wish.studies)
            stored = _stored(archive)
            name = "PostgreSQL" if url and url.startswith("postgresql") else "SQLite"
            ways[f"{name}, {stored:,} studies"] = {
                one: way_of(archive, one.search(), large=stored >= LARGE) for one in questions()
            }
            archive.close()
    page = f"{HEAD.format(large=LARGE)}\n{table(ways)}\n"
    print(page)
    if wish.write:
        PAGE.write_text(page)
    return int(any(way.whole for each in ways.values() for way in each.values()))


def _stored(archive: Archive) -> int:
    with reading(archive.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(study)).scalar_one())


if __name__ == "__main__":
    sys.exit(main())
