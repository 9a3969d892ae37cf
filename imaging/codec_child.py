"""The process in which hostile bytes are worked on: jobs in, an answer or a reason out.

Started by `children` with a socket as its standard input, and with nothing else: no network
address, no database, no secret in its environment. A library that crashes, hangs or eats memory
ends this process and nothing more. The table of jobs and the conversation live here.

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
import traceback
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from imaging import errors

Job = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]

# THE table: which function does each job, imported by the child that is first asked for it.
JOBS: Final[dict[str, str]] = {
    "avatar": "imaging.avatars:make_avatar",
    "convert colours": "imaging.rendering.colour_spaces:convert_job",
    "decode": "imaging.codecs.jobs:decode",
    "draw page": "imaging.documents.jobs:draw_page",
    "read clinical document": "imaging.documents.jobs:read_clinical_document",
    "read pages": "imaging.documents.jobs:read_pages",
    "write PDF": "imaging.documents.jobs:write_pdf",
    "find text": "imaging.deidentify.pixels.text_job:find_text_job",
    "picture": "imaging.sent.picture_files:decode_picture",
    "render volume": "imaging.volumes.rendering:render_job",
    "transcode": "imaging.codecs.jobs:transcode",
}

# The kinds of error that go back to the parent as what they are.
ERRORS: Final[Mapping[str, type[errors.ImagingError]]] = {
    kind.__name__: kind
    for kind in (
        errors.DecodeFailed,
        errors.LimitExceeded,
        errors.Malformed,
        errors.NotDicom,
        errors.Unsupported,
    )
}

MAX_HEAD_BYTES = 65536
_LENGTH = struct.Struct(">I")
_PARENT_CHECK_S = 2.0


def send(connection: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    text = json.dumps({**head, "length": len(body)}).encode()
    if len(text) > MAX_HEAD_BYTES:
        raise errors.LimitExceeded("a message head is too long")
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


def main(
    max_memory_bytes: int, max_seconds: int, max_idle_s: float, prepared_for: str = ""
) -> None:
    """Do jobs until the parent is gone or has been silent for `max_idle_s`.

    Parameters
    ----------
    prepared_for
        The job that will be asked for first: what it needs is imported before it is.
    """
    connection = socket.socket(fileno=os.dup(0))
    _end_with(os.getppid())
    _limit_memory(max_memory_bytes)
    warnings.simplefilter("ignore")
    if prepared_for:
        _job(prepared_for)
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.settimeout(max_idle_s)
            request, body = receive(connection, max_memory_bytes)
            connection.settimeout(None)
            _limit_time(max_seconds)
            head, data = _answer(request, body)
            send(connection, head, data)


def _answer(request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        return _job(request["job"])(request["head"], body)
    except MemoryError:
        return _refusal(errors.LimitExceeded("it needs too much memory")), b""
    except errors.ImagingError as error:
        return _refusal(error), b""
    # Libraries raise what they like for bytes they dislike, and their messages quote them.
    except Exception as error:
        refusal = _refusal(errors.DecodeFailed("the codec refuses the bytes"))
        return {**refusal, "unexpected": _place(error)}, b""


def _job(name: str) -> Job:
    module, _, function = JOBS[name].partition(":")
    job: Job = getattr(import_module(module), function)
    return job


def _refusal(error: errors.ImagingError) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": str(error)}


def _place(error: Exception) -> str:
    """Which exception it was and where, without its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _limit_memory(max_bytes: int) -> None:
    """Allow so much address space beyond what the interpreter has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + max_bytes
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(max_seconds: int) -> None:
    """Allow so much processor time for the next job; past it the kernel ends the process."""
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
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
