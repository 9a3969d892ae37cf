"""Frames that were sent one after the other in one part, found by how each begins and ends.

References
----------
PS3.18 section 10.5.1.4 (several frames in one part); ISO/IEC 10918-1 B.1.1.5 and 15444-1 A.4.4:
inside a codestream no end marker stands before a start marker.
"""

import re
from typing import Final

from imaging.errors import Mismatch
from imaging.sent.boxes import Data

# End of image or codestream, the padding to even length, and the beginning of the next one.
_BETWEEN: Final = re.compile(rb"\xff\xd9(\0?)(?=\xff\xd8\xff|\xff\x4f\xff\x51)")


def split_frames(data: Data, frames: int) -> list[tuple[int, int]]:
    """Give offset and length of each frame.

    Raises
    ------
    Mismatch
        When there are not as many frames as expected.
    """
    start, places = 0, list[tuple[int, int]]()
    for match in _BETWEEN.finditer(data):
        places.append((start, match.start() + 2 - start))
        start = match.end()
        if len(places) >= frames:
            break
    places.append((start, len(data) - start))
    if len(places) != frames:
        raise Mismatch(f"Number of Frames is {frames}, and the part holds another number of them")
    return places
