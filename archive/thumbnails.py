"""Small pictures of stored instances: which frame stands for one, and whether it may be shown.

The worker makes and keeps those of series, doors those of whatever else is asked for. How pixels
become a picture is imaging's.

References
----------
PS3.18 sections 10.4.1.1.4 and 10.4.3.3.4: a thumbnail identifies nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from archive.archive import Archive
from archive.errors import NotFound
from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance
from imaging.data_set import DataSet
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import representative_frame
from imaging.rendering.frame import Picture, Rendering, Viewport, render_frame
from imaging.rendering.icons import draw_icon
from imaging.transcode import decode_frame

USUAL_SIDE = 256
"""Pixels of the longer side of a picture, when nothing else is asked for."""

USUAL_SIZE = Viewport(USUAL_SIDE, USUAL_SIDE, enlarge=False)

# A whole-slide level or a long volume is not decoded for a picture of 256 pixels.
max_frame_bytes = 128 << 20

_BURNED_IN_ANNOTATION, _MODALITY = 0x00280301, 0x00080060

Decode = Callable[[FrameDescription, bytes], DecodedFrame]


def image_thumbnail(
    archive: Archive,
    stored: StoredInstance,
    number: int | None = None,
    size: Viewport = USUAL_SIZE,
    decode: Decode = decode_frame,
) -> Picture:
    """Make the small picture of an image.

    Parameters
    ----------
    number
        Of the frame, from 1; without it the frame that stands for all.

    Returns
    -------
    Picture
        Of an image that says that the patient's identity is burned into it, a drawn sheet.

    Raises
    ------
    ImagingError
        The frame cannot be shown; nothing is wrong with the instance as a stored one.
    NotFound
        The instance is gone, or has no frames.
    """
    with OpenedInstance(archive, stored, max_frame=max_frame_bytes) as opened:
        data_set = opened.data_set
        if identifies_somebody(data_set):
            return icon_of(data_set, size)
        count = opened.table.count
        if not count:
            raise NotFound("this instance has no frames")
        frame = number or representative_frame(data_set, count)
        decoded = decode(opened.description, opened.frame(frame))
        rendering = Rendering(viewport=size)
        return render_frame(data_set, decoded, frame, rendering, read_bulk=opened.read_bulk)


def identifies_somebody(data_set: DataSet) -> bool:
    """Say whether what the pixels or pages show tells who the patient is, as far as is said.

    References
    ----------
    PS3.3 sections C.7.6.1.1 and C.24.2, Burned In Annotation.
    """
    return data_set.text(_BURNED_IN_ANNOTATION).upper() == "YES"


def icon_of(data_set: DataSet, size: Viewport = USUAL_SIZE) -> Picture:
    """Draw a sheet with the modality on it."""
    return draw_icon(data_set.text(_MODALITY), size.width or USUAL_SIDE, size.height or USUAL_SIDE)
