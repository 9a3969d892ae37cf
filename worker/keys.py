"""Where the keys of de-identification lie on this machine: found, or made at first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from archive.deid_keys import keys_at
from archive.settings import deid_key_file
from imaging.deidentify.secrets import BadKeyFile, Secret


def chosen_key(
    given: Path | None,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    name: str | None = None,
) -> Secret:
    """Give the newest key, or the one of a name.

    Raises
    ------
    BadKeyFile
        The file cannot be read or made, or has no key of this name; the message says why.
    """
    path = given or deid_key_file(environ)
    if not path.exists():
        say(f"Made new keys: {path}. Without them nobody gets the same pseudonyms again.")
    keys = keys_at(path)
    if name is None:
        return keys[-1]
    for one in keys:
        if one.id == name:
            return one
    raise BadKeyFile(f"{path} has no key '{name}'")
