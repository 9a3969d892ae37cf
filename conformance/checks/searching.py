"""Searching: which resources there are, and what each match says (PS3.18 10.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.asking import (
    INSTANCE_UID,
    SERIES_UID,
    STUDY_UID,
    among_ours,
    expect_set,
    only,
    search,
    studies_found,
    value,
)
from conformance.corpus.making import Made
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, NotOffered, Undecided, expect
from conformance.wire.server import Server

_LIMIT: Final = {"limit": "500"}


def _series_of(made: tuple[Made, ...]) -> set[str]:
    return {one.series_uid for one in made}


def _there(known: Known, study: str) -> tuple[Made, ...]:
    """The instances of a study that the server took, if they are all of it."""
    made = known.corpus.study(study)
    for one in made:
        known.instance(one.name)
    return made


@check("qido.studies", "QIDO-STUDIES", "QIDO-ONCE", after=["reach"])
def finds_every_study(server: Server, known: Known) -> None:
    """Every study of the corpus is found, once"""
    wanted = known.studies()
    answer, found = studies_found(server, known, {})
    expect_set(answer, wanted, set(found), "studies")


@check("qido.narrow", "QIDO-KEY-STUDY-STUDYINSTANCEUID", after=["qido.studies"])
def finds_one_study_by_its_uid(server: Server, known: Known) -> None:
    """A study is found by its UID, and no other"""
    made = known.instance("searched-plain")
    answer, found = search(server, "/studies", {"StudyInstanceUID": made.study_uid})
    expect(value(only(answer, found), STUDY_UID) == made.study_uid, f"{answer.asked} found another")


@check("qido.sampled", "QIDO-STUDIES", "QIDO-ONCE", needs=Needs.SAMPLE, after=["reach"])
def finds_a_sampled_study(server: Server, known: Known) -> None:
    """A study that the server shows is found by its UID, and no other"""
    place = known.place()
    answer, found = search(server, "/studies", {"StudyInstanceUID": place.study_uid})
    expect(
        value(only(answer, found), STUDY_UID) == place.study_uid, f"{answer.asked} found another"
    )


@check(
    "qido.series-of-study", "QIDO-SERIES-OF-STUDY", "QIDO-HIERARCHY-STUDY", after=["qido.studies"]
)
def finds_series_of_a_study(server: Server, known: Known) -> None:
    """A study's series are found, and none of another study"""
    made = _there(known, "volume")
    answer, found = search(server, f"/studies/{made[0].study_uid}/series", _LIMIT)
    expect_set(answer, _series_of(made), {value(one, SERIES_UID) for one in found}, "series")


@check(
    "qido.instances-of-series",
    "QIDO-INSTANCES-OF-SERIES",
    "QIDO-HIERARCHY-SERIES",
    after=["qido.studies"],
)
def finds_instances_of_a_series(server: Server, known: Known) -> None:
    """A series' instances are found, and none of another series"""
    made = [one for one in _there(known, "volume") if one.name.startswith("ct-1")]
    path = f"/studies/{made[0].study_uid}/series/{made[0].series_uid}/instances"
    answer, found = search(server, path, _LIMIT)
    wanted = {one.instance_uid for one in made}
    expect_set(answer, wanted, {value(one, INSTANCE_UID) for one in found}, "instances")


@check("qido.instances-of-study", "QIDO-INSTANCES-OF-STUDY", after=["qido.studies"])
def finds_instances_of_a_study(server: Server, known: Known) -> None:
    """A study's instances are found over all its series"""
    made = _there(known, "volume")
    answer, found = search(server, f"/studies/{made[0].study_uid}/instances", _LIMIT)
    wanted = {one.instance_uid for one in made}
    expect_set(answer, wanted, {value(one, INSTANCE_UID) for one in found}, "instances")


_EVERYWHERE: Final = [
    ("series", ("QIDO-ALL-SERIES",), ("/series", SERIES_UID)),
    ("instances", ("QIDO-ALL-INSTANCES",), ("/instances", INSTANCE_UID)),
]


