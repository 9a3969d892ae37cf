"""POST once, however often it is sent: the answer to a key is kept and given again for a day.

A sender that heard no answer sends the same request with the same `Idempotency-Key`. What was done
is not done twice: they are given the answer that was lost. Only answers of success are kept, so
that what was refused can be put right and sent again. Keys are a person's, and those of a token
are those of tokens that may the same; they go with their person.

References
----------
draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Response, g, request
from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from archive.database import reading, writing
from archive.errors import StoreUnavailable
from community.api.asking import Asking, asking, desk
from community.api.problems import Problem
from community.models import idempotency
from telemetry.logs import get_logger

log = get_logger(__name__)

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_FOR: Final = timedelta(days=1)
GIVEN_UP_AFTER: Final = timedelta(minutes=5)
"""Who began a request and did not end it within this time died meanwhile."""
max_key_chars: Final = 255
max_keys: Final = 1_000
"""Of one person; the oldest are forgotten first."""
max_compared_bytes: Final = 8 * 1024 * 1024
"""Of a request; endpoints with more room take no key."""
max_kept_bytes: Final = 2 * 1024 * 1024
"""Of an answer."""

_HEADERS: Final = ("Content-Type", "ETag", "Link", "Location")
_ANOTHER = "this key was used for another request; every request has a key of its own"
_STILL = "the request of this key is still being worked on; ask again in a moment"


def begin() -> Response | None:
    """Return the answer that was given to this key before; None to work on the request.

    Raises
    ------
    Problem
        The key is none, or another request's, or its request is being worked on.
    """
    if HEADER not in request.headers:
        return None
    key = _key(asking(), request.headers[HEADER])
    asked = _fingerprint()
    if not _claim(key, asked):
        return _given(key, asked)
    g.idempotency_key = key
    return None


def require_none() -> None:
    """Refuse a key where the body is too long to be compared, so that nobody relies on it.

    Raises
    ------
    Problem
        There is one.
    """
    if HEADER in request.headers:
        raise Problem(HTTPStatus.BAD_REQUEST, f"this takes no {HEADER}; leave it out")


def end(response: Response) -> Response:
    """Keep the answer to a request that `begin` let through, or forget that it was asked."""
    key = g.pop("idempotency_key", None)
    if key is None:
        return response
    this = idempotency.c.key_sha256 == key
    try:
        with writing(desk().archive.engine) as connection:
            if _is_kept(response):
                connection.execute(update(idempotency).where(this).values(_spelled(response)))
            else:
                connection.execute(delete(idempotency).where(this))
    except StoreUnavailable:
        # What was asked is done; only a second try of it will have to wait.
        log.exception("an answer could not be kept for its key")
    return response


def _key(who: Asking, sent: str) -> bytes:
    if who.person is None:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{HEADER} is for people: sign in, or use a token")
    key = sent.strip().removeprefix('"').removesuffix('"')
    if not (0 < len(key) <= max_key_chars and key.isascii() and key.isprintable()):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{HEADER} has 1 to {max_key_chars} characters")
    owner = (who.person.id, who.reads_as_person, who.writes_as_person)
    return hashlib.sha256(repr((owner, key)).encode()).digest()


def _fingerprint() -> bytes:
    body = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    said = (request.method, request.full_path, request.mimetype, body)
    return hashlib.sha256(repr(said).encode()).digest()


def _claim(key: bytes, asked: bytes) -> bool:
    """Note that a request is being worked on; False if its key is known."""
    person, now = asking().person, datetime.now(UTC)
    assert person is not None
    table = idempotency.c
    died = table.status.is_(None) & (table.begun_at <= now - GIVEN_UP_AFTER)
    oldest = (
        select(table.key_sha256)
        .where(table.person == person.id)
        .order_by(table.begun_at.desc())
        .offset(max_keys - 1)
    )
    row = {"key_sha256": key, "person": person.id, "request_sha256": asked, "begun_at": now}
    with writing(desk().archive.engine) as connection:
        over = or_(table.begun_at <= now - KEPT_FOR, died, table.key_sha256.in_(oldest))
        connection.execute(delete(idempotency).where(table.person == person.id, over))
        try:
            with connection.begin_nested():
                connection.execute(insert(idempotency).values(row))
        except IntegrityError:
            return False
    return True


def _given(key: bytes, asked: bytes) -> Response:
    query = select(idempotency).where(idempotency.c.key_sha256 == key)
    with reading(desk().archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is not None and row.request_sha256 != asked:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _ANOTHER)
    if row is None or row.status is None:
        raise Problem(HTTPStatus.CONFLICT, _STILL)
    return _again(row)


def _is_kept(response: Response) -> bool:
    if not 200 <= response.status_code < 300 or response.is_streamed:
        return False
    return len(response.get_data()) <= max_kept_bytes


def _spelled(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    return {
        "status": response.status_code,
        "headers": json.dumps(headers),
        "body": response.get_data(),
    }


def _again(row: Row[Any]) -> Response:
    answer = Response(row.body, row.status)
    answer.headers.update(json.loads(row.headers))
    answer.headers[REPLAYED] = "true"
    return answer
