"""One answer of the server, and what can be asked of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from conformance.verdicts import Failed
from conformance.wire.media import MediaType, MediaTypeError, read_media_type
from conformance.wire.multipart import MultipartError, Part, read_multipart
from conformance.wire.shapes import trouble_in

_LONG: Final = re.compile(r"(?<==)[^&]{90,}")


def _cut(match: re.Match[str]) -> str:
    return f"{match[0][:70]}…"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header fields in their order, and the whole body.

    Parameters
    ----------
    url
        The whole address that was asked.
    """

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    elapsed_s: float
    http_version: int = 11

    @property
    def asked(self) -> str:
        """Method and address for sentences about it; long values of the query are cut."""
        return f"{self.method} {_LONG.sub(_cut, self.url)}"

    def header(self, name: str) -> str | None:
        """The value of a field, several joined by commas; None when it is not there."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    def all_of(self, name: str) -> list[str]:
        """Each value of a field that may stand several times."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def is_success(self) -> bool:
        """Whether the status is of the 200s."""
        return 200 <= self.status < 300

    def media_type(self) -> MediaType:
        """What the body says it is.

        Raises
        ------
        Failed
            It says nothing, or nothing that can be read.
        """
        text = self.header("Content-Type")
        if text is None:
            raise Failed(f"{self.asked} answered a body without Content-Type")
        try:
            return read_media_type(text)
        except MediaTypeError as error:
            raise Failed(f"{self.asked} answered Content-Type {text!r}: {error}") from error

    def expect_status(self, *wanted: int) -> Answer:
        """Itself, when the status is one of these.

        Raises
        ------
        Failed
            It is another.
        """
        if self.status not in wanted:
            expected = " or ".join(str(one) for one in wanted)
            raise Failed(f"{self.asked} answered {self.status}; expected {expected}")
        return self

    def json(self) -> Any:
        """The body read as JSON.

        Raises
        ------
        Failed
            It is none.
        """
        try:
            return json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise Failed(
                f"{self.asked} answered a body that is no JSON in UTF-8: {error}"
            ) from error

    def data_sets(self) -> list[dict[str, Any]]:
        """The body as an array of DICOM JSON data sets; an answer of 204 is an empty one.

        Raises
        ------
        Failed
            It is something else.
        """
        if self.status == 204:
            return []
        value = self.json()
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise Failed(f"{self.asked} answered JSON that is no array of objects (PS3.18 F.2.1)")
        for one in value:
            if trouble := trouble_in(one):
                raise Failed(f"{self.asked} answered JSON that {trouble} (PS3.18 F.2.2)")
        return value

    def data_set(self) -> dict[str, Any]:
        """The body as one DICOM JSON data set; an array of one is taken for it.

        Raises
        ------
        Failed
            It is something else.
        """
        value = self.json()
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if trouble := trouble_in(value):
            raise Failed(f"{self.asked} answered JSON that {trouble} (PS3.18 F.2.2)")
        return dict(value)

    def part(self) -> Part:
        """The one part of a multipart body.

        Raises
        ------
        Failed
            It has more, or none.
        """
        parts = self.parts()
        if len(parts) != 1:
            raise Failed(f"{self.asked} answered {len(parts)} parts; expected 1")
        return parts[0]

    def parts(self) -> list[Part]:
        """The parts of a multipart body.

        Raises
        ------
        Failed
            It is none, or breaks RFC 2046.
        """
        media_type = self.media_type()
        if media_type.name != "multipart/related":
            raise Failed(f"{self.asked} answered {media_type.name}; expected multipart/related")
        try:
            return read_multipart(self.body, media_type.parameter("boundary"))
        except MultipartError as error:
            raise Failed(f"{self.asked} answered a multipart body that {error}") from error
