"""What the worker remembers in the broker itself: tries, who sweeps, what was announced again.

All of it may be lost with the broker at any time: it saves work and bounds it, the state that
counts is the archive's. Queues and messages are Celery's; only small keys of ours live here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import redis

from worker.application import ANSWER_S, CONNECT_S, QUEUE

PREFIX = "dicomtube:"
DAY_S = 24 * 3600


class Memory(Protocol):
    """What the tasks ask of the broker beside its queues."""

    def count(self, key: str) -> int:
        """Add one to a counter that lasts a day, and return it."""

    def forget(self, key: str) -> None:
        """Remove a key."""

    def once(self, key: str, seconds: float) -> bool:
        """Say whether nobody has asked this in the last `seconds`; from now, somebody has."""

    def queue_length(self) -> int:
        """Return how many tasks wait."""


@dataclass(frozen=True, slots=True)
class BrokerMemory:
    """`Memory` in a server that speaks the Redis protocol."""

    client: redis.Redis

    def count(self, key: str) -> int:
        """See `Memory`; the same holds below."""
        with self.client.pipeline(transaction=True) as both:
            both.incr(PREFIX + key)
            both.expire(PREFIX + key, DAY_S)
            return int(both.execute()[0])

    def forget(self, key: str) -> None:
        self.client.delete(PREFIX + key)

    def once(self, key: str, seconds: float) -> bool:
        return bool(self.client.set(PREFIX + key, b"1", nx=True, px=max(1, int(seconds * 1000))))

    def queue_length(self) -> int:
        return int(self.client.llen(QUEUE))


def open_memory(broker_url: str) -> BrokerMemory:
    """Open the client; nothing is sent until it is used."""
    return BrokerMemory(_client(broker_url))


def check_broker(broker_url: str) -> None:
    """Raise unless the broker answers.

    Raises
    ------
    redis.RedisError
        It does not.
    """
    with _client(broker_url) as client:
        client.ping()


def _client(broker_url: str) -> redis.Redis:
    return redis.Redis.from_url(
        broker_url,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        health_check_interval=30,
    )
