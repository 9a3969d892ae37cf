"""The keys of de-identification as files: read, and made when there is none yet.

They stand outside of the database on purpose: who has only a copy of the index, or of the objects,
finds no way back from a pseudonym. What is derived from a key is `imaging.deidentify`'s.
"""

from __future__ import annotations

import secrets as random
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from imaging.deidentify.secrets import BadKeyFile, Secret, make_key_file, read_secrets

__all__ = ["BadKeyFile", "keys_at"]


def keys_at(path: Path) -> list[Secret]:
    """Read the keys of a file, the newest last; a file that is missing is made with one key.

    Raises
    ------
    BadKeyFile
        It cannot be used; the message says why and never what is in it.
    """
    if not path.exists():
        # Named so that two machines that each made keys are never taken for one.
        name = f"{datetime.now(UTC):%Y%m%d}-{random.token_hex(4)}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process of ours was quicker
                make_key_file(path, name)
        except OSError as error:
            raise BadKeyFile(f"{path} cannot be written") from error
    return read_secrets(path)
