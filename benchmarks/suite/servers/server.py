"""A server as the works see it: an address, headers to send, an AE, and its processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.suite import processes


@dataclass(frozen=True)
class DimseAddress:
    """Where C-STORE goes."""

    title: str
    host: str
    port: int


def _no_processes() -> set[int]:
    return set()


@dataclass
class Server:
    """One of a run."""

    name: str
    root: str
    """Of its DICOMweb services."""
    headers: Mapping[str, str] = field(default_factory=dict)
    dimse: DimseAddress | None = None
    roots: Callable[[], set[int]] = _no_processes
    """The processes that it began with; none for one on another machine."""
    accepted: dict[str, str] = field(default_factory=dict)
    """What `Accept` gives stored frames of a transfer syntax, once it was found out."""

    web_ports: tuple[int, ...] = ()
    """Where what serves HTTP listens, if it is not where the root is alone."""

    def all_processes(self) -> set[int]:
        """Everything that works for it: its queue's workers and its database, too."""
        return processes.family(self.roots())

    def web_processes(self) -> set[int]:
        """What serves HTTP: whoever listens there, and below."""
        ports = self.web_ports or (urlsplit(self.root).port or 80,)
        if not self.roots():
            return set()
        return processes.family(pid for port in ports for pid in processes.listeners(port))
