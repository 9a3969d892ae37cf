"""What is found of cases, on both databases: the right ones, the best first, and no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, text, update

from archive.archive import Archive
from archive.database import is_sqlite, reading, writing
from community.case_models import case_section, medical_case
from community.cases import editing, publishing
from community.cases.model import DIAGNOSIS, DISCUSSION, DRAFT, HISTORY, PUBLIC, TOMBSTONE, UNLISTED
from community.cases.readers import Reader
from community.discussion.writing import Words, delete_comment, edit_comment, post_comment
from community.finding.asking import parse
from community.finding.facets import Chosen
from community.finding.indexing import index_case, index_cases, index_everything
from community.finding.looking import Counts, Found, asked, count_everything, newest
from community.finding_models import case_entry, case_facet, facet_count
from tests.archives import new_archive
from tests.cases import TEXT, VERSION, full_case, give, image, keep, somebody
from tests.found_cases import put_case

SECRET = "Erdheimchester"
STUDY = "1.2.7"


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url)
    yield made
    made.close()


def look(archive: Archive, typed: str, chosen: Chosen = (), **more: object) -> Found:
    with reading(archive.engine) as connection:
        return asked(connection, parse(typed, ("en", "de")), chosen, 0, 24, **more)  # type: ignore[arg-type]


def ids(archive: Archive, typed: str, chosen: Chosen = ()) -> list[str]:
    return [hit.case_id for hit in look(archive, typed, chosen).hits]


def feed(
    archive: Archive, chosen: Chosen = (), before: int | None = None, limit: int = 24
) -> Found:
    with reading(archive.engine) as connection:
        return newest(connection, chosen, before, limit)


def counts(archive: Archive) -> Counts:
    with reading(archive.engine) as connection:
        return {facet: dict(values) for facet, values in count_everything(connection).items()}


def test_the_best_answer_comes_first(archive: Archive) -> None:
    told = put_case(archive, "A headache", {DISCUSSION: "Not every lesion is an abscess."})
    diagnosed = put_case(archive, "A fever", {DIAGNOSIS: "Brain abscess"})
    named = put_case(archive, "Brain abscess in a child")
    put_case(archive, "A fracture")
    assert ids(archive, "abscesses") == [named, diagnosed, told]
    assert ids(archive, "abscess fever") == [diagnosed]
    assert ids(archive, '"brain abscess" -child') == [diagnosed]


def test_the_newest_can_come_first_instead(archive: Archive) -> None:
    named = put_case(archive, "Brain abscess")
    told = put_case(archive, "A fever", {DISCUSSION: "Perhaps an abscess"})
    found = look(archive, "abscess", by_date=True)
    assert [hit.case_id for hit in found.hits] == [told, named]


def test_words_are_cut_in_the_language_of_their_case(archive: Archive) -> None:
    german = put_case(archive, "Frakturen der Wirbelsäule", language="de")
    assert ids(archive, "Fraktur") == [german]
    assert ids(archive, "wirbelsaulen") == [german]


def test_names_of_lists_are_words_to_search(archive: Archive) -> None:
    case = put_case(archive, "A fall", specialty="musculoskeletal", modalities="CT DX")
    assert ids(archive, "musculoskeletal computed tomography") == [case]
    assert ids(archive, "ct") == [case]


def test_what_is_in_the_pictures_is_found(archive: Archive) -> None:
    case = put_case(archive, "A fall", captions=["Hairline break of the scaphoid"])
    assert ids(archive, "scaphoid") == [case]


@pytest.mark.parametrize("state", [DRAFT, UNLISTED, TOMBSTONE])
def test_only_public_cases_are_found(archive: Archive, state: str) -> None:
    case = put_case(archive, "Brain abscess")
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(state=state))
        index_case(connection, case)
    assert ids(archive, "abscess") == []
    assert feed(archive).hits == ()
    assert counts(archive) == {}


def test_a_case_is_found_by_what_it_says_now(archive: Archive) -> None:
    case = put_case(archive, "Brain abscess", {HISTORY: "Fever"})
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(title="Glioma", specialty="oncology"))
        index_case(connection, case)
        index_case(connection, case)
    assert ids(archive, "abscess") == []
    assert ids(archive, "glioma") == [case]
    assert counts(archive)["specialty"] == {"oncology": 1}


def test_a_change_that_is_undone_is_not_found(archive: Archive) -> None:
    case = put_case(archive, "Brain abscess")
    with pytest.raises(RuntimeError), writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(title="Glioma"))
        index_case(connection, case)
        raise RuntimeError
    assert ids(archive, "abscess") == [case]


def everything_kept(archive: Archive) -> str:
    """All that the index holds, in whatever form."""
    with reading(archive.engine) as connection:
        tables = ["case_entry", "case_facet", "facet_count", "case_text"]
        if is_sqlite(connection):
            tables += ["case_text_content", "case_text_data"]
        rows = [connection.execute(text(f"SELECT * FROM {name}")).all() for name in tables]
    return str(rows).lower()


def unknown_case(archive: Archive) -> str:
    return put_case(
        archive,
        f"{SECRET} of the brain",
        {HISTORY: "Headache for weeks", DIAGNOSIS: SECRET, DISCUSSION: f"On {SECRET}"},
        tags=[SECRET.lower()],
        is_unknown=True,
        unknown_title="Headache in a man",
        certainty="certain",
    )


def test_an_unknown_case_is_found_by_what_it_shows_and_the_index_holds_nothing_else(
    archive: Archive,
) -> None:
    case = unknown_case(archive)
    assert ids(archive, "headache") == [case]
    assert ids(archive, SECRET) == []
    assert ids(archive, SECRET[:6] + "*") == []
    assert feed(archive, (("tag", SECRET.lower()),)).hits == ()
    assert feed(archive, (("certainty", "certain"),)).hits == ()
    assert SECRET.lower()[:8] not in everything_kept(archive)


def test_a_case_that_becomes_unknown_leaves_nothing_behind_in_the_index(archive: Archive) -> None:
    case = unknown_case(archive)
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(is_unknown=False))
        index_case(connection, case)
    assert ids(archive, SECRET) == [case]
    with writing(archive.engine) as connection:
        connection.execute(update(medical_case).values(is_unknown=True))
        index_case(connection, case)
    assert ids(archive, SECRET) == []
    assert SECRET.lower()[:8] not in everything_kept(archive)


def test_what_is_withdrawn_is_in_no_part_of_the_index(archive: Archive) -> None:
    case = put_case(archive, f"{SECRET} of the brain", {DISCUSSION: SECRET})
    put_case(archive, "Another")
    assert SECRET.lower()[:8] in everything_kept(archive)
    with writing(archive.engine) as connection:
        connection.execute(
            update(medical_case).where(medical_case.c.id == case).values(state=DRAFT)
        )
        index_case(connection, case)
    assert SECRET.lower()[:8] not in everything_kept(archive)


def test_a_case_that_is_deleted_takes_its_entry_words_and_counts_along(archive: Archive) -> None:
    put_case(archive, "Brain abscess")
    with writing(archive.engine) as connection:
        connection.execute(delete(medical_case))
    with reading(archive.engine) as connection:
        for table in (case_entry, case_facet, facet_count):
            assert connection.execute(select(table)).all() == []
        assert connection.execute(text("SELECT * FROM case_text")).all() == []


def test_facets_choose_among_the_newest_and_among_answers(archive: Archive) -> None:
    brain = put_case(archive, "Abscess", modalities="CT MR")
    liver = put_case(
        archive, "Abscess", specialty="hepatobiliary", body_part="abdomen", modalities="CT"
    )
    assert [hit.case_id for hit in feed(archive).hits] == [liver, brain]
    assert [hit.case_id for hit in feed(archive, (("modality", "MR"),)).hits] == [brain]
    both = (("modality", "CT"), ("modality", "MR"))
    assert ids(archive, "abscess", both) == [brain]
    assert ids(archive, "abscess", (("specialty", "hepatobiliary"), ("modality", "MR"))) == []


def test_counts_are_those_of_what_was_found(archive: Archive) -> None:
    put_case(archive, "Abscess", modalities="CT MR")
    put_case(archive, "Fracture", specialty="spine")
    everything = counts(archive)
    assert everything["specialty"] == {"neuro": 1, "spine": 1}
    assert everything["modality"] == {"MR": 2, "CT": 1}
    found = look(archive, "abscess")
    assert found.total == 1
    assert found.counts is not None
    assert found.counts["specialty"] == {"neuro": 1}
    chosen = feed(archive, (("specialty", "spine"),))
    assert chosen.total == 1
    assert chosen.counts is not None
    assert chosen.counts["modality"] == {"MR": 1}


def test_the_newest_come_in_parts_that_meet(archive: Archive) -> None:
    made = [put_case(archive, f"Case {number}") for number in range(5)]
    first = feed(archive, limit=2)
    second = feed(archive, before=first.next, limit=2)
    third = feed(archive, before=second.next, limit=2)
    shown = [hit.case_id for part in (first, second, third) for hit in part.hits]
    assert shown == made[::-1]
    assert third.next is None


def test_answers_come_in_parts_that_meet(archive: Archive) -> None:
    made = {put_case(archive, f"Abscess {number}") for number in range(5)}
    shown, after = [], 0
    while after is not None:
        with reading(archive.engine) as connection:
            found = asked(connection, parse("abscess"), (), after, 2)
        shown += [hit.case_id for hit in found.hits]
        after = found.next  # type: ignore[assignment]
    assert len(shown) == 5
    assert set(shown) == made


def test_the_index_can_be_made_anew(archive: Archive) -> None:
    first, second = put_case(archive, "First abscess"), put_case(archive, "Second abscess")
    with writing(archive.engine) as connection:
        connection.execute(delete(case_entry).where(case_entry.c.case_id == first))
        connection.execute(
            update(medical_case).where(medical_case.c.id == second).values(state=DRAFT)
        )
    assert index_everything(archive) == 1
    assert ids(archive, "abscess") == [first]


def test_texts_at_every_limit_can_be_indexed(archive: Archive) -> None:
    words = " ".join(f"word{number:x}" for number in range(2_400))
    long = ("same " * 3_999 + "end")[:20_000]
    case = put_case(archive, "x" * 200, {HISTORY: words, DISCUSSION: long, DIAGNOSIS: "y" * 20_000})
    assert ids(archive, "same word95f") == [case]
    assert ids(archive, "'\\ \" ' : * word95f") == [case]


def test_several_are_numbered_in_the_order_in_which_they_became_public(archive: Archive) -> None:
    made = [put_case(archive, f"Case {number}") for number in range(3)]
    with writing(archive.engine) as connection:
        connection.execute(delete(case_entry))
        index_cases(connection, made[::-1])
    found = [hit.case_id for hit in feed(archive).hits]
    assert sorted(found) == sorted(made)


def test_a_section_alone_that_changes_is_found_after_it_was_indexed(archive: Archive) -> None:
    case = put_case(archive, "A fever", state=PUBLIC)
    with writing(archive.engine) as connection:
        section = {
            "case_id": case,
            "kind": HISTORY,
            "markdown": "A **trip** to [Peru](https://x.test)",
        }
        connection.execute(insert(case_section).values(section | {"reveal": "always"}))
        index_case(connection, case)
    assert ids(archive, "peru trip") == [case]
    assert "**" not in look(archive, "peru").hits[0].plain


def test_every_verb_that_changes_a_case_changes_what_is_found(archive: Archive) -> None:
    owner = somebody(archive, "ada")
    keep(archive, image("1.2.9"))
    give(archive, "1.2.9", owner)
    case = full_case(archive, owner, "1.2.9")
    assert ids(archive, "panda midbrain wilson") == [case.id]
    text_now = replace(TEXT, title="A tremor", specialty="paediatric")
    case = editing.edit_case(archive, owner, case.id, case.version, text_now)
    assert ids(archive, "panda") == []
    assert ids(archive, "tremor", (("specialty", "paediatric"),)) == [case.id]
    case = publishing.unlist(archive, owner, case.id)
    assert ids(archive, "tremor") == []
    case = publishing.publish(archive, owner, case.id, case.version, VERSION, state=PUBLIC)
    assert ids(archive, "tremor") == [case.id]
    publishing.tombstone(archive, owner, case.id)
    assert ids(archive, "tremor") == []
    assert counts(archive) == {}


def test_sqlite_looks_the_words_up_once_whatever_is_chosen(archive: Archive) -> None:
    put_case(archive, "Abscess")
    if archive.engine.dialect.name != "sqlite":
        return
    plans: list[str] = []

    def explain(_connection: object, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if "MATCH" in statement and not statement.startswith("EXPLAIN"):
            other = cursor.connection.cursor()
            rows = other.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[-1] for row in rows if "VIRTUAL TABLE" in row[-1])

    event.listen(archive.engine, "before_cursor_execute", explain)
    assert len(ids(archive, "abscess", (("specialty", "neuro"),))) == 1
    (plan,) = plans
    assert "=" not in plan.partition("INDEX")[2], "once for each case that is chosen"


def test_a_case_is_found_by_what_was_said_about_it_until_that_is_taken_back(
    archive: Archive,
) -> None:
    ann, ben = somebody(archive, "ann"), somebody(archive, "ben")
    keep(archive, image(STUDY))
    give(archive, STUDY, ann)
    case = full_case(archive, ann, STUDY)
    other = put_case(archive, "A pneumothorax")
    words = Words("Could it be a **pneumothorax**, @ann?")
    said = post_comment(archive, Reader(ben), case.slug, words)
    assert ids(archive, "pneumothorax") == [other, case.id], "what is said weighs least"
    [_, hit] = look(archive, "pneumothorax").hits
    assert hit.said == "Could it be a pneumothorax, ?"
    assert "pneumothorax" not in hit.plain
    edit_comment(archive, Reader(ben), case.slug, said, None, Words(f"Rather {SECRET}"))
    assert ids(archive, "pneumothorax") == [other]
    assert ids(archive, SECRET) == [case.id]
    delete_comment(archive, Reader(ben), case.slug, said)
    assert ids(archive, SECRET) == []
    assert SECRET.lower()[:8] not in everything_kept(archive)


def test_what_is_said_about_an_unknown_case_or_folded_up_is_not_found(archive: Archive) -> None:
    ann = somebody(archive, "ann")
    keep(archive, image(STUDY))
    give(archive, STUDY, ann)
    unknown = full_case(archive, ann, STUDY, is_unknown=True)
    known = full_case(archive, ann, STUDY)
    post_comment(archive, Reader(ann), unknown.slug, Words(SECRET))
    post_comment(archive, Reader(ann), known.slug, Words(SECRET, is_spoiler=True))
    index_everything(archive)
    assert ids(archive, SECRET) == []
    assert SECRET.lower()[:8] not in everything_kept(archive)


def test_what_was_said_is_hidden_when_the_case_becomes_unknown(archive: Archive) -> None:
    ann = somebody(archive, "ann")
    keep(archive, image(STUDY))
    give(archive, STUDY, ann)
    case = full_case(archive, ann, STUDY)
    post_comment(archive, Reader(ann), case.slug, Words(SECRET))
    assert ids(archive, SECRET) == [case.id]
    editing.edit_case(archive, ann, case.id, None, replace(TEXT, is_unknown=True), looked=True)
    assert ids(archive, SECRET) == []
    assert SECRET.lower()[:8] not in everything_kept(archive)
