"""Who hears of what: rows of notifications, written in the transaction in which it happens.

They say that something happened, never what: that is looked up when it is shown, as far as its
reader may know it by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from community.accounts.people import MAY_SIGN_IN
from community.cases.model import Case
from community.ids import new_id
from community.look.words import N_
from community.models import person
from community.talk_models import comment, follow, mail_choice, mail_out, notification

MENTION: Final = "mention"
REPLY: Final = "reply"
COMMENT: Final = "comment"
ACCEPTED: Final = "accepted"
CASE: Final = "case"
KINDS: Final[Mapping[str, str]] = {
    MENTION: N_("Somebody mentions you"),
    REPLY: N_("Somebody answers to your comment"),
    COMMENT: N_("A comment on your case, or on one that you follow"),
    ACCEPTED: N_("Your reading is accepted"),
    CASE: N_("A new case of a person or a specialty that you follow"),
}
"""What one may hear of, the most personal first."""

PERSON: Final = "person"
SPECIALTY: Final = "specialty"
FOLLOWED: Final = (CASE, PERSON, SPECIALTY)
"""What one may follow; a case is followed to hear of comments."""

max_told: Final = 5_000
"""Of people who hear of one thing; those who followed first."""


def tell_of_comment(
    connection: Connection,
    case: Case,
    comment_id: str,
    actor: str,
    named: Iterable[str],
    answered: str | None = None,
    *,
    only: bool = False,
) -> None:
    """Tell of a comment: each once, and for the reason that is closest to them.

    Parameters
    ----------
    named
        Whom it mentions.
    answered
        Who wrote what it answers.
    only
        Only those whom it mentions: it was changed, the others know of it.
    """
    told = dict.fromkeys(named, MENTION)
    if not only:
        if answered is not None:
            told.setdefault(answered, REPLY)
        if case.owner is not None:
            told.setdefault(case.owner, COMMENT)
        for one in _followers(connection, _follows(CASE, case.id)):
            told.setdefault(one, COMMENT)
    _tell(connection, told, actor, case.id, comment_id)


def tell_of_acceptance(connection: Connection, case: Case, comment_id: str, actor: str) -> None:
    """Tell whose reading was accepted."""
    author = connection.scalar(select(comment.c.author).where(comment.c.id == comment_id))
    if author is not None:
        _tell(connection, {author: ACCEPTED}, actor, case.id, comment_id)


def tell_of_case(connection: Connection, case: Case) -> None:
    """Tell those who follow its author or its specialty of a case that is public now."""
    if case.owner is None:
        return
    wanted = [_follows(PERSON, case.owner)]
    if case.specialty:
        wanted.append(_follows(SPECIALTY, case.specialty))
    told = dict.fromkeys(_followers(connection, or_(*wanted)), CASE)
    known = select(notification.c.person).where(
        notification.c.case_id == case.id, notification.c.kind == CASE
    )
    for one in connection.scalars(known):
        told.pop(one, None)
    _tell(connection, told, case.owner, case.id, None)


def forget_old(connection: Connection, before: datetime) -> int:
    """Delete notifications from before a moment, and the mails about them."""
    return connection.execute(delete(notification).where(notification.c.at < before)).rowcount


def _follows(kind: str, target: str) -> ColumnElement[bool]:
    return (follow.c.kind == kind) & (follow.c.target == target)


def _followers(connection: Connection, which: ColumnElement[bool]) -> list[str]:
    query = select(follow.c.person).where(which).order_by(follow.c.at).limit(max_told)
    return list(dict.fromkeys(connection.scalars(query)))


def _tell(
    connection: Connection,
    told: Mapping[str, str],
    actor: str,
    case_id: str,
    comment_id: str | None,
) -> None:
    wanted = [one for one in told if one != actor]
    if not wanted:
        return
    now = datetime.now(UTC)
    there = select(person.c.id).where(person.c.id.in_(wanted), person.c.state.in_(MAY_SIGN_IN))
    rows = [
        {
            "id": new_id(),
            "person": one,
            "kind": told[one],
            "case_id": case_id,
            "comment": comment_id,
            "actor": actor,
            "at": now,
        }
        for one in connection.scalars(there).all()
    ]
    if rows:
        connection.execute(insert(notification), rows)
        _plan_mails(connection, rows, now)


def _plan_mails(
    connection: Connection, rows: Sequence[Mapping[str, object]], now: datetime
) -> None:
    """Note which of them also go by mail."""
    people = [row["person"] for row in rows]
    query = select(mail_choice.c.person, mail_choice.c.kinds).where(
        mail_choice.c.person.in_(people), mail_choice.c.identity.is_not(None)
    )
    kinds = {row.person: row.kinds.split() for row in connection.execute(query)}
    mails = [
        {"notification": row["id"], "state": "waiting", "due_at": now}
        for row in rows
        if row["kind"] in kinds.get(str(row["person"]), ())
    ]
    if mails:
        connection.execute(insert(mail_out), mails)
