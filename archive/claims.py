"""Who works on which original: several processes share one study and do nothing twice.

A claim is a row beside the original. It says who is at it, so that others pass it by, and how many
were lost over it, so that what kills its worker is not tried for ever. What is done already does
not stand here but in `cleaned_instance`: without a claim work is done twice at worst, and the
first answer counts.

References
----------
docs/decisions/0154-many-hands-on-one-study.md
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from archive.archive import Archive
from archive.database import reading, retried, writing
from archive.models import claim, cleaned_instance, instance, quarantined, upload
from archive.quarantine import ORIGINALS, Original, original_of_row
from archive.uploads import DONE, LEFT_OUT, WORKING, Upload

# How many originals are looked at to find some that nobody works on.
window: Final = 64
# How long somebody on another machine is believed to be at it: in any case, and for each frame.
_BASE_S: Final = 300.0
_FRAME_S: Final = 10.0
_MAX_LEASE_S: Final = 6 * 3600.0
_ROWS_LOOKED_AT: Final = 1_000


class Superseded(Exception):  # noqa: N818 - reads as the fact it states
    """The study is not cleaned on this basis any more, or not at all: look at it anew."""


@dataclass(frozen=True, slots=True)
class Share:
    """An original that this process works on now.

    Attributes
    ----------
    lost
        How many processes were lost over it, or beside it, before.
    """

    original: Original
    lost: int


@dataclass(frozen=True, slots=True)
class Left:
    """What of a study has no answer yet: nobody is at `free`, somebody at `held`."""

    free: int
    held: int


def begin(archive: Archive, one: Upload, basis: str) -> None:
    """Say on which basis a study is cleaned from now on, and count what is clean already.

    Raises
    ------
    Superseded
        Nobody is to clean it any more.
    """
    clean = (
        select(func.count())
        .select_from(cleaned_instance)
        .where(cleaned_instance.c.upload_id == one.id)
        .where(or_(cleaned_instance.c.object_key.is_not(None), cleaned_instance.c.state == DONE))
        .scalar_subquery()
    )
    this = upload.c.id == one.id
    with writing(archive.engine, durable=False) as connection:
        # Locked by a statement of its own: what others noted until then is counted by the next.
        state = connection.scalar(select(upload.c.state).where(this).with_for_update())
        if state != WORKING:
            raise Superseded
        connection.execute(update(upload).where(this).values(basis=basis, cleaned=clean))


def take(
    archive: Archive, one: Upload, basis: str, numbers: Sequence[int], most: int, max_bytes: int
) -> list[Share]:
    """Claim some of these originals, the first of them that nobody answered or works on.

    Parameters
    ----------
    numbers
        Of originals, at most `window` of them.
    most, max_bytes
        How many, and of what size together; one of any size is always given. What somebody was
        lost over comes alone.

    Raises
    ------
    Superseded
        The study is not cleaned on this basis any more.
    """

    def once() -> list[Share]:
        with writing(archive.engine, durable=False) as connection:
            lock(connection, one, basis)
            return _take(connection, basis, numbers, most, max_bytes)

    return retried(once)


def lock(connection: Connection, one: Upload, basis: str) -> None:
    """Let nobody else claim or answer something of this study before the transaction's end.

    Raises
    ------
    Superseded
        The study is not cleaned on this basis any more.
    """
    query = select(upload.c.state, upload.c.basis).where(upload.c.id == one.id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None or (row.state, row.basis) != (WORKING, basis):
        raise Superseded


def mine(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Those of these originals that this process has claimed and nobody took over."""
    query = select(claim.c.instance_id).where(
        claim.c.instance_id.in_(list(numbers)), claim.c.holder == _holder()
    )
    return set(connection.scalars(query))


def end(connection: Connection, numbers: Iterable[int]) -> None:
    """Forget claims, in the transaction that notes the answers."""
    some = list(numbers)
    if some:
        connection.execute(delete(claim).where(claim.c.instance_id.in_(some)))


