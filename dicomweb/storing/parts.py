"""Parts with bulk data that were received, and which BulkDataURI each is for.

A part is for the BulkDataURI that its Content-Location repeats. The frames of one value are as
many parts: in their order under the same location, or each under its number, as
``<location>/frames/<number>``. Locations are names and nothing else: nothing is ever fetched or
opened by them.

References
----------
PS3.18 sections 8.6.1.2 and 10.5.1.4; RFC 2557 section 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from archive.errors import StoreFailure
from archive.objects import SpoolFile
from dicomweb.media_types import MediaType
from dicomweb.multipart import PartBegin
from imaging.errors import LimitExceeded, Malformed
from imaging.sent.attachments import Attachment
from imaging.uids import OCTET_STREAM

_FRAME: Final = re.compile(r"(.+)/frames/([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class SentPart:
    """One part on its way into a spool file."""

    location: str
    media_type: str
    transfer_syntax_uid: str | None
    spool: SpoolFile

    @classmethod
    def begun(cls, part: PartBegin, media_type: MediaType | None, spool: SpoolFile) -> SentPart:
        """The part that these headers begin."""
        syntax = media_type.parameters.get("transfer-syntax") if media_type else None
        name = media_type.name if media_type else OCTET_STREAM
        return cls(part.headers.get("content-location", "").strip(), name, syntax or None, spool)

    @property
    def attachment(self) -> Attachment:
        """What was received."""
        spool = self.spool
        return Attachment(spool.path, spool.size, self.media_type, self.transfer_syntax_uid)


class SentParts:
    """All parts of a message, by location."""

    def __init__(self) -> None:
        self._by_location: dict[str, list[SentPart]] = {}
        self._frames: dict[str, dict[int, SentPart]] = {}
        self._failed: dict[str, StoreFailure] = {}
        self._twice: set[str] = set()
        self._used: set[str] = set()

    def add(self, part: SentPart) -> None:
        """Take a part that was received whole."""
        self._by_location.setdefault(part.location, []).append(part)
        if match := _FRAME.fullmatch(part.location):
            frames = self._frames.setdefault(match[1], {})
            if int(match[2]) in frames:
                self._twice.add(match[1])
            frames[int(match[2])] = part

    def add_failed(self, part: SentPart, failure: StoreFailure) -> None:
        """Remember that a part was sent that could not be received."""
        self._failed[part.location] = failure

    def find(self, uri: str) -> list[Attachment]:
        """What was sent for a BulkDataURI.

        Raises
        ------
        Malformed, LimitExceeded
            When something was, but not all of it.
        """
        if uri in self._failed:
            raise LimitExceeded("a part that was sent for a BulkDataURI could not be received")
        self._used.add(uri)
        if uri and uri in self._by_location:
            return [part.attachment for part in self._by_location[uri]]
        return self._numbered(uri)

    def _numbered(self, uri: str) -> list[Attachment]:
        frames = self._frames.get(uri, {})
        self._used.update(part.location for part in frames.values())
        if uri in self._twice or sorted(frames) != list(range(1, len(frames) + 1)):
            raise Malformed("the frames that were sent are not numbered 1, 2, 3 and so on")
        return [frames[number].attachment for number in sorted(frames)]

    def unused(self) -> Iterator[str]:
        """Say what is wrong with each part that no instance refers to."""
        for location, parts in self._by_location.items():
            if not location:
                yield f"{len(parts)} bulk data without Content-Location: they were not stored"
            elif location not in self._used:
                yield "bulk data whose Content-Location no metadata name: they were not stored"

    def discard(self) -> None:
        """Remove the files of all parts."""
        for parts in self._by_location.values():
            for part in parts:
                part.spool.discard()
