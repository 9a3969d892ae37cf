"""Accounts put on an app: what its pages and templates find there."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from archive.archive import Archive
from community.accounts import csrf
from community.accounts.signed_in import ARCHIVE_KEY, person_of


def mount(app: Flask, archive: Archive) -> None:
    """Let every page know who is signed in."""
    app.extensions[ARCHIVE_KEY] = archive

    @app.context_processor
    def who() -> dict[str, Any]:
        return {"person": person_of(request), "csrf_token": lambda: csrf.token(request)}
