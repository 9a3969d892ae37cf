"""P-DATA from a peer, put together: commands in memory, data sets straight into the spool.

Nothing here looks into a data set: its bytes go to disk as they come, behind file meta
information of our own, so that the archive adopts the file by renaming it.

References
----------
PS3.7 6.3 (command set), PS3.8 Annex E.2 (message control header), PS3.10 7.1 (file meta).
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dsutils import decode
from pynetdicom.pdu_primitives import P_DATA

from archive.errors import (
    InvalidInstance,
    OutOfResources,
    SopClassRefused,
    StoreFailure,
    StoreUnavailable,
)
from archive.objects import SpoolFile
from dimse.commands import C_STORE_RQ, NO_DATA_SET, StoreCommand, read_store_request
from imaging.uids import is_uid
from telemetry.logs import get_logger

log = get_logger(__name__)

# A command set holds a few UIDs and AE titles (PS3.7 9.3).
max_command_bytes = 64 * 1024
# A request that comes before the last one was answered: no asynchronous operations window is
# ever negotiated (PS3.7 D.3.3.3), so more than this is not a peer but an attack on the spool.
max_waiting_requests = 2
# Past the limit bytes are thrown away, so that the peer still gets its status; for so long.
max_drained_bytes = 1 << 30


@dataclass(slots=True)
class StoreRequest:
    """A C-STORE request with its data set in the spool, or the reason why it is not there."""

    context_id: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    spooled: SpoolFile | None = None
    failure: StoreFailure | None = None
    received: int = 0

    def discard(self) -> None:
        """Remove what nobody adopted."""
        if self.spooled is not None:
            self.spooled.discard()
            self.spooled = None

    def fail(self, failure: StoreFailure) -> None:
        """Keep the first reason and let go of the bytes."""
        self.failure = self.failure or failure
        self.discard()


@dataclass(frozen=True, slots=True)
class Spooling:
    """What the receiver is given: where files go, how they begin, how long they may be."""

    spool: Callable[[], SpoolFile]
    prefix: Callable[[StoreRequest], bytes]
    max_bytes: int


class Unexpected(Exception):  # noqa: N818 - read as "raise Unexpected"
    """The peer sent what the protocol does not allow here; the association is aborted."""


@dataclass(slots=True)
class _Message:
    command: bytearray = field(default_factory=bytearray)
    request: StoreRequest | None = None


class Receiver(DIMSEServiceProvider):
    """The DIMSE provider of an association, with data sets going to the spool.

    Everything else (C-ECHO, what is sent) is pynetdicom's.
    """

    def __init__(self, assoc: Association, spooling: Spooling, waiting: queue.Queue[Any]) -> None:
        super().__init__(assoc)
        self.msg_queue = self._waiting = waiting
        self._spooling = spooling
        self._message = _Message()

    @property
    def is_receiving(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._message.command) or self._message.request is not None

    def next_message(self) -> tuple[int | None, Any]:
        """Take the next complete message, a `StoreRequest` or a primitive; None when none waits."""
        try:
            context_id, message = self._waiting.get_nowait()
        except queue.Empty:
            return None, None
        return context_id, message

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take the fragments of one P-DATA primitive."""
        self.receive_values(primitive.presentation_data_value_list)

    def receive_values(self, values: Iterable[tuple[int, bytes | memoryview]]) -> None:
        """Take fragments, each with its context's number; abort a peer that lies about them."""
        try:
            for context_id, data in values:
                self._take(context_id, data)
        except Exception:
            # Whatever a hostile command set makes the decoder raise: this peer is not served. It
            # may be an error of ours as well, so it is said.
            log.exception("what a peer sent could not be taken; its association is aborted")
            self.close()
            self.dul.event_queue.put("Evt19")

    def close(self) -> None:
        """Remove the file of a transfer that will not be finished."""
        if self._message.request is not None:
            self._message.request.discard()
        self._message = _Message()

    def _take(self, context_id: int, data: bytes | memoryview) -> None:
        control, fragment = data[0], memoryview(data)[1:]
        is_command, is_last = control & 1, control & 2
        if is_command:
            self._take_command(context_id, fragment, bool(is_last))
        else:
            self._take_data(context_id, fragment, bool(is_last))

    def _take_command(self, context_id: int, fragment: memoryview, is_last: bool) -> None:
        message = self._message
        if message.request is not None:
            raise Unexpected("a command inside a data set")
        message.command += fragment
        if len(message.command) > max_command_bytes:
            raise Unexpected("the command set is too long")
        if is_last:
            self._begin(context_id, bytes(message.command))

    def _begin(self, context_id: int, encoded: bytes) -> None:
        command = read_store_request(encoded) or self._other_command(context_id, encoded)
        if command is None:
            return
        request = _requested(context_id, command)
        if not command.has_data_set or self._waiting.qsize() >= max_waiting_requests:
            raise Unexpected("a C-STORE request without a data set, or before its turn")
        self._message.request = request
        self._open(request)

    def _other_command(self, context_id: int, encoded: bytes) -> StoreCommand | None:
        """What is spelled unusually, or is no C-STORE: that is passed on, and None is returned."""
        command = decode(BytesIO(encoded), True, True)
        has_data_set = command.CommandDataSetType != NO_DATA_SET
        if command.CommandField == C_STORE_RQ:
            return StoreCommand(
                message_id=int(command.MessageID),
                sop_class_uid=_text(command, "AffectedSOPClassUID"),
                sop_instance_uid=_text(command, "AffectedSOPInstanceUID"),
                has_data_set=has_data_set,
            )
        self._message = _Message()
        if has_data_set:
            raise Unexpected("a data set with a command that has none here")
        self._pass_on(context_id, encoded)
        return None

    def _pass_on(self, context_id: int, encoded: bytes) -> None:
        whole = P_DATA()
        whole.presentation_data_value_list.append((context_id, b"\x03" + encoded))
        super().receive_primitive(whole)

    def _open(self, request: StoreRequest) -> None:
        if request.failure is not None:
            return
        try:
            request.spooled = self._spooling.spool()
            request.spooled.write(self._spooling.prefix(request))
        except (OSError, StoreUnavailable):
            request.fail(OutOfResources("there is no room to take the data set in"))

    def _take_data(self, context_id: int, fragment: memoryview, is_last: bool) -> None:
        request = self._message.request
        if request is None or request.context_id != context_id:
            raise Unexpected("a data set without its command")
        request.received += len(fragment)
        self._keep(request, fragment)
        if is_last:
            self._message = _Message()
            self._waiting.put((context_id, request))

    def _keep(self, request: StoreRequest, fragment: memoryview) -> None:
        limit = self._spooling.max_bytes
        if request.received > limit:
            request.fail(OutOfResources("the data set is longer than we accept"))
            if request.received > limit + max_drained_bytes:
                raise Unexpected("the data set does not end")
        if request.spooled is None:
            return
        try:
            request.spooled.write(fragment)
        except OSError:
            request.fail(OutOfResources("there is no room to take the data set in"))


def _requested(context_id: int, command: StoreCommand) -> StoreRequest:
    request = StoreRequest(
        context_id, command.message_id, command.sop_class_uid, command.sop_instance_uid
    )
    if not is_uid(request.sop_class_uid):
        request.fail(SopClassRefused("the Affected SOP Class UID is no UID"))
    if not is_uid(request.sop_instance_uid):
        request.fail(InvalidInstance("the Affected SOP Instance UID is no UID"))
    return request


def _text(command: Dataset, keyword: str) -> str:
    value = command.get(keyword)
    return value.rstrip("\0 ") if isinstance(value, str) else ""
