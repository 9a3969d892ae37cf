"""What an MPEG-2 video stream says of itself in its sequence header.

References
----------
ISO/IEC 13818-2 section 6.2.2.1 (sequence header), 6.2.2.3 (sequence extension), PS3.5 section
8.2.5 and 8.2.6.
"""

from dataclasses import dataclass
from typing import Final

from imaging.errors import Malformed
from imaging.sent.boxes import Data

_SEQUENCE, _PICTURE = b"\0\0\1\xb3", b"\0\0\1\0"
_TRANSPORT_SYNC: Final = b"\x47"
_max_head_bytes: Final = 1024 * 1024
_FRAMES_PER_SECOND: Final = {
    1: 24000 / 1001, 2: 24.0, 3: 25.0, 4: 30000 / 1001, 5: 30.0, 6: 50.0, 7: 60000 / 1001, 8: 60.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mpeg2Video:
    """One video stream.

    Parameters
    ----------
    number_of_frames
        Pictures counted; 0 inside a transport stream, whose packets cut them apart.
    """

    columns: int
    rows: int
    frames_per_second: float
    number_of_frames: int


def read_mpeg2(data: Data) -> Mpeg2Video:
    """Read the sequence header of an elementary, program or transport stream.

    Raises
    ------
    Malformed
        When there is none in the first megabyte.
    """
    at = data.find(_SEQUENCE, 0, _max_head_bytes)
    if at < 0 or len(data) < at + 12:
        raise Malformed("the part is no MPEG-2 video: it has no sequence header")
    size = int.from_bytes(data[at + 4 : at + 7], "big")
    rate = _FRAMES_PER_SECOND.get(data[at + 7] & 0x0F, 0.0)
    frames = 0 if data[:1] == _TRANSPORT_SYNC else _pictures(data, at)
    return Mpeg2Video(size >> 12, size & 0xFFF, rate, frames)


def _pictures(data: Data, at: int) -> int:
    count, at = 0, data.find(_PICTURE, at)
    while at >= 0:
        count += 1
        at = data.find(_PICTURE, at + len(_PICTURE))
    return count
