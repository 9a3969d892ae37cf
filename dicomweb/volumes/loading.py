"""The voxels of the images that a request means: each file opened once, each frame decoded once.

Which images those are is `volume_input`; for how long the volume is kept is `volume_store`.

References
----------
PS3.18 section 8.3.5.3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archive.archive import Archive
from archive.opened import OpenedInstance
from dicomweb.rendering.renderable import Decode
from dicomweb.volumes.images import VolumeInput
from imaging.pixels import DecodedFrame
from imaging.rendering.display import Display, describe_display
from imaging.volumes.volume import Volume, build_volume


def load_volume(archive: Archive, decode: Decode, wanted: VolumeInput, folder: Path) -> Volume:
    """Read and decode all images of a volume, once.

    Raises
    ------
    ImagingError
        An image cannot be decoded, is not grayscale, or the volume is too large.
    """

    def load(which: int) -> tuple[DecodedFrame, Display]:
        image = wanted.images[which]
        with OpenedInstance(archive, image.instance) as opened:
            display = image.display
            if opened.data_set.sequence(0x00283000):
                display = _with_its_table(opened, display, image.number)
            return decode(opened.description, opened.frame(image.number)), display

    displays = [image.display for image in wanted.images]
    return build_volume(wanted.arrangement, load, folder, displays)


def _with_its_table(opened: OpenedInstance, display: Display, number: int) -> Display:
    """A modality LUT may be long, and is then in the file only."""
    table = describe_display(opened.data_set, number, opened.read_bulk).modality_lut
    return replace(display, modality_lut=table)
