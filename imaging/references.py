"""Which images and frames something in a data set is for. Values and their reading live here.

References
----------
PS3.3 section C.11.11 (presentation state relationship), table 10-3 (image SOP instance reference).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded

MAX_REFERENCES: Final = 100_000
MAX_FRAMES: Final = 100_000
_SERIES, _IMAGES = 0x00081115, 0x00081140
_CLASS_UID, _INSTANCE_UID, _FRAMES = 0x00081150, 0x00081155, 0x00081160
_STUDY_UID, _SERIES_UID = 0x0020000D, 0x0020000E
# An Integer String has twelve characters (PS3.5 section 6.2); int() takes offence at thousands.
_NUMBER: Final = re.compile("[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image that a presentation state is for; no `frames` means all of them.

    Study and series are empty where the place of the reference does not say them.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()

    def covers(self, sop_instance_uid: str, number: int) -> bool:
        """Whether a frame, numbered from 1, is meant."""
        same = self.sop_instance_uid == sop_instance_uid
        return same and (not self.frames or number in self.frames)


def covered_by(references: Sequence[ImageReference], sop_instance_uid: str, number: int) -> bool:
    """Whether a frame, numbered from 1, is meant by references, of which none means all."""
    return not references or any(one.covers(sop_instance_uid, number) for one in references)


def read_references(
    data_set: DataSet, study: str = "", series: str = ""
) -> tuple[ImageReference, ...]:
    """The images of a Referenced Image Sequence."""
    items = data_set.sequence(_IMAGES)
    if len(items) > MAX_REFERENCES:
        raise LimitExceeded(f"a data set references more than {MAX_REFERENCES} images")
    return tuple(
        ImageReference(
            study, series, item.text(_CLASS_UID), item.text(_INSTANCE_UID), _frames(item)
        )
        for item in items
    )


def read_referenced_series(data_set: DataSet) -> tuple[ImageReference, ...]:
    """The images of a Referenced Series Sequence, all in the data set's own study."""
    study = data_set.text(_STUDY_UID)
    return tuple(
        reference
        for item in data_set.sequence(_SERIES)
        for reference in read_references(item, study, item.text(_SERIES_UID))
    )


def _frames(item: DataSet) -> tuple[int, ...]:
    spelled = item.texts(_FRAMES)[:MAX_FRAMES]
    return tuple(int(text) for text in spelled if _NUMBER.fullmatch(text))
