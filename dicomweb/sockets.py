"""Ends connections whose sender fell silent, below the WSGI server, which knows no deadline.

A blocked read of `wsgi.input` cannot be interrupted, and the server does not say which socket a
request came in on. So the sockets of this process are asked: the kernel tells of each who is at
the other end and for how long nothing went either way. Linux only; elsewhere nothing is found.

References
----------
tcp(7) and ``struct tcp_info`` of ``linux/tcp.h``.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

_FDS = Path("/proc/self/fd")
_INFO_BYTES = 136
# tcpi_unacked; tcpi_last_data_sent, _ack_sent, _data_recv in ms; tcpi_bytes_received.
_UNACKED, _LAST, _RECEIVED = (
    struct.Struct("@24xI"),
    struct.Struct("@44xIII"),
    struct.Struct("@128xQ"),
)
# The clocks of the kernel's figures and of ours tick apart by at most this.
_TOLERANCE_MS = 500


@dataclass(frozen=True, slots=True)
class Silence:
    """What is known of a connection that is to end.

    Attributes
    ----------
    peer
        Address of the sender.
    seconds
        For how long nothing came.
    received
        Bytes that came at least.
    """

    peer: str
    seconds: float
    received: int

    def fits(self, peer: str, info: bytes) -> bool:
        """Whether a socket with this peer and this ``tcp_info`` may be the one."""
        if peer.removeprefix("::ffff:") != self.peer.removeprefix("::ffff:"):
            return False
        sent_ms, _, received_ms = _LAST.unpack_from(info)
        least_ms = self.seconds * 1000 - _TOLERANCE_MS
        idle = not _UNACKED.unpack_from(info)[0] and min(sent_ms, received_ms) >= least_ms
        return idle and bool(_RECEIVED.unpack_from(info)[0] >= self.received)


def hang_up(silence: Silence) -> int:
    """End the connections that fit; return how many.

    A connection of the same peer that lies idle between two requests may fit too. Its client has
    to expect that it is closed at any time, so no harm is done.
    """
    ended = 0
    for connection in _connections():
        with closing(connection), suppress(OSError):
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            peer = connection.getpeername()
            if len(info) >= _INFO_BYTES and silence.fits(str(peer[0]), info):
                connection.shutdown(socket.SHUT_RDWR)
                ended += 1
    return ended


def _connections() -> Iterator[socket.socket]:
    """Every TCP socket of this process, as duplicates that may be closed."""
    if not _FDS.is_dir():
        return
    for name in os.listdir(_FDS):  # noqa: PTH208 - names are all that is wanted
        with suppress(OSError, ValueError):
            # Never duplicate a file: to close any descriptor of a database that SQLite has open
            # drops the locks of this process on it, and not to close it leaks.
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            duplicate = socket.socket(fileno=os.dup(int(name)))
            if duplicate.type == socket.SOCK_STREAM and duplicate.family != socket.AF_UNIX:
                yield duplicate
            else:
                duplicate.close()
