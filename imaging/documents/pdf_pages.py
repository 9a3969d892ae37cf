"""A PDF that was encapsulated: its pages as pictures, and as text. Runs in a child process only.

References
----------
PS3.3 section C.24.2 (Encapsulated Document), PS3.18 section 8.7.4.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import sqrt
from typing import Final

import pypdfium2
from PIL import Image

from imaging.documents.model import Block, Document, checked
from imaging.errors import DecodeFailed, Malformed
from imaging.rendering.viewport import MAX_SIDE

max_pages_of_text: Final = 500

_DOTS_PER_POINT: Final = 96 / 72
_MAX_PIXELS: Final = 16 * 1024 * 1024


def page_picture(
    pdf: bytes, number: int, width: int | None, height: int | None
) -> tuple[Image.Image, int]:
    """Draw one page.

    Parameters
    ----------
    number
        From 1.
    width, height
        Of the rectangle that the page is fitted into; None is its size at 96 dots an inch.

    Returns
    -------
    tuple
        The picture in RGB, and how many pages there are.

    Raises
    ------
    DecodeFailed
        The bytes are no PDF, or one that is locked.
    Malformed
        There is no such page.
    """
    with _opened(pdf) as document:
        count = len(document)
        if not 1 <= number <= count:
            raise Malformed(f"the document has {count} pages")
        with closing(document[number - 1]) as page:
            scale = _scale(page.get_width(), page.get_height(), width, height)
            bitmap = page.render(scale=scale, may_draw_forms=False)
            return bitmap.to_pil().convert("RGB"), count


def _scale(across: float, down: float, width: int | None, height: int | None) -> float:
    if across <= 0 or down <= 0:
        raise Malformed("the page has no size")
    most = min(MAX_SIDE / across, MAX_SIDE / down, sqrt(_MAX_PIXELS / (across * down)))
    if width is None or height is None:
        return min(_DOTS_PER_POINT, most)
    return min(width / across, height / down, most)


def page_texts(pdf: bytes) -> Document:
    """Read the text of every page.

    Raises
    ------
    DecodeFailed
        The bytes are no PDF, or one that is locked.
    LimitExceeded
        It is longer than a document may be.
    """
    with _opened(pdf) as document:
        count = len(document)
        blocks = tuple(
            Block(label=f"Page {number + 1}", text=_text(document, number))
            for number in range(min(count, max_pages_of_text))
        )
        left = count - len(blocks)
        more = (Block(text=f"{left} more pages"),) if left else ()
        title = str(document.get_metadata_value("Title") or "").strip()
    return checked(Document(title=title or "PDF document", blocks=(*blocks, *more)))


def _text(document: pypdfium2.PdfDocument, number: int) -> str:
    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        return str(text.get_text_bounded()).replace("\r\n", "\n").strip()


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise DecodeFailed("the document is no PDF that can be opened") from error
    with closing(document):
        yield document
