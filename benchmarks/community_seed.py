"""A community of any size, made up: people, cases, tags, and what they say to each other.

    python -m benchmarks.community_seed [--database URL] [--cases 10000] [--comments 200000]

Rows are copied in bulk, the same ones each time; what finds cases is then made by the product's own
indexing. A case in four is unknown. Comments are as uneven as everywhere: a case in a hundred has
half of all of them. Nothing is uploaded: pictures of these cases are not there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, NullPool, Table, create_engine

from archive.archive import Archive, migrate, open_archive
from archive.database import is_sqlite
from archive.settings import Settings
from benchmarks import community_texts as texts
from benchmarks.filling import copy_rows
from community.case_models import case_section, case_study, key_image, medical_case
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    DIFFERENTIAL,
    DISCUSSION,
    FINDINGS,
    HISTORY,
    PUBLIC,
    TEACHING,
)
from community.cases.vocabulary import CERTAINTIES, DIFFICULTIES
from community.finding.indexing import index_everything
from community.finding_models import case_tag, tag
from community.models import person
from community.talk_models import comment, comment_vote, follow, notification

CHUNK: Final = 2_000
_BEGIN: Final = datetime(2024, 11, 1, tzinfo=UTC)
_LANGUAGES: Final = ("en",) * 8 + ("de", "fr")
_OWN_WORDS: Final = 40

Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How much there will be.

    Attributes
    ----------
    notices
        Notifications of the first person, a fifth of them unread.
    only
        Make no other cases than those of these numbers, and these just as they would be among all.
    """

    cases: int = 10_000
    comments: int = 200_000
    people: int = 1_000
    notices: int = 1_000
    only: frozenset[int] | None = None

    @property
    def numbers(self) -> list[int]:
        """Numbers of the cases that are made."""
        return [n for n in range(self.cases) if self.only is None or n in self.only]


@dataclass
class Seeded:
    """What was made, for whoever asks for it.

    Attributes
    ----------
    people, cases, slugs
        In the order in which they were made.
    discussed
        Number of comments of each case, as `cases`.
    """

    people: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)
    discussed: list[int] = field(default_factory=list)


