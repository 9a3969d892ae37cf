"""Structured logs: one JSON object a line on stderr, with the request's id, never patient data.

Here lives how a line is spelled and who may write one. What may stand in it is decided by
`telemetry.redaction`. Our own code says an event (a constant sentence) and named fields:

>>> log = get_logger(__name__)
>>> log.info("study processed", collection="archive", duration_ms=12.5)

Packages that may not import this one say the same with the standard logger, as
``log.warning("a constant sentence", extra={"dicomtube": {"collection": "archive"}})``.
Libraries log free text, which may hold anything; `FOREIGN_LOGGERS` says whose text passes.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from telemetry.redaction import (
    OUR_PACKAGES,
    WITHHELD,
    clean_fields,
    describe_exception,
    without_secrets,
)

request_id: ContextVar[str] = ContextVar("request_id", default="")

max_request_id = 64

# Libraries whose messages were read and hold addresses, task names and states only. The text of
# every other library is withheld: sqlalchemy quotes bound parameters, pydicom quotes values,
# pynetdicom prints identifiers.
FOREIGN_LOGGERS = frozenset({"alembic", "celery", "kombu", "granian", "_granian", "gunicorn"})
# The levels at which chatty libraries begin to speak.
LEVELS = {
    "pynetdicom": logging.ERROR,
    "pydicom": logging.ERROR,
    "alembic": logging.WARNING,
    "kombu": logging.ERROR,
    "celery": logging.WARNING,
}


class Log:
    """A logger whose every fact is a named field."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        self._say(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._say(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._say(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._say(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Log the exception being handled; call it inside ``except`` only."""
        self._say(logging.ERROR, event, fields, with_exception=True)

    def _say(
        self, level: int, event: str, fields: dict[str, object], *, with_exception: bool = False
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(
                level, "%s", event, exc_info=with_exception, extra={"dicomtube": fields}
            )


def get_logger(name: str) -> Log:
    """Return the logger of one of our modules; pass ``__name__``."""
    return Log(name)


class JsonLines(logging.Formatter):
    """Spell a record as one line of JSON that holds known-safe facts only."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": _event(record),
        }
        if identifier := request_id.get():
            line["request_id"] = identifier
        line.update(clean_fields(getattr(record, "dicomtube", {})))
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


def _event(record: logging.LogRecord) -> str:
    package = record.name.partition(".")[0]
    if package in FOREIGN_LOGGERS or hasattr(record, "dicomtube"):
        return without_secrets(record.getMessage())[:1000]
    if package in OUR_PACKAGES:
        # `archive` and `imaging` may not import this package and use the standard logger: the
        # constant sentence passes, what would be filled in does not. A test holds them to it.
        return str(record.msg)[:1000]
    return WITHHELD


def configure(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream`, as JSON lines.

    Parameters
    ----------
    service
        The kind of process: ``web``, ``dimse``, ``worker``, ``ops``.
    level
        The least severe level that is written: ``debug``, ``info``, ``warning``, ``error``.
    stream
        Where to; standard error by default.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for name, least in LEVELS.items():
        _reroute(logging.getLogger(name), least)


def _reroute(logger: logging.Logger, least: int) -> None:
    """Take away a library's own handlers, so that no text goes around the formatter."""
    logger.handlers[:] = []
    logger.propagate = True
    logger.setLevel(least)


def new_request_id() -> str:
    """Return a fresh, unguessable identifier of one request, association or task."""
    return secrets.token_hex(8)


def accepted_request_id(offered: str | None) -> str:
    """Keep an identifier that a proxy in front has given when it is plain, else make one."""
    plain = offered and len(offered) <= max_request_id and offered.isascii()
    if plain and offered and offered.replace("-", "").isalnum():
        return offered
    return new_request_id()


@contextmanager
def bound_request_id(identifier: str | None = None) -> Iterator[str]:
    """Give every log line written inside the block this request id."""
    chosen = identifier or new_request_id()
    token = request_id.set(chosen)
    try:
        yield chosen
    finally:
        request_id.reset(token)
