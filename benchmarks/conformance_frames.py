"""Makes ``conformance/corpus/encoded.json``: the runner's images in every transfer syntax.

The runner is installed without codecs, so its frames lie ready encoded. Run this again only when
`conformance.corpus.pixels` draws other images: ``python -m benchmarks.conformance_frames``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from conformance.corpus import pixels
from imaging.codecs.encoders import encode
from imaging.pixels import DecodedFrame, FrameDescription

PLACE: Final = Path(pixels.__file__).with_name("encoded.json")
_EVERYWHERE: Final = (
    RLELossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
    JPEG2000,
    HTJ2KLossless,
    HTJ2K,
)
_SYNTAXES: Final[dict[str, tuple[UID, ...]]] = {
    "gray8": (*_EVERYWHERE, JPEGBaseline8Bit),
    "gray12": _EVERYWHERE,
    "rgb": (*_EVERYWHERE, JPEGBaseline8Bit),
}


def _description(kind: str) -> FrameDescription:
    bits = 12 if kind == "gray12" else 8
    return FrameDescription(
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        rows=pixels.ROWS,
        columns=pixels.COLUMNS,
        samples_per_pixel=3 if kind == "rgb" else 1,
        bits_allocated=16 if bits > 8 else 8,
        bits_stored=bits,
        pixel_representation=0,
        photometric_interpretation="RGB" if kind == "rgb" else "MONOCHROME2",
        planar_configuration=0,
    )


def _made(kind: str, syntax: UID) -> Iterator[tuple[str, str]]:
    description = _description(kind)
    for native in pixels.native_frames(kind):
        frame = encode(DecodedFrame(native, description), str(syntax), None)
        yield frame.description.photometric_interpretation, base64.b64encode(frame.data).decode()


def main() -> None:
    """Write the table."""
    table: dict[str, dict[str, dict[str, object]]] = {}
    for kind, syntaxes in _SYNTAXES.items():
        table[kind] = {}
        for syntax in syntaxes:
            made = list(_made(kind, syntax))
            table[kind][str(syntax)] = {"photometric": made[0][0], "frames": [m[1] for m in made]}
    PLACE.write_text(json.dumps(table, indent=1) + "\n", "ascii")


if __name__ == "__main__":
    main()
