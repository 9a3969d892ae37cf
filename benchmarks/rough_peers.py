"""Peers that misbehave: readers who read nothing, senders and readers who go away in the middle.

May live here: how each behaves on a socket. May not: what the server makes of it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from benchmarks.load import Asked

_RESET: Final = struct.pack("ii", 1, 0)
_LITTLE: Final = 1 << 16


async def read_nothing(address: tuple[str, int], asked: Asked, seconds: float) -> None:
    """Ask for something long, and look at none of it for so long."""
    with suppress(OSError):
        await _send(one := _connected(address, buffer=_LITTLE), asked.head)
        await asyncio.sleep(seconds)
        one.close()


async def stop_reading(address: tuple[str, int], asked: Asked, seconds: float) -> None:
    """Read a little of an answer and go away without a word."""
    with suppress(OSError, TimeoutError):
        await _send(one := _connected(address, buffer=_LITTLE), asked.head)
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_recv(one, _LITTLE), seconds)
        _vanish(one)


async def stop_sending(address: tuple[str, int], asked: Asked, seconds: float) -> None:
    """Send half of an upload, say nothing for so long, and go away without a word."""
    with suppress(OSError):
        await _send(one := _connected(address), asked.head + asked.body[: len(asked.body) // 2])
        await asyncio.sleep(seconds)
        _vanish(one)


async def crowd(
    count: int,
    behave: Callable[[tuple[str, int], Asked, float], Awaitable[None]],
    address: tuple[str, int],
    next_one: Callable[[], Asked],
    seconds: float,
) -> None:
    """So many of a kind at once."""
    await asyncio.gather(*(behave(address, next_one(), seconds) for _ in range(count)))


def _connected(address: tuple[str, int], buffer: int | None = None) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffer is not None:  # before it connects, else the window is larger already
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    one.settimeout(5)
    one.connect(address)
    one.setblocking(False)
    return one


async def _send(one: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(one, data)


def _vanish(one: socket.socket) -> None:
    """End the connection as a machine does that lost its network: by a reset."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    one.close()
