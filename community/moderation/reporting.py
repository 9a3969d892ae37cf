"""Reporting something: it goes to the moderators, and is hidden at once if it identifies somebody.

Whoever sees something may say that a patient can be recognised in it, also without an account. What
a moderator has looked at and found good is not hidden by the next who says the same, for as long
as it was not changed: else anybody could keep it from everybody.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from archive.access import Principal
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import writing
from archive.errors import Unauthenticated
from archive.models import study
from community.audit.chain import Fact
from community.audit.trail import SYSTEM, by_person, record
from community.case_models import medical_case
from community.cases.readers import Reader
from community.ids import new_id
from community.moderation import rows
from community.moderation.errors import ModerationError
from community.moderation.holding import Happened, settle, tell
from community.moderation.model import (
    CASE,
    COMMENT,
    IDENTIFYING,
    KEEP,
    OPEN,
    REASONS,
    STUDY,
    Matter,
    Target,
    max_reports,
    max_words_chars,
)
from community.moderation.targets import find_target
from community.moderation_models import moderation_decision, moderation_matter, report
from community.talk_models import comment

_CLEARED_FOR: Final = timedelta(days=90)
"""What a moderator found good is looked at anew after that, whether or not it was changed."""


def report_something(
    archive: Archive,
    reader: Reader,
    asking: Principal | None,
    kind: str,
    name: str,
    reason: str,
    words: str = "",
) -> bool:
    """Tell the moderators of something; whether it is hidden from now on.

    Parameters
    ----------
    asking
        Who reports, as the archive knows them.
    name
        As of `targets.find_target`.

    Raises
    ------
    ModerationError
        The reason is none, or there are too many words.
    Unauthenticated
        Only that a patient can be recognised is heard of everybody.
    NotFound, Gone, NotAllowed
        There is no such thing, or not for them.
    """
    if reason not in REASONS:
        raise ModerationError("choose what is the matter", "reason")
    if reason != IDENTIFYING and reader.person is None:
        raise Unauthenticated(
            "sign in to report this; only what identifies a patient needs no account"
        )
    said = checked_words(words)
    target = find_target(archive, reader, asking, kind, name)
    who = reader.person.id if reader.person is not None else None
    by = by_person(who) if who is not None else SYSTEM
    with writing(archive.engine) as connection:
        matter = rows.waiting_about(connection, target) or _opened(connection, target)
        happened: list[Happened] = []
        if reason == IDENTIFYING:
            matter, happened = _held(archive, connection, matter, reader, by)
        _add(connection, matter, who, reason, said)
        tell(connection, by, happened)
        facts: dict[str, Fact] = {"reason": reason, "signed_in": who is not None}
        record(
            connection,
            by,
            "report.made",
            target=f"matter {matter.id}",
            subject=target.subject,
            facts=facts,
        )
    return matter.is_holding


def checked_words(words: str, *, required: bool = False) -> str:
    """Words as they are kept.

    Raises
    ------
    ModerationError
        There are too many, or none where some are needed.
    """
    kept = "".join(c for c in words if c.isprintable() or c == "\n").strip()
    if len(kept) > max_words_chars:
        raise ModerationError(f"write {max_words_chars} characters at most", "words")
    if required and not kept:
        raise ModerationError("say why: the person is told so", "words")
    return kept


def _opened(connection: Connection, target: Target) -> Matter:
    made = new_id()
    row = {
        "id": made,
        "kind": target.kind,
        "target": target.name,
        "subject": target.subject,
        "state": OPEN,
        "opened_at": datetime.now(UTC),
    }
    connection.execute(insert(moderation_matter).values(row))
    found = rows.find_matter(connection, made)
    assert found is not None  # it was just made
    return found


def _held(
    archive: Archive, connection: Connection, matter: Matter, reader: Reader, by: str
) -> tuple[Matter, list[Happened]]:
    """Have a matter be about a patient, and hide what it is about."""
    holds = (
        matter.is_holding
        or reader.is_moderator
        or not _is_cleared(archive, connection, matter.target)
    )
    changed = {"is_identifying": True, "is_holding": holds}
    this = moderation_matter.c.id == matter.id
    connection.execute(update(moderation_matter).where(this).values(changed))
    happened = settle(archive, connection, matter.target, by) if holds else []
    found = rows.find_matter(connection, matter.id)
    assert found is not None  # it is locked
    return found, happened


def _add(connection: Connection, matter: Matter, who: str | None, reason: str, words: str) -> None:
    counted = select(func.count()).where(report.c.matter == matter.id)
    if (connection.scalar(counted) or 0) >= max_reports:
        return
    row = {
        "id": new_id(),
        "matter": matter.id,
        "reporter": who,
        "reason": reason,
        "words": words,
        "at": datetime.now(UTC),
    }
    connection.execute(insert(report).values(row))


def _is_cleared(archive: Archive, connection: Connection, target: Target) -> bool:
    """Whether a moderator found nothing in it since it was changed last."""
    query = (
        select(moderation_decision.c.verb, moderation_decision.c.at)
        .join(moderation_matter, moderation_matter.c.id == moderation_decision.c.matter)
        .where(
            moderation_matter.c.kind == target.kind,
            moderation_matter.c.target == target.name,
            moderation_matter.c.is_identifying,
        )
        .order_by(moderation_decision.c.id.desc())
        .limit(1)
    )
    if not target.name:
        query = query.where(moderation_matter.c.subject == target.subject)
    last = connection.execute(query).one_or_none()
    if last is None or last.verb != KEEP or last.at < datetime.now(UTC) - _CLEARED_FOR:
        return False
    changed = _changed_at(archive, connection, target)
    return changed is not None and changed <= last.at


def _changed_at(archive: Archive, connection: Connection, target: Target) -> datetime | None:
    """When something was changed last; None of what is not known."""
    queries: dict[str, Any] = {
        CASE: select(medical_case.c.changed_at).where(medical_case.c.id == target.name),
        COMMENT: select(func.coalesce(comment.c.edited_at, comment.c.created_at)).where(
            comment.c.id == target.name
        ),
    }
    if target.kind == STUDY:
        collection, uid = target.study
        place = get_collection(archive, collection)
        queries[STUDY] = select(study.c.changed_at).where(
            study.c.collection_id == place.id, study.c.study_instance_uid == uid
        )
    query = queries.get(target.kind)
    found: datetime | None = None if query is None else connection.scalar(query)
    return found
