"""C-STORE's commands as bytes say what the library's say; what is unusual is left to it."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.dimse_messages import C_STORE_RSP
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import decode
from pynetdicom.pdu import P_DATA_TF

from dimse.commands import NO_DATA_SET, fits, read_store_request, store_response
from tests.dimse_peer import CT, store_command

UIDS = st.from_regex(r"[1-9][0-9]{0,5}(\.(0|[1-9][0-9]{0,9})){1,4}", fullmatch=True)


@given(st.integers(0, 0xFFFF), UIDS, UIDS, st.sampled_from([NO_DATA_SET, 0, 1]))
def test_a_request_is_read_as_the_library_reads_it(
    message_id: int, sop_class: str, sop_instance: str, kind: int
) -> None:
    encoded = store_command(
        MessageID=message_id,
        AffectedSOPClassUID=sop_class,
        AffectedSOPInstanceUID=sop_instance,
        CommandDataSetType=kind,
        MoveOriginatorApplicationEntityTitle="SOMEBODY",
    )
    read = read_store_request(encoded)
    library = decode(BytesIO(encoded), True, True)
    assert read is not None
    assert read.message_id == library.MessageID
    assert read.sop_class_uid == library.AffectedSOPClassUID
    assert read.sop_instance_uid == library.AffectedSOPInstanceUID
    assert read.has_data_set == (library.CommandDataSetType != NO_DATA_SET)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_left_to_the_library(encoded: bytes) -> None:
    read_store_request(encoded)


@given(st.data())
def test_a_damaged_request_is_read_alike_or_left_to_the_library(data: st.DataObject) -> None:
    encoded = bytearray(store_command())
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] = data.draw(st.integers(0, 255))
    read = read_store_request(bytes(encoded))
    if read is None:
        return
    library = decode(BytesIO(bytes(encoded)), True, True)
    assert library.CommandField == 1
    assert (read.message_id, read.sop_class_uid, read.sop_instance_uid) == (
        library.MessageID,
        library.AffectedSOPClassUID,
        library.AffectedSOPInstanceUID,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"CommandField": 0x0030},
        {"AffectedSOPInstanceUID": "one"},
        {"AffectedSOPInstanceUID": ["1.2", "1.3"]},
        {"AffectedSOPClassUID": ""},
    ],
)
def test_what_is_unusual_is_left_to_the_library(changes: dict[str, object]) -> None:
    assert read_store_request(store_command(**changes)) is None


@pytest.mark.parametrize("comment", ["", "no room", "even"])
@pytest.mark.parametrize("uid", ["", "1.2.34", "1.2.3"])
def test_a_response_is_the_librarys_byte_for_byte(comment: str, uid: str) -> None:
    response = C_STORE()
    response.MessageIDBeingRespondedTo = 7
    response.Status = 0xA700
    response.AffectedSOPClassUID = CT
    if uid:
        response.AffectedSOPInstanceUID = uid
    if comment:
        response.ErrorComment = comment  # type: ignore[assignment]  # declared as None
    message = C_STORE_RSP()
    message.primitive_to_message(response)
    [primitive] = message.encode_msg(5, 16384)
    assert store_response(5, 7, 0xA700, CT, uid, comment) == P_DATA_TF(primitive).encode()


def test_a_response_fits_a_peer_that_takes_no_less() -> None:
    pdu = store_response(1, 1, 0, CT, "1.2.3")
    length = struct.unpack_from(">I", pdu, 2)[0]
    assert fits(pdu, 0)
    assert fits(pdu, length)
    assert not fits(pdu, length - 1)
