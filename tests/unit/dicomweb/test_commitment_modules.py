"""What a request for storage commitment names, and how the response names it again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from archive.safekeeping import Reference
from dicomweb.commitment_modules import RequestMalformed, read_request, write_response

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"


def ui(uid: object) -> dict[str, Any]:
    return {"vr": "UI", "Value": [uid]}


def sq(*items: Any) -> dict[str, Any]:
    return {"vr": "SQ", "Value": list(items)}


def flat(*pairs: tuple[object, object]) -> dict[str, Any]:
    return {"00081199": sq(*({"00081150": ui(c), "00081155": ui(i)} for c, i in pairs))}


def nested(study: object, series: object, sop_class: object, *instances: object) -> dict[str, Any]:
    items = [{"00081155": ui(uid)} for uid in instances]
    group = {"00081150": ui(sop_class), "0008114A": sq(*items)}
    one = {"0020000E": ui(series), "00081112": sq(group)}
    return {"00081110": sq({"0020000D": ui(study), "00081115": sq(one)})}


def test_a_flat_list_is_read_in_its_order_each_instance_once() -> None:
    model = flat((CT, "1.4"), (CT, "1.5"), (CT, "1.4"))
    assert read_request(model, 10) == (Reference(CT, "1.4"), Reference(CT, "1.5"))


def test_a_tree_of_studies_is_read_with_where_each_instance_is() -> None:
    model = nested("1.2", "1.3", CT, "1.4", "1.5")
    assert read_request(model, 10) == (
        Reference(CT, "1.4", "1.2", "1.3"),
        Reference(CT, "1.5", "1.2", "1.3"),
    )


def test_both_may_be_there_and_a_list_of_one_object_is_that_object() -> None:
    model = {**flat((CT, "1.4")), **nested("1.2", "1.3", CT, "1.5")}
    assert len(read_request([model], 10)) == 2


@pytest.mark.parametrize(
    "model",
    [
        None,
        5,
        "x",
        [],
        {},
        [{}, {}],
        {"00081199": None},
        {"00081199": {"vr": "SQ"}},
        {"00081199": {"vr": "SQ", "Value": []}},
        {"00081199": {"vr": "SQ", "Value": "1.2"}},
        {"00081199": {"vr": "SQ", "Value": [None]}},
        {"00081110": sq({"0020000D": ui("1.2")})},
        {"00081110": {"vr": "SQ", "Value": {}}},
        flat((CT, "")),
        flat((CT, "1.2'; DROP TABLE commitment; --")),
        flat((CT, "../../etc/passwd")),
        flat((CT, "1." * 40)),
        flat((CT, "1.2\n")),
        flat((CT, "1.2\x00")),
        flat((CT, "١.٢")),
        flat((CT, 12)),
        flat((CT, None)),
        flat((CT, ["1.2"])),
        flat(("", "1.2")),
        nested("", "1.3", CT, "1.4"),
        nested("1.2", "a", CT, "1.4"),
        nested("1.2", "1.3", CT),
    ],
)
def test_what_names_nothing_or_by_no_uid_is_refused(model: Any) -> None:
    with pytest.raises(RequestMalformed):
        read_request(model, 10)


def test_a_refusal_repeats_nothing_of_what_was_sent() -> None:
    with pytest.raises(RequestMalformed) as refused:
        read_request(flat((CT, "DOE^JANE")), 10)
    assert "DOE" not in str(refused.value)
    assert "(0008,1155)" in str(refused.value)


def test_a_list_without_end_is_not_read_to_its_end() -> None:
    model = flat(*((CT, f"1.{n}") for n in range(1, 1000)))
    assert len(read_request(model, 10)) == 11


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vr", "Value", "00081199", "00081110", "00081155", "0020000D"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_whatever_is_sent_is_read_or_refused(model: Any) -> None:
    try:
        assert read_request(model, 10)
    except RequestMalformed as refused:
        assert str(refused)


def test_the_response_names_each_instance_where_the_request_did() -> None:
    references = (
        Reference(CT, "1.4"),
        Reference(CT, "1.5"),
        Reference(CT, "1.6", "1.2", "1.3"),
        Reference(MR, "1.7", "1.2", "1.3"),
        Reference(CT, "1.8", "1.2", "1.33"),
    )
    ds = Dataset.from_json(write_response(references, (0, 0x0112, 0, 0, 0x0119)))
    assert [one.ReferencedSOPInstanceUID for one in ds.ReferencedSOPSequence] == ["1.4"]
    [failed] = ds.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == ("1.5", 0x0112)
    [study] = ds.ReferencedStudySequence
    assert study.StudyInstanceUID == "1.2"
    [series] = study.ReferencedSeriesSequence
    groups = series.ReferencedInstancesBySOPClassSequence
    assert [one.ReferencedSOPClassUID for one in groups] == [CT, MR]
    assert groups[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == "1.6"
    [failed_study] = ds.FailedStudySequence
    [failed_series] = failed_study.ReferencedSeriesSequence
    assert failed_series.SeriesInstanceUID == "1.33"
    [group] = failed_series.ReferencedInstancesBySOPClassSequence
    assert group.ReferencedInstanceSequence[0].FailureReason == 0x0119


def test_sequences_without_items_are_left_out() -> None:
    assert set(write_response([Reference(CT, "1.4")], [0])) == {"00081199"}
    assert set(write_response([Reference(CT, "1.4")], [0x0112])) == {"00081198"}