def give_back(archive: Archive, numbers: Iterable[int], blamed: int | None = None) -> None:
    """Let others work on what this process has claimed and will not finish.

    Parameters
    ----------
    blamed
        The original that ended the work, as if it had killed the process.
    """
    ours = (claim.c.instance_id.in_(list(numbers)), claim.c.holder == _holder())
    with writing(archive.engine, durable=False) as connection:
        if blamed is not None:
            connection.execute(
                update(claim)
                .where(claim.c.instance_id == blamed, *ours)
                .values(lost=claim.c.lost + 1)
            )
        connection.execute(update(claim).where(*ours).values(holder=""))


def left(archive: Archive, one: Upload, basis: str) -> Left:
    """What has no answer yet."""
    query = (
        select(claim.c.holder, claim.c.until)
        .select_from(instance)
        .join(quarantined, quarantined.c.study_id == instance.c.study_id)
        .outerjoin(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .outerjoin(claim, claim.c.instance_id == instance.c.id)
        .where(quarantined.c.upload_id == one.id)
        .where(or_(cleaned_instance.c.state.is_(None), ~_answered(basis)))
        .limit(_ROWS_LOOKED_AT)
    )
    now = datetime.now(UTC)
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    held = sum(_is_held(row, now) for row in rows)
    return Left(len(rows) - held, held)


def _answered(basis: str) -> Any:
    """Whether nothing more is to be done with an original on this basis."""
    state = cleaned_instance.c.state
    return state.in_((DONE, LEFT_OUT)) | ((cleaned_instance.c.basis == basis) & (state != ""))


def _take(
    connection: Connection, basis: str, numbers: Sequence[int], most: int, max_bytes: int
) -> list[Share]:
    query = (
        ORIGINALS.add_columns(claim.c.holder, claim.c.until, claim.c.lost)
        .outerjoin(claim, claim.c.instance_id == instance.c.id)
        .where(instance.c.id.in_(list(numbers)))
        .where(or_(cleaned_instance.c.state.is_(None), ~_answered(basis)))
        .order_by(instance.c.id)
    )
    now = datetime.now(UTC)
    rows = [row for row in connection.execute(query) if not _is_held(row, now)]
    chosen = _some([Share(original_of_row(row), _lost(row)) for row in rows], most, max_bytes)
    if chosen:
        taken = {share.original.number for share in chosen}
        end(connection, taken & {row.id for row in rows if row.holder is not None})
        until = now + timedelta(seconds=_lease_s(chosen))
        connection.execute(insert(claim), [_claimed(share, until) for share in chosen])
    return chosen


def _some(shares: Sequence[Share], most: int, max_bytes: int) -> list[Share]:
    """The first few; one over which somebody was lost is not taken with others."""
    chosen: list[Share] = []
    size = 0
    for share in shares[:most]:
        size += share.original.size
        if chosen and (share.lost or size > max_bytes):
            break
        chosen.append(share)
        if share.lost:
            break
    return chosen


def _lease_s(chosen: Sequence[Share]) -> float:
    frames = sum(share.original.frames for share in chosen)
    return min(_BASE_S + _FRAME_S * frames, _MAX_LEASE_S)


def _claimed(share: Share, until: datetime) -> dict[str, object]:
    return {
        "instance_id": share.original.number,
        "holder": _holder(),
        "until": until,
        "lost": share.lost,
    }


def _lost(row: Any) -> int:
    """How many were lost over it; who held it and did not give it back is one of them."""
    return (row.lost or 0) + (row.holder not in (None, "", _holder()))


def _is_held(row: Any, now: datetime) -> bool:
    """Whether somebody else works on it.

    A process does one thing after the other: what it holds itself it has left.
    """
    if not row.holder or row.holder == _holder() or row.until <= now:
        return False
    return _may_live(row.holder)


def _holder() -> str:
    """The name of this process, which no other one has."""
    return _name_of(os.getpid())


@cache
def _name_of(pid: int) -> str:
    return f"{socket.gethostname()[:64]}/{pid}/{_started(pid)}"


def _may_live(holder: str) -> bool:
    """Whether a process lives, or is on a machine of which nothing is known here."""
    host, _, process = holder.partition("/")
    pid, _, started = process.partition("/")
    if host != socket.gethostname()[:64] or not started:
        return True
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process began, in ticks of its machine's clock; empty if there is none, or no /proc.

    References
    ----------
    proc_pid_stat(5), fields 3 (state) and 22 (starttime).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
