"""Cases that nobody is shown for as long as a reason stands: hidden by a report, or on request.

As of studies (`archive.holds`) several reasons may stand at once. The state that its owner gave a
case comes back with the last that is taken away, and until then no rule has to know of reasons:
a case in a state of `model.HIDDEN` is read by nobody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, delete, select

from archive import holds
from archive.database import insert_missing
from community.cases.editing import locked, touch
from community.cases.model import HELD, HIDDEN, RESTRICTED, TOMBSTONE, Case
from community.moderation_models import case_hold

# The state of a case that is hidden for several reasons is that of the first.
_STATES: Final = MappingProxyType({holds.REPORTED: HELD, holds.RESTRICTED: RESTRICTED})


def hold_case(connection: Connection, case_id: str, reason: str) -> Case | None:
    """Show a case to nobody from the end of this transaction on; again changes nothing.

    Parameters
    ----------
    reason
        One of `archive.holds.REASONS`.

    Returns
    -------
    Case or None
        As it is now; None of one that is not there, or was removed.
    """
    case = locked(connection, case_id)
    if case is None or case.state == TOMBSTONE:
        return None
    before = _before(connection, case)
    row = {
        "case_id": case.id,
        "reason": reason,
        "state_before": before,
        "at": datetime.now(UTC),
    }
    insert_missing(connection, case_hold, [row], ["case_id", "reason"])
    return _settled(connection, case, before)


def release_case(connection: Connection, case_id: str, reason: str) -> Case | None:
    """Take one reason away; with the last, the case is again what it was before.

    Returns
    -------
    Case or None
        As it is now; None of one that is not there.
    """
    case = locked(connection, case_id)
    if case is None:
        return None
    before = _before(connection, case)
    connection.execute(
        delete(case_hold).where(case_hold.c.case_id == case_id, case_hold.c.reason == reason)
    )
    # One that was removed meanwhile stays so.
    return _settled(connection, case, before) if case.state in HIDDEN else case


def _before(connection: Connection, case: Case) -> str:
    if case.state not in HIDDEN:
        return case.state
    query = select(case_hold.c.state_before).where(case_hold.c.case_id == case.id).limit(1)
    found: str | None = connection.scalar(query)
    assert found is not None  # nothing else makes a case hidden
    return found


def _settled(connection: Connection, case: Case, before: str) -> Case:
    """Give a case the state that its reasons say."""
    query = select(case_hold.c.reason).where(case_hold.c.case_id == case.id)
    reasons = set(connection.scalars(query))
    state = next((state for reason, state in _STATES.items() if reason in reasons), before)
    return case if state == case.state else touch(connection, case, state=state)
