"""Matching: which studies a query finds, a table of queries and of what they find.

References
----------
PS3.18 8.3.4.1 (attributes in a query), PS3.4 C.2.2.2 (kinds of matching).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from conformance.asking import (
    ENOUGH,
    SERIES_UID,
    STUDY_UID,
    among_ours,
    expect_set,
    expect_studies,
    filled,
    only,
    search,
    studies_found,
    value,
)
from conformance.corpus.studies import CHARACTER_SETS, SEARCHED
from conformance.known import Known
from conformance.registry import check, each
from conformance.verdicts import NotOffered, expect
from conformance.wire.server import Server, query_text

_ALL: Final = (*(facts.name for facts in SEARCHED), "mixed", "syntaxes", "values", "volume")


def _where(**conditions: Any) -> tuple[str, ...]:
    """Names of the searched studies whose attributes are such."""
    return tuple(
        facts.name
        for facts in SEARCHED
        if all(test(facts.attributes.get(keyword)) for keyword, test in conditions.items())
    )


def _is(wanted: str) -> Any:
    return lambda text: text == wanted


_DAY: Final = _where(StudyDate=_is("20200229"))
_RETRIEVED: Final = ("mixed", "syntaxes", "values", "volume")

Row = tuple[str, str, dict[str, str], Iterable[str]]
_KEYS: Final[tuple[Row, ...]] = (
    ("StudyDate", "KEY-STUDY-STUDYDATE", {"StudyDate": "20210301"}, ["same-patient"]),
    ("StudyTime", "KEY-STUDY-STUDYTIME", {"StudyTime": "235959.999999"}, ["day-before"]),
    ("AccessionNumber", "KEY-STUDY-ACCESSIONNUMBER", {"AccessionNumber": "A-plain"}, ["plain"]),
    ("ModalitiesInStudy", "KEY-STUDY-MODALITIESINSTUDY", {"ModalitiesInStudy": "CT"}, ["volume"]),
    ("PatientName", "KEY-STUDY-PATIENTNAME", {"PatientName": "Delta^Dora"}, ["spaces"]),
    ("PatientID", "KEY-STUDY-PATIENTID", {"PatientID": "P-BETA"}, ["middle-name"]),
    ("StudyID", "KEY-STUDY-STUDYID", {"StudyID": "S-noon"}, ["noon"]),
    ("StudyInstanceUID", "KEY-STUDY-STUDYINSTANCEUID", {"StudyInstanceUID": "{plain}"}, ["plain"]),
)
_MATCHES: Final[tuple[Row, ...]] = (
    ("and", "AND", {"PatientID": "P-ALPHA", "StudyDate": "20210301"}, ["same-patient"]),
    ("whole-value", "MATCH-SINGLE", {"PatientID": "P-ALPHA"}, ["plain", "same-patient"]),
    ("whole-name", "MATCH-SINGLE", {"PatientName": "Alpha^Anna"}, ["plain", "same-patient"]),
    ("case", "MATCH-CASE", {"PatientID": "p-alpha"}, ["lower"]),
    ("space-inside", "MATCH-SINGLE", {"PatientID": "P DELTA"}, ["spaces"]),
    ("space-around", "MATCH-SPACES", {"AccessionNumber": " A-plain "}, ["plain"]),
    ("reserved", "MATCH-RESERVED", {"AccessionNumber": "A+B&C=D%E"}, ["plus"]),
    ("plus", "MATCH-PLUS", {"PatientID": "P+PLUS"}, ["plus"]),
    ("comma", "MATCH-RESERVED", {"PatientID": "P,COMMA"}, ["comma"]),
    ("universal", "MATCH-UNIVERSAL", {"AccessionNumber": ""}, _ALL),
    ("star-alone", "MATCH-STAR-ALONE", {"AccessionNumber": "*"}, _ALL),
    ("star-end", "MATCH-STAR-END", {"PatientID": "P-ALPHA*"}, ["plain", "same-patient", "longer"]),
    ("star-start", "MATCH-STAR-START", {"PatientID": "*-BETA"}, ["middle-name"]),
    ("star-middle", "MATCH-STAR-MIDDLE", {"PatientID": "P*LTA"}, ["spaces"]),
    ("star-none", "MATCH-STAR-MIDDLE", {"PatientID": "P-*BETA"}, ["middle-name"]),
    ("star-twice", "MATCH-STAR-MIDDLE", {"AccessionNumber": "*-pl*n"}, ["plain"]),
    ("question", "MATCH-QUESTION", {"PatientID": "P?DELTA"}, ["spaces"]),
    ("questions", "MATCH-QUESTION-COUNT", {"PatientID": "P-IOT??"}, []),
    ("question-each", "MATCH-QUESTION", {"PatientID": "P-IOT?"}, ["noon", "after-noon"]),
    ("name-prefix", "MATCH-PN-PREFIX", {"PatientName": "Iota^*"}, ["noon", "after-noon"]),
    ("name-parts", "MATCH-SINGLE", {"PatientName": "Beta^Bert^Karl^Dr^Jr"}, ["middle-name"]),
    ("uids", "MATCH-UID-LIST", {"StudyInstanceUID": "{plain},{noon}"}, ["plain", "noon"]),
    ("uids-one-unknown", "MATCH-UID-LIST", {"StudyInstanceUID": "1.2.3.4,{noon}"}, ["noon"]),
    (
        "uids-backslash",
        "MATCH-UID-LIST-BACKSLASH",
        {"StudyInstanceUID": "{plain}\\{noon}"},
        ["plain", "noon"],
    ),
    (
        "dates",
        "MATCH-RANGE-DATE",
        {"StudyDate": "20200228-20200229"},
        ["day-before", *_DAY],
    ),
    ("one-day", "MATCH-RANGE-DATE-LEAP", {"StudyDate": "20200229-20200229"}, _DAY),
    (
        "dates-from",
        "MATCH-RANGE-DATE-FROM",
        {"StudyDate": "20210301-"},
        ["same-patient", "far-off", *_RETRIEVED],
    ),
    ("dates-to", "MATCH-RANGE-DATE-TO", {"StudyDate": "-19991231"}, ["years-ago"]),
    (
        "times",
        "MATCH-RANGE-TIME",
        {"StudyTime": "115959-120000.000001"},
        ["noon", "after-noon", "years-ago"],
    ),
    (
        "times-from",
        "MATCH-RANGE-TIME-FROM",
        {"StudyTime": "2359-"},
        ["day-before", "far-off"],
    ),
    ("times-to", "MATCH-RANGE-TIME-TO", {"StudyTime": "-0000"}, ["day-after"]),
    (
        "times-short",
        "MATCH-RANGE-TIME-SHORT",
        {"StudyTime": "1100-1300"},
        ["noon", "after-noon", "years-ago"],
    ),
    (
        "date-and-time",
        "MATCH-RANGE-COMBINED",
        {"StudyDate": "20200228-20200301", "StudyTime": "2000-0001"},
        ["day-before", *_DAY, "day-after"],
    ),
    ("modality", "MATCH-MODALITIES", {"ModalitiesInStudy": "SEG"}, ["mixed"]),
    ("modality-part", "MATCH-MODALITIES-ONE", {"ModalitiesInStudy": "SE"}, []),
    ("quote", "BAD-SQL", {"PatientID": "P-ALPHA' OR '1'='1"}, []),
    ("percent", "BAD-PERCENT", {"PatientID": "P-ALPHA%"}, []),
    ("underscore", "BAD-PERCENT", {"PatientID": "P_ALPHA"}, []),
)


_ESCAPES: Final = "qido.escapes"


def _rows(
    table: Iterable[Row], *, escaped: bool
) -> Iterator[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    """The rows whose queries need escapes, or those that need none."""
    for name, requirement, query, wanted in table:
        if _needs_escapes(query) == escaped:
            yield name, (f"QIDO-{requirement}",), (query, tuple(wanted))


def _needs_escapes(query: Mapping[str, str]) -> bool:
    uids = dict.fromkeys(_ALL, "1.2")
    return "%" in query_text({key: text.format(**uids) for key, text in query.items()})


@check(_ESCAPES, "QIDO-ESCAPES", after=["qido.studies"])
def escapes_are_read(server: Server, known: Known) -> None:
    """A percent-encoded value means the characters that it stands for"""
    for text in ("P%2DBETA", "P-BETA"):
        path = "/studies?PatientID=" + text
        names = {made.study_uid: made.study for made in known.corpus.instances}
        answer = server.get(path).expect_status(200, 204)
        found = {names.get(str(value(one, STUDY_UID))) for one in answer.data_sets()}
        expect("middle-name" in found, f"{answer.asked} did not find the study")


@each("qido.key", _rows(_KEYS, escaped=False), after=["qido.studies"])
@each("qido.key", _rows(_KEYS, escaped=True), after=[_ESCAPES])
def a_required_key_matches(
    server: Server, known: Known, query: dict[str, str], wanted: tuple[str, ...]
) -> None:
    """Studies are matched by {}"""
    expect_studies(server, known, query, wanted)


@check("qido.key[ReferringPhysicianName]", "QIDO-KEY-STUDY-REFERRINGPHYSICIANNAME", after=["reach"])
def the_shared_physician_matches(server: Server, known: Known) -> None:
    """Studies are matched by ReferringPhysicianName"""
    mine = {"ReferringPhysicianName": known.corpus.physician, "limit": ENOUGH}
    answer, data_sets = search(server, "/studies", mine)
    names = {made.study_uid: made.study for made in known.corpus.instances}
    found = {names.get(str(value(one, STUDY_UID)), "another") for one in data_sets}
    expect_set(answer, known.studies(), found, "studies")
    nobody = {"ReferringPhysicianName": known.corpus.physician + "x"}
    answer, data_sets = search(server, "/studies", nobody)
    expect(not data_sets, f"{answer.asked} found studies of another physician")


@each("qido.match", _rows(_MATCHES, escaped=False), after=["qido.studies"])
@each("qido.match", _rows(_MATCHES, escaped=True), after=[_ESCAPES])
def matching_finds(
    server: Server, known: Known, query: dict[str, str], wanted: tuple[str, ...]
) -> None:
    """Matching: {}"""
    expect_studies(server, known, query, wanted)


_NAMES: Final[tuple[Row, ...]] = (
    ("keyword", "BY-KEYWORD", {"PatientID": "P-BETA"}, ["middle-name"]),
    ("tag", "BY-TAG", {"00100020": "P-BETA"}, ["middle-name"]),
    ("tag-lower", "BY-TAG-LOWER", {"0020000d": "{plain}"}, ["plain"]),
)


@each("qido.named", _rows(_NAMES, escaped=False), after=["qido.studies"])
def an_attribute_is_named(
    server: Server, known: Known, query: dict[str, str], wanted: tuple[str, ...]
) -> None:
    """An attribute is named by {}"""
    expect_studies(server, known, query, wanted)


_BELOW: list[tuple[str, str, str, str, dict[str, str], int]] = [
    ("Modality", "SERIES-MODALITY", "volume", "series", {"Modality": "CT"}, 2),
    ("Modality-none", "SERIES-MODALITY", "volume", "series", {"Modality": "MR"}, 0),
    ("SeriesNumber", "SERIES-SERIESNUMBER", "volume", "series", {"SeriesNumber": "49"}, 1),
    (
        "SOPClassUID",
        "INSTANCE-SOPCLASSUID",
        "mixed",
        "instances",
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"},
        1,
    ),
    (
        "InstanceNumber",
        "INSTANCE-INSTANCENUMBER",
        "volume",
        "instances",
        {"InstanceNumber": "2"},
        2,
    ),
]


_BELOW += [
    (name, f"SERIES-{name.split('.')[-1].upper()}", "volume", "series", {name: text}, 1)
    for name, text in (
        ("PerformedProcedureStepStartDate", "20220614"),
        ("PerformedProcedureStepStartTime", "0715"),
        ("RequestAttributesSequence.ScheduledProcedureStepID", "SPS-CONF"),
        ("RequestAttributesSequence.RequestedProcedureID", "RP-CONF"),
    )
]


def _below(wanted: str) -> Iterator[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    for name, key, study, kind, query, count in _BELOW:
        if kind == wanted:
            yield name, (f"QIDO-KEY-{key}",), (study, kind, query, count)


@each("qido.key-below", _below("series"), after=["qido.series-of-study"])
@each("qido.key-below", _below("instances"), after=["qido.instances-of-study"])
def a_key_below_a_study_matches(
    server: Server, known: Known, study: str, kind: str, query: dict[str, str], count: int
) -> None:
    """Series and instances are matched by {}"""
    made = known.instance(known.corpus.study(study)[0].name)
    answer, found = search(server, f"/studies/{made.study_uid}/{kind}", query)
    expect(len(found) == count, f"{answer.asked} found {len(found)}, expected {count}")


_SERIES_KEY: Final = [
    ("SeriesInstanceUID", ("QIDO-KEY-SERIES-SERIESINSTANCEUID",), ("series", SERIES_UID)),
]
_INSTANCE_KEY: Final = [
    ("SOPInstanceUID", ("QIDO-KEY-INSTANCE-SOPINSTANCEUID",), ("instances", "00080018")),
]


@each("qido.key-uid", _SERIES_KEY, after=["qido.series-of-study"])
@each("qido.key-uid", _INSTANCE_KEY, after=["qido.instances-of-study"])
def a_uid_below_a_study_matches(server: Server, known: Known, kind: str, tag: str) -> None:
    """What is below a study is matched by {}"""
    made = known.instance("ct-2-1")
    uid = made.series_uid if tag == SERIES_UID else made.instance_uid
    answer, found = search(server, f"/studies/{made.study_uid}/{kind}", {tag: uid})
    expect(value(only(answer, found), tag) == uid, f"{answer.asked} found another")


@check("qido.uid-no-pattern", "QIDO-MATCH-UID-NO-WILDCARD", after=["qido.studies"])
def a_uid_is_no_pattern(server: Server, known: Known) -> None:
    """A star in a UID finds nothing, or is refused"""
    made = known.instance("searched-plain")
    answer = server.get("/studies", {"StudyInstanceUID": made.study_uid[:-3] + "*"})
    answer.expect_status(200, 204, 400)
    if answer.is_success:
        expect(not answer.data_sets(), f"{answer.asked} took a UID for a pattern")


@check("qido.date-no-pattern", "QIDO-MATCH-DATE-NO-WILDCARD", after=["qido.studies"])
def a_date_is_no_pattern(server: Server, known: Known) -> None:
    """A star in a date finds nothing, or is refused"""
    answer = server.get("/studies", among_ours(known, {"StudyDate": "202002*"}))
    answer.expect_status(200, 204, 400)
    if answer.is_success:
        expect(not answer.data_sets(), f"{answer.asked} took a date for a pattern")


@check("qido.range-backwards", "QIDO-MATCH-RANGE-DATE-EMPTY", after=["qido.studies"])
def a_range_backwards_is_empty(server: Server, known: Known) -> None:
    """A range that ends before it begins finds nothing, or is refused"""
    answer = server.get("/studies", among_ours(known, {"StudyDate": "20210101-20200101"}))
    answer.expect_status(200, 204, 400)
    if answer.is_success:
        expect(not answer.data_sets(), f"{answer.asked} found studies in an empty range")


@check("qido.by-path", "QIDO-BY-PATH", after=["qido.series-of-study"])
def an_attribute_in_a_sequence(server: Server, known: Known) -> None:
    """An attribute in a sequence is named by its path, in keywords and in tags"""
    made = known.instance("ct-2-1")
    for path in ("RequestAttributesSequence.RequestedProcedureID", "00400275.00401001"):
        for text, count in (("RP-CONF", 1), ("RP-OTHER", 0)):
            answer, found = search(server, f"/studies/{made.study_uid}/series", {path: text})
            expect(len(found) == count, f"{answer.asked} found {len(found)}, expected {count}")


@check("qido.name-groups", "QIDO-MATCH-NAME-GROUPS", after=[_ESCAPES])
def a_name_in_another_group(server: Server, known: Known) -> None:
    """A query finds a name by its ideographic group"""
    made = known.instance("searched-kanji")
    query = {"PatientName": "山田^太郎", "PatientID": str(made.data_set.PatientID)}
    _, found = studies_found(server, known, query)
    if found != ["kanji"]:
        raise NotOffered("names are matched by their alphabetic group alone")


_SETS: Final = [
    (name, (f"QIDO-CHARSET-{name.upper()}",), (name, patient))
    for name, (_, patient) in CHARACTER_SETS.items()
]


@each("qido.charset", _SETS, after=[_ESCAPES])
def a_name_in_any_character_set(server: Server, known: Known, name: str, patient: str) -> None:
    """A name in {} is found, and comes back as it is"""
    made = known.instance(f"searched-{name}")
    first = patient.split("=", 1)[0]
    query = {"PatientName": first, "PatientID": str(made.data_set.PatientID)}
    answer = expect_studies(server, known, query, [name])
    match = next(one for one in answer.data_sets() if value(one, STUDY_UID) == made.study_uid)
    groups = dict(zip(("Alphabetic", "Ideographic", "Phonetic"), patient.split("="), strict=False))
    found = value(match, "00100010")
    expect(found == groups, f"the name came back as {found!r}, and {groups!r} was stored")


@check("qido.list-of-nothing", "QIDO-MATCH-SINGLE", after=["qido.studies"])
def an_unknown_uid_finds_nothing(server: Server, known: Known) -> None:
    """A UID that nothing has finds nothing"""
    query = filled(known, {"StudyInstanceUID": "{plain}.7"})
    answer, found = search(server, "/studies", query)
    expect(not found, f"{answer.asked} found {len(found)} studies")
