"""What the index knows of an instance's frames, without opening its file.

Reads only, of documents of instances that were found already. Which transfer syntaxes frames
can be given in is the table of `imaging.targets`.
"""

from __future__ import annotations

from archive.archive import Archive
from archive.cache import Recent
from archive.retrieve import StoredInstance, bulk_locations, document
from imaging.errors import ImagingError
from imaging.json_reading import from_json
from imaging.pixels import FLOAT_PIXEL_BITS, FrameDescription, describe_frame

PIXEL_DATA = 0x7FE00010
PIXEL_PATHS = (f"{PIXEL_DATA:08X}", *(f"{tag:08X}" for tag in FLOAT_PIXEL_BITS))
"""How the BulkDataURIs of pixels end: Pixel Data, Float and Double Float Pixel Data."""

_IMAGE_PIXEL = "0028"

_descriptions: Recent[str, FrameDescription] = Recent(max_entries=4096)


def describe_stored_frame(archive: Archive, stored: StoredInstance) -> FrameDescription | None:
    """How the frames of an instance are encoded; None where it has no pixels, or none that fit."""
    known = _descriptions.get(stored.version)
    if known is not None:
        return known
    made = _described(archive, stored)
    if made is not None:
        _descriptions.put(stored.version, made)
    return made


def _described(archive: Archive, stored: StoredInstance) -> FrameDescription | None:
    model = document(archive, stored)
    path = next((path for path in PIXEL_PATHS if path in model), None)
    if path is None:
        return None
    _, vr, _ = bulk_locations(archive, stored).get(path, (None, model[path].get("vr", "OW"), ""))
    told = {
        key: value
        for key, value in model.items()
        if key.startswith(_IMAGE_PIXEL) and "BulkDataURI" not in value
    }
    try:
        data_set = from_json(told)
        return describe_frame(data_set, str(stored.transfer_syntax_uid), vr, int(path, 16))
    except ImagingError:
        return None
