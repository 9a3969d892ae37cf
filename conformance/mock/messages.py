"""Requests and replies of the mock, and the shapes that several resources answer in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from conformance.mock.choosing import RELATED, Offer
from conformance.wire.multipart import write_multipart

JSON: Final = "application/dicom+json"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the path is below the base, without its escapes read."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    root: str

    def header(self, name: str) -> str | None:
        """A field by its name in lower case."""
        return self.headers.get(name.lower())

    def arguments(self) -> list[tuple[str, str]]:
        """The query's names and values.

        Raises
        ------
        UnicodeDecodeError
            A value is no UTF-8.
        """
        return parse_qsl(self.query, keep_blank_values=True, errors="strict")

    def argument(self, name: str) -> str | None:
        """The first value of an argument."""
        return next((value for key, value in self.arguments() if key == name), None)

    @property
    def accept(self) -> str | None:
        """What is accepted: the query comes before the header (PS3.18 8.3.3.1)."""
        return self.argument("accept") or self.header("accept")


@dataclass(slots=True)
class Reply:
    """Status, header fields and a body."""

    status: int
    content_type: str | None = None
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


class Refused(Exception):  # noqa: N818 - a status, raised
    """A request is answered with a status and a sentence.

    Parameters
    ----------
    status : int
    sentence : str
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence

    def reply(self) -> Reply:
        """As an answer."""
        return Reply(self.status, "text/plain; charset=utf-8", self.sentence.encode())


def json_reply(value: Any, status: int = 200, content_type: str = JSON) -> Reply:
    """A value in JSON."""
    return Reply(status, content_type, json.dumps(value, ensure_ascii=False).encode())


def part_type(offer: Offer) -> str:
    """The Content-Type of a part."""
    return offer.content_type + (f"; transfer-syntax={offer.syntax}" if offer.syntax else "")


Parts = Sequence[tuple[str, bytes, str | None]]
"""Content-Type, bytes and Content-Location of each part."""


def multipart_reply(parts: Parts, inside: str, status: int = 200) -> Reply:
    """Parts as multipart/related."""
    boundary = uuid.uuid4().hex
    body = write_multipart(((_head(kind, at), data) for kind, data, at in parts), boundary)
    return Reply(status, f'{RELATED}; type="{inside}"; boundary={boundary}', body)


def _head(kind: str, location: str | None) -> list[tuple[str, str]]:
    fields = [("Content-Type", kind)]
    return fields + ([("Content-Location", location)] if location else [])
