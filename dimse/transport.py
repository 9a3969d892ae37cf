"""Bytes to and from one peer: bounded reads, and a reactor that sleeps until something happens.

pynetdicom polls its socket and its queues every millisecond and reads 4 KiB at a time. Here
lives what replaces the polling by waiting; which event follows which stays pynetdicom's.
"""

from __future__ import annotations

import contextlib
import queue
import select
import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import AssociationSocket

from dimse.commands import fits

if TYPE_CHECKING:
    from pynetdicom.association import Association

# An A-ASSOCIATE-RQ is not bound by the negotiated PDU length: 128 presentation contexts with all
# their transfer syntaxes and extended negotiation stay far below this.
max_associate_bytes = 1 << 20
_P_DATA_TF = 0x04
_PDU_HEAD = struct.Struct(">BxI")
_ITEM_HEAD = struct.Struct(">IB")
_TRANSFER = "Sta6"  # PS3.8 table 9-5: association established and ready for data transfer
# How long a reactor sleeps when nobody wakes it: bounds how late a timer is noticed.
TICK_S = 0.5


class BoundedSocket(AssociationSocket):
    """A peer's socket that never reads more than a PDU may hold, nor waits for ever.

    Parameters
    ----------
    assoc
        The association that the socket belongs to.
    peer
        The connected socket, its time-out set to the time a PDU may take.
    max_pdu_bytes
        What we told the peer it may send at once (PS3.8 Annex D.1).
    """

    def __init__(self, assoc: Association, peer: socket.socket, max_pdu_bytes: int) -> None:
        super().__init__(assoc, client_socket=peer)
        self._max_bytes = max(max_pdu_bytes, max_associate_bytes)
        self._sending = threading.Lock()
        self._ahead = b""
        self._timeout_s = peer.gettimeout() or TICK_S

    @property
    def ready(self) -> bool:
        """Whether bytes can be read now."""
        return bool(self.wait(0.0))

    def wait(self, timeout_s: float, waker: socket.socket | None = None) -> bool:
        """Wait until bytes can be read, or `waker` has some; say whether the peer's can."""
        peer = self.socket
        if peer is None or not self._is_connected:
            return False
        if isinstance(peer, ssl.SSLSocket) and peer.pending():
            return True
        poll = select.poll()
        try:
            poll.register(peer, select.POLLIN)
            if waker is not None:
                poll.register(waker, select.POLLIN)
            return any(number == peer.fileno() for number, _ in poll.poll(timeout_s * 1000))
        except (OSError, ValueError):
            self.event_queue.put("Evt17")  # the transport connection is closed
            return False

    def recv(self, nr_bytes: int) -> bytearray:
        """Read exactly `nr_bytes`, or as many as come before the peer closes.

        Raises
        ------
        OSError
            The peer announced a longer PDU than any may be, or is too slow.
        """
        if nr_bytes > self._max_bytes:
            raise OSError("the PDU is longer than any may be")
        if self._ahead:
            ahead, self._ahead = self._ahead[:nr_bytes], self._ahead[nr_bytes:]
            return bytearray(ahead) + self.recv(nr_bytes - len(ahead))
        if self.socket is None:
            return bytearray()
        received, filled = bytearray(nr_bytes), 0
        deadline = time.monotonic() + self._timeout_s
        with memoryview(received) as view:
            while filled < nr_bytes:
                count = self.socket.recv_into(view[filled:])
                if not count:
                    break
                filled += count
                if time.monotonic() > deadline:
                    raise TimeoutError("the PDU took too long")
        del received[filled:]
        return received

    def give_back(self, received: bytes) -> None:
        """Let the next `recv` begin with these bytes."""
        self._ahead = received + self._ahead

    def send(self, bytestream: bytes) -> None:
        """Send a whole PDU: those of two threads never mix."""
        with self._sending:
            super().send(bytestream)


def presentation_data_values(body: memoryview) -> list[tuple[int, memoryview]] | None:
    """The items of a P-DATA-TF: a context's number and its data; None unless they fill it.

    References
    ----------
    PS3.8 9.3.5.1.
    """
    values: list[tuple[int, memoryview]] = []
    at = 0
    while at < len(body):
        if len(body) - at < _ITEM_HEAD.size:
            return None
        length, context_id = _ITEM_HEAD.unpack_from(body, at)
        end = at + 4 + length
        if length < 2 or end > len(body):
            return None
        values.append((context_id, body[at + _ITEM_HEAD.size : end]))
        at = end
    return values


