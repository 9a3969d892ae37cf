"""Studies in quarantine about which a person is asked, for tests of the review.

May live here: making questions. May not: expectations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from archive import claims, quarantine, uploads
from archive.access import LOCAL
from archive.answers import Question, keep_answers
from archive.archive import Archive
from archive.collections import get_collection
from archive.ingest import Stored
from archive.uploads import Upload
from imaging.deidentify.pixels.boxes import Box
from tests.archives import store
from tests.builders import ct_image

COLUMNS, ROWS = 320, 200
NAME = "DOE^JANE 1970-01-01"
PROPOSED = Box(None, 10, 8, 150, 16, 0.61)


def screen(frames: int = 1, seed: int = 1, **overrides: Any) -> bytes:
    """A gray speckled picture, or several, with a name burned in."""
    generator = np.random.default_rng(seed)
    planes = [_plane(generator, number) for number in range(frames)]
    values: dict[str, Any] = {
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelData": b"".join(planes),
        "NumberOfFrames": frames,
    }
    return ct_image(**{**values, **overrides})


def _plane(generator: np.random.Generator, number: int) -> bytes:
    speckle = generator.normal(70, 18, (ROWS, COLUMNS)).clip(0, 140).astype(np.uint8)
    picture = Image.fromarray(speckle)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((90 + 4 * number, 60, 230 + 4 * number, 180), fill=150)
    draw.text((12, 10), NAME, fill=255)
    return picture.tobytes()


def ask(
    archive: Archive,
    *files: bytes,
    boxes: Sequence[Box] = (PROPOSED,),
    reason: str = "text may be burned into a capture of a screen",
    sender: str = "",
) -> Upload:
    """Store files into the community's quarantine and ask about each of them."""
    outcomes = store(archive, *files, collection="community", sender=sender)
    first = outcomes[0]
    assert isinstance(first, Stored) and first.coming, outcomes
    upload = uploads.find_upload(archive, LOCAL, first.coming.upload)
    proposed = {"frames": 1, "boxes": [asdict(box) for box in boxes]}
    uploads.set_state(archive, upload, uploads.WORKING)
    claims.begin(archive, upload, "basis")
    numbers = [one.number for one in quarantine.originals(archive, upload)]
    shares = claims.take(archive, upload, "basis", numbers, len(numbers), 1 << 30)
    questions = [Question(share.original, reason, proposed) for share in shares]
    place = get_collection(archive, "community")
    keep_answers(archive, upload, place, "basis", questions)
    uploads.set_state(archive, upload, uploads.REVIEW, "some images need a person")
    return uploads.find_upload(archive, LOCAL, upload.token)
