"""The items of a P-DATA-TF are those that the library finds; what does not fill it is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import P_DATA_TF

from dimse.transport import presentation_data_values

ITEMS = st.lists(st.tuples(st.integers(1, 255), st.binary(min_size=1, max_size=40)), max_size=5)


def body_of(items: list[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack(">IB", len(data) + 1, context) + data for context, data in items)


@given(ITEMS)
def test_items_are_those_of_the_library(items: list[tuple[int, bytes]]) -> None:
    body = body_of(items)
    pdu = P_DATA_TF()
    pdu.decode(b"\x04\x00" + struct.pack(">I", len(body)) + body)
    found = presentation_data_values(memoryview(body))
    assert found is not None
    expected = pdu.presentation_data_value_items
    assert [(context, bytes(data)) for context, data in found] == [
        (item.context_id, item.presentation_data_value) for item in expected
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"\0\0\0",
        b"\0\0\0\x01\x01",
        b"\0\0\0\x05\x01\x03",
        b"\xff\xff\xff\xff\x01\x03",
        body_of([(1, b"\x03abc")])[:-1],
        body_of([(1, b"\x03abc")]) + b"\0",
    ],
)
def test_items_that_do_not_fill_the_pdu_are_refused(body: bytes) -> None:
    assert presentation_data_values(memoryview(body)) is None
