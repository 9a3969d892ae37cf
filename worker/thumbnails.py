"""A small picture of a stored instance, as a file that is kept.

Which instance stands for a series and which frame for an instance is the archive's to say, how
pixels become a picture is imaging's; here the two meet.
"""

from __future__ import annotations

from archive.archive import Archive
from archive.retrieve import StoredInstance
from archive.thumbnails import image_thumbnail
from imaging.rendering.pictures import encode_picture


def thumbnail_of(archive: Archive, stored: StoredInstance) -> bytes:
    """Make the JPEG of an instance's representative frame.

    Raises
    ------
    ImagingError
        The frame cannot be shown; nothing is wrong with the instance as a stored one.
    NotFound
        The instance is gone, or has no frames.
    """
    return encode_picture(image_thumbnail(archive, stored), "image/jpeg")
