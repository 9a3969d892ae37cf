"""One peer's association: admitted or rejected, then its requests served one after the other.

pynetdicom negotiates and keeps the state machine; here lives how this door waits (an event
instead of a poll), how it answers a C-STORE, and how it ends in good order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from dimse.commands import store_response
from dimse.receiving import Receiver, Spooling, StoreRequest
from dimse.status import PROCESSING_FAILURE, Answer
from dimse.transport import TICK_S, WaitingProvider, WakingQueue
from imaging.uids import is_uid
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What an association is given by the door: the verbs, as callables.

    Parameters
    ----------
    admit
        Decide on an association that was requested; return False when it was rejected.
    store
        Keep one instance and say how it went.
    spooling
        Where data sets go while they come in; made per association, as the file meta
        information names the peer.
    ended
        Called once when the association is over, however it ended.
    """

    admit: Callable[[StoreAssociation], bool]
    store: Callable[[StoreAssociation, StoreRequest], Answer]
    spooling: Callable[[StoreAssociation], Spooling]
    ended: Callable[[StoreAssociation], None]


class StoreAssociation(Association):
    """An association that we accept, as storage and verification SCP.

    Attributes
    ----------
    admitted
        What `Service.admit` kept about the caller, for `Service.store`.
    """

    admitted: Any = None

    def __init__(self, ae: ApplicationEntity, service: Service) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self._service = service
        self._woken = threading.Event()
        self._draining = False
        self.dul = self._provider = WaitingProvider(self, self._woken)
        self.receiver = Receiver(self, service.spooling(self), WakingQueue(self._woken))
        self.dimse = self.receiver
        # The provider's timers take their time-outs from these setters.
        self.acse_timeout = ae.acse_timeout
        self.network_timeout = ae.network_timeout
        self.bind(evt.EVT_REQUESTED, self._on_requested)

    def drain(self) -> None:
        """Finish the C-STORE under way, if there is one, and end."""
        self._draining = True
        self._woken.set()

    def run_reactor(self) -> None:
        """Serve the peer from its first word to its last."""
        try:
            super().run_reactor()
        finally:
            self.receiver.close()
            self._discard_waiting()
            self._service.ended(self)

    def _on_requested(self, event: evt.Event) -> None:
        if self._draining:
            self.acse.send_reject(0x02, 0x03, 0x01)  # transient: temporary congestion
        elif not self._service.admit(self):
            self.is_rejected = True
        if self.is_rejected:
            evt.trigger(self, evt.EVT_REJECTED, {})
            self.kill()

    def _run_reactor(self) -> None:
        while not self._kill:
            self._woken.wait(TICK_S)
            self._woken.clear()
            self._serve_waiting()
            if self._is_over():
                return

    def _serve_waiting(self) -> None:
        while not self._kill:
            context_id, message = self.receiver.next_message()
            if message is None:
                return
            if isinstance(message, StoreRequest):
                self._serve_store(message)
            elif context_id is not None:
                self._serve_request(message, context_id)

    def _serve_store(self, request: StoreRequest) -> None:
        try:
            answer = self._service.store(self, request)
        except Exception:
            # The peer waits for an answer whatever went wrong on our side (PS3.7 C.5.11).
            log.exception("an instance could not be stored", door="dimse")
            answer = Answer(PROCESSING_FAILURE, "an error of ours, see the log")
        finally:
            request.discard()
        if not self.is_established:
            return
        pdu = store_response(
            request.context_id,
            request.message_id,
            answer.status,
            request.sop_class_uid if is_uid(request.sop_class_uid) else "",
            request.sop_instance_uid if is_uid(request.sop_instance_uid) else "",
            answer.comment,
        )
        if not self._provider.send_now(pdu):
            self._send_slowly(request, answer)

    def _send_slowly(self, request: StoreRequest, answer: Answer) -> None:
        """Answer by way of the upper layer's own queue, in as many PDUs as it takes."""
        response = C_STORE()
        response.MessageIDBeingRespondedTo = request.message_id
        response.Status = answer.status
        if is_uid(request.sop_class_uid):
            response.AffectedSOPClassUID = request.sop_class_uid
        if is_uid(request.sop_instance_uid):
            response.AffectedSOPInstanceUID = request.sop_instance_uid
        if answer.comment:
            response.ErrorComment = answer.comment  # type: ignore[assignment]  # declared as None
        self.dimse.send_msg(response, request.context_id)

    def _is_over(self) -> bool:
        if self.is_established and self.acse.is_release_requested():
            self.acse.send_release(is_response=True)
            self._end("is_released", evt.EVT_RELEASED)
        elif self.acse.is_aborted():
            self.dul.receive_pdu(wait=False)
            self._end("is_aborted", evt.EVT_ABORTED)
        elif not self.dul.is_alive():
            self.kill()
        elif self.dul.idle_timer_expired() or self._is_drained():
            self.abort()
        else:
            return False
        return True

    def _end(self, state: str, event: evt.NotificationEvent) -> None:
        setattr(self, state, True)
        self.is_established = False
        evt.trigger(self, event, {})
        self.kill()

    def _is_drained(self) -> bool:
        return self._draining and not self.receiver.is_receiving

    def _discard_waiting(self) -> None:
        _, message = self.receiver.next_message()
        while message is not None:
            if isinstance(message, StoreRequest):
                message.discard()
            _, message = self.receiver.next_message()
