"""Where comments are found: the addresses that pages, notifications and mails share."""

from __future__ import annotations

from urllib.parse import urlencode


def case_path(slug: str) -> str:
    """The page of a case, below the server's address."""
    return f"/cases/{slug}"


def comment_path(slug: str, comment_id: str) -> str:
    """A comment where it stands: on its case's page, which begins with its thread."""
    return f"{case_path(slug)}?{urlencode({'at': comment_id})}#c-{comment_id}"


def profile_path(handle: str) -> str:
    """What everybody sees of somebody."""
    return f"/u/{handle}"
