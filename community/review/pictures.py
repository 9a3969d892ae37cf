"""Frames of the quarantine as pictures for the reviewer, and their size. Nothing is kept.

References
----------
PS3.15 section E.3.1 (Clean Pixel Data Option).
"""

from __future__ import annotations

from archive import review
from archive.access import Principal
from archive.archive import Archive
from archive.errors import NotFound
from archive.opened import OpenedInstance
from community.review.forms import Canvas
from imaging.errors import ImagingError
from imaging.inspection import inspect_frame
from imaging.rendering.pictures import encode_picture
from imaging.transcode import decode_frame

MEDIA_TYPE = "image/png"


def canvas_of(
    archive: Archive, principal: Principal | None, token: str, number: int
) -> Canvas | None:
    """The size of the frames of what is asked about; None when it has none that can be shown."""
    stored = review.original_of(archive, principal, token, number)
    try:
        with OpenedInstance(archive, stored) as opened:
            described = opened.description
            return Canvas(described.columns, described.rows, opened.table.count)
    except (ImagingError, NotFound):
        return None


def picture(
    archive: Archive, principal: Principal | None, token: str, number: int, frame: int, view: str
) -> bytes:
    """One frame as it came, in a view of `imaging.inspection`, decoded in a child process.

    Raises
    ------
    ImagingError
        It cannot be shown.
    NotFound, NotAllowed, Unauthenticated
        There is no such frame in question, or not for them.
    """
    stored = review.original_of(archive, principal, token, number)
    with OpenedInstance(archive, stored) as opened:
        if not 1 <= frame <= opened.table.count:
            raise NotFound("no such frame")
        decoded = decode_frame(opened.description, opened.frame(frame))
        shown = inspect_frame(opened.data_set, decoded, frame, view, opened.read_bulk)
    return encode_picture(shown, MEDIA_TYPE)