@each("qido.everywhere", _EVERYWHERE, after=["qido.studies"])
def finds_below_no_study(server: Server, known: Known, path: str, tag: str) -> None:
    """{} are found without naming a study in the path"""
    made = _there(known, "volume")
    query = {**_LIMIT, "StudyInstanceUID": made[0].study_uid}
    answer = server.get(path, query)
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    answer.expect_status(200)
    found = {value(one, tag) for one in answer.data_sets()}
    wanted = _series_of(made) if tag == SERIES_UID else {one.instance_uid for one in made}
    expect_set(answer, wanted, found, path.strip("/"))


@check("qido.path-and-query", "QIDO-PATH-AND-QUERY", after=["qido.series-of-study"])
def a_uid_of_another_study_finds_nothing(server: Server, known: Known) -> None:
    """A series' UID asked for below another study finds nothing"""
    mine, other = known.instance("ct-1-1"), known.instance("searched-plain")
    query = {"SeriesInstanceUID": mine.series_uid}
    answer, found = search(server, f"/studies/{other.study_uid}/series", query)
    expect(not found, f"{answer.asked} found {len(found)} series of another study")


@check("qido.unknown-study", "QIDO-HIERARCHY-UNKNOWN", after=["qido.series-of-study"])
def an_unknown_study_has_no_series(server: Server, known: Known) -> None:
    """A study that is not there has no series"""
    path = f"/studies/{known.corpus.instances[0].study_uid}.1/series"
    answer = server.get(path)
    answer.expect_status(200, 204, 404)
    if answer.is_success:
        expect(not answer.data_sets(), f"{answer.asked} found series of a study that is not there")


@check("qido.none", "QIDO-NONE", needs=Needs.SAMPLE, after=["reach"])
def finding_nothing_is_a_success(server: Server, known: Known) -> None:
    """A search that matches nothing answers an empty list"""
    answer = server.get("/studies", {"PatientID": "conformance-nobody-has-this"})
    answer.expect_status(200, 204)
    expect(not answer.data_sets(), f"{answer.asked} found something")


@check("qido.none-200", "QIDO-NONE-200", needs=Needs.SAMPLE, after=["qido.none"])
def finding_nothing_is_no_204(server: Server, known: Known) -> None:
    """A search that matches nothing answers 200"""
    server.get("/studies", {"PatientID": "conformance-nobody-has-this"}).expect_status(200)


# ---- what a match says
_STUDY_RETURNS: Final = (
    ("StudyDate", "00080020"),
    ("StudyTime", "00080030"),
    ("AccessionNumber", "00080050"),
    ("ReferringPhysicianName", "00080090"),
    ("PatientName", "00100010"),
    ("PatientID", "00100020"),
    ("PatientBirthDate", "00100030"),
    ("PatientSex", "00100040"),
    ("StudyInstanceUID", "0020000D"),
    ("StudyID", "00200010"),
)
_SERIES_RETURNS: Final = (
    ("Modality", "00080060"),
    ("SeriesInstanceUID", "0020000E"),
    ("SeriesNumber", "00200011"),
    ("SeriesDescription", "0008103E"),
)
_INSTANCE_RETURNS: Final = (
    ("SOPClassUID", "00080016"),
    ("SOPInstanceUID", "00080018"),
    ("InstanceNumber", "00200013"),
    ("Rows", "00280010"),
    ("Columns", "00280011"),
    ("BitsAllocated", "00280100"),
)


