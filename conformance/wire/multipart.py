"""multipart/related bodies (RFC 2046, RFC 2387): read strictly, written plainly or as told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.verdicts import Failed
from conformance.wire.media import MediaType, MediaTypeError, read_media_type

_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
max_parts: Final = 100_000


class MultipartError(ValueError):
    """What the body does wrong, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its header fields in their order, and its bytes."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a field, or None."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def media_type(self) -> MediaType:
        """What the part says it is.

        Raises
        ------
        Failed
            It says nothing that can be read.
        """
        text = self.header("Content-Type") or ""
        try:
            return read_media_type(text)
        except MediaTypeError as error:
            raise Failed(f"a part has Content-Type {text!r}: {error}") from error


def read_multipart(body: bytes, boundary: str | None) -> list[Part]:
    """Take a body apart.

    Raises
    ------
    MultipartError
        It is not made as RFC 2046 5.1.1 says.
    """
    if boundary is None:
        raise MultipartError("has no boundary parameter in its Content-Type")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise MultipartError(f"has a boundary that RFC 2046 does not allow: {boundary!r}")
    mark = b"--" + boundary.encode("ascii")
    at = _first(body, mark)
    parts: list[Part] = []
    while not body.startswith(b"--", at):
        at = _after_line(body, at)
        end = body.find(b"\r\n" + mark, at)
        if end < 0:
            raise MultipartError("has no closing boundary")
        parts.append(_part(body[at:end]))
        if len(parts) > max_parts:
            raise MultipartError(f"has more than {max_parts} parts")
        at = end + 2 + len(mark)
    return parts


def _first(body: bytes, mark: bytes) -> int:
    if body.startswith(mark):
        return len(mark)
    at = body.find(b"\r\n" + mark)
    if at < 0:
        raise MultipartError("does not hold its own boundary")
    return at + 2 + len(mark)


def _after_line(body: bytes, at: int) -> int:
    end = body.find(b"\r\n", at)
    if end < 0 or body[at:end].strip(b" \t"):
        raise MultipartError("has a boundary line that goes on after the boundary")
    return end + 2


def _part(data: bytes) -> Part:
    if data.startswith(b"\r\n"):
        return Part((), data[2:])
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        raise MultipartError("has a part without the blank line after its header")
    return Part(tuple(_field(line) for line in head.split(b"\r\n")), body)


def _field(line: bytes) -> tuple[str, str]:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise MultipartError(f"has a part with a broken header line: {line[:60]!r}")
    return match[1].decode("ascii"), match[2].decode("latin-1")


def write_multipart(
    parts: Iterable[tuple[Sequence[tuple[str, str]], bytes]], boundary: str
) -> bytes:
    """Put parts together, each its header fields and bytes."""
    pieces: list[bytes] = []
    for headers, data in parts:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        pieces += [
            b"--",
            boundary.encode(),
            b"\r\n",
            lines.encode("latin-1"),
            b"\r\n",
            data,
            b"\r\n",
        ]
    return b"".join([*pieces, b"--", boundary.encode(), b"--\r\n"])
