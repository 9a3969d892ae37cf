"""The hash of an event, and of all before it. No database.

The fields are framed by their length, so that no two events have the same bytes.

References
----------
FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

START: Final = bytes(32)
"""Before the first event."""

Fact = str | int | bool

max_facts: Final = 12
max_fact_chars: Final = 80


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, as it is kept.

    Attributes
    ----------
    number
        From 1, without gaps.
    facts
        As JSON, spelled in one way only.
    """

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    subject: str | None
    facts: str


def link(previous: bytes, event: Event) -> bytes:
    """The hash of an event behind what came before it."""
    digest = hashlib.sha256(previous)
    for field in (
        str(event.number),
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor,
        event.action,
        event.target,
        event.subject or "",
        event.facts,
    ):
        raw = field.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()


def spelled(facts: Mapping[str, Fact]) -> str:
    """Facts as they are kept.

    Raises
    ------
    ValueError
        There are too many, or one is no short word, number or yes and no.
    """
    if len(facts) > max_facts:
        raise ValueError(f"an event has {max_facts} facts at most")
    for name, fact in facts.items():
        if not isinstance(fact, (str, int, bool)) or len(str(fact)) > max_fact_chars:
            raise ValueError(f"the fact '{name}' is no short word, number or yes and no")
    return json.dumps(dict(facts), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
