"""Sending mails about notifications: one that happened, one mail, and a link that stops them.

The worker calls `send_waiting` every now and then. What a mail says is looked up when it is sent,
as far as its reader may know it then; no comment is ever in it. Each is claimed before it is given
to the mail server and tried again later if that does not take it.

References
----------
RFC 8058 (One-Click Unsubscribe).
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import Connection, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import MAY_SIGN_IN, find_person
from community.accounts.secret import digest, new_secret
from community.cases.readers import Reader
from community.discussion import rows
from community.discussion.mail_choices import addresses_in, write_choice
from community.discussion.notices import Notice, shown
from community.discussion.notifying import ACCEPTED, CASE, COMMENT, MENTION, REPLY
from community.mail.sending import Send, connected, is_for_good, new_mail, refusal
from community.mail.settings import MailSettings
from community.talk_models import mail_choice, mail_out, notification
from telemetry.logs import get_logger

log = get_logger(__name__)

WAITING: Final = "waiting"
SENT: Final = "sent"
DROPPED: Final = "dropped"

max_a_round: Final = 50
max_tries: Final = 8
_FIRST_WAIT: Final = timedelta(minutes=2)

STOP_PATH: Final = "/mail/stop/"

_HAPPENED: Final = {
    MENTION: "{name} mentions you in “{title}”",
    REPLY: "{name} answers to your comment on “{title}”",
    COMMENT: "{name} comments on “{title}”",
    ACCEPTED: "{name} accepts your reading of “{title}”",
    CASE: "{name} shows a new case, “{title}”",
}


@dataclass(frozen=True, slots=True)
class _Due:
    """A mail that is claimed: its notification, whose it is, and to where."""

    notice: Notice
    address: str


def send_waiting(archive: Archive, settings: MailSettings) -> int:
    """Send what waits, as much as a round has; returns how many mails were sent."""
    due = _claim(archive)
    if not due:
        return 0
    sent = 0
    try:
        with connected(settings) as send:
            for number in due:
                sent += _send_one(archive, settings, number, send)
    except (OSError, smtplib.SMTPException) as error:
        # They are claimed already, and come back after their wait.
        log.warning("the mail server cannot be used", error=type(error).__name__)
    return sent


def stop(archive: Archive, secret: str) -> bool:
    """Send no more mails to whoever got the one with this secret; False if there is none."""
    query = (
        select(notification.c.person)
        .join(mail_out, mail_out.c.notification == notification.c.id)
        .where(mail_out.c.secret_sha256 == digest(secret))
    )
    with writing(archive.engine) as connection:
        person = connection.scalar(query)
        if person is None:
            return False
        write_choice(connection, person, None, ())
    return True


def _claim(archive: Archive) -> list[str]:
    """Take mails that are due, so that no other round takes them, too."""
    now = datetime.now(UTC)
    query = (
        select(mail_out.c.notification, mail_out.c.tries)
        .where(mail_out.c.state == WAITING, mail_out.c.due_at <= now)
        .order_by(mail_out.c.due_at)
        .limit(max_a_round)
        .with_for_update(skip_locked=True)
    )
    with writing(archive.engine) as connection:
        found = connection.execute(query).all()
        for row in found:
            is_last = row.tries + 1 > max_tries
            _note(
                connection,
                row.notification,
                state=DROPPED if is_last else WAITING,
                tries=row.tries + 1,
                due_at=now + _FIRST_WAIT * 2**row.tries,
            )
    return [row.notification for row in found if row.tries < max_tries]


def _send_one(archive: Archive, settings: MailSettings, number: str, send: Send) -> int:
    due = _due(archive, number)
    if due is None:
        with writing(archive.engine) as connection:
            _note(connection, number, state=DROPPED)
        return 0
    secret = new_secret()
    mail = _written(due, settings, archive.settings.public_url, secret)
    with writing(archive.engine) as connection:
        _note(connection, number, secret_sha256=digest(secret))
    try:
        send(mail)
    except smtplib.SMTPException as error:
        code = refusal(error)
        if code is None:
            raise
        return _refused(archive, number, code)
    with writing(archive.engine) as connection:
        _note(connection, number, state=SENT)
    return 1


def _refused(archive: Archive, number: str, code: int) -> int:
    """What is refused for good is not tried again."""
    log.warning("a mail was refused", code=code)
    if is_for_good(code):
        with writing(archive.engine) as connection:
            _note(connection, number, state=DROPPED)
    return 0


def _due(archive: Archive, number: str) -> _Due | None:
    """What a mail is about, unless there is nothing to be told, or nobody to tell it to."""
    query = (
        select(notification, mail_choice.c.identity, mail_choice.c.kinds)
        .join(mail_choice, mail_choice.c.person == notification.c.person)
        .where(notification.c.id == number, notification.c.read_at.is_(None))
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
        if row is None or row.kind not in row.kinds.split():
            return None
        known = {one.id: one.email for one in addresses_in(connection, row.person)}
        people = rows.people_of(connection, {row.actor} if row.actor else ())
    address, person = known.get(row.identity), find_person(archive, row.person)
    if address is None or person is None or person.state not in MAY_SIGN_IN:
        return None
    found = shown(archive, Reader(person), [row], people)
    return _Due(found[0], address) if found else None


def _written(due: _Due, settings: MailSettings, origin: str, secret: str) -> EmailMessage:
    notice, base = due.notice, origin.rstrip("/")
    name = notice.actor.shown_name if notice.actor else "Somebody"
    words = _HAPPENED[notice.kind].format(name=name, title=notice.view.shown_title)
    stop_at = f"{base}{STOP_PATH}{secret}"
    mail = new_mail(settings, due.address, words)
    mail["List-Unsubscribe"] = f"<{stop_at}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(
        f"{words}.\n\n{base}{notice.path}\n\n-- \n"
        f"You chose to hear of this at {base}/settings/notifications\n"
        f"No mails any more: {stop_at}\n"
    )
    return mail


def _note(connection: Connection, number: str, **values: object) -> None:
    connection.execute(update(mail_out).where(mail_out.c.notification == number).values(**values))
