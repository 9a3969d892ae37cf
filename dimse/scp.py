"""The listening side: accepts connections, starts an association for each, ends them all.

Here lives what pynetdicom is told (contexts, limits, time-outs) and the life of the server. Who
may connect is decided in `dimse.callers`, what is done in `dimse.handlers`.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from pynetdicom import AE, _config
from pynetdicom.transport import (
    AddressInformation,
    AssociationServer,
    RequestHandler,
    ThreadedAssociationServer,
)

from dimse.association import Service, StoreAssociation
from dimse.settings import DimseSettings
from dimse.transport import BoundedSocket
from imaging.write import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from telemetry import metrics
from telemetry.logs import get_logger

log = get_logger(__name__)

# Connections beyond the associations that we serve, so that a peer too many hears "local limit
# exceeded" (PS3.8 table 9-21) instead of a closed door; past these the door is closed.
spare_connections = 16
# Who serves several waits for each of them, and no longer than this, before it takes one more:
# among processes that accept from one socket, the idlest comes first.
courtesy_s = 0.002
max_courtesy_s = 0.02
AE_TITLE = "DICOMTUBE"
VERIFICATION = "1.2.840.10008.1.1"


class Scp:
    """A storage and verification SCP.

    Parameters
    ----------
    settings
        Limits and TLS.
    service
        The verbs, as callables.
    listener
        A bound socket; several processes may accept from the same one.
    tls
        Given: every connection is secured by it.
    """

    def __init__(
        self,
        settings: DimseSettings,
        service: Service,
        listener: socket.socket,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._server = _Server(_entity(settings), settings, service, listener, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.25,), name="dimse-accept", daemon=True
        )

    @property
    def port(self) -> int:
        """The TCP port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more, let C-STOREs under way finish, end every association.

        Takes at most the time that the settings give; what is not finished then was not
        acknowledged, and its peer will send it again.
        """
        self._server.stop_accepting()
        deadline = time.monotonic() + self._settings.shutdown_s
        for assoc in self._server.associations():
            assoc.drain()
        for assoc in self._server.associations():
            assoc.join(max(0.0, deadline - time.monotonic()))
        for assoc in self._server.associations():
            assoc.abort(block=False)
            assoc.join(1.0)


def listen(host: str, port: int) -> socket.socket:
    """Bind the address to listen on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def _entity(settings: DimseSettings) -> AE:
    # Both are switches of the process: any storage-like SOP Class is accepted, known to the
    # library or not, and the library's handlers that format every message for a log stay away.
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    _config.LOG_HANDLER_LEVEL = "none"
    entity = AE(AE_TITLE)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.maximum_associations = settings.max_associations
    entity.maximum_pdu_size = settings.max_pdu_bytes
    entity.acse_timeout = settings.acse_timeout_s
    entity.network_timeout = settings.network_timeout_s
    entity.dimse_timeout = settings.network_timeout_s
    entity.add_supported_context(VERIFICATION)
    return entity


class _Connection(RequestHandler):
    """One accepted connection, in a thread of its own: secure it, then serve it."""

    server: _Server

    def handle(self) -> None:
        """Start the association; the thread that runs it takes the socket over."""
        try:
            assoc = self._create_association()
        except BaseException:
            self.server.leave()
            raise
        assoc.start()

    def _create_association(self) -> StoreAssociation:
        server, settings = self.server, self.server.settings
        peer = self.request
        peer.settimeout(settings.network_timeout_s)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.tls is not None:
            peer.settimeout(settings.acse_timeout_s)
            peer = _secured(peer, server.tls)
            peer.settimeout(settings.network_timeout_s)
        assoc = StoreAssociation(self.ae, server.service)
        assoc._server = server
        assoc.name = "AcceptorThread@dimse"
        assoc.set_socket(BoundedSocket(assoc, peer, settings.max_pdu_bytes))
        assoc.acceptor.maximum_length = settings.max_pdu_bytes
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_class_uid = self.ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = self.ae.implementation_version_name
        assoc.acceptor.supported_contexts = server.contexts
        assoc.requestor.address_info = self.remote
        return assoc


class _HandshakeFailed(Exception):  # noqa: N818 - past tense: what happened to the connection
    """A peer did not agree with us on TLS; `reason` is OpenSSL's word, or the error's name."""

    def __init__(self, error: OSError) -> None:
        self.reason = getattr(error, "reason", None) or type(error).__name__
        super().__init__(self.reason)


def _secured(peer: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return tls.wrap_socket(peer, server_side=True)
    except OSError as exc:  # ssl.SSLError, a time-out or a peer that left
        raise _HandshakeFailed(exc) from exc


class _Places:
    """How many connections there are, and may be."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self.taken = 0

    def take(self) -> bool:
        """Take a place, if there is one."""
        with self._lock:
            free = self.taken < self._count
            self.taken += free
            return free

    def leave(self) -> None:
        """Give it back."""
        with self._lock:
            self.taken -= 1


class _Server(ThreadedAssociationServer):
    daemon_threads = True
    address_family: socket.AddressFamily

    def __init__(
        self,
        entity: AE,
        settings: DimseSettings,
        service: Service,
        listener: socket.socket,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.settings = settings
        self.tls = tls
        self.service = replace(service, ended=self._ended(service.ended))
        self._places = _Places(settings.max_associations + spare_connections)
        self._listener = listener
        super().__init__(
            entity,
            listener.getsockname(),
            AE_TITLE,
            entity.supported_contexts,
            request_handler=_Connection,
        )

    def server_bind(self) -> None:
        """Take the listening socket that was bound at the top."""
        if self.socket is not None:
            self.socket.close()
        self.socket = self._listener
        # Another process may have taken the connection that woke us: never block in accept.
        self.socket.setblocking(False)
        self.server_address = self.socket.getsockname()
        self.address_info = AddressInformation.from_tuple(self.server_address)

    def server_activate(self) -> None:
        """The socket listens already."""

    def get_request(self) -> Any:
        """Accept a connection; it is secured in its own thread, not in this one."""
        if self.settings.processes > 1:
            time.sleep(min(self._places.taken * courtesy_s, max_courtesy_s))
        return self._listener.accept()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Close the door on more connections than can be told that there are too many."""
        if self._places.take():
            return True
        metrics.count_rejection("connections")
        return False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that failed before it became an association."""
        facts = {"door": "dimse", "address": client_address[0]}
        error = sys.exception()
        if isinstance(error, _HandshakeFailed):
            log.warning("TLS handshake failed", error=error.reason, **facts)
        else:
            log.exception("connection failed", **facts)

    def associations(self) -> list[StoreAssociation]:
        """Every association that is not over."""
        return [one for one in self.active_associations if isinstance(one, StoreAssociation)]

    def leave(self) -> None:
        """Give a connection's place back."""
        self._places.leave()

    def stop_accepting(self) -> None:
        """End `serve_forever` and let go of the listening socket.

        It is closed, not shut down: another process may go on accepting from it.
        """
        super(AssociationServer, self).shutdown()
        self._listener.close()

    def _ended(self, ended: Any) -> Any:
        def both(assoc: StoreAssociation) -> None:
            self.leave()
            ended(assoc)

        return both
