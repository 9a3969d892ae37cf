"""The process in which codecs run: frames in, pixels or a reason out, one after the other.

Started by `transcode` with a socket as its standard input, and with nothing else: no network
address, no database, no secret in its environment. A codec that crashes, hangs or eats memory ends
this process and nothing more.

A message is a length (4 bytes, big endian) of a JSON object, the object, and as many bytes as its
"length" says.
"""

import contextlib
import json
import os
import resource
import socket
import struct
import sys
import threading
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imaging import codecs
from imaging.errors import DecodeFailed, ImagingError, LimitExceeded
from imaging.pixels import DecodedFrame, FrameDescription

MAX_HEAD_BYTES = 65536
_LENGTH = struct.Struct(">I")
_PARENT_CHECK_S = 2.0


def send(connection: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    text = json.dumps({**head, "length": len(body)}).encode()
    connection.sendall(_LENGTH.pack(len(text)) + text)
    if body:
        connection.sendall(body)


def receive(connection: socket.socket, max_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Receive one message; EOFError when the other side is gone, ValueError when it lies."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MAX_HEAD_BYTES:
        raise ValueError("a message head is too long")
    head = json.loads(_exactly(connection, length))
    if not isinstance(head, dict) or not isinstance(head.get("length"), int):
        raise TypeError("a message head is no object with a length")
    if not 0 <= head["length"] <= max_bytes:
        raise ValueError("a message body is too long")
    return head, _exactly(connection, head["length"])


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        got = connection.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return bytes(data)


def main(max_memory_bytes: int, max_seconds: int, max_idle_s: float) -> None:
    """Answer frames until the parent is gone or has been silent for `max_idle_s`."""
    connection = socket.socket(fileno=os.dup(0))
    _end_with(os.getppid())
    _limit_memory(max_memory_bytes)
    warnings.simplefilter("ignore")
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.settimeout(max_idle_s)
            head, encoded = receive(connection, max_memory_bytes)
            connection.settimeout(None)
            _limit_time(max_seconds)
            head, data = _answer(head, encoded)
            send(connection, head, data)


def _answer(head: dict[str, Any], encoded: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        decoded = _decode(FrameDescription(**head["description"]), encoded)
    except LimitExceeded as error:
        return {"error": "LimitExceeded", "message": str(error)}, b""
    except ImagingError as error:
        return {"error": "DecodeFailed", "message": str(error)}, b""
    return {"description": asdict(decoded.description)}, decoded.data


def _decode(description: FrameDescription, encoded: bytes) -> DecodedFrame:
    try:
        return codecs.decode(encoded, description)
    except ImagingError:
        raise
    except MemoryError as error:
        raise LimitExceeded("decoding the frame needs too much memory") from error
    # Codecs raise what they like for bytes they dislike, and their messages quote them.
    except Exception as error:
        raise DecodeFailed("the codec refuses the frame") from error


def _limit_memory(max_bytes: int) -> None:
    """Allow so much address space beyond what the interpreter has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + max_bytes
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(max_seconds: int) -> None:
    """Allow so much processor time for the next frame; past it the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    bound = int(used.ru_utime + used.ru_stime) + 1 + max_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (bound, hard))


def _end_with(parent: int) -> None:
    """End this process soon after its parent, however the parent ended.

    The end of the socket is not enough: a process forked from the parent may hold it open.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_S)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
