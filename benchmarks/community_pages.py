"""What pages of the community cost in a full database and in an empty one: questions and time.

    python -m benchmarks.community_pages [--cases 10000] [--comments 200000] [--repeat 40]
                                         [--only sqlite|postgresql] [--docs FOLDER]

Each page is asked for through the whole web process, by nobody and by somebody who is signed in, in
four databases: with the cases and comments of `community_seed`; with those cases alone that these
pages show; with nothing; and, for the page of a case, with that case and no comment, as near to
nothing as that page can be. Pages are asked for in turns, so that all meet the same weather. Time
is that on the processor, of this process and of PostgreSQL's for its connections. Writes
docs/community-speed.md, and ends with 1 if a bound is not held.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

from flask.testing import FlaskClient
from sqlalchemy import event, text

from archive.archive import Archive, migrate, open_archive
from archive.database import writing
from archive.settings import Settings
from benchmarks import community_texts as texts
from benchmarks.community_seed import Plan, Seeded, seed
from community.accounts import sessions
from community.accounts.signed_in import COOKIE

ROOT: Final = Path(__file__).resolve().parent.parent
max_questions: Final = 20
max_ratio: Final = 2.0

FULL, SHOWN, EMPTY, BARE = "full", "shown", "empty", "bare"
_OTHERS: Final = 200  # so many questions later begin those of who is signed in
EMPTY_PLAN: Final = Plan(cases=0, comments=0, people=1, notices=0)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is measured.

    Attributes
    ----------
    path
        With what a database has to fill in; `fresh` is something else each time.
    is_judged
        Whether the issue sets a bound for it.
    """

    name: str
    path: str
    is_judged: bool = True

    @property
    def is_of_case(self) -> bool:
        """Whether it is there only where its case is."""
        return self.path.startswith("/cases/")


PAGES: Final = (
    Page("home", "/"),
    Page("home, chosen: specialty", "/?specialty=neuro"),
    Page("home, chosen: modality, difficulty", "/?modality=MR&difficulty=advanced", False),
    Page("search, no words", "/search"),
    Page("search, a name", "/search?q={name}"),
    Page("search, two words", "/search?q=spiculated+sequestration"),
    Page("search, two words, others each time", "/search?q={fresh}"),
    Page("search, a word of every case", "/search?q=lesion", False),
    Page("search, chosen: specialty", "/search?q=stricture&specialty=chest"),
    Page("search, nothing found", "/search?q=xyzzy"),
    Page("case, usual", "/cases/{usual}"),
    Page("case, most discussed", "/cases/{loud}"),
    Page("tags", "/tags", False),
    Page("what the server is", "/about", False),
)


@dataclass
class Place:
    """A database with its web process, and what was measured in it."""

    nobody: FlaskClient
    somebody: FlaskClient
    clock: Callable[[], float]
    asked: list[str]
    fills: Mapping[str, str]
    times: dict[tuple[str, bool], list[float]] = field(default_factory=dict)
    questions: dict[tuple[str, bool], int] = field(default_factory=dict)

    def ask(self, page: Page, *, signed_in: bool) -> None:
        """Ask for a page once, and note what it took; not if there is no such page here."""
        if page.is_of_case and "usual" not in self.fills:
            return
        client = self.somebody if signed_in else self.nobody
        number = len(self.times.get((page.name, signed_in), ())) + (_OTHERS if signed_in else 0)
        path = page.path.format(**self.fills, fresh=quote_plus(texts.question(number)))
        self.asked.clear()
        start = self.clock()
        answer = client.get(path)
        took = self.clock() - start
        assert answer.status_code == 200, (page.name, answer.status_code)
        self.times.setdefault((page.name, signed_in), []).append(took * 1e3)
        self.questions[page.name, signed_in] = len(self.asked)

    def median(self, page: Page, *, signed_in: bool) -> float | None:
        """Milliseconds of a page; None if it is not there."""
        times = self.times.get((page.name, signed_in))
        return statistics.median(times) if times else None


@contextmanager
def opened(
    home: Path, plan: Plan, database: str | None, fills: Mapping[str, str] | None = None
) -> Iterator[Place]:
    """Fill a database and put a web process on it."""
    environment = {"DICOMTUBE_HOME": str(home), "DICOMTUBE_ACCESS": "accounts"}
    if database:
        environment["DICOMTUBE_DATABASE_URL"] = database
    settings = Settings.from_environment(environment)
    migrate(settings)
    archive = open_archive(settings)
    try:
        start = time.monotonic()
        made = seed(archive, plan)
        took = time.monotonic() - start
        print(f"{archive.engine.dialect.name}, {plan}: seeded in {took:.0f} s", file=sys.stderr)
        with writing(archive.engine) as connection:
            cookie = sessions.begin(connection, made.people[0], "a benchmark")
        app = importlib.import_module("wsgi").assemble(archive)
        somebody = app.test_client()
        somebody.set_cookie(COOKIE, cookie)
        for client in (app.test_client(), somebody):
            client.get("/")
        known = fills if fills is not None else _fills(made)
        yield Place(app.test_client(), somebody, _clock(archive), listen(archive), known)
    finally:
        archive.close()


