"""Whether an address can be listened on, asked before anything is started."""

from __future__ import annotations

import errno
import socket

from archive.settings import Bind
from ops.errors import OperatorError

_REASONS = {
    errno.EADDRINUSE: "is already taken by another program",
    errno.EACCES: "needs more rights than this user has (ports below 1024 do)",
    errno.EADDRNOTAVAIL: "is no address of this machine",
}


def require_free(bind: Bind, variable: str) -> None:
    """Raise unless we could listen at `bind`.

    Raises
    ------
    OperatorError
        The message names the variable that moves us elsewhere.
    """
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind.host, bind.port))
        except OSError as exc:
            reason = _REASONS.get(exc.errno or 0, f"cannot be used ({exc.strerror})")
            elsewhere = Bind(bind.host, bind.port % 64_000 + 1000)
            raise OperatorError(
                f"{bind} {reason}. Stop that program, or choose another address: "
                f"{variable}={elsewhere}"
            ) from exc


def free_bind(host: str = "127.0.0.1") -> Bind:
    """Return an address of `host` at which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return Bind(host, int(probe.getsockname()[1]))


def reachable(bind: Bind) -> Bind:
    """Return the address at which this machine reaches a server that listens at `bind`."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — recognised, not bound
    return Bind(anywhere.get(bind.host, bind.host), bind.port)
