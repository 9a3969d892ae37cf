"""What an overloaded archive is asked for: frames, metadata, searches, and new instances.

May live here: the mix, and how its requests are spelled. Each upload is a study of its own under
new UIDs, so that what was acknowledged can be read back one by one.
"""

from __future__ import annotations

import hashlib
import http.client
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.load import Asked
from benchmarks.templates import Slice, Template

MIX: Final = {"frames": 60, "metadata": 15, "searches": 20, "uploads": 5}
"""How many of a hundred requests are of a kind."""
JSON: Final = "Accept: application/dicom+json"
_FRAME: Final = 'Accept: multipart/related; type="application/octet-stream"'
_WHOLE: Final = 'Accept: application/dicom; transfer-syntax="*"'
_SEARCHES: Final = (
    "/studies?PatientID=LOAD1&limit=25",
    "/studies?PatientName=load*&limit=25",
    "/studies?limit=25",
    "/studies/{study}/series",
    "/studies/{study}/series/{series}/instances?limit=50",
)
_SLICES, _SENT = 40, 4
_BOUNDARY: Final = b"load"


@dataclass(frozen=True)
class Place:
    """A server, as requests name it."""

    host: str
    port: int
    token: str = ""
    root: str = "/dicom-web"

    def head(self, method: str, path: str, *more: str) -> bytes:
        """The head of a request."""
        lines = [f"{method} {self.root}{path} HTTP/1.1", f"Host: {self.host}:{self.port}", *more]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join([*lines, "", ""]).encode()

    def ask(self, asked: Asked) -> bytes:
        """The body of the answer to one request, alone and in no hurry."""
        line, *fields = asked.head.decode().strip().split("\r\n")
        method, path, _ = line.split(" ")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        headers = dict(one.split(": ", 1) for one in fields)
        try:
            connection.request(method, path, asked.body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status not in (200, 204):
            raise SystemExit(f"{line}: {answer.status} {data[:200]!r}")
        return data


def upload(place: Place, instances: Sequence[Slice]) -> Asked:
    """A STOW-RS request; it acknowledges where each instance is, and the digest of its bytes."""
    part = b"--" + _BOUNDARY + b"\r\nContent-Type: application/dicom\r\n\r\n"
    body = b"".join(part + one.data + b"\r\n" for one in instances)
    body += b"--" + _BOUNDARY + b"--\r\n"
    content_type = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY.decode()}'
    head = place.head(
        "POST", "/studies", JSON, f"Content-Type: {content_type}", f"Content-Length: {len(body)}"
    )
    told = tuple((one.path, hashlib.sha256(one.data).digest()) for one in instances)
    return Asked("uploads", head, body, acknowledges=told)


def reading_back(place: Place, path: str, digest: bytes) -> Asked:
    """A request for the bytes of an instance that was acknowledged."""
    return Asked("instance", place.head("GET", path, _WHOLE), digest=digest)


def whole_study(place: Place, study: str) -> Asked:
    """A request for all instances of a study, whatever they are stored in."""
    accept = 'Accept: multipart/related; type="application/dicom"; transfer-syntax="*"'
    return Asked("study", place.head("GET", f"/studies/{study}", accept))


class Mix:
    """The endless row of requests, the same for a seed but for the UIDs of what is sent."""

    def __init__(self, place: Place, seed: int = 1, side: int = 512, sent_side: int = 256) -> None:
        self.place = place
        self._chance = random.Random(seed)
        self._held = Template(side).series(_SLICES)
        self.study, self.series = self._held[0].study, self._held[0].series
        self._sent = Template(sent_side)
        self._lengths: dict[bytes, int] = {}
        self._kinds: Mapping[str, Callable[[], Asked]] = {
            "frames": self._frame,
            "metadata": self._metadata,
            "searches": self._search,
            "uploads": self.upload,
        }

    def load(self) -> None:
        """Store what is asked for, and learn how long the answers are."""
        for first in range(0, _SLICES, 10):
            self.place.ask(upload(self.place, self._held[first : first + 10]))
        for head in (*map(self._frame_of, self._held), self._metadata().head):
            self._lengths[head] = len(self.place.ask(Asked("first", head)))

    def next(self) -> Asked:
        """Another request, of a kind by chance."""
        return self._kinds[self._chance.choices(list(MIX), list(MIX.values()))[0]]()

    def upload(self) -> Asked:
        """A few instances of a new study."""
        return upload(self.place, self._sent.series(_SENT))

    def _frame_of(self, one: Slice) -> bytes:
        return self.place.head("GET", f"{one.path}/frames/1", _FRAME)

    def _frame(self) -> Asked:
        head = self._frame_of(self._chance.choice(self._held))
        return Asked("frames", head, length=self._lengths.get(head))

    def _metadata(self) -> Asked:
        path = f"/studies/{self.study}/series/{self.series}/metadata"
        head = self.place.head("GET", path, JSON, "Accept-Encoding: identity")
        return Asked("metadata", head, length=self._lengths.get(head))

    def _search(self) -> Asked:
        path = self._chance.choice(_SEARCHES).format(study=self.study, series=self.series)
        return Asked("searches", self.place.head("GET", path, JSON))
