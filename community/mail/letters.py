"""Letters: mails that are written when something happens, and wait until they are sent.

They wait in the database, so that they are there exactly if what they tell of is; each is claimed
before it is sent, tried again later if it is not taken, and deleted when it was. Nothing of a
letter that has left is kept. Notifications are mailed by `community.discussion.mailing`, which
looks up what they say when they are sent; this is for what has to be said at once.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.ids import new_id
from community.mail.sending import Send, connected, is_for_good, new_mail, refusal
from community.mail.settings import MailSettings
from community.request_models import letter
from telemetry.logs import get_logger

log = get_logger(__name__)

max_a_round: Final = 50
max_tries: Final = 8
_FIRST_WAIT: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody is written.

    Attributes
    ----------
    person, ticket
        With whose account, and with which request, it goes if it has not left by then.
    """

    address: str
    subject: str
    body: str
    person: str | None = None
    ticket: str | None = None


Lost = Callable[[Connection, Letter], None]
"""Is told, in the transaction that gives it up, of a letter that cannot be delivered."""


def post(connection: Connection, written: Letter) -> None:
    """Have a letter sent once the transaction is done."""
    row = {
        "id": new_id(),
        "person": written.person,
        "ticket": written.ticket,
        "address": written.address,
        "subject": written.subject,
        "body": written.body,
        "due_at": datetime.now(UTC),
    }
    connection.execute(insert(letter).values(row))


def send_letters(archive: Archive, settings: MailSettings, lost: Lost) -> int:
    """Send what waits, as much as a round has; returns how many were sent."""
    due = _claim(archive, lost)
    if not due:
        return 0
    sent = 0
    try:
        with connected(settings) as send:
            for letter_id in due:
                sent += _send_one(archive, settings, letter_id, send, lost)
    except (OSError, smtplib.SMTPException) as error:
        # They are claimed already, and come back after their wait.
        log.warning("the mail server cannot be used", error=type(error).__name__)
    return sent


def _claim(archive: Archive, lost: Lost) -> list[str]:
    """Take letters that are due, so that no other round takes them, too."""
    now = datetime.now(UTC)
    query = (
        select(letter.c.id, letter.c.tries)
        .where(letter.c.due_at <= now)
        .order_by(letter.c.due_at)
        .limit(max_a_round)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    with writing(archive.engine) as connection:
        for row in connection.execute(query).all():
            if row.tries >= max_tries:
                _give_up(connection, row.id, lost)
                continue
            wait = {"tries": row.tries + 1, "due_at": now + _FIRST_WAIT * 2**row.tries}
            connection.execute(update(letter).where(letter.c.id == row.id).values(wait))
            claimed.append(row.id)
    return claimed


def _send_one(
    archive: Archive, settings: MailSettings, letter_id: str, send: Send, lost: Lost
) -> int:
    with reading(archive.engine) as connection:
        found = _find(connection, letter_id)
    if found is None:
        return 0
    mail = new_mail(settings, found.address, found.subject)
    mail.set_content(found.body)
    try:
        send(mail)
    except smtplib.SMTPException as error:
        code = refusal(error)
        if code is None:
            raise
        log.warning("a letter was refused", code=code)
        if is_for_good(code):
            with writing(archive.engine) as connection:
                _give_up(connection, letter_id, lost)
        return 0
    with writing(archive.engine) as connection:
        _forget(connection, letter_id)
    return 1


def _give_up(connection: Connection, letter_id: str, lost: Lost) -> None:
    found = _find(connection, letter_id)
    if found is not None:
        lost(connection, found)
        _forget(connection, letter_id)


def _find(connection: Connection, letter_id: str) -> Letter | None:
    row = connection.execute(select(letter).where(letter.c.id == letter_id)).one_or_none()
    if row is None:
        return None
    return Letter(row.address, row.subject, row.body, row.person, row.ticket)


def _forget(connection: Connection, letter_id: str) -> None:
    connection.execute(delete(letter).where(letter.c.id == letter_id))
