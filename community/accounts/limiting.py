"""How often one address may do something, counted in the memory of this process.

Each address has a bucket that fills evenly and is emptied by what it does. No address is written
down; those of one IPv6 network count as one.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from community.accounts.errors import TooOften

max_addresses: Final = 50_000
_IPV6_NETWORK: Final = 64


class Limiter:
    """Lets an address do something so many times a minute, and as many at once.

    Parameters
    ----------
    clock
        Seconds that never go back; for tests another one.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one more.

        Raises
        ------
        TooOften
            It has to wait.
        """
        name, now = _network(address), self._clock()
        with self._lock:
            left, then = self._buckets.pop(name, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - then) * self._per_minute / 60)
            self._buckets[name] = (max(left - 1, 0.0), now) if left >= 1 else (left, now)
            if len(self._buckets) > max_addresses:
                self._buckets.popitem(last=False)
        if left < 1:
            raise TooOften("too many tries from your network; wait a minute")


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4 or found.ipv4_mapped:
        return str(found)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
