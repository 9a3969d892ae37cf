"""A DIMSE peer made of bytes: PDUs and commands that a well-behaved library would not send.

May live here: how a PDU or a command is spelled. May not: what is expected of the answer.
"""

from __future__ import annotations

import struct
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)

CT = "1.2.840.10008.5.1.4.1.1.2"


def associate_request(called_ae_title: str = "DICOMTUBE") -> bytes:
    """An A-ASSOCIATE-RQ for CT images in Explicit VR Little Endian, context 1."""
    asked = A_ASSOCIATE()
    asked.application_context_name = "1.2.840.10008.3.1.1.1"
    asked.calling_ae_title, asked.called_ae_title = "PEER", called_ae_title
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = 16384
    implementation.implementation_class_uid = "1.2.3"
    asked.user_information = [length, implementation]
    context = build_context(CT, ExplicitVRLittleEndian)
    context.context_id = 1
    asked.presentation_context_definition_list = [context]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(asked)
    encoded: bytes = pdu.encode()
    return encoded


def store_command(**changes: Any) -> bytes:
    """The command set of a C-STORE-RQ."""
    command = Dataset()
    command.AffectedSOPClassUID = CT
    command.CommandField = 0x0001
    command.MessageID = 7
    command.Priority = 0
    command.CommandDataSetType = 0x0001
    command.AffectedSOPInstanceUID = "1.2.3"
    for keyword, value in changes.items():
        setattr(command, keyword, value)
    encoded = encode(command, True, True)
    assert encoded is not None
    return encoded


def p_data(control: int, data: bytes) -> bytes:
    """A P-DATA-TF with one fragment; `control` is its message control header."""
    value = struct.pack(">LBB", len(data) + 2, 1, control) + data
    return b"\x04\x00" + struct.pack(">L", len(value)) + value
