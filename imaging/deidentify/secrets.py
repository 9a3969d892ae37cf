"""The key from which pseudonyms, UIDs and date offsets are derived; never what is derived.

Without the key nothing that is derived leads back: every derivation is an HMAC (RFC 2104) of the
original, under a purpose of its own, so that one kind of result tells nothing about another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32
_LINE = re.compile(r"([0-9a-z-]{1,32}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Secret:
    """One key and the name by which records speak of it.

    Attributes
    ----------
    id
        Says nothing about the key.
    """

    id: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")

    def derive(self, purpose: str, *parts: str) -> bytes:
        """Derive 32 bytes from texts; lengths are told apart, so that no two lists are alike."""
        message = b"".join(
            len(data).to_bytes(4, "big") + data
            for data in (part.encode() for part in (purpose, *parts))
        )
        return hmac.digest(self.key, message, hashlib.sha256)

    def of(self, owner: str) -> Secret:
        """The key for what is one owner's, of the same name; what is nobody's own has this one."""
        return Secret(self.id, self.derive("owner", owner)) if owner else self

    def number(self, purpose: str, *parts: str) -> int:
        """The same as a whole number."""
        return int.from_bytes(self.derive(purpose, *parts), "big")


class BadKeyFile(Exception):  # noqa: N818 - reads as the fact it states
    """The file of keys cannot be used; the message says why and never what is in it."""


def new_secret(name: str) -> Secret:
    """Make a key."""
    return Secret(name, os.urandom(KEY_BYTES))


def read_secrets(path: Path) -> list[Secret]:
    """Read a file of keys: a name and 64 hexadecimal digits a line, the newest last.

    Raises
    ------
    BadKeyFile
        It cannot be read, others may read it, a line is no key, or a name stands twice.
    """
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeyFile(f"{path} cannot be read") from error
    if mode & 0o077:
        raise BadKeyFile(f"{path} may be read by others: chmod 600 it")
    found = [_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    if not found or None in found:
        raise BadKeyFile(f"{path} must have a name and 64 hexadecimal digits on each line")
    secrets = [Secret(match[1], bytes.fromhex(match[2])) for match in found if match]
    if len({secret.id for secret in secrets}) < len(secrets):
        raise BadKeyFile(f"{path} has two keys of one name")
    return secrets


def make_key_file(path: Path, name: str = "first") -> Secret:
    """Write a file with one new key, for its owner alone; an existing file is never touched.

    Raises
    ------
    FileExistsError
        There is one already.
    """
    secret = new_secret(name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret.id} {secret.key.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return secret
