"""Who agreed to which version, and who is to be asked again because there is a new one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from community.audit.trail import by_person, record
from community.models import policy_acceptance
from community.policies.documents import to_agree

max_known: Final = 10_000


class Agreed:
    """Remembers who agreed to all that holds: that needs to be looked up once only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()

    def missing(self, archive: Archive, person: str) -> Mapping[str, str]:
        """The versions that somebody has not agreed to, by kind."""
        with self._lock:
            if person in self._known:
                return {}
        missing = missing_of(archive, person)
        if not missing:
            with self._lock:
                self._known[person] = None
                if len(self._known) > max_known:
                    self._known.popitem(last=False)
        return missing


def missing_of(archive: Archive, person: str) -> Mapping[str, str]:
    """What of that which holds now somebody has not agreed to."""
    query = select(policy_acceptance.c.kind, policy_acceptance.c.version).where(
        policy_acceptance.c.person == person
    )
    with reading(archive.engine) as connection:
        agreed = {(row.kind, row.version) for row in connection.execute(query)}
    return {kind: number for kind, number in to_agree().items() if (kind, number) not in agreed}


def agree(archive: Archive, person: str, shown: Mapping[str, str]) -> None:
    """Keep that somebody agreed to versions that they were shown, as far as these hold now.

    Parameters
    ----------
    shown
        By kind.
    """
    now, holds = datetime.now(UTC), to_agree()
    rows = [
        {"person": person, "kind": kind, "version": number, "at": now}
        for kind, number in shown.items()
        if holds.get(kind) == number
    ]
    if rows:
        with writing(archive.engine) as connection:
            insert_missing(connection, policy_acceptance, rows, ("person", "kind", "version"))
            facts = {str(row["kind"]): str(row["version"]) for row in rows}
            record(connection, by_person(person), "policy.accepted", subject=person, facts=facts)
