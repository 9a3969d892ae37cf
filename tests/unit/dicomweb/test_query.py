"""Query strings as clients send them, and the questions that they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.attributes import Level, Path, find_path
from archive.conditions import (
    AnyOf,
    Condition,
    Empty,
    Exact,
    Fuzzy,
    Range,
    UIDList,
    Universal,
    Wildcard,
)
from archive.errors import BadSearch
from dicomweb.query import MAX_PARAMETERS, Question, parse_query, warnings


def at(name: str) -> Path:
    path = find_path(name)
    assert path is not None
    return path


def ask(query_string: str) -> Question:
    return parse_query(query_string, Level.STUDY)


def only_condition(query_string: str) -> Condition:
    (condition,) = ask(query_string).search.conditions
    return condition


def test_an_empty_query_asks_for_everything() -> None:
    search = ask("").search
    assert search.conditions == ()
    assert (search.limit, search.offset, search.fuzzy) == (None, 0, False)
    assert not search.include.all
    assert not search.include.paths


def test_the_path_of_the_resource_comes_through() -> None:
    search = parse_query("", Level.INSTANCE, "1.2", "3.4").search
    assert (search.level, search.study_instance_uid, search.series_instance_uid) == (
        Level.INSTANCE,
        "1.2",
        "3.4",
    )


@pytest.mark.parametrize("key", ["PatientID", "00100020"])
def test_keywords_and_tags_name_the_same_attribute(key: str) -> None:
    assert only_condition(f"{key}=A1") == Exact(at("PatientID"), "A1")


@pytest.mark.parametrize(
    "key",
    [
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "00400275.00400009",
        "00400275.ScheduledProcedureStepID",
        "RequestAttributesSequence%2E00400009",
    ],
)
def test_attributes_inside_sequences_are_named_with_dots(key: str) -> None:
    assert only_condition(f"{key}=S1") == Exact((0x00400275, 0x00400009), "S1")


@pytest.mark.parametrize("value", ["*Ohif*", "%2AOhif%2A", "%2aOhif%2a"])
def test_a_wildcard_is_a_wildcard_however_it_is_encoded(value: str) -> None:
    assert only_condition(f"PatientName={value}") == Wildcard(at("PatientName"), "*ohif*")


def test_values_are_decoded_once_and_not_twice() -> None:
    assert only_condition("PatientID=%252A") == Exact(at("PatientID"), "%2A")


@pytest.mark.parametrize("value", ["*A%20B*", "*A+B*"])
def test_a_blank_may_be_a_plus(value: str) -> None:
    assert only_condition(f"StudyDescription={value}") == Wildcard(at("StudyDescription"), "*A B*")


def test_a_plus_that_is_encoded_is_a_plus() -> None:
    assert only_condition("PatientID=A%2BB") == Exact(at("PatientID"), "A+B")


@pytest.mark.parametrize("offset", ["+0100", "%2B0100"])
def test_a_plus_in_an_offset_from_utc_is_a_plus(offset: str) -> None:
    search = ask(f"TimezoneOffsetFromUTC={offset}&StudyDate=20200101").search
    assert search.timezone_offset_from_utc == "+0100"
    assert [condition.path for condition in search.conditions] == [at("StudyDate")]


def test_a_plus_in_a_date_and_time_is_a_plus() -> None:
    key = "AcquisitionDateTime"
    assert only_condition(f"{key}=20200101120000+0100") == only_condition(
        f"{key}=20200101110000+0000"
    )


@pytest.mark.parametrize("offset", ["0100", "%2B01:00", "%2B1500", "-1201", "-0000", "UTC"])
def test_a_wrong_offset_from_utc_is_named(offset: str) -> None:
    with pytest.raises(BadSearch, match="TimezoneOffsetFromUTC"):
        ask(f"TimezoneOffsetFromUTC={offset}")


def test_a_date_and_time_without_an_offset_is_meant_in_that_of_the_query() -> None:
    key = "AcquisitionDateTime"
    asked = ask(f"TimezoneOffsetFromUTC=+0100&{key}=20200101120000").search.conditions
    assert asked == (only_condition(f"{key}=20200101110000+0000"),)


@pytest.mark.parametrize("separator", [",", "%2C", "\\", "%5C"])
def test_uid_lists_have_commas_or_backslashes(separator: str) -> None:
    assert only_condition(f"StudyInstanceUID=1.2{separator}3.4") == UIDList(
        at("StudyInstanceUID"), ("1.2", "3.4")
    )


@pytest.mark.parametrize("value", ["CT%2CMR", "CT,MR", "CT%5CMR"])
def test_several_modalities_stand_in_one_parameter(value: str) -> None:
    path = at("ModalitiesInStudy")
    assert only_condition(f"ModalitiesInStudy={value}") == AnyOf(
        path, (Exact(path, "CT"), Exact(path, "MR"))
    )


def test_an_open_range_of_dates_has_one_end() -> None:
    assert only_condition("StudyDate=20200101-") == Range(at("StudyDate"), "20200101", None)
    assert only_condition("StudyDate=-20200101") == Range(at("StudyDate"), None, "20200101")


def test_an_empty_key_matches_all_and_asks_for_the_attribute() -> None:
    search = ask("StudyDescription=").search
    assert search.conditions == (Universal(at("StudyDescription")),)
    assert search.include.paths == {at("StudyDescription")}


def test_an_empty_patient_id_is_no_way_to_everybody() -> None:
    assert only_condition("00100020=") == Empty(at("PatientID"))


@pytest.mark.parametrize(
    "query_string",
    [
        "includefield=00081030%2C00080060",
        "includefield=00081030,00080060",
        "includefield=StudyDescription&includefield=Modality",
        "includefield=,StudyDescription,,%20Modality%20,",
    ],
)
def test_fields_are_asked_for_by_list_and_by_repetition(query_string: str) -> None:
    include = ask(query_string).search.include
    assert include.paths == {at("StudyDescription"), at("Modality")}
    assert not include.all


@pytest.mark.parametrize("value", ["all", "ALL", "all,StudyDescription"])
def test_all_fields_can_be_asked_for(value: str) -> None:
    assert ask(f"includefield={value}").search.include.all


def test_a_field_inside_a_sequence_can_be_asked_for() -> None:
    include = ask("includefield=RequestAttributesSequence.00400009").search.include
    assert include.paths == {(0x00400275, 0x00400009)}


@pytest.mark.parametrize("name", ["NoSuchThing", "StudyDescription.Nope", "1234567", "-"])
def test_a_field_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(BadSearch, match="includefield"):
        ask(f"includefield={name}")


def test_a_refused_field_is_named_when_that_is_safe() -> None:
    with pytest.raises(BadSearch, match="NoSuchThing"):
        ask("includefield=NoSuchThing")
    with pytest.raises(BadSearch) as refusal:
        ask("includefield=%0D%0ASet-Cookie")
    assert "Cookie" not in str(refusal.value)


def test_paging_is_read() -> None:
    search = ask("limit=101&offset=202").search
    assert (search.limit, search.offset) == (101, 202)
    assert ask("limit=0").search.limit == 0


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["-1", "1.5", "", "x", "9" * 19, "%D9%A1", "1_0"])
def test_paging_by_anything_else_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSearch, match=name):
        ask(f"{name}={value}")


@pytest.mark.parametrize("value", ["true", "TRUE", "True"])
def test_fuzzy_matching_makes_names_fuzzy(value: str) -> None:
    search = ask(f"fuzzymatching={value}&PatientName=Meier").search
    assert search.fuzzy
    assert isinstance(search.conditions[0], Fuzzy)


def test_flags_count_wherever_they_stand() -> None:
    assert ask("PatientName=Meier&fuzzymatching=true") == ask(
        "fuzzymatching=true&PatientName=Meier"
    )


def test_without_fuzzy_matching_names_are_literal() -> None:
    assert only_condition("fuzzymatching=false&PatientName=Meier") == Exact(
        at("PatientName"), "meier"
    )


def test_empty_values_are_matched_when_that_is_asked_for() -> None:
    assert only_condition('emptyvaluematching=true&AccessionNumber=""') == Empty(
        at("AccessionNumber")
    )
    assert only_condition("emptyvaluematching=true&AccessionNumber=%22%22") == Empty(
        at("AccessionNumber")
    )


def test_several_values_are_matched_when_that_is_asked_for() -> None:
    path = at("AccessionNumber")
    assert only_condition("multiplevaluematching=true&AccessionNumber=A%5CB") == AnyOf(
        path, (Exact(path, "A"), Exact(path, "B"))
    )


@pytest.mark.parametrize("name", ["fuzzymatching", "emptyvaluematching", "multiplevaluematching"])
def test_flags_take_true_or_false(name: str) -> None:
    for value in ("yes", "", "1"):
        with pytest.raises(BadSearch, match=name):
            ask(f"{name}={value}")


@pytest.mark.parametrize(
    "query_string",
    [
        "PatientID=A&PatientID=B",
        "PatientID=A&00100020=B",
        "limit=1&limit=2",
        "fuzzymatching=true&fuzzymatching=false",
    ],
)
def test_what_is_given_twice_and_differs_is_refused(query_string: str) -> None:
    with pytest.raises(BadSearch, match="twice"):
        ask(query_string)


def test_what_is_given_twice_alike_is_given_once() -> None:
    assert ask("PatientID=A&00100020=A&limit=1&limit=1") == ask("PatientID=A&limit=1")


@pytest.mark.parametrize(
    "query_string",
    ["StudyDate=yesterday", "StudyInstanceUID=abc", "SeriesNumber=one", "StudyTime=2500"],
)
def test_values_that_the_vr_cannot_have_are_refused_by_name(query_string: str) -> None:
    name, _, value = query_string.partition("=")
    with pytest.raises(BadSearch, match=name) as refusal:
        ask(query_string)
    assert value not in str(refusal.value)


@pytest.mark.parametrize("query_string", ["PatientName=M%FCller", "PatientName=%C3", "%FF=1"])
def test_bytes_that_are_not_utf_8_are_refused(query_string: str) -> None:
    with pytest.raises(BadSearch, match="UTF-8"):
        ask(query_string)


def test_utf_8_names_are_read() -> None:
    assert only_condition("PatientName=M%C3%BCller") == Exact(at("PatientName"), "muller")


def test_unknown_parameters_are_ignored() -> None:
    assert ask("x=1&requestType=WADO&=&&token=abc&PatientID=A") == ask("PatientID=A")


def test_what_looks_like_an_attribute_and_is_none_is_told() -> None:
    question = ask("PatientNam=A&00400275.Nope=1&%3Cscript%3E=1")
    assert question.search.conditions == ()
    assert question.ignored == ("PatientNam", "00400275.Nope")


def test_the_accept_parameter_is_handed_on_with_its_plus() -> None:
    assert ask("accept=application/dicom+json").accept == "application/dicom+json"
    assert ask("accept=a/b&accept=c/d").accept == "a/b,c/d"
    assert ask("").accept is None


@pytest.mark.parametrize("value", ["utf-8", "UTF-8", "iso-8859-1,utf-8;q=0.5", "ISO_IR%20192"])
def test_answers_are_given_in_utf_8(value: str) -> None:
    ask(f"charset={value}")


def test_another_character_set_is_refused() -> None:
    with pytest.raises(BadSearch, match="charset"):
        ask("charset=iso-8859-1")


def test_a_query_has_bounds() -> None:
    with pytest.raises(BadSearch, match="too long"):
        ask("PatientID=" + "A" * 300_000)
    with pytest.raises(BadSearch, match="parameters"):
        ask("&".join(f"x{n}=1" for n in range(MAX_PARAMETERS + 1)))
    with pytest.raises(BadSearch, match="too long"):
        ask("A" * 1000 + "=1")
    with pytest.raises(BadSearch, match="too many"):
        ask(".".join(["00400275"] * 9) + "=1")
    with pytest.raises(BadSearch, match="includefield"):
        ask("includefield=" + ",".join(f"0009{n:04X}" for n in range(1001)))


@given(st.text(alphabet='aPatientID0123456789=&%+.,*?\\-"\x00\xfc', max_size=80))
def test_no_query_string_breaks_the_reading(query_string: str) -> None:
    try:
        ask(query_string)
    except BadSearch as refusal:
        assert str(refusal)


def test_warnings_are_worded_as_the_standard_words_them() -> None:
    service = "http://localhost/dicom-web"
    unsupported = ["fuzzymatching", "emptyvaluematching", "multiplevaluematching"]
    assert warnings(service, remaining=7, unsupported=unsupported) == [
        f"299 {service}: The fuzzymatching parameter is not supported. "
        "Only literal matching has been performed.",
        f"299 {service}: The emptyvaluematching parameter is not supported. "
        "Empty Value Matching has not been performed.",
        f"299 {service}: The multiplevaluematching parameter is not supported. "
        "Multiple Value Matching has not been performed.",
        f"299 {service}: There are 7 additional results that can be requested",
    ]


def test_an_answer_that_is_whole_owes_no_warning() -> None:
    assert warnings("s") == []
    assert warnings("s", ignored=["PatientNam"]) == [
        "299 s: The following parameters are not known and were ignored: PatientNam"
    ]


def test_matches_that_were_not_counted_to_the_end_are_at_least_so_many() -> None:
    assert warnings("s", remaining=10_000, exact=False) == [
        "299 s: There are at least 10000 additional results that can be requested"
    ]
