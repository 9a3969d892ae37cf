"""Content-Security-Policy of a page that counts: the configured hosts, and only on such a page.

References
----------
CSP Level 3 sections 6.1.2 (connect-src), 6.1.7 (img-src), 6.1.11 (script-src).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_OPENED: Final = {"script-src": "'self'", "connect-src": "'self'", "img-src": "'self' data:"}


def widened(policy: str, hosts: Iterable[str]) -> str:
    """A policy that also lets these hosts' script count."""
    directives = dict(
        part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip()
    )
    more = " ".join(hosts)
    for name, least in _OPENED.items():
        directives[name] = f"{directives.get(name, least)} {more}"
    return "; ".join(f"{name} {value}".strip() for name, value in directives.items())
