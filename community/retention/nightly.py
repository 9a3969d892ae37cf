"""The night's work: each row of the table is done once, by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.archive import Archive
from archive.database import writing
from community.audit.trail import SYSTEM, record
from community.retention.table import RULES, Rule
from telemetry.logs import get_logger

log = get_logger(__name__)

EVERY_S: Final = 24 * 3600.0


def days_of(rule: Rule, days: Mapping[str, int]) -> int | None:
    """For how many days a row's things are kept, as the site file or the table says."""
    return days.get(rule.name, rule.days)


def forget_old(
    archive: Archive,
    days: Mapping[str, int],
    now: datetime | None = None,
    rules: Sequence[Rule] = RULES,
) -> dict[str, int | None]:
    """Forget what was kept long enough.

    One row that fails does not keep the others from theirs; it is logged, and tried again the
    next night.

    Parameters
    ----------
    days
        What the site file says otherwise than the table.
    now
        Another moment than this one.

    Returns
    -------
    dict
        How much each row forgot; None of one that failed.
    """
    now = now or datetime.now(UTC)
    done: dict[str, int | None] = {}
    for rule in rules:
        kept = days_of(rule, days)
        if kept is None or not rule.is_done:
            continue
        try:
            done[rule.name] = _do(rule, archive, now - timedelta(days=kept), now)
        except Exception:
            log.exception("something was not forgotten", task=rule.name)
            done[rule.name] = None
    total = sum(filter(None, done.values()))
    if total:
        with writing(archive.engine) as connection:
            record(connection, SYSTEM, "retention.ran", facts={"count": total})
    log.info("old things forgotten", count=total)
    return done


def _do(rule: Rule, archive: Archive, before: datetime, now: datetime) -> int:
    if rule.act is not None:
        return rule.act(archive, before, now)
    assert rule.forget is not None
    return rule.forget(archive, before)
