"""What the door does with an association and with an instance: one archive verb each.

Nothing here waits for a socket and nothing here knows SQL.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from archive.access import Scope
from archive.archive import Archive
from archive.collections import DEIDENTIFY
from archive.errors import (
    OutOfResources,
    ProcessingFailure,
    SopClassRefused,
    StoreFailure,
    StoreNotAllowed,
    StoreUnavailable,
)
from archive.ingest import COERCED, Outcome
from archive.objects import SpoolFile
from dimse.association import Service, StoreAssociation
from dimse.callers import NOT_NOW, Admitted, Caller, Rejection, admit
from dimse.receiving import Spooling, StoreRequest
from dimse.status import SUCCESS, Answer, answer_to, failed
from imaging.write import part10_prefix
from telemetry import metrics
from telemetry.logs import bound_request_id, get_logger

log = get_logger(__name__)

StoreOne = Callable[[str, SpoolFile, str], Outcome]
"""Keep one spooled file in a collection; the last is the name of who sent it."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """The door's verbs over one archive.

    Parameters
    ----------
    store
        How one file is kept; batches of several associations may be made behind it.
    """

    archive: Archive
    store: StoreOne
    ended: Callable[[StoreAssociation], None] = field(default=lambda assoc: None)

    def service(self) -> Service:
        """What each association is given."""
        return Service(self.admit, self.store_one, self.spooling, self.close)

    def admit(self, assoc: StoreAssociation) -> bool:
        """Admit the caller, or send the rejection."""
        decision = self._decide(_caller(assoc))
        if isinstance(decision, Admitted):
            assoc.admitted = decision
            metrics.association_opened()
            return True
        assoc.acse.send_reject(decision.result, decision.source, decision.diagnostic)
        metrics.count_rejection(decision.reason)
        log.warning("association rejected", door="dimse", outcome=decision.reason, **_who(assoc))
        return False

    def spooling(self, assoc: StoreAssociation) -> Spooling:
        """Where this association's data sets go."""
        return Spooling(
            spool=self.archive.objects.spool,
            prefix=lambda request: _head(assoc, request),
            max_bytes=self.archive.settings.limits.max_instance_bytes,
        )

    def store_one(self, assoc: StoreAssociation, request: StoreRequest) -> Answer:
        """Keep one instance, word the answer, count it."""
        began = time.monotonic()
        with bound_request_id():
            try:
                answer = self._store(assoc, request)
            except StoreFailure as failure:
                answer = failed(failure)
            # That an instance is de-identified first is no news, and its UID must be forgotten.
            if answer.status not in (SUCCESS, COERCED):
                _log_answer(assoc, request, answer)
        collection = assoc.admitted.collection.name if assoc.admitted else "none"
        metrics.count_ingest("dimse", collection, answer.outcome)
        metrics.count_ingest_bytes("dimse", request.received)
        metrics.observe_store(time.monotonic() - began)
        return answer

    def close(self, assoc: StoreAssociation) -> None:
        """Forget an association that is over."""
        if assoc.admitted is not None:
            metrics.association_closed()
        self.ended(assoc)

    def _decide(self, caller: Caller) -> Admitted | Rejection:
        try:
            return admit(self.archive, caller)
        except Exception:
            # Whoever cannot be checked is not let in; the peer may try again.
            log.exception("a caller could not be checked", door="dimse")
            return NOT_NOW

    def _store(self, assoc: StoreAssociation, request: StoreRequest) -> Answer:
        if request.failure is not None:
            raise request.failure
        spooled = request.spooled
        admitted = assoc.admitted
        if admitted is None or spooled is None:
            raise ProcessingFailure("nothing was received to be stored")
        _check_allowed(admitted)
        _check_context(assoc, request)
        try:
            sender = admitted.principal.name
            return answer_to(self.store(admitted.collection.name, spooled, sender))
        except StoreUnavailable as exc:
            raise OutOfResources("the archive cannot be reached, try again later") from exc


def _check_allowed(admitted: Admitted) -> None:
    if not admitted.principal.may(admitted.collection.name, Scope.WRITE):
        raise StoreNotAllowed("this peer may not store into this collection")


def _check_context(assoc: StoreAssociation, request: StoreRequest) -> None:
    context = assoc._accepted_cx.get(request.context_id)
    if context is None or str(context.abstract_syntax) != request.sop_class_uid:
        raise SopClassRefused("not the SOP Class of the presentation context")


def _head(assoc: StoreAssociation, request: StoreRequest) -> bytes:
    context = assoc._accepted_cx.get(request.context_id)
    if context is None:
        request.fail(SopClassRefused("no such presentation context was accepted"))
        return b""
    calling = _caller(assoc).calling_ae_title.encode("ascii", "replace").decode("ascii")
    return part10_prefix(
        request.sop_class_uid, request.sop_instance_uid, str(context.transfer_syntax[0]), calling
    )


def _caller(assoc: StoreAssociation) -> Caller:
    asked = assoc.requestor.primitive
    assert asked is not None, "an association has a request"
    return Caller(
        calling_ae_title=str(asked.calling_ae_title).strip(),
        called_ae_title=str(asked.called_ae_title).strip(),
        address=assoc.requestor.address,
    )


def _who(assoc: StoreAssociation) -> dict[str, object]:
    caller = _caller(assoc)
    return {
        "calling_ae_title": caller.calling_ae_title,
        "called_ae_title": caller.called_ae_title,
        "address": caller.address,
    }


def _log_answer(assoc: StoreAssociation, request: StoreRequest, answer: Answer) -> None:
    log.warning(
        "instance not stored as asked",
        door="dimse",
        reason=answer.outcome,
        detail=answer.comment,
        bytes=request.received,
        sop_class_uid=request.sop_class_uid,
        # None where its UID must be forgotten: another try may be published under a new one.
        sop_instance_uid=None if _deidentifies(assoc) else request.sop_instance_uid,
        **_who(assoc),
    )


def _deidentifies(assoc: StoreAssociation) -> bool:
    admitted: Admitted | None = assoc.admitted
    return admitted is not None and admitted.collection.ingest == DEIDENTIFY
