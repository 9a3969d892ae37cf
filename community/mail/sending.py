"""A mail, and the connection by which it goes.

References
----------
RFC 5322 section 3.6 (fields), RFC 3834 (automatic mails), RFC 5321 section 4.2.1 (replies).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

from community.mail.settings import MailSettings

_TIMEOUT_S: Final = 30
_NOT_FOR_IT: Final = 553

Send = Callable[[EmailMessage], None]


def new_mail(settings: MailSettings, address: str, subject: str) -> EmailMessage:
    """A mail with its fields and nothing in it yet."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = settings.sender
    mail["To"] = address
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=parseaddr(settings.sender)[1].partition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    return mail


@contextmanager
def connected(settings: MailSettings) -> Iterator[Send]:
    """What hands a mail to the server, for as long as it is connected."""
    context = ssl.create_default_context()
    server: smtplib.SMTP = (
        smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIMEOUT_S, context=context)
        if settings.is_tls
        else smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
    )
    with server:
        if settings.needs_starttls:
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, settings.password)

        def send(mail: EmailMessage) -> None:
            server.send_message(mail)

        yield send


def refusal(error: smtplib.SMTPException) -> int | None:
    """The number with which the server refused one mail; None where it failed altogether."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _NOT_FOR_IT  # an address with letters that this server does not know
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return None


def is_for_good(code: int) -> bool:
    """Whether what was refused with this number is not worth another try."""
    return code >= 500
