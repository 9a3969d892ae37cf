"""Dates and times in the zone of a question, against plain Python's datetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive import temporal
from archive.attributes import Level, find_path
from archive.conditions import Condition, Search
from archive.criteria import Rules, condition
from archive.document_values import satisfied
from archive.errors import BadSearch
from archive.search_plan import plan
from archive.zones import zone_named
from tests.indexed import Document, element

BERLIN = ZoneInfo("Europe/Berlin")
LOCAL = st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), zone_named("-0930")])
OFFSETS = st.integers(-720, 840).map(temporal.offset_of)
WALLS = st.datetimes(datetime(2019, 12, 28), datetime(2020, 4, 4))  # over a change to summer time
NEAR = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def zone(offset: str | None, local: tzinfo) -> tzinfo:
    return timezone(timedelta(minutes=temporal.minutes_of(offset))) if offset else local


def exists_once(wall: datetime, where: tzinfo) -> bool:
    """Not in an hour that a change of the clocks leaves out or repeats."""
    aware = wall.replace(tzinfo=where)
    same = aware.astimezone(UTC).astimezone(where).replace(tzinfo=None) == wall
    return same and aware.utcoffset() == aware.replace(fold=1).utcoffset()


def made(own: str | None, **attributes: str) -> Document:
    keys = {"TimezoneOffsetFromUTC": own, **attributes}
    return dict(element(name, value) for name, value in keys.items() if value)


def asked(asked_in: str | None, local: tzinfo, **keys: str) -> list[Condition]:
    """The conditions that decide, leaving out those that only narrow."""
    rules = Rules(timezone_offset_from_utc=asked_in or "")
    pairs = [(path, text) for name, text in keys.items() if (path := find_path(name))]
    conditions = tuple(condition(path, text, rules) for path, text in pairs)
    search = Search(Level.INSTANCE, conditions=conditions, timezone_offset_from_utc=asked_in)
    found = plan(search, local)
    return [c for each in found.residual.values() for c in each] or [
        f.condition for each in found.filters.values() for f in each
    ]


def holds(document: Document, asked_in: str | None, local: tzinfo = UTC, **keys: str) -> bool:
    return all(satisfied(each, document) for each in asked(asked_in, local, **keys))


def stamped(moment: datetime, form: str = "%Y%m%d") -> str:
    return moment.strftime(form)


@given(wall=WALLS, own=st.none() | OFFSETS, asked_in=OFFSETS, local=LOCAL, off=NEAR, long=NEAR)
def test_days_are_those_of_the_zone_that_is_asked_in(
    wall: datetime, own: str | None, asked_in: str, local: tzinfo, off: timedelta, long: timedelta
) -> None:
    assume(exists_once(wall, zone(own, local)))
    moment = wall.replace(tzinfo=zone(own, local)).astimezone(zone(asked_in, UTC))
    first = (moment + off).replace(tzinfo=None)
    last = first + abs(long)
    document = made(own, StudyDate=stamped(wall), StudyTime=stamped(wall, "%H%M%S.%f"))
    truth = first.date() <= moment.date() <= last.date()
    key = f"{stamped(first)}-{stamped(last)}"
    assume(own or (exists_once(first, local) and exists_once(last, local)))
    assert holds(document, asked_in, local, StudyDate=key) is truth
    assert holds(document, asked_in, local, StudyDate=stamped(first)) is (
        first.date() == moment.date()
    )
    assert holds(document, asked_in, local, StudyDate=f"{stamped(first)}-") is (
        first.date() <= moment.date()
    )


@given(wall=WALLS, own=st.none() | OFFSETS, asked_in=OFFSETS, local=LOCAL, off=NEAR, long=NEAR)
def test_a_date_and_a_time_are_one_moment_whatever_the_zones(
    wall: datetime, own: str | None, asked_in: str, local: tzinfo, off: timedelta, long: timedelta
) -> None:
    wall = wall.replace(second=0, microsecond=0)
    moment = wall.replace(tzinfo=zone(own, local))
    first = moment.astimezone(zone(asked_in, UTC)) + off
    last = first + abs(long)
    for each in (moment, first, last):
        assume(
            exists_once(each.astimezone(zone(own, local)).replace(tzinfo=None), zone(own, local))
        )
    document = made(own, SeriesDate=stamped(wall), SeriesTime=stamped(wall, "%H%M"))
    found = holds(
        document, asked_in, local,
        SeriesDate=f"{stamped(first)}-{stamped(last)}",
        SeriesTime=f"{stamped(first, '%H%M')}-{stamped(last, '%H%M')}",
    )  # fmt: skip
    assert found is (first <= moment <= last + timedelta(seconds=59))


@given(wall=WALLS, own=st.none() | OFFSETS, asked_in=OFFSETS, local=LOCAL,
       ends=st.tuples(st.times(), st.times()))  # fmt: skip
def test_a_time_of_day_is_that_of_the_zone_that_is_asked_in(
    wall: datetime, own: str | None, asked_in: str, local: tzinfo, ends: tuple[Any, Any]
) -> None:
    assume(exists_once(wall, zone(own, local)))
    seen = wall.replace(tzinfo=zone(own, local)).astimezone(zone(asked_in, UTC)).time()
    document = made(own, ContentDate=stamped(wall), ContentTime=stamped(wall, "%H%M%S.%f"))
    first, last = (f"{end:%H%M%S.%f}" for end in ends)
    assert holds(document, asked_in, local, ContentTime=f"{first}-{last}") is (
        ends[0] <= seen <= ends[1]
    )
    assert holds(document, asked_in, local, ContentTime=f"{first}-") is (ends[0] <= seen)


@given(wall=WALLS, own=st.none() | OFFSETS, written=st.none() | OFFSETS, asked_in=OFFSETS,
       local=LOCAL, off=NEAR, key_in=st.none() | OFFSETS)  # fmt: skip
def test_a_dt_is_a_moment_by_the_nearest_offset_that_is_known(
    wall: datetime, own: str | None, written: str | None, asked_in: str, local: tzinfo,
    off: timedelta, key_in: str | None,
) -> None:  # fmt: skip
    wall = wall.replace(microsecond=0)
    where = zone(written or own, local)
    assume(exists_once(wall, where))
    moment = wall.replace(tzinfo=where)
    asked_for = (moment + off).astimezone(zone(key_in or asked_in, UTC))
    document = made(own, AcquisitionDateTime=stamped(wall, "%Y%m%d%H%M%S") + (written or ""))
    key = stamped(asked_for, "%Y%m%d%H%M%S") + (key_in or "")
    assert holds(document, asked_in, local, AcquisitionDateTime=f"{key}-") is (off <= timedelta(0))


@pytest.mark.parametrize(
    ("wall", "utc"), [("0130", "0030"), ("0330", "0130"), ("0430", "0230"), ("2330", "2130")]
)
def test_summer_time_begins_at_its_hour(wall: str, utc: str) -> None:
    day = "20200329"
    document = made(None, SeriesDate=day, SeriesTime=wall, ContentDate=day, ContentTime=wall)
    until = {"SeriesDate": f"20200328-{day}", "SeriesTime": f"0000-{utc}"}
    assert holds(document, "+0000", BERLIN, **until)
    until["SeriesTime"] = f"0000-{int(utc) - 1:04}"
    assert not holds(document, "+0000", BERLIN, **until)
    assert holds(document, "+0000", BERLIN, ContentTime=utc)


def test_without_a_time_a_date_is_all_of_its_day() -> None:
    document = made("+0000", AcquisitionDate="20200102")
    found = [holds(document, "+0100", AcquisitionDate=f"2020010{day}") for day in (1, 2, 3, 4)]
    assert found == [False, True, True, False]
    near = {"AcquisitionDate": "20200103-20200104"}
    assert holds(document, "+0100", **near, AcquisitionTime="0059-0100")
    assert not holds(document, "+0100", **near, AcquisitionTime="01-02")


def test_a_birthday_is_a_day_of_the_calendar_and_no_zone_moves_it() -> None:
    document = made("+0000", PatientBirthDate="19700102")
    found = [holds(document, "+0900", PatientBirthDate=f"1970010{day}") for day in (1, 2, 3)]
    assert found == [False, True, False]
    born = made("+0000", PatientBirthDate="19700102", PatientBirthTime="2300")
    assert holds(born, "+0900", PatientBirthDate="19700103")


def test_a_date_that_no_time_belongs_to_is_matched_as_written() -> None:
    document = made("-1200", LastMenstrualDate="20200102")
    assert holds(document, "+1400", LastMenstrualDate="20200102")
    assert not holds(document, "+1400", LastMenstrualDate="20200103")


@pytest.mark.parametrize("own", ["later", "+1500", "+01", '"', "+0160", None])
def test_an_instance_whose_offset_is_none_is_in_the_zone_of_the_server(own: str | None) -> None:
    document = made(own, StudyDate="20200101", StudyTime="0030")
    assert holds(document, "+0000", BERLIN, StudyDate="20191231")
    assert holds(document, "+0000", UTC, StudyDate="20200101")


def test_the_31st_of_a_short_month_is_its_end() -> None:
    document = made("+0000", StudyDate="20200301", StudyTime="0030")
    assert holds(document, "-0100", StudyDate="20200201-20200231")
    assert not holds(document, "+0000", StudyDate="20200201-20200231")


@pytest.mark.parametrize("day", ["00000101", "00010101", "99991231", "20200231"])
@pytest.mark.parametrize("own", ["-1200", "+1400", None])
def test_days_that_no_calendar_has_are_compared_as_far_as_it_goes(
    day: str, own: str | None
) -> None:
    document = made(own, StudyDate=day, StudyTime="1200", ContentTime="12", ContentDate=day,
                    AcquisitionDateTime=day)  # fmt: skip
    assert holds(document, "+0000", BERLIN, StudyDate="00000101-")
    for key in ("StudyDate", "AcquisitionDateTime"):
        holds(document, "+1400", BERLIN, **{key: day})
    holds(document, "-1200", BERLIN, ContentTime="10-11")


def test_keys_inside_a_sequence_are_moved_too() -> None:
    item = made(None, ScheduledProcedureStepStartDate="20200101",
                ScheduledProcedureStepStartTime="2330")  # fmt: skip
    document = made("+0000") | {"00400100": {"vr": "SQ", "Value": [item]}}
    step = "ScheduledProcedureStepSequence.ScheduledProcedureStepStart"
    assert holds(document, "+0100", **{f"{step}Date": "20200102"})
    assert not holds(document, "+0100", **{f"{step}Date": "20200101"})
    span = {f"{step}Date": "20200102-20200102", f"{step}Time": "0015-0045"}
    assert holds(document, "+0100", **span)
    assert not holds(document, "+0000", **span)


def test_a_question_without_a_zone_is_matched_as_written() -> None:
    document = made("-1200", StudyDate="20200101", StudyTime="2330")
    assert holds(document, None, BERLIN, StudyDate="20200101")


@pytest.mark.parametrize("offset", ["0100", "+1401", "-1201", "+01:00", "Europe/Berlin", "+0160"])
def test_what_is_no_offset_is_refused(offset: str) -> None:
    with pytest.raises(BadSearch, match="TimezoneOffsetFromUTC"):
        plan(Search(Level.STUDY, timezone_offset_from_utc=offset))
