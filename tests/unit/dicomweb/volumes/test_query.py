"""Parameters of rendered volumes are read as the standard spells them, or refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from archive.errors import BadSearch
from dicomweb.errors import Refusal
from dicomweb.volumes.parameters import MPR, THREE_D
from dicomweb.volumes.query import MAX_CURVE_POINTS, NAMES, VolumeQuery, parse


def read(three_d: bool = False, **values: str | list[str]) -> VolumeQuery:
    return parse(MultiDict(values), three_d=three_d)


def refusal(three_d: bool = False, **values: str | list[str]) -> str:
    with pytest.raises(Refusal) as caught:
        read(three_d, **values)
    assert caught.value.status == 400
    return str(caught.value)


def test_what_is_not_said_is_left_open() -> None:
    assert read() == VolumeQuery()
    assert read().given == []


def test_the_examples_of_the_standard_are_read() -> None:
    swivel = read(
        three_d=True,
        renderingmethod="volume_rendered",
        orientation="a",
        swivelrange="180",
        animationrate="20",
        renderedvolumetricmetadata="yes",
    )
    assert (swivel.method, swivel.orientation, swivel.metadata) == ("volume_rendered", "a", True)
    assert (swivel.swivel_range, swivel.rate) == (180, 20)
    phase = read(
        volumeinputreference="1.2.250.1.59.40211.2678810.87991027.899772.2",
        renderingmethod="maximum_ip",
        mprslab="20",
        viewpointposition="100,101,200",
        viewpointlookat="100,100,200",
        viewpointup="0,0,1",
    )
    assert (phase.slab, phase.position, phase.up) == (20, (100, 101, 200), (0, 0, 1))


def test_a_curve_is_one_list_or_a_repeated_parameter() -> None:
    points = ((0, 0, 0), (0, 0, 9.5))
    assert read(volumetriccurvepoint=["0,0,0", "0,0,9.5"]).curve == points
    assert read(volumetriccurvepoint="0,0,0,0,0,9.5").curve == points


def test_attributes_are_conditions() -> None:
    asked = read(EchoTime="20", **{"00200100": "3"})
    assert len(asked.matches) == 2
    assert asked.given == ["match"]


def test_other_parameters_are_none_of_this_modules_business() -> None:
    assert read(viewport="64,64", window="40,400,linear", unknown="1", accept="image/png") == read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("volumeinputreference", "1.2.x"),
        ("volumeinputreference", "0"),
        ("renderingmethod", "MAXIMUM_IP"),
        ("renderingmethod", "maximum_ip,average_ip"),
        ("orientation", "s"),
        ("viewpointposition", "1,2"),
        ("viewpointlookat", "1,2,nan"),
        ("viewpointup", "1,2,1e99"),
        ("mprslab", "0"),
        ("mprslab", "-1"),
        ("volumetriccurvepoint", "0,0,0"),
        ("volumetriccurvepoint", ",".join(["0"] * 3 * (MAX_CURVE_POINTS + 1))),
        ("animationrate", "1000"),
        ("renderedvolumetricmetadata", "no"),
        ("mprslab", "1" * 300),
        ("mprslab", "\u0661"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    assert name in refusal(**{name: value})


@pytest.mark.parametrize(
    ("three_d", "values", "named"),
    [
        (True, {"mprslab": "5"}, "mprslab"),
        (True, {"volumetriccurvepoint": "0,0,0,1,1,1"}, "volumetriccurvepoint"),
        (False, {"swivelrange": "90"}, "swivelrange"),
        (False, {"renderingmethod": "volume_rendered"}, "renderingmethod"),
        (True, {"orientation": "a", "viewpointup": "0,0,1"}, "viewpointup"),
        (True, {"animationstepsize": "5"}, "animationstepsize"),
        (True, {"swivelrange": "361"}, "swivelrange"),
        (True, {"swivelrange": "360", "animationstepsize": "0.5"}, "animationstepsize"),
        (
            False,
            {"volumetriccurvepoint": "0,0,0,0,0,1000", "animationstepsize": "1"},
            "animationstepsize",
        ),
        (False, {"mprslab": ["5", "6"]}, "mprslab"),
        (False, {"NoSuchAttribute": "5"}, "attribute"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    three_d: bool, values: dict[str, str | list[str]], named: str
) -> None:
    assert named in refusal(three_d, **values)


def test_every_parameter_has_its_row() -> None:
    described = {row.name for row in (*MPR, *THREE_D)}
    assert set(NAMES) <= described
    assert "swivelrange" not in {row.name for row in MPR}
    assert not {"mprslab", "volumetriccurvepoint"} & {row.name for row in THREE_D}


@given(
    st.booleans(),
    st.dictionaries(
        st.sampled_from([*NAMES, "EchoTime", "00200100", "PatientName"]) | st.text(max_size=20),
        st.text(max_size=40)
        | st.from_regex(r"\A[0-9eE,.+-]{0,40}\Z")
        | st.lists(st.text(max_size=8), min_size=1, max_size=3),
        max_size=6,
    ),
)
def test_whatever_is_sent_is_read_or_refused(
    three_d: bool, values: dict[str, str | list[str]]
) -> None:
    try:
        asked = parse(MultiDict(values), three_d=three_d)
    except (Refusal, BadSearch):
        return
    assert set(asked.given) <= {*NAMES, "match"}
