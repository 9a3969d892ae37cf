"""Documents rendered: reports, structure sets, clinical documents and PDFs.

References
----------
PS3.18 sections 8.7.2 (the text category) and 8.7.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final

from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance
from dicomweb.rendering.kinds import HTML, PDF, PLAIN, XML, Kind, Renderings, kind_of, renderings_of
from dicomweb.rendering.renderable import Context, Excerpt, Part, path_of
from imaging.documents import html, jobs, plain
from imaging.documents.model import Document
from imaging.documents.structure_set import read_structure_set
from imaging.documents.structured_report import read_report
from imaging.errors import Malformed
from imaging.json_model import to_json
from imaging.limits import Limits
from imaging.rendering.frame import Picture
from imaging.rendering.pictures import PICTURE_TYPES, encode_picture
from imaging.rendering.viewport import Viewport, fitted

_ENCAPSULATED_DOCUMENT: Final = 0x00420011
_READ_WHOLE: Final = Limits(max_inline_text_bytes=8 * 1024 * 1024)

Write = Callable[[Document, str], bytes]

WRITERS: Final[Mapping[str, Write]] = MappingProxyType(
    {
        HTML: html.to_html,
        PLAIN: plain.to_text,
        XML: html.to_xml,
        PDF: lambda document, _charset: jobs.pdf_of(document),
    }
)
"""What writes a document as each media type."""


class _Text(ABC):
    """What all documents have in common: one instance, that is written as text."""

    def __init__(self, context: Context, found: StoredInstance) -> None:
        self._context = context
        self._found = found
        self.versions = (found.version,)

    @property
    def renderings(self) -> Renderings:
        """What as."""
        return renderings_of(self._found.sop_class_uid, self._found.number_of_frames)

    def excerpt(self, media_type: str) -> Excerpt | None:
        """Say nothing: a text is whole."""
        return None

    def single(self, media_type: str) -> Iterable[bytes]:
        """Write the document."""
        with self._context.decode.place():
            return (WRITERS[media_type](self._document(), self._context.charset),)

    def parts(self, media_type: str) -> Iterator[Part]:
        """Name the one document."""
        path = path_of(self._found)
        yield Part(path, lambda: b"".join(self.single(media_type)))

    @abstractmethod
    def _document(self) -> Document:
        """Read the document."""

    def _encapsulated(self) -> bytes:
        with OpenedInstance(self._context.archive, self._found) as opened:
            value = opened.value(_ENCAPSULATED_DOCUMENT, jobs.max_document_bytes)
        if not value:
            raise Malformed("the encapsulated document is missing")
        # Padding to an even length is no part of the document.
        return value.rstrip(b"\0")


class Report(_Text):
    """A structured report or key object selection, or the list of a structure set."""

    def _document(self) -> Document:
        with OpenedInstance(self._context.archive, self._found, _READ_WHOLE) as opened:
            model = to_json(opened.data_set)
        kind = kind_of(self._found.sop_class_uid, self._found.number_of_frames)
        if kind is Kind.STRUCTURES:
            return read_structure_set(model)
        return read_report(model, self._link)

    def _link(self, study: str, series: str, sop: str, frames: str) -> str:
        path = f"/studies/{study}/series/{series}/instances/{sop}"
        return f"{self._context.root}{path}{f'/frames/{frames}' if frames else ''}/rendered"


class ClinicalDocument(_Text):
    """An encapsulated CDA."""

    def _document(self) -> Document:
        return jobs.text_of_cda(self._encapsulated())


class Pdf(_Text):
    """An encapsulated PDF: itself, its text, or pictures of its pages."""

    def excerpt(self, media_type: str) -> Excerpt | None:
        """Say that a picture shows the first page of several."""
        if media_type not in PICTURE_TYPES or self._pages == 1:
            return None
        notice = (
            f"The first of {self._pages} pages is shown. All of them can be had as "
            f'multipart/related; type="{media_type}" or as application/pdf'
        )
        return Excerpt(path_of(self._found), notice)

    def single(self, media_type: str) -> Iterable[bytes]:
        """Give the PDF as it is, write its text, or draw its first page."""
        if media_type == PDF:
            return (self._pdf,)
        if media_type in PICTURE_TYPES:
            return (self._page(1, media_type),)
        return super().single(media_type)

    def parts(self, media_type: str) -> Iterator[Part]:
        """Name its pages, or the document as a whole."""
        if media_type not in PICTURE_TYPES:
            yield from super().parts(media_type)
            return
        for number in range(1, self._pages + 1):
            yield Part(path_of(self._found), partial(self._page, number, media_type))

    def _document(self) -> Document:
        return jobs.text_of_pdf(self._pdf)

    @cached_property
    def _pdf(self) -> bytes:
        return self._encapsulated()

    @cached_property
    def _pages(self) -> int:
        with self._context.decode.place():
            return jobs.page_of_pdf(self._pdf, 1, 8, 8)[1]

    def _page(self, number: int, media_type: str) -> bytes:
        viewport = self._context.rendering.viewport or Viewport()
        with self._context.decode.canvas((viewport.width or 0) * (viewport.height or 0)):
            return encode_picture(self.page(number), media_type, self._context.rendering.quality)

    def page(self, number: int) -> Picture:
        """Draw a page, numbered from 1."""
        viewport = self._context.rendering.viewport
        width, height = (None, None) if viewport is None else (viewport.width, viewport.height)
        if viewport is not None and _has_region(viewport):
            width = height = None
        with self._context.decode.place():
            pixels, _ = jobs.page_of_pdf(self._pdf, number, width, height)
        if viewport is not None and _has_region(viewport):
            pixels = fitted(pixels, viewport)
        return Picture(pixels)


def _has_region(viewport: Viewport) -> bool:
    whole = Viewport(viewport.width, viewport.height, enlarge=viewport.enlarge)
    return viewport != whole
