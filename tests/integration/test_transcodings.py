"""One real file of every kind in every transfer syntax, beside independent decoders.

The whole of the data is `python -m benchmarks.transcodings`; its page is in the docs.
"""

from __future__ import annotations

import io
import logging
import subprocess
import warnings
from collections import Counter

import pydicom
import pytest
from pydicom.uid import UID

from benchmarks.transcodings.cells import (
    EXACT,
    REFUSED,
    WITHIN,
    WRONG,
    Source,
    cells_of,
    open_source,
)
from imaging.part10 import read_header
from imaging.rewrite import transcoded
from imaging.targets import TARGETS
from tests.builders import ct_data_set, part10
from tests.part10_files import real_files

# A kind has its smallest file here, so that all of them take a minute.
MAX_PIXELS = 1_000_000


@pytest.fixture(scope="module")
def smallest_of_each_kind():
    logging.disable(logging.CRITICAL)
    kept: dict[object, Source] = {}
    for file in real_files():
        source = open_source(file.name, file.path)
        if source is None:
            continue
        other = kept.get(source.kind)
        if other is None or size(source) < size(other):
            kept[source.kind], source = source, other
        if source is not None:
            source.stream.close()
    yield list(kept.values())
    logging.disable(logging.NOTSET)
    for source in kept.values():
        source.stream.close()


def size(source: Source) -> int:
    return source.description.pixels * source.table.count


def test_every_kind_of_file_is_exact_or_near_or_refused_for_a_reason(smallest_of_each_kind):
    outcomes: Counter[str] = Counter()
    wrong, unexplained = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in smallest_of_each_kind:
            if size(source) > MAX_PIXELS:
                continue
            for cell in cells_of(source):
                outcomes[cell.outcome] += 1
                wrong += [cell] if cell.outcome == WRONG else []
                unexplained += [cell] if cell.outcome == REFUSED and not cell.detail else []
    assert not wrong
    assert not unexplained
    assert outcomes[EXACT] > 300
    assert outcomes[WITHIN] > 80
    assert sum(outcomes.values()) % len(TARGETS) == 0


DCMTK = {
    "1.2.840.10008.1.2.5": "dcmdrle",
    "1.2.840.10008.1.2.4.57": "dcmdjpeg",
    "1.2.840.10008.1.2.4.70": "dcmdjpeg",
    "1.2.840.10008.1.2.4.80": "dcmdjpls",
}
PICTURES = {
    "gray": {"BitsStored": 12, "HighBit": 11},
    "signed": {"PixelRepresentation": 1},
    "bytes": {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
    "colour": {
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PlanarConfiguration": 0,
    },
}


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("target", DCMTK, ids=lambda uid: UID(uid).name)
def test_dcmtk_makes_the_same_pixels_of_whole_instances(picture, target, tmp_path):
    ds = ct_data_set(**PICTURES[picture], NumberOfFrames=3)
    ds.PixelData = bytes(byte & 0x0F if i % 2 else byte for i, byte in enumerate(ds.PixelData))
    source = io.BytesIO(part10(ds))
    ours, theirs = tmp_path / "ours.dcm", tmp_path / "theirs.dcm"
    ours.write_bytes(b"".join(transcoded(source, read_header(source), target)))
    subprocess.run([DCMTK[target], ours, theirs], check=True, capture_output=True)
    assert pydicom.dcmread(theirs).PixelData == ds.PixelData
