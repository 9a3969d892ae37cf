"""How this server sends mail, if it does: what an operator sets in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.errors import SettingsError
from archive.settings import is_loopback

SMTP_URL = "DICOMTUBE_SMTP_URL"
PASSWORD_FILE = "DICOMTUBE_SMTP_PASSWORD_FILE"  # noqa: S105 - the name of a variable
FROM = "DICOMTUBE_MAIL_FROM"

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail is given to, and from whom it is.

    Attributes
    ----------
    is_tls
        The connection begins encrypted; else it becomes so before anything is said, unless the
        server is this machine itself.
    """

    host: str
    port: int
    is_tls: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def needs_starttls(self) -> bool:
        """Whether an open connection has to become an encrypted one."""
        return not self.is_tls and not is_loopback(self.host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> MailSettings | None:
        """Read the settings; None where no mail is sent.

        Raises
        ------
        SettingsError
            One of them cannot work.
        """
        url = environ.get(SMTP_URL) or ""
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.password:
            raise SettingsError(
                f"{SMTP_URL} must be smtp://[user@]host[:port] or smtps://…; its password lies in "
                f"the file that {PASSWORD_FILE} names"
            )
        sender = environ.get(FROM) or ""
        if "@" not in parseaddr(sender)[1] or not sender.isprintable():
            raise SettingsError(f"{FROM} must be the address that mails come from")
        port = parts.port or _PORTS[parts.scheme]
        secure = parts.scheme == "smtps"
        user = unquote(parts.username or "")
        return cls(parts.hostname, port, secure, sender, user, _password(environ, user))


def _password(environ: Mapping[str, str], user: str) -> str:
    path = environ.get(PASSWORD_FILE) or ""
    if bool(path) != bool(user):
        raise SettingsError(f"a user in {SMTP_URL} and {PASSWORD_FILE} belong together")
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{PASSWORD_FILE} names a file that cannot be read") from error
