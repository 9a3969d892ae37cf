"""JSON of metadata is read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import ImagingError, LimitExceeded, Malformed
from imaging.sent import json_text
from imaging.sent.json_text import read_models

TEXT = st.text(max_size=6)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(TEXT, JSON, max_size=3), max_size=3))
def test_an_array_of_objects_is_what_it_says(models: list[dict[str, Any]]) -> None:
    assert read_models(json.dumps(models).encode()) == models


def test_one_object_is_an_array_of_one_and_a_byte_order_mark_is_passed_over() -> None:
    assert read_models('\ufeff{"a": 1}'.encode()) == [{"a": 1}]


@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:0aN\\').map(str.encode))
def test_whatever_the_bytes_are_they_are_models_or_refused(text: bytes) -> None:
    try:
        assert all(isinstance(model, dict) for model in read_models(text))
    except ImagingError:
        return


@pytest.mark.parametrize(
    "text",
    [
        b'[{"a": 1, "a": 2}]',
        b'[{"b": {"a": 1, "a": 1}}]',
        b"[NaN]",
        b'[{"a": Infinity}]',
        b"[[]]",
        b'"a"',
        b"[1" + b"0" * 5000 + b"]",
        b"\xff",
    ],
)
def test_what_is_no_array_of_objects_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        read_models(text)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'[{"a":' * 5000])
def test_depth_is_bounded(text: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_models(text)


def test_numbers_of_objects_and_instances_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "max_instances", 2)
    with pytest.raises(LimitExceeded):
        read_models(b"[{}, {}, {}]")
    monkeypatch.setattr(json_text, "max_containers", 3)
    with pytest.raises(LimitExceeded):
        read_models(b"[{}, {}, {}]")
    monkeypatch.setattr(json_text, "max_values", 3)
    with pytest.raises(LimitExceeded):
        read_models(b'[{"a": [1, 2, 3, 4, 5]}]')