def _fills(made: Seeded) -> dict[str, str]:
    if not made.cases:
        return {"name": "x"}
    # Every fourth is unknown, and keeps its discussion back.
    known = [n for n in range(len(made.cases)) if n % 4]
    loud = max(known, key=made.discussed.__getitem__)
    usual = next(n for n in range(len(made.cases) // 2, 10**9) if n % 4 and n != loud)
    return {
        "name": texts.name_of(usual), "usual": made.slugs[usual], "loud": made.slugs[loud],
    }  # fmt: skip


def listen(archive: Archive) -> list[str]:
    """A list to which every question to the database is added; how transactions begin is none."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SET ", "BEGIN")):
            asked.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    return asked


def _clock(archive: Archive) -> Callable[[], float]:
    """Seconds on the processor, of this process and of the servers of its connections."""
    if archive.engine.dialect.name == "sqlite":
        return time.process_time
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with archive.engine.connect() as connection:
        pids = list(connection.scalars(query))
    places = [Path(f"/proc/{pid}/schedstat") for pid in pids]

    def now() -> float:
        return time.process_time() + sum(int(p.read_text().split()[0]) for p in places) / 1e9

    return now


def measure(places: Mapping[str, Place], repeat: int) -> None:
    """Ask for every page in every database, in turns."""
    for turn in range(repeat + 3):
        for page in PAGES:
            for place in places.values():
                for signed_in in (False, True):
                    place.ask(page, signed_in=signed_in)
        if turn == 2:  # what is read once was read
            for place in places.values():
                place.times.clear()


def table(places: Mapping[str, Place]) -> tuple[list[str], list[str]]:
    """The lines of a table, and what does not hold its bound."""
    lines = [
        "| page | questions | empty, ms | what is shown, ms | full, ms | full : what is shown "
        "| full : empty |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    broken = []
    for page in PAGES:
        for signed_in in (False, True):
            who = "signed in" if signed_in else "nobody"
            times = {
                name: place.median(page, signed_in=signed_in) for name, place in places.items()
            }
            questions = places[FULL].questions[page.name, signed_in]
            nothing = times[BARE if page.is_of_case else EMPTY]
            ratios = [_ratio(times[FULL], other) for other in (times[SHOWN], nothing)]
            cells = [nothing, times[SHOWN], times[FULL], *ratios]
            shown = [f"{one:.1f}" if one is not None else "–" for one in cells]
            shown[-2:] = [f"{one:.2f}" if one is not None else "–" for one in ratios]
            lines.append(f"| {page.name}, {who} | {questions} | {' | '.join(shown)} |")
            if questions > max_questions:
                broken.append(f"{page.name}, {who}: {questions} questions")
            if page.is_judged and (ratios[1] or 0) > max_ratio:
                broken.append(f"{page.name}, {who}: {ratios[1]:.2f} times as long")
    return lines, broken


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _measured(database: Callable[[], str] | None, plan: Plan, repeat: int) -> tuple[Any, Any]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def place(name: str, plan: Plan, fills: Mapping[str, str] | None = None) -> Place:
            url = database() if database is not None else None
            return stack.enter_context(opened(home / name, plan, url, fills))

        places = {FULL: place(FULL, plan), EMPTY: place(EMPTY, EMPTY_PLAN)}
        fills = places[FULL].fills
        places[SHOWN] = place(SHOWN, replace(plan, only=shown_in(places[FULL])), fills)
        alone = frozenset(int(fills[name][1:7]) for name in ("usual", "loud"))
        places[BARE] = place(BARE, replace(plan, only=alone, comments=0), fills)
        measure(places, repeat)
        return table(places)


def shown_in(place: Place) -> frozenset[int]:
    """Numbers of the cases that the pages of a database show."""
    fills = {**place.fills, "fresh": quote_plus(texts.question(0))}
    pages = (place.nobody.get(page.path.format(**fills)).text for page in PAGES)
    slugs = [slug for page in pages for slug in re.findall(r"/cases/s([0-9]{6})", page)]
    return frozenset(map(int, slugs))


def main() -> int:
    """Measure, and write it down."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=Plan.cases)
    parser.add_argument("--comments", type=int, default=Plan.comments)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    wish = parser.parse_args()
    plan = Plan(wish.cases, wish.comments)
    results = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["DICOMTUBE_HOME"] = str(Path(folder) / "imported")
        if wish.only != "postgresql":
            results["SQLite"] = _measured(None, plan, wish.repeat)
        if wish.only != "sqlite":
            from tests.services import PostgresServer

            (Path(folder) / "postgres").mkdir()
            server = PostgresServer(Path(folder) / "postgres")
            stack.callback(server.stop)
            results["PostgreSQL"] = _measured(server.new_database, plan, wish.repeat)
    page = "\n".join(_page(results, plan, wish.repeat))
    print(page)
    if not wish.only:
        (wish.docs / "community-speed.md").write_text(page + "\n")
    return 1 if any(broken for _, broken in results.values()) else 0


def _page(
    results: Mapping[str, tuple[Sequence[str], Sequence[str]]], plan: Plan, repeat: int
) -> Iterator[str]:
    yield "# What pages of the community cost"
    yield ""
    yield (
        f"`python -m benchmarks.community_pages`, with {plan.cases:,} cases and "
        f"{plan.comments:,} comments. Medians of {repeat} requests through the whole web process, "
        f"time on the processor ({platform.machine()}, Python {platform.python_version()}; "
        "PostgreSQL's own included). *Empty* has nobody but the reader; a page of a case is asked "
        "for where there is that case alone, without a comment. *What is shown* is a database that "
        "is empty but for the cases that these very pages show, so that they look the same there. "
        f"The bounds are {max_questions} questions to the database, and {max_ratio:.0f} times the "
        "time of the empty one, although its lists have nothing to show; rows of single words of "
        "all cases and of other pages are there for comparison. What is drawn and taken apart once "
        "is kept for ten minutes ([decision 0214](decisions/0214-what-is-kept-of-pages.md)), so "
        "all but *others each time* are pages that somebody asked for before."
    )
    for name, (lines, broken) in results.items():
        yield from ("", f"## {name}", "", *lines, "")
        yield "Every bound is held." if not broken else "Not held: " + "; ".join(broken) + "."


if __name__ == "__main__":
    sys.exit(main())