def _rows() -> Iterator[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    for level, returns in (
        ("study", _STUDY_RETURNS),
        ("series", _SERIES_RETURNS),
        ("instance", _INSTANCE_RETURNS),
    ):
        for keyword, tag in returns:
            name = f"QIDO-RETURN-{level.upper()}-{keyword.upper()}"
            yield f"{level}.{keyword}", (name,), (level, keyword, tag)


def _match(server: Server, made: Made, level: str) -> dict[str, Any]:
    """The match of an instance at a level."""
    path, query = {
        "study": ("/studies", {"StudyInstanceUID": made.study_uid}),
        "series": (f"/studies/{made.study_uid}/series", {"SeriesInstanceUID": made.series_uid}),
        "instance": (
            f"/studies/{made.study_uid}/series/{made.series_uid}/instances",
            {"SOPInstanceUID": made.instance_uid},
        ),
    }[level]
    return only(*search(server, path, query))


@each("qido.returns", _rows(), after=["qido.studies"])
def a_match_says(server: Server, known: Known, level: str, keyword: str, tag: str) -> None:
    """A match says {}"""
    made = known.instance("ct-1-1")
    found, wanted = value(_match(server, made, level), tag), made.data_set[keyword].value
    if isinstance(found, dict):
        found = found.get("Alphabetic")
    expect(
        found is not None and str(found) == str(wanted),
        f"the match of a {level} says {keyword} {found!r}, and {wanted!r} was stored",
    )


_NUMBERS: Final = [
    (
        "study",
        ("QIDO-RETURN-STUDY-NUMBEROFSTUDYRELATEDSERIES", "QIDO-RETURN-NUMBERS-COUNT"),
        ("study", "00201206", 2),
    ),
    (
        "study-instances",
        ("QIDO-RETURN-STUDY-NUMBEROFSTUDYRELATEDINSTANCES", "QIDO-RETURN-NUMBERS-COUNT"),
        ("study", "00201208", 5),
    ),
    (
        "series",
        ("QIDO-RETURN-SERIES-NUMBEROFSERIESRELATEDINSTANCES", "QIDO-RETURN-NUMBERS-COUNT"),
        ("series", "00201209", 3),
    ),
]


@each("qido.counts", _NUMBERS, after=["qido.studies"])
def counts_what_belongs_to_it(
    server: Server, known: Known, level: str, tag: str, count: int
) -> None:
    """The number of what belongs to a {} is right"""
    made = _there(known, "volume")[0]
    found = value(_match(server, made, level), tag)
    expect(found == count, f"the match of a {level} counts {found!r}, and {count} were stored")


_DONE: Final = [
    (keyword, (f"QIDO-RETURN-SERIES-{keyword.upper()}",), (keyword, tag))
    for keyword, tag in (
        ("PerformedProcedureStepStartDate", "00400244"),
        ("PerformedProcedureStepStartTime", "00400245"),
    )
]


@each("qido.returns-done", _DONE, after=["qido.series-of-study"])
def a_series_says_when_it_was_made(server: Server, known: Known, keyword: str, tag: str) -> None:
    """The match of a series says {}"""
    made = known.instance("ct-2-1")
    found = value(_match(server, made, "series"), tag)
    wanted = made.data_set[keyword].value
    expect(found == wanted, f"the match says {keyword} {found!r}, and {wanted!r} was stored")


@check(
    "qido.returns-request",
    "QIDO-RETURN-SERIES-REQUESTATTRIBUTESSEQUENCE",
    "QIDO-INCLUDE-SEQUENCE",
    after=["qido.series-of-study"],
)
def a_series_says_what_was_asked_for(server: Server, known: Known) -> None:
    """The match of a series holds the items of Request Attributes Sequence"""
    made = known.instance("ct-2-1")
    path, query = f"/studies/{made.study_uid}/series", {"SeriesInstanceUID": made.series_uid}
    for more in ({}, {"includefield": "RequestAttributesSequence"}):
        match = only(*search(server, path, {**query, **more}))
        item = value(match, "00400275") or {}
        found = (value(item, "00401001"), value(item, "00400009"))
        expect(found == ("RP-CONF", "SPS-CONF"), f"the match says {found}")


@check("qido.modalities", "QIDO-RETURN-STUDY-MODALITIESINSTUDY", after=["qido.studies"])
def says_all_modalities(server: Server, known: Known) -> None:
    """Modalities in Study names each modality of the study"""
    made = _there(known, "mixed")
    wanted = {str(one.data_set.Modality) for one in made}
    match = _match(server, made[0], "study")
    found = set(match.get("00080061", {}).get("Value", []))
    expect(found == wanted, f"Modalities in Study is {sorted(found)}, stored were {sorted(wanted)}")


@check("qido.number-of-frames", "QIDO-RETURN-INSTANCE-NUMBEROFFRAMES", after=["qido.studies"])
def says_how_many_frames(server: Server, known: Known) -> None:
    """The match of a multi-frame instance says how many frames it has"""
    made = known.instance("gray8-ExplicitVRLittleEndian")
    found = value(_match(server, made, "instance"), "00280008")
    expect(str(found) == "5", f"Number of Frames is {found!r}, and 5 were stored")


_RETRIEVE: Final = [
    (level, (f"QIDO-RETURN-{level.upper()}-RETRIEVEURL", "QIDO-RETURN-RETRIEVABLE"), (level,))
    for level in ("study", "series", "instance")
]


@each("qido.retrieve-url", _RETRIEVE, after=["qido.studies"])
def can_be_retrieved_where_it_says(server: Server, known: Known, level: str) -> None:
    """Retrieve URL of a {} leads to its metadata"""
    made = known.instance("ct-1-1")
    match = _match(server, made, level)
    url = value(match, "00081190")
    expect(isinstance(url, str), f"the match of a {level} has no Retrieve URL (0008,1190)")
    answer = server.get(f"{server.resolve(url, server.target.base + '/')}/metadata")
    answer.expect_status(200)
    expect(
        made.instance_uid in {value(one, INSTANCE_UID) for one in answer.data_sets()},
        f"{answer.asked} does not hold the instance that was searched for",
    )


@check("qido.returns-up[series]", "QIDO-RETURN-SERIES-UP", after=["qido.everywhere[series]"])
def a_series_anywhere_says_its_study(server: Server, known: Known) -> None:
    """A series found below no study says of which study it is"""
    made = known.instance("ct-1-1")
    match = only(*search(server, "/series", {"SeriesInstanceUID": made.series_uid}))
    expect(value(match, STUDY_UID) == made.study_uid, "the match does not name its study")
    patient = value(match, "00100020")
    expect(patient == made.data_set.PatientID, f"the match says Patient ID {patient!r}")


@check("qido.returns-up[instance]", "QIDO-RETURN-INSTANCE-UP", after=["qido.everywhere[instances]"])
def an_instance_anywhere_says_its_series(server: Server, known: Known) -> None:
    """An instance found below no study says of which study and series it is"""
    made = known.instance("ct-1-1")
    match = only(*search(server, "/instances", {"SOPInstanceUID": made.instance_uid}))
    found = (value(match, STUDY_UID), value(match, SERIES_UID))
    expect(found == (made.study_uid, made.series_uid), f"the match names {found}")


@check("qido.returns-empty", "QIDO-RETURN-EMPTY", after=["qido.studies"])
def an_empty_value_is_no_value(server: Server, known: Known) -> None:
    """An attribute without a value comes back without Value"""
    match = _match(server, known.instance("searched-empty"), "study")
    for tag in ("00080050", "00100010"):
        element = match.get(tag)
        if element is not None:
            expect("Value" not in element, f"({tag[:4]},{tag[4:]}) was stored empty: {element}")


@check("qido.returns-asked", "QIDO-RETURN-MATCHED", after=["qido.studies"])
def what_was_asked_by_is_returned(server: Server, known: Known) -> None:
    """An attribute that the query matches by is returned"""
    made = known.instance("searched-plain")
    query = {"StudyInstanceUID": made.study_uid, "StudyDescription": "Conformance plain"}
    answer = server.get("/studies", query)
    answer.expect_status(200, 204, 400)
    if answer.status == 400 or not answer.data_sets():
        raise Undecided("the server does not match by Study Description, which it need not")
    found = value(only(answer, answer.data_sets()), "00081030")
    expect(found == "Conformance plain", f"Study Description came back as {found!r}")


@check(
    "qido.metadata-agrees",
    "QIDO-RETURN-NUMBERS-COUNT",
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def a_search_agrees_with_the_metadata(server: Server, known: Known) -> None:
    """What a search for an instance says is what its metadata say"""
    place = known.place()
    path = f"{place.series}/instances"
    match = only(*search(server, path, {"SOPInstanceUID": place.instance_uid}))
    metadata = server.get(f"{place.instance}/metadata").expect_status(200)
    whole = only(metadata, metadata.data_sets())
    for keyword, tag in _INSTANCE_RETURNS:
        if tag in match and tag in whole and match[tag].get("Value") != whole[tag].get("Value"):
            raise Failed(f"a search and the metadata differ in {keyword} of one instance")


@check("qido.stays-among-ours", "QIDO-AND", after=["qido.studies"])
def several_attributes_all_match(server: Server, known: Known) -> None:
    """Two attributes that no study has together find nothing"""
    query = among_ours(known, {"PatientID": "P-ALPHA", "StudyDate": "20200301"})
    answer, found = search(server, "/studies", query)
    if found:
        raise Failed(f"{answer.asked} found {len(found)} studies that match one attribute only")
