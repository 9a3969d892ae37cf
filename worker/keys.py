"""Where the keys of de-identification lie on this machine: found, or made at first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from archive.deid_keys import keys_at
from archive.settings import deid_key_file
from imaging.deidentify.secrets import Secret


def newest_key(
    given: Path | None, environ: Mapping[str, str], say: Callable[[str], None]
) -> Secret:
    """Give the key that new files get.

    Raises
    ------
    BadKeyFile
        The file cannot be read or made; the message says why.
    """
    path = given or deid_key_file(environ)
    if not path.exists():
        say(f"Made new keys: {path}. Without them nobody gets the same pseudonyms again.")
    return keys_at(path)[-1]
