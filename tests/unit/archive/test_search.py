"""Search on both databases: what SQL finds is what the conditions say."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy import event

from archive import search_frequent, search_scan, search_statements
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
from archive.search_probes import probe
from archive.search_sql import DIALECTS, clause
from archive.temporal import minutes_of, offset_of
from tests.indexed import Document, archive_on, document, fill, uid

BERLIN = ZoneInfo("Europe/Berlin")
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
                 "*太郎", "=山田*", "smith^*", "*^*", "lukasz^o", "*=*", "Yamada^Tarou",
                 "smit john", "jon", "mueller", "o'neil*", "*oe^ja*", "*"]  # fmt: skip


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
            "TimezoneOffsetFromUTC": pick(["+0100", "-1130", "nonsense", None]),
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
    walked=st.sampled_from([0, 5]),
    gathered=st.booleans(),
    zone=st.sampled_from([None, None, "+0000", "+1345", "-0800"]),
)
def test_sql_finds_what_the_conditions_say(
    crowd: tuple[Archive, list[Document]],
    level: Level,
    keys: list[tuple[str, str]],
    rules: Rules,
    few: int,
    walked: int,
    gathered: bool,
    zone: str | None,
) -> None:
    archive, documents = crowd
    try:
        question = _question(level, keys, rules, timezone_offset_from_utc=zone)
    except BadSearch:  # two quotation marks are a date to nobody
        reject()
    with pytest.MonkeyPatch.context() as patch:
        # Every way of answering: few matches, many, neither, none of it known before.
        _as_if_large(patch, few, walked, gathered)
        found = _uids(search(archive, LOCAL, "archive", question), level)
        second = search(archive, LOCAL, "archive", replace(question, limit=3, offset=3))
    assert _uids(second, level) == found[3:6]
    assert bool(second.remaining) is (len(found) > 6)
    assert len(found) == len(set(found))
    assert set(found) == _oracle(documents, question)


def _as_if_large(
    patch: pytest.MonkeyPatch, few: int = 0, walked: int = 0, gathered: bool = True
) -> None:
    """Search a small archive as one that has far more than is worth walking."""
    patch.setattr(search_statements, "MAX_FEW", dict.fromkeys(range(3), few))
    patch.setattr(search_frequent, "worth_walking", lambda *_: walked)
    patch.setattr(search_frequent, "MAX_COUNTED", 1)
    if gathered:
        narrow = search_frequent.Frequent._narrow
        patch.setattr(search_frequent.Frequent, "_narrow", lambda self, _: narrow(self, 1_000))


def _ask(archive: Archive, level: Level = Level.STUDY, /, **keys: str) -> Page:
    pairs = [(name.replace("__", "."), text) for name, text in keys.items()]
    return search(archive, LOCAL, "archive", _question(level, pairs, Rules()))


def test_the_newest_study_comes_first_and_pages_meet_without_gap(archive: Archive) -> None:
    dates = ["20200101", "20210101", None, "20210101", "20190101"]
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", StudyDate=day)
                   for n, day in enumerate(dates)])  # fmt: skip
    pages = [
        search(archive, LOCAL, "archive", Search(Level.STUDY, limit=2, offset=offset))
        for offset in (0, 2, 4)
    ]
    assert [_uids(page, Level.STUDY) for page in pages] == [["1.3", "1.1"], ["1.0", "1.4"], ["1.2"]]
    assert [page.remaining for page in pages] == [3, 1, 0]


def test_series_and_instances_of_a_study_come_by_number(archive: Archive) -> None:
    numbers = [10, 2, 1]
    fill(archive, [document("1.1", f"1.1.{s}", f"1.1.{s}.{n}", SeriesNumber=s, InstanceNumber=n)
                   for s in numbers for n in numbers])  # fmt: skip
    found = search(archive, LOCAL, "archive", Search(Level.INSTANCE, study_instance_uid="1.1"))
    assert _uids(found, Level.INSTANCE) == [
        f"1.1.{s}.{n}" for s in sorted(numbers) for n in sorted(numbers)
    ]


def test_a_study_has_what_the_standard_asks_even_when_empty(archive: Archive) -> None:
    """PS3.18 Table 10.6.3-3."""
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", Modality="CT", PatientName="Doe^Jané"),
                   document("1.1", "1.1.2", "1.1.2.1", Modality="SEG")])  # fmt: skip
    (row,) = _ask(archive).rows
    assert sorted(row) == [
        "00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00100010",
        "00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208",
    ]  # fmt: skip
    assert row["00080061"]["Value"] == ["CT", "SEG"]
    assert row["00201206"] == {"vr": "IS", "Value": [2]}
    assert row["00100010"]["Value"] == [{"Alphabetic": "Doe^Jané"}]
    assert row["00100020"] == {"vr": "LO"}


def test_all_series_tell_of_their_studies_and_series_of_a_study_do_not(archive: Archive) -> None:
    """PS3.18 Sections 10.6.3.3.2 and 10.6.3.3.3."""
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", Modality="CT", PatientID="p", Rows=7)])
    (everywhere,) = _ask(archive, Level.SERIES).rows
    (in_study,) = search(
        archive, LOCAL, "archive", Search(Level.SERIES, study_instance_uid="1.1")
    ).rows
    assert everywhere["00100020"]["Value"] == ["p"]
    assert "00100020" not in in_study
    assert in_study["00201209"]["Value"] == [1]
    (leaf,) = _ask(archive, Level.INSTANCE).rows
    assert (leaf["00100020"]["Value"], leaf["00080060"]["Value"]) == (["p"], ["CT"])
    assert leaf["00280010"] == {"vr": "US", "Value": [7]}
    assert "00280008" not in leaf


def _include(archive: Archive, level: Level, *names: str, everything: bool = False) -> Any:
    paths = frozenset(path for name in names if (path := find_path(name)))
    question = Search(level, include=Include(all=everything, paths=paths))
    return search(archive, LOCAL, "archive", question).rows[0]


def test_includefield_adds_attributes_of_the_level_and_above_but_none_below(
    archive: Archive,
) -> None:
    private = {"00091001": {"vr": "LO", "Value": ["x"]}, "00090010": {"vr": "LO", "Value": ["me"]}}
    item = {"00400009": {"vr": "SH", "Value": ["S"]}, "00401001": {"vr": "SH", "Value": ["P"]}}
    each = document(
        "1.1", "1.1.1", "1.1.1.1", StudyDescription="s", Modality="CT", PatientComments="c",
        ImageType=["A", "B"], RequestAttributesSequence=item,
    )  # fmt: skip
    fill(archive, [each | private])
    study = _include(archive, Level.STUDY, "StudyDescription", "Modality", "ImageType")
    assert study["00081030"]["Value"] == ["s"]
    assert not {"00080060", "00080008"} & set(study)
    assert _include(archive, Level.STUDY, everything=True)["00104000"]["Value"] == ["c"]
    leaf = _include(archive, Level.INSTANCE, "ImageType", "PatientComments", "00091001")
    assert leaf["00080008"]["Value"] == ["A", "B"]
    assert leaf["00104000"]["Value"] == ["c"]
    assert leaf["00090010"]["Value"] == ["me"]
    nested = _include(archive, Level.SERIES, "RequestAttributesSequence.RequestedProcedureID")
    assert nested["00400275"]["Value"] == [item]


def test_keys_of_one_sequence_are_matched_in_one_item(archive: Archive) -> None:
    """PS3.4 Section C.2.2.2.6."""
    items = [{"00400009": {"vr": "SH", "Value": [s]}, "00401001": {"vr": "SH", "Value": [p]}}
             for s, p in (("S1", "P1"), ("S2", "P2"))]  # fmt: skip
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", RequestAttributesSequence=items)])
    found = [
        len(
            _ask(archive, Level.SERIES, RequestAttributesSequence__ScheduledProcedureStepID="S1",
                 RequestAttributesSequence__RequestedProcedureID=other).rows
        )
        for other in ("P1", "P2")
    ]  # fmt: skip
    assert found == [1, 0]


def test_date_and_time_ranges_are_one_span_of_time(archive: Archive) -> None:
    """PS3.4 Section C.2.2.2.5.4."""
    times = [("20060705", "09"), ("20060705", "11"), ("20060706", "03"), ("20060707", "19")]
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", StudyDate=day, StudyTime=time)
                   for n, (day, time) in enumerate(times)])  # fmt: skip
    found = _ask(archive, StudyDate="20060705-20060707", StudyTime="1000-1800")
    assert _uids(found, Level.STUDY) == ["1.2", "1.1"]


def test_an_empty_patient_id_finds_patients_without_one_only(archive: Archive) -> None:
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", PatientID="p"),
                   document("1.2", "1.2.1", "1.2.1.1")])  # fmt: skip
    assert _uids(_ask(archive, PatientID=""), Level.STUDY) == ["1.2"]
    universal = _question(Level.STUDY, [("PatientID", "")], Rules(universal_patient_id=True))
    assert len(search(archive, LOCAL, "archive", universal).rows) == 2


def test_a_search_that_would_read_every_document_says_what_narrows_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, [document("1.1", "1.1.1", f"1.1.1.{n}", ImageType=["A"]) for n in range(4)])
    monkeypatch.setattr(search_scan, "MAX_SCANNED", 3)
    with pytest.raises(TooBroad, match=r"ImageType.*StudyDate"):
        _ask(archive, Level.INSTANCE, ImageType="A")
    assert len(_ask(archive, Level.INSTANCE, ImageType="A", SOPInstanceUID="1.1.1.2").rows) == 1


def test_counting_stops_and_says_so(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1") for n in range(6)])
    monkeypatch.setattr(search_frequent, "MAX_COUNTED", 3)
    page = search(archive, LOCAL, "archive", Search(Level.STUDY, limit=1))
    assert (page.remaining, page.remaining_is_exact) == (3, False)


def test_collections_and_principals_see_their_own(archive: Archive) -> None:
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", PatientID="p")])
    for level in Level:
        other = search(archive, LOCAL, "community", Search(level))
        assert other.rows == []
        assert search(archive, LOCAL, "community", _question(level, [("PatientID", "p")], Rules())
                      ).rows == []  # fmt: skip
    reader = Principal("reader", frozenset({("archive", "read")}))
    assert len(search(archive, reader, "archive", Search(Level.STUDY)).rows) == 1
    with pytest.raises(NotAllowed):
        search(archive, Principal("nobody"), "archive", Search(Level.STUDY))
    with pytest.raises(NotFound):
        search(archive, LOCAL, "elsewhere", Search(Level.STUDY))
    closed = replace(archive, settings=replace(archive.settings, access="accounts"))
    with pytest.raises(Unauthenticated):
        search(closed, None, "archive", Search(Level.STUDY))


OWN = ["+0000", "+0100", "-1200", "+1400", "-0330", "+0017", '"+01', "+1500", None]


@pytest.fixture(scope="module")
def moments(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list]]:
    """An archive in Berlin whose instances state many offsets, or none; and their documents."""
    chance = random.Random(11)
    documents = []
    for number in range(150):
        day = datetime(2020, 1, 2) + timedelta(minutes=chance.randrange(4 * 24 * 60))
        clock = chance.choice([f"{day:%H%M}", f"{day:%H%M%S}.25", None])
        documents.append(document(
            f"2.{number}", f"2.{number}.1", f"2.{number}.1.1",
            StudyDate=chance.choice([f"{day:%Y%m%d}"] * 9 + [None]), StudyTime=clock,
            SeriesDate=f"{day:%Y%m%d}", SeriesTime=clock,
            AcquisitionDate=f"{day:%Y%m%d}", AcquisitionTime=clock,
            TimezoneOffsetFromUTC=chance.choice(OWN),
        ))  # fmt: skip
    with archive_on(url, tmp_path_factory.mktemp("home")) as archive:
        berlin = replace(archive, settings=replace(archive.settings, timezone=BERLIN))
        fill(berlin, documents, "community")
        yield berlin, documents


def _span(each: Document, date: str, time: str) -> tuple[datetime, datetime] | None:
    """What plain datetime says of the first and the last moment of a date and its time."""
    day, clock, own = (each[key].get("Value", [None])[0] for key in (date, time, "00080201"))
    if day is None:
        return None
    where = timezone(timedelta(minutes=minutes_of(own))) if own in OWN[:6] else BERLIN
    first = datetime.strptime(day, "%Y%m%d").replace(tzinfo=where)
    if clock is None:
        return first, first + timedelta(days=1, microseconds=-1)
    first += timedelta(hours=int(clock[:2]), minutes=int(clock[2:4]))
    first += timedelta(seconds=float(clock[4:] or 0))
    return first, first


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.sampled_from([("Study", "00080020", "00080030"), ("Series", "00080021", "00080031"),
                           ("Acquisition", "00080022", "00080032")]),
    level=st.sampled_from(Level),
    minute=st.integers(0, 4 * 24 * 60),
    long=st.integers(0, 3 * 24 * 60),
    asked_in=st.integers(-720, 840).map(offset_of),
    timed=st.booleans(),
    few=st.sampled_from([0, 2_000]),
)  # fmt: skip
def test_both_databases_move_dates_as_datetime_does(
    moments: tuple[Archive, list[Document]], which: tuple[str, str, str], level: Level,
    minute: int, long: int, asked_in: str, timed: bool, few: int,
) -> None:  # fmt: skip
    archive, documents = moments
    name, date, time = which
    there = timezone(timedelta(minutes=minutes_of(asked_in)))
    first = datetime(2020, 1, 2, tzinfo=there) + timedelta(minutes=minute)
    last = first + timedelta(minutes=long)
    keys = [(f"{name}Date", f"{first:%Y%m%d}-{last:%Y%m%d}")]
    if timed and first.date() != last.date():
        keys.append((f"{name}Time", f"{first:%H%M}-{last:%H%M}"))
        last += timedelta(seconds=59, microseconds=999_999)
    else:
        first = first.replace(hour=0, minute=0)
        last = last.replace(hour=23, minute=59, second=59, microsecond=999_999)
    truth = {
        uid(each, KEYS[level])
        for each in documents
        if (span := _span(each, date, time)) and span[0] <= last and first <= span[1]
    }
    question = _question(level, keys, Rules(), timezone_offset_from_utc=asked_in)
    with pytest.MonkeyPatch.context() as patch:
        _as_if_large(patch, few)
        found = search(archive, LOCAL, "community", question)
    assert set(_uids(found, level)) == truth


def test_an_answer_gives_dates_as_written_and_says_in_which_zone(archive: Archive) -> None:
    """PS3.18 Section 8.3.4.1.1 moves the question; Tables 10.6.3-3 to 10.6.3-5 name the offset."""
    here = {"StudyDate": "20200101", "StudyTime": "2330", "TimezoneOffsetFromUTC": "-0100"}
    fill(archive, [document("1.1", "1.1.1", "1.1.1.1", **here)])
    for level in Level:
        question = _question(level, [("StudyDate", "20200102")], Rules(),
                             timezone_offset_from_utc="+0000")  # fmt: skip
        series = "1.1.1" if level is Level.INSTANCE else None
        place = {"study_instance_uid": "1.1", "series_instance_uid": series}
        for each in (question, replace(question, **place)):
            (row,) = search(archive, LOCAL, "archive", each).rows
            assert row["00080020"]["Value"] == ["20200101"]
            assert row["00080201"]["Value"] == ["-0100"]


PLANS = [
    (Level.STUDY, {}),
    (Level.STUDY, {"StudyInstanceUID": "1.1"}),
    (Level.STUDY, {"PatientID": "p1"}),
    (Level.STUDY, {"PatientID": "p1*"}),
    (Level.STUDY, {"PatientName": "*oe^jo*"}),
    (Level.STUDY, {"PatientName": "doe*"}),
    (Level.STUDY, {"StudyDate": "20200101-20200201"}),
    (Level.STUDY, {"AccessionNumber": "a1", "StudyDate": "20200101-"}),
    (Level.STUDY, {"ModalitiesInStudy": "SEG"}),
    (Level.STUDY, {"SOPClassesInStudy": "1.2"}),
    (Level.SERIES, {}),
    (Level.SERIES, {"Modality": "SEG"}),
    (Level.SERIES, {"SeriesInstanceUID": "1.1"}),
    (Level.SERIES, {"PatientID": "p1"}),
    (Level.SERIES, {"RequestAttributesSequence.ScheduledProcedureStepID": "S1"}),
    (Level.INSTANCE, {}),
    (Level.INSTANCE, {"SOPInstanceUID": "1.1"}),
    (Level.INSTANCE, {"Modality": "SEG", "InstanceNumber": "1"}),
]


@pytest.mark.parametrize(("level", "keys"), PLANS)
@pytest.mark.parametrize("zone", [None, "+0100"])
def test_no_statement_reads_a_whole_table(
    archive: Archive, level: Level, keys: dict[str, str], zone: str | None
) -> None:
    question = _question(level, list(keys.items()), Rules(), limit=1)
    plans = _plans(archive, replace(question, timezone_offset_from_utc=zone))
    whole = [line for each in plans for line in each.splitlines() if _reads_all(line)]
    assert whole == [], "\n\n".join(plans)


NEITHER_RARE_NOR_FREQUENT = [
    (Level.STUDY, {"ModalitiesInStudy": "SEG", "PatientName": "*oe^jo*"}, "series_modality"),
    (Level.STUDY, {"PatientSex": "O", "PatientName": "doe*"}, "study_patient_sex"),
    (Level.STUDY, {"SeriesNumber": "7"}, "series_series_number"),
    (Level.SERIES, {"SeriesNumber": "7", "PatientName": "*oe^jo*"}, "series_number|study_text"),
    (Level.SERIES, {"PerformedProcedureStepStartTime": "1000-1100"}, "step_start_time"),
    (Level.INSTANCE, {"InstanceNumber": "7", "Modality": "CT"}, "instance_instance_number"),
]


@pytest.mark.parametrize(("level", "keys", "index"), NEITHER_RARE_NOR_FREQUENT)
def test_what_a_walk_does_not_find_is_gathered_by_an_index(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    level: Level,
    keys: dict[str, str],
    index: str,
) -> None:
    _as_if_large(monkeypatch, few=-1)
    plans = _plans(archive, _question(level, list(keys.items()), Rules(), limit=1))
    whole = [line for each in plans for line in each.splitlines() if _reads_all(line)]
    assert whole == [], "\n\n".join(plans)
    # Nothing is found, so the last statement is the one that gathers.
    if archive.engine.dialect.name == "sqlite":  # told what a large archive is like
        assert re.search(index, plans[-1]), plans[-1]
    assert re.search("Sort|TEMP B-TREE FOR ORDER BY", plans[-1]), plans[-1]


def test_no_search_reads_all_rows_of_a_very_large_archive(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", Rows=512) for n in range(4)])
    _as_if_large(monkeypatch)
    assert _ask(archive, Level.INSTANCE, Rows="17").rows == []
    monkeypatch.setattr(search_frequent, "MAX_READ", 3)
    with pytest.raises(TooBroad, match="StudyDate"):
        _ask(archive, Level.INSTANCE, Rows="17")
    assert _ask(archive, Level.INSTANCE, Rows="17", PatientID="p").rows == []
    frequent = _question(Level.INSTANCE, [("Rows", "512")], Rules(), limit=0)
    assert search(archive, LOCAL, "archive", frequent).remaining == 1


def test_a_first_walk_is_shorter_where_studies_are_large(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.{leaf}", Rows=512)
                   for n in range(4) for leaf in range(5)])  # fmt: skip
    _as_if_large(monkeypatch, walked=11)
    skipped: list[object] = []

    @event.listens_for(archive.engine, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if "study.study_date, study.study_time, study.id" in statement.partition("FROM")[0]:
            skipped.append(dict(values)["param_2"] if isinstance(values, dict) else values[-1])

    question = _question(Level.INSTANCE, [("Rows", "17")], Rules(), limit=4)
    search(archive, LOCAL, "archive", question)
    assert skipped == [2]  # eleven instances are in two studies of five, and one


@pytest.mark.parametrize(("pattern", "hidden"), [("*qx*", True), ("*qxy*", False), ("q*x", False)])
def test_patterns_too_short_for_trigrams_are_kept_from_trying_them(
    pattern: str, hidden: bool
) -> None:
    """PostgreSQL would read all of the index for a pattern that has no trigram."""
    ((filtered,),) = plan(
        _question(Level.STUDY, [("PatientName", pattern)], Rules())
    ).filters.values()
    found = clause(filtered.condition, filtered.attribute, DIALECTS["postgresql"])
    assert ("patient_name || " in str(found)) is hidden


def test_lists_of_values_are_looked_for_among_lists_only() -> None:
    """Trigrams know no quotation marks, so the value itself would be found by the thousands."""
    ((filtered,),) = plan(_question(Level.STUDY, [("PatientID", "p1")], Rules())).filters.values()
    found = probe(filtered.condition, filtered.attribute, DIALECTS["postgresql"], 1)
    assert found
    assert "study.patient_id >= " in str(found.arms[-1])


def _plans(archive: Archive, question: Search) -> list[str]:
    """How the database goes about each statement of a search, in an archive of a few studies."""
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", PatientID=f"p{n}", Modality="CT",
                            PatientName="Doe^John") for n in range(4)])  # fmt: skip
    plans: list[str] = []

    @event.listens_for(archive.engine, "before_cursor_execute")
    def explain(connection: Any, _: Any, statement: str, values: Any, *__: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")) or "FROM collection" in statement:
            return
        cursor = connection.connection.cursor()
        if archive.engine.dialect.name == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + statement, values)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + statement, values)
        plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    search(archive, LOCAL, "archive", question)
    assert plans
    return plans


def _reads_all(line: str) -> bool:
    return bool(re.search(r"SCAN (study|series|instance)\b|Seq Scan", line))


def test_few_matches_are_found_without_walking_the_rest(archive: Archive) -> None:
    fill(archive, [document(f"1.{n}", f"1.{n}.1", f"1.{n}.1.1", PatientID=f"p{n}") for n in (1, 2)])
    statements: list[str] = []

    @event.listens_for(archive.engine, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    _ask(archive, PatientID="p1")
    searched = [each for each in statements if "FROM study" in each]
    # One statement looks up and answers; a page that is not full needs no count.
    assert len(searched) == 1
    assert "study.id = here.id" in searched[0]
