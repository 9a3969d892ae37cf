"""Search on both databases: what SQL finds is what the conditions say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import search_scan, search_statements
from archive.access import LOCAL, Principal
from archive.archive import Archive
from archive.attributes import Level, find_path
from archive.conditions import Include, Search
from archive.criteria import Rules, condition
from archive.document_values import satisfied
from archive.errors import BadSearch, NotAllowed, NotFound, TooBroad, Unauthenticated
from archive.indexing import split_document
from archive.search import Page, search
from archive.search_plan import plan
from tests.indexed import Document, archive_on, document, fill, uid

KEYS = {Level.STUDY: "0020000D", Level.SERIES: "0020000E", Level.INSTANCE: "00080018"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('index') / 'index.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    made = server.new_database()
    yield made
    server.drop_database(made)


@pytest.fixture(scope="module")
def crowd(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list]]:
    """An archive of 40 odd studies, and their documents."""
    documents = list(_crowd(random.Random(7)))
    with archive_on(url, tmp_path_factory.mktemp("home")) as archive:
        fill(archive, documents)
        yield archive, documents


@pytest.fixture
def archive(database_url: str, tmp_path: Any) -> Iterator[Archive]:
    with archive_on(database_url, tmp_path) as found:
        yield found


# Values that trouble one database or the other: pattern characters, brackets, quotation marks,
# letters of other scripts, beginnings of one another, lists.
TEXTS = ["A", "AB", "ABC", "ABCD", "abc", "a%b_c", "[x]", "]", 'say "so"', "Ünï", "日本語名", "100",
         "Chest CT", "chest", "O'Neil", "A*C", "x" * 64, "ab\U0001f600", None]  # fmt: skip
NAMES = ["Doe^John", "DOE^JANE^^", "Müller^Jörg", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Smith",
         "O'Neil^Mc*", "=山田^花子", "Łukasz^Ø", None]  # fmt: skip
DATES = ["20200101", "20200102", "19991231", "2020.01.03", "nonsense", None]
TIMES = ["101500", "1015", "235959.5", "00", None]
MODALITIES = ["CT", "MR", "SEG", "CTX", None]
PATTERNS = ["*", "A*", "AB*", "ABC*", "*B*", "*ABC*", "*BC", "?B?", "a%b_c", "a%*", "*_c*", "[*",
            "*]", "[x]", "*say*so*", '*"so"', "*ï", "*本語*", "日*", "x" * 64, "*xxx*", "Chest*",
            "*est*", "A*C", "?", "*😀", "\\*", '\\["A*', "O'Neil", ""]  # fmt: skip
NAME_PATTERNS = ["doe*", "*JOHN*", "DOE^JANE", "muller^jorg", "*MÜLL*", "yamada*", "山田*",
                 "*太郎", "=山田*", "smith^*", "*^*", "lukasz^o", "*=*", "Yamada^Tarou", "smit john",
                 "jon", "mueller", "o'neil*", "*oe^ja*", "*"]  # fmt: skip


def _crowd(chance: random.Random) -> Iterator[Document]:
    pick = chance.choice
    for number in range(40):
        study = {
            "PatientName": pick(NAMES),
            "PatientID": pick([*TEXTS, ["A", "ABC"], ['"', "[x]"]]),
            "AccessionNumber": pick(TEXTS),
            "StudyDescription": pick(TEXTS),
            "StudyDate": pick(DATES),
            "StudyTime": pick(TIMES),
            "PatientSex": pick(["M", "F", None]),
            "PatientComments": pick(TEXTS),
        }
        for child in range(chance.randint(1, 3)):
            series = {
                "Modality": pick(MODALITIES),
                "SeriesDescription": pick(TEXTS),
                "SeriesNumber": pick([1, 2, 10, None]),
                "OperatorsName": pick([None, "Doe^John", ["Smith", "Müller^Jörg"]]),
                "Manufacturer": pick(TEXTS),
                "PerformedProcedureStepStartDate": pick(DATES),
            }
            request = _request(chance)
            for leaf in range(chance.randint(1, 3)):
                yield document(
                    f"1.{number}", f"1.{number}.{child}", f"1.{number}.{child}.{leaf}",
                    **study, **series, **request,
                    SOPClassUID=pick(["1.2.3", "1.2.4"]),
                    InstanceNumber=pick([1, 2, None]), Rows=pick([512, None]),
                    ImageType=pick([["ORIGINAL", "PRIMARY"], ["DERIVED"], None]),
                )  # fmt: skip


def _request(chance: random.Random) -> dict[str, Any]:
    items = [
        {
            "00400009": {"vr": "SH", "Value": [chance.choice(["S1", "S2"])]},
            "00401001": {"vr": "SH", "Value": [chance.choice(["P1", "P2"])]},
        }
        for _ in range(chance.randint(0, 2))
    ]
    return {"RequestAttributesSequence": items} if items else {}


RULES = [Rules(), Rules(fuzzy=True), Rules(multiple_values=True), Rules(empty_values=True)]
SEQUENCE = "RequestAttributesSequence."


def _keys(names: list[str], values: list[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.sampled_from(names), st.sampled_from(values))


KEY = st.one_of(
    _keys(["PatientID", "AccessionNumber", "StudyDescription", "SeriesDescription"], PATTERNS),
    _keys(["PatientID"], ['""', "A\\ABC", "*C\\[x]"]),
    _keys(["PatientName", "OperatorsName"], NAME_PATTERNS),
    _keys(["PatientComments", "Manufacturer"], PATTERNS),
    _keys(["StudyDate", "PerformedProcedureStepStartDate"],
          ["20200101", "20200101-", "-20200101", "20191201-20200102", '""']),
    _keys(["StudyTime"], ["1015", "10-11", "-101500", "101500-"]),
    _keys(["Modality", "ModalitiesInStudy"], ["CT", "CT,MR", "C*", "SEG", "?R", '""']),
    _keys(["SOPClassesInStudy", "SOPClassUID"], ["1.2.3", "1.2.4,1.2.3", "1.2.5"]),
    _keys([SEQUENCE + "ScheduledProcedureStepID"], ["S1", "S*", '""']),
    _keys([SEQUENCE + "RequestedProcedureID"], ["P1", "P2"]),
    _keys(["InstanceNumber", "SeriesNumber", "NumberOfStudyRelatedInstances", "Rows"],
          ["1", "2", "10", "0512"]),
    _keys(["ImageType"], ["PRIMARY", "*VED", "ORIGINAL"]),
    _keys(["InstanceAvailability"], ["ONLINE", "OFFLINE"]),
    _keys(["StudyInstanceUID"], ["1.1", "1.2,1.3", "1.4\\1.5"]),
)  # fmt: skip


def _question(level: Level, keys: list[tuple[str, str]], rules: Rules, **more: Any) -> Search:
    paths = [(find_path(name), text) for name, text in keys]
    conditions = [condition(path, text, rules) for path, text in paths if path]
    return Search(level, conditions=tuple(conditions), **more)


def _with_computed(documents: list[Document]) -> list[dict[Level, Document]]:
    """Each instance as its study, its series and itself, with what the archive computes."""
    first: dict[str, Document] = {}
    studies: dict[str, list[Document]] = {}
    for each in documents:
        first.setdefault(uid(each, KEYS[Level.SERIES]), each)
        studies.setdefault(uid(each, KEYS[Level.STUDY]), []).append(each)
    chains = []
    for each in documents:
        of_study = studies[uid(each, KEYS[Level.STUDY])]
        study, _ = split_document(of_study[0])
        _, series = split_document(first[uid(each, KEYS[Level.SERIES])])
        study["00080056"] = {"vr": "CS", "Value": ["ONLINE"]}
        study["00080061"] = {"vr": "CS", "Value": _each(of_study, "00080060")}
        study["00080062"] = {"vr": "UI", "Value": _each(of_study, "00080016")}
        study["00201208"] = {"vr": "IS", "Value": [len(of_study)]}
        chains.append({Level.STUDY: study, Level.SERIES: series, Level.INSTANCE: each})
    return chains


def _each(documents: list[Document], key: str) -> list[Any]:
    return sorted({value for each in documents for value in each[key].get("Value", [])})


def _oracle(documents: list[Document], question: Search) -> set[str]:
    plans = plan(question)
    found = set()
    for chain in _with_computed(documents):
        conditions = [(lv, f.condition) for lv, fs in plans.filters.items() for f in fs]
        conditions += [(lv, c) for lv, cs in plans.residual.items() for c in cs]
        if all(satisfied(each, chain[level]) for level, each in conditions):
            found.add(uid(chain[Level.INSTANCE], KEYS[question.level]))
    return found


def _uids(page: Page, level: Level) -> list[str]:
    return [uid(row, KEYS[level]) for row in page.rows]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    level=st.sampled_from(Level),
    keys=st.lists(KEY, max_size=3),
    rules=st.sampled_from(RULES),
    few=st.sampled_from([0, 5, 2_000]),
)
def test_sql_finds_what_the_conditions_say(
    crowd: tuple[Archive, list[Document]],
    level: Level,
    keys: list[tuple[str, str]],
    rules: Rules,
    few: int,
) -> None:
    archive, documents = crowd
    question = _question(level, keys, rules)
    with pytest.MonkeyPatch.context() as patch:
        # Every way of answering: few matches, many, none of it known before.
        patch.setattr(search_statements, "MAX_FEW", dict.fromkeys(range(3), few))
        found = _uids(search(archive, LOCAL, "archive", question), level)
    assert len(found) == len(set(found))
    assert set(found) == _oracle(documents, question)
