"""What we write is for our own user: index, objects, spool and logs hold patients' data.

Only the switch may live here. It is thrown where an archive is opened or
migrated and where the supervisor begins, before the first file is made; what
an operator made before keeps the permissions that they gave it.
"""

from __future__ import annotations

import os

_OTHERS = 0o077


def write_for_ourselves() -> None:
    """Let nobody else on this machine read what this process creates from now on."""
    os.umask(_OTHERS)
