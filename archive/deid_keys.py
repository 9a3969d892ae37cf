"""The keys of de-identification as files: read, made when there is none yet, added and dropped.

They stand outside of the database on purpose: who has only a copy of the index, or of the objects,
finds no way back from a pseudonym. What is derived from a key is `imaging.deidentify`'s, and which
key a study gets is `destinations`'.
"""

from __future__ import annotations

import fcntl
import os
import secrets as random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from imaging.deidentify.secrets import BadKeyFile, Secret, make_key_file, new_secret, read_secrets

__all__ = ["BadKeyFile", "add_key", "drop_key", "keys_at"]


def keys_at(path: Path) -> list[Secret]:
    """Read the keys of a file, the newest last; a file that is missing is made with one key.

    Raises
    ------
    BadKeyFile
        It cannot be used; the message says why and never what is in it.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process of ours was quicker
                make_key_file(path, _name())
        except OSError as error:
            raise BadKeyFile(f"{path} cannot be written") from error
    return read_secrets(path)


def add_key(path: Path) -> Secret:
    """Put a new key behind the others, which stay; it is the newest as soon as this returns.

    Raises
    ------
    BadKeyFile
        The file cannot be used, or not be written.
    """
    keys_at(path)
    made = new_secret(_name())
    _rewrite(path, lambda lines: [*lines, f"{made.id} {made.key.hex()}"])
    return made


def drop_key(path: Path, name: str) -> None:
    """Take a key out, for good: nothing that was derived from it can be derived again.

    Raises
    ------
    BadKeyFile
        There is no such key, it is the newest, or the file cannot be written.
    """
    names = [secret.id for secret in keys_at(path)]
    if name not in names:
        raise BadKeyFile(f"{path} has no key '{name}'")
    if name == names[-1]:
        raise BadKeyFile(f"'{name}' is the newest key: make another one first")
    _rewrite(path, lambda lines: [line for line in lines if line.split(" ")[0] != name])


def _name() -> str:
    """Such that two machines that each made keys are never taken for one."""
    return f"{datetime.now(UTC):%Y%m%d}-{random.token_hex(4)}"


def _rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Put a changed file in the place of one, whole or not at all, for the same owner alone."""
    path = path.resolve()
    partial = path.with_name(f"{path.name}.{random.token_hex(4)}.part")
    try:
        with _alone(path):
            text = "\n".join(change(path.read_text(encoding="ascii").splitlines())) + "\n"
            try:
                _write_durably(partial, text, path.stat())
                read_secrets(partial)
                partial.rename(path)
            finally:
                partial.unlink(missing_ok=True)
            _flush_folder(path.parent)
    except OSError as error:
        raise BadKeyFile(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process changes the file."""
    while True:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Who was first has put another file in its place.
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield
                return


def _write_durably(path: Path, text: str, like: os.stat_result) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        if os.geteuid() == 0:  # the server reads it as somebody else
            os.fchown(file.fileno(), like.st_uid, like.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
