"""One instance, or frames of it, as something that people look at or read.

What it can be rendered as is `rendering_kinds`; here each kind opens its instance and makes the
bytes. Requests and headers of the answer are `rendered`.

References
----------
PS3.18 sections 8.3.5, 8.7.4 and 10.4.1.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from archive.access import Principal
from archive.archive import Archive
from archive.retrieve import StoredInstance
from dicomweb.rendering.kinds import PDF, Renderings
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.frame import Rendering


class Decode(Protocol):
    """Makes frames native, within the bounds of what one process does at once."""

    def __call__(self, description: FrameDescription, encoded: bytes, /) -> DecodedFrame: ...

    def place(self) -> AbstractContextManager[None]:
        """Hold a place among those who wait for a child process."""

    def canvas(self, pixels: int) -> AbstractContextManager[None]:
        """Hold room for a picture while it is drawn and encoded."""


@dataclass(frozen=True, slots=True)
class Context:
    """What rendering needs of the request.

    Attributes
    ----------
    principal, collection
        Who asks, and where: images that a presentation state references are looked up so.
    root
        URL of the collection, for addresses within documents.
    charset
        Of texts.
    among_others
        Several instances are asked for: a parameter that does not apply to one is left out for it.
    """

    archive: Archive
    principal: Principal | None
    collection: str
    decode: Decode
    root: str
    rendering: Rendering
    charset: str = "utf-8"
    among_others: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One picture or text among several.

    Attributes
    ----------
    location
        Path of the resource that it is, below the collection's root.
    """

    location: str
    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a single body shows of something that has more.

    Attributes
    ----------
    location
        Path of the resource that is shown.
    notice
        What to tell the client, as a sentence.
    """

    location: str
    notice: str


class Renderable(Protocol):
    """Something that can be rendered.

    Attributes
    ----------
    renderings
        What as.
    versions
        Of all that is shown: the same versions are the same pictures.
    """

    @property
    def renderings(self) -> Renderings: ...
    @property
    def versions(self) -> tuple[str, ...]: ...

    def excerpt(self, media_type: str) -> Excerpt | None:
        """Say what a single body shows, where that is less than all."""

    def single(self, media_type: str) -> Iterable[bytes]:
        """Make one body."""

    def parts(self, media_type: str) -> Iterator[Part]:
        """Name the parts of a multipart body, one after the other."""


def path_of(found: StoredInstance, frames: Sequence[int] | str = ()) -> str:
    """The path of an instance, or of frames of it, below the collection's root."""
    path = (
        f"/studies/{found.study_instance_uid}/series/{found.series_instance_uid}"
        f"/instances/{found.sop_instance_uid}"
    )
    listed = frames if isinstance(frames, str) else ",".join(map(str, frames))
    return f"{path}/frames/{listed}" if listed else path


def content_type(media_type: str, charset: str) -> str:
    """The Content-Type of a rendered body or part."""
    is_text = media_type.startswith("text/") and media_type != PDF
    return f"{media_type}; charset={charset}" if is_text else media_type
