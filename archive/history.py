"""Whether an index is at the newest revision, asked without the tool that migrates.

Every process asks when it starts, and almost always there is nothing to do; Alembic takes a tenth
of a process's memory and half a second of its start. What a migration does is `migrations`.
"""

from __future__ import annotations

import re
from importlib.resources import files

from sqlalchemy import Connection, inspect, text

_SAID = re.compile(r"^(revision|down_revision) = \"([0-9a-z]+)\"$", re.MULTILINE)


def is_newest(connection: Connection) -> bool:
    """Whether the index has had every migration that is there."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    at = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    return at == newest_revisions()


def newest_revisions() -> set[str]:
    """The revisions that no other one follows."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for script in files("migrations.versions").iterdir():
        if script.name.endswith(".py"):
            for name, revision in _SAID.findall(script.read_text("utf-8")):
                found[name].add(revision)
    return found["revision"] - found["down_revision"]
