"""Ends connections below the WSGI server, which knows no deadline and cannot break off an answer.

A blocked read of `wsgi.input` cannot be interrupted, neither can a piece that nobody takes be
taken back, and an answer whose iterator fails is ended as if it were whole. The server does not
say which socket a request came in on. So the sockets of this process are asked: the kernel tells
of each who is at the other end, what went over it, and for how long nothing did. Linux only;
elsewhere nothing is found.

References
----------
tcp(7) and ``struct tcp_info`` of ``linux/tcp.h``.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_FDS = Path("/proc/self/fd")
_INFO_BYTES = 148
# tcpi_unacked; tcpi_last_data_sent, _ack_sent, _data_recv, _ack_recv in ms; tcpi_bytes_acked,
# _bytes_received; tcpi_notsent_bytes.
_INFO = struct.Struct("@24xI16xIIII60xQQ8xI")
# The clocks of the kernel's figures and of ours tick apart by at most this.
_TOLERANCE_MS = 500


@dataclass(frozen=True, slots=True)
class Connection:
    """What the kernel tells of a connection; bytes in all, and milliseconds ago."""

    host: str
    port: int
    unacked: int
    sent_ms: int
    received_ms: int
    acknowledged_ms: int
    bytes_acknowledged: int
    bytes_received: int
    unsent: int

    @classmethod
    def of(cls, one: socket.socket) -> Connection | None:
        """Ask a socket; None when it cannot tell."""
        info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        if len(info) < _INFO_BYTES:
            return None
        host, port = one.getpeername()[:2]
        unacked, sent, _, received, acknowledged, *counts = _INFO.unpack_from(info)
        return cls(_plain(host), port, unacked, sent, received, acknowledged, *counts)


class Description(Protocol):
    """What is known of a connection that is to end."""

    def fits(self, connection: Connection) -> bool:
        """Whether this may be the one."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A sender who says nothing.

    Attributes
    ----------
    peer
        Its address.
    seconds
        For how long nothing came.
    received
        Bytes that came at least.
    """

    peer: str
    seconds: float
    received: int

    def fits(self, connection: Connection) -> bool:
        """Whether nothing went either way for so long, and nothing is on its way.

        A connection of the same peer that lies idle between two requests may fit too. Its client
        has to expect that it is closed at any time, so no harm is done.
        """
        idle_ms = min(connection.sent_ms, connection.received_ms)
        return (
            connection.host == _plain(self.peer)
            and not connection.unacked
            and idle_ms >= self.seconds * 1000 - _TOLERANCE_MS
            and connection.bytes_received >= self.received
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """A reader who takes nothing, though there is something for it.

    Attributes
    ----------
    peer
        Its address.
    seconds
        For how long nothing was taken.
    """

    peer: str
    seconds: float

    def fits(self, connection: Connection) -> bool:
        """Whether its window has been closed for so long, or what was sent unacknowledged."""
        least_ms = self.seconds * 1000 - _TOLERANCE_MS
        closed = connection.unsent and connection.sent_ms >= least_ms
        lost = connection.unacked and connection.acknowledged_ms >= least_ms
        return connection.host == _plain(self.peer) and bool(closed or lost)


@dataclass(slots=True)
class Delivery:
    """An answer under way, told from others to the same peer by the bytes that went out.

    Attributes
    ----------
    before
        What each connection of the peer had been sent when the answer began, by its port.
    handed, pieces
        Bytes of the answer that the server was given, and in how many pieces.
    """

    peer: str
    before: Mapping[int, int]
    handed: int = 0
    pieces: int = 0

    @classmethod
    def begun(cls, peer: str) -> Delivery:
        """Note how things stand before anything of the answer is sent."""
        found = _told(peer)
        return cls(peer, {one.port: one.bytes_acknowledged for one in found})

    def fits(self, connection: Connection) -> bool:
        """Whether as much as was handed over arrived, with its head and its chunks' sizes."""
        before = self.before.get(connection.port)
        if before is None or connection.host != _plain(self.peer):
            return False
        sent = connection.bytes_acknowledged - before
        return self.handed < sent <= self.handed + _max_head_bytes + self.pieces * _max_size_bytes


_max_head_bytes = 4096
_max_size_bytes = 20


def hang_up(wanted: Description) -> int:
    """End the connections that fit; return how many."""
    ended = 0
    for one in _sockets():
        with closing(one), suppress(OSError):
            connection = Connection.of(one)
            if connection is not None and wanted.fits(connection):
                one.shutdown(socket.SHUT_RDWR)
                ended += 1
    return ended


def break_off(delivery: Delivery, patience_s: float) -> bool:
    """End the connection of an answer that fails, once what was made of it has arrived.

    Parameters
    ----------
    patience_s
        For how long its reader is waited for.

    Returns
    -------
    bool
        Whether it was found. If not, the server ends the answer in its own way.
    """
    until = time.monotonic() + patience_s
    while delivery.before and not hang_up(delivery):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return bool(delivery.before)


def _told(peer: str) -> Iterator[Connection]:
    for one in _sockets():
        with closing(one), suppress(OSError):
            connection = Connection.of(one)
            if connection is not None and connection.host == _plain(peer):
                yield connection


def _plain(host: object) -> str:
    return str(host).removeprefix("::ffff:")


def _sockets() -> Iterator[socket.socket]:
    """Every TCP socket of this process, as duplicates that may be closed."""
    if not _FDS.is_dir():
        return
    for name in os.listdir(_FDS):  # noqa: PTH208 - names are all that is wanted
        with suppress(OSError, ValueError):
            if (duplicate := _duplicate(int(name))) is not None:
                yield duplicate


def _duplicate(fd: int) -> socket.socket | None:
    # Never duplicate a file: to close any descriptor of a database that SQLite has open drops the
    # locks of this process on it, and not to close it leaks.
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        return None
    duplicate = socket.socket(fileno=os.dup(fd))
    if duplicate.type == socket.SOCK_STREAM and duplicate.family != socket.AF_UNIX:
        return duplicate
    duplicate.close()
    return None