class WakingQueue(queue.Queue[Any]):
    """A queue that also sets an event, for a reactor that waits for several things."""

    def __init__(self, woken: threading.Event) -> None:
        super().__init__()
        self._woken = woken

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put and wake."""
        super().put(item, block, timeout)
        self._woken.set()


class WaitingProvider(DULServiceProvider):
    """The upper layer's reactor, asleep until the peer or our own side has something."""

    def __init__(self, assoc: Association, woken: threading.Event) -> None:
        super().__init__(assoc)
        self.daemon = True
        self.to_user_queue = WakingQueue(woken)
        self._run_loop_delay = 0.0
        self._said_over = False
        self._waker, self._woken_by = socket.socketpair()
        self._waker.setblocking(False)
        self._woken_by.setblocking(False)

    def send_pdu(self, primitive: Any) -> None:
        """Queue a primitive for the peer and wake the reactor."""
        super().send_pdu(primitive)
        self.wake()

    def send_now(self, pdu: bytes) -> bool:
        """Send an encoded P-DATA-TF from the caller's thread; say whether that could be done.

        It saves waking the reactor, which a peer that waits for its answer would feel.
        """
        peer = self.socket
        # One thread at a time may use a TLS connection, and the reactor may be reading.
        if not isinstance(peer, BoundedSocket) or isinstance(peer.socket, ssl.SSLSocket):
            return False
        if self.state_machine.current_state != _TRANSFER or not fits(pdu, self._peer_takes()):
            return False
        peer.send(pdu)
        return True

    def _peer_takes(self) -> int:
        return self.assoc.requestor.maximum_length or 0

    def kill_dul(self) -> None:
        """End the reactor."""
        super().kill_dul()
        self.wake()

    def stop_dul(self) -> bool:
        """End the reactor if its work is done; say whether it was."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        if threading.current_thread() is not self:
            self.join()
        return True

    def wake(self) -> None:
        """Let the reactor look at its queues now."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def run_reactor(self) -> None:
        """Run until killed, then let go of what the reactor held."""
        try:
            super().run_reactor()
        finally:
            self._waker.close()
            self._woken_by.close()
            self._say_over()

    def _is_transport_event(self) -> bool:
        state = self.state_machine.current_state
        if self.event_queue.empty() and state != "Sta13":
            if state == "Sta1":
                self._say_over()
            self._sleep()
        return super()._is_transport_event()

    def _read_pdu_data(self) -> None:
        """Read a PDU; data of an established association take the short way, one after another."""
        peer = self.socket
        if self.state_machine.current_state != _TRANSFER or not isinstance(peer, BoundedSocket):
            super()._read_pdu_data()
            return
        while self._take_data(peer) and self._is_undisturbed() and peer.ready:
            self._idle_timer.restart()

    def _is_undisturbed(self) -> bool:
        return self.event_queue.empty() and self.to_provider_queue.empty()

    def _take_data(self, peer: BoundedSocket) -> bool:
        """Read one PDU and hand its data on; False when it is another one, or the last."""
        try:
            head = peer.recv(_PDU_HEAD.size)
            kind, length = _PDU_HEAD.unpack(head) if len(head) == _PDU_HEAD.size else (0, 0)
            if kind != _P_DATA_TF:
                peer.give_back(bytes(head))
                super()._read_pdu_data()
                return False
            body = peer.recv(length)
        except OSError:
            body, length = bytearray(), 1
        if len(body) != length:
            self.event_queue.put("Evt17")  # the transport connection is closed
            return False
        values = presentation_data_values(memoryview(body))
        if values is None:
            self.event_queue.put("Evt19")  # an invalid PDU
            return False
        self.assoc.dimse.receive_values(values)  # type: ignore[attr-defined]  # our Receiver
        return True

    def _say_over(self) -> None:
        """Tell a service user that waits for the first word that none will come any more."""
        if not self._said_over:
            self._said_over = True
            self.to_user_queue.put(None)

    def _sleep(self) -> None:
        peer = self.socket
        if isinstance(peer, BoundedSocket) and peer.socket is not None:
            peer.wait(TICK_S, self._woken_by)
        else:
            select.select([self._woken_by], [], [], TICK_S)
        with contextlib.suppress(BlockingIOError):
            self._woken_by.recv(64)
