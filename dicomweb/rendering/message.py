"""Rendered parts as one multipart message, made one at a time as they are sent.

References
----------
PS3.18 section 8.6.1.2 (multipart payloads).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from archive.errors import ArchiveError, StoreUnavailable
from dicomweb.errors import Refusal
from dicomweb.multipart import PART_TAIL, MultipartWriter
from dicomweb.rendering.renderable import Part
from imaging.errors import CodecsBusy, ImagingError
from telemetry.logs import get_logger

log = get_logger(__name__)


def message(
    writer: MultipartWriter, root: str, parts: Iterable[tuple[str, Part]]
) -> Iterator[bytes]:
    """Write parts, each with its Content-Type and where it can be had by itself.

    A part that cannot be made is left out: those that came before it are on their way already.
    When none can be made, the last reason is raised before anything is written. What may work
    later is raised at any time, which breaks the answer off: its tag stands for all of it.
    """
    failed: Exception | None = None
    written = False
    for content_type, part in parts:
        try:
            body = part.make()
        except (ImagingError, Refusal, ArchiveError) as error:
            if _is_passing(error):
                raise
            log.info("a part could not be rendered", detail=str(error), error=type(error).__name__)
            failed = error
            continue
        written = True
        yield writer.head(content_type, {"Content-Location": f"{root}{part.location}/rendered"})
        yield body
        yield PART_TAIL
    if failed is not None and not written:
        raise failed
    yield writer.closing


def _is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed later."""
    if isinstance(error, Refusal):
        return error.status is HTTPStatus.SERVICE_UNAVAILABLE
    return isinstance(error, StoreUnavailable | CodecsBusy)