def seed(archive: Archive, plan: Plan) -> Seeded:
    """Fill an archive whose community is empty."""
    made = Seeded()
    # An engine of its own: the product's lets nobody relax what it promises.
    engine = create_engine(archive.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        if is_sqlite(connection):
            for pragma in ("synchronous = OFF", "secure_delete = OFF", "foreign_keys = OFF"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.commit()
        # Begins the transaction that the rows are copied in, past the library on PostgreSQL.
        connection.exec_driver_sql("SELECT 1")
        _copy_all(connection, person, _people(Random(5), plan, made))
        _copy_all(connection, tag, _tags())
        for begin in range(0, len(plan.numbers), CHUNK):
            _put_cases(connection, plan.numbers[begin : begin + CHUNK], plan, made)
        _put_comments(connection, plan, made)
        _put_notices(connection, plan, made)
        connection.commit()
    index_everything(archive)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    return made


def _people(random: Random, plan: Plan, made: Seeded) -> Iterator[Row]:
    for number in range(plan.people):
        made.people.append(_id(random, _BEGIN))
        handle = f"reader-{number:05}"
        yield {
            "id": made.people[-1], "handle": handle, "handle_folded": handle.replace("-", ""),
            "display_name": f"{texts.name_of(number)} {texts.name_of(number * 7)}",
            "role": "member", "state": "active", "locale": "en", "created_at": _BEGIN,
        }  # fmt: skip


def _tags() -> Iterator[Row]:
    for number in range(_OWN_WORDS):
        label = texts.name_of(number).lower()
        yield {"slug": label, "label": label, "scheme": "", "code": "", "created_at": _BEGIN}


def _put_cases(connection: Connection, numbers: Sequence[int], plan: Plan, made: Seeded) -> None:
    rows: dict[Table, list[Row]] = {
        table: [] for table in (medical_case, case_section, case_study, key_image, case_tag)
    }
    for number in numbers:
        random = Random(f"case {number}")
        organ = random.choice(list(texts.ORGANS))
        when = _BEGIN + timedelta(days=700) * (number / plan.cases)
        case = _case(random, number, organ, when, random.choice(made.people))
        made.cases.append(case["id"])
        made.slugs.append(case["slug"])
        rows[medical_case].append(case)
        rows[case_section] += _sections(random, case["id"], organ, number)
        rows[case_study] += _studies(random, case["id"], number)
        rows[key_image] += _pictures(random, case["id"], organ, number, when)
        words = random.sample(range(_OWN_WORDS), random.randint(0, 3))
        rows[case_tag] += [
            {"case_id": case["id"], "tag": texts.name_of(one).lower()} for one in words
        ]
    for table, several in rows.items():
        copy_rows(connection, table, several)


def _case(random: Random, number: int, organ: str, when: datetime, owner: str) -> Row:
    specialty, modality = texts.ORGANS[organ]
    case = _id(random, when)
    more = " CT" if random.random() < 0.3 and modality != "CT" else ""
    return {
        "id": case, "slug": f"s{number:06}{case[-6:]}", "owner": owner, "state": PUBLIC,
        "title": texts.title(random, organ), "unknown_title": f"A case of the {organ}",
        "is_unknown": number % 4 == 0, "specialty": specialty, "body_part": organ,
        "modalities": modality + more, "certainty": random.choice(list(CERTAINTIES)),
        "proof": "", "difficulty": random.choice(list(DIFFICULTIES)), "age_band": "40-49",
        "sex": random.choice(("female", "male")), "licence": "CC-BY-4.0",
        "language": random.choice(_LANGUAGES), "created_at": when, "changed_at": when,
        "published_at": when, "version": 3,
    }  # fmt: skip


def _sections(random: Random, case: str, organ: str, number: int) -> Iterator[Row]:
    said = {
        HISTORY: texts.history(random),
        FINDINGS: texts.sights(random, organ, 8),
        DIAGNOSIS: f"{texts.name_of(number)} disease",
        DIFFERENTIAL: texts.sights(random, organ, 3),
        DISCUSSION: texts.sights(random, organ, 14),
        TEACHING: texts.sights(random, organ, 3),
    }
    for kind, text in said.items():
        reveal = ALWAYS if kind in (HISTORY, FINDINGS) else AFTER_ANSWER
        yield {"case_id": case, "kind": kind, "markdown": text, "reveal": reveal}


def _studies(random: Random, case: str, number: int) -> Iterator[Row]:
    for position in range(random.randint(1, 2)):
        yield {
            "case_id": case, "collection": "community",
            "study_instance_uid": f"1.2.826.9.{number}.{position}", "label": "",
            "relative_day": position * 90, "position": position,
        }  # fmt: skip


def _pictures(random: Random, case: str, organ: str, number: int, when: datetime) -> Iterator[Row]:
    study = f"1.2.826.9.{number}.0"
    for position in range(random.randint(1, 4)):
        yield {
            "id": _id(random, when), "case_id": case, "study_instance_uid": study,
            "series_instance_uid": f"{study}.1", "sop_instance_uid": f"{study}.1.{position}",
            "frame": 1, "caption": texts.sights(random, organ, 1),
            "alt": f"A slice of the {organ}", "is_spoiler": position == 3, "position": position,
        }  # fmt: skip


def _put_comments(connection: Connection, plan: Plan, made: Seeded) -> None:
    shares = _shares(plan.comments, plan.cases)
    Random(5).shuffle(shares)
    said: list[Row] = []
    votes: list[Row] = []
    for case, number in zip(made.cases, plan.numbers, strict=True):
        random = Random(f"thread {number}")
        made.discussed.append(shares[number])
        several = list(_thread(random, case, shares[number], made.people))
        said += several
        for one in several[::5]:
            voters = random.sample(made.people, min(one["helpful"], len(made.people)))
            votes += [{"comment": one["id"], "person": voter} for voter in voters]
        if len(said) > CHUNK * 5:
            _flush(connection, said, votes)
    _flush(connection, said, votes)


def _put_notices(connection: Connection, plan: Plan, made: Seeded) -> None:
    """What the first person follows, and heard of."""
    if not made.cases:
        return
    random, (me, *others) = Random(5), made.people
    follows = [
        {"person": me, "kind": "case", "target": case, "at": _BEGIN} for case in made.cases[:50]
    ]
    notices = [
        {
            "id": _id(random, _BEGIN + timedelta(hours=number)), "person": me, "kind": "reply",
            "case_id": random.choice(made.cases), "comment": None,
            "actor": random.choice(others) if others else None,
            "at": _BEGIN + timedelta(hours=number),
            "read_at": _BEGIN + timedelta(days=600) if number % 5 else None,
        }
        for number in range(plan.notices)
    ]  # fmt: skip
    copy_rows(connection, follow, follows)
    copy_rows(connection, notification, notices)


def _flush(connection: Connection, said: list[Row], votes: list[Row]) -> None:
    copy_rows(connection, comment, said)
    copy_rows(connection, comment_vote, votes)
    said.clear()
    votes.clear()


def _shares(total: int, cases: int) -> list[int]:
    """How many comments each case has: one in a hundred has half of them."""
    if not cases:
        return []
    loud = max(1, cases // 100)
    counts = [total // 2 // loud] * loud + [(total - total // 2) // max(1, cases - loud)] * (
        cases - loud
    )
    counts[-1] += total - sum(counts)
    return counts


def _thread(random: Random, case: str, count: int, people: list[str]) -> Iterator[Row]:
    known: list[Row] = []
    when = _BEGIN + timedelta(days=random.randint(0, 700))
    for number in range(count):
        when += timedelta(minutes=random.randint(1, 600))
        answered = random.choice(known[-20:]) if known and random.random() < 0.6 else None
        own = _id(random, when)
        row = {
            "id": own, "case_id": case, "thread": answered["thread"] if answered else own,
            "parent": answered["id"] if answered else None,
            "depth": answered["depth"] + 1 if answered else 0, "author": random.choice(people),
            "markdown": texts.remark(random, "organ"), "is_spoiler": False, "tombstone": "",
            "created_at": when, "edited_at": None, "version": 1,
            "helpful": random.randint(0, 4) if number % 5 == 0 else 0,
        }  # fmt: skip
        known.append(row)
        yield row


def _copy_all(connection: Connection, table: Table, rows: Iterator[Row]) -> None:
    copy_rows(connection, table, list(rows))


def _id(random: Random, when: datetime) -> str:
    """What `community.ids.new_id` would have made at that moment."""
    chance = random.getrandbits(74)
    number = int(when.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62
    number |= (chance >> 62) << 64 | (chance & ((1 << 62) - 1))
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def main() -> None:
    """Fill the archive that the environment names, or another database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="instead of DICOMTUBE_DATABASE_URL")
    parser.add_argument("--home", type=Path, help="instead of DICOMTUBE_HOME")
    parser.add_argument("--cases", type=int, default=Plan.cases)
    parser.add_argument("--comments", type=int, default=Plan.comments)
    wish = parser.parse_args()
    environment = {"DICOMTUBE_HOME": str(wish.home or Path("var"))}
    if wish.database:
        environment["DICOMTUBE_DATABASE_URL"] = wish.database
    settings = Settings.from_environment(environment)
    migrate(settings)
    archive = open_archive(settings)
    start = time.monotonic()
    made = seed(archive, Plan(wish.cases, wish.comments))
    print(
        f"{len(made.cases):,} cases and {sum(made.discussed):,} comments "
        f"in {time.monotonic() - start:.0f} s"
    )
    archive.close()


if __name__ == "__main__":
    main()
