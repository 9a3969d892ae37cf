"""Studies with images that OHIF itself cannot show, each with its reason and the sign of it.

Found by opening every study of the test data in 3.13.2. In each case the frames that we send are
the stored bytes and decode elsewhere; a row leaves the table when its study opens.
"""

from __future__ import annotations

from dataclasses import dataclass

BLANK = "no image is shown"


@dataclass(frozen=True)
class Limit:
    """Why a study is not shown, and what of the complaint tells that it is for this reason."""

    reason: str
    sign: str


# Seen: with both put in, the slide opens.
_SLIDE = (
    "a slide without the required Total Pixel Matrix Origin (0048,0008) and Optical Path "
    "(0048,0105) Sequences"
)

LIMITS = {
    "1.2.840.113619.2.30.1.1762295590.1623.978668949.886": Limit(
        "one series is JPEG process 10/12 (1.2.840.10008.1.2.4.55), retired; OHIF has no decoder",
        "No decoder for transfer syntax 1.2.840.10008.1.2.4.55",
    ),
    "1.3.6.1.4.35045.109401330186994697073456989352023184614": Limit(
        "uncompressed YBR_FULL_422: the texture is made for three samples a pixel, and there are "
        "two (WebGL warns: ArrayBufferView not big enough)",
        BLANK,
    ),
    "0.0.0.0.2.8811.20010413115754.12432": Limit(
        "Window Width is 0, which PS3.3 C.11.2.1.2 forbids; OHIF takes it as it is", BLANK
    ),
    "1.2.392.200039.102.3.1096.11.20020524.111958": Limit(
        "PALETTE COLOR without its palette; the file lacks it", BLANK
    ),
    "1.2.392.200103.20080913.113635.0.2009.6.22.21.43.10.22941.1": Limit(
        "segmentations alone: OHIF draws them over the images that they refer to", BLANK
    ),
    "999.999.2.19941105.112000": Limit(
        "the retired Ultrasound Image Storage (1.2.840.10008.5.1.4.1.1.6) is none of its classes",
        BLANK,
    ),
    # Seen: with the sound file of the same image in its place, all three images show.
    "1.3.6.1.4.1.5962.1.2.8.20040826185059.5457": Limit(
        "the first image is JPEG 2000 damaged by intent (its SIZ tells 3,722,445,056 columns): "
        "no decoder reads it; and after a first image that fails the others stay blank, too",
        "Invalid number of tiles",
    ),
    # Seen: without that series the study opens; each of its two slides stays blank also
    # alone, until the viewer's `activateOpticalPath` and `showOpticalPath` are called by hand.
    "1.2.826.0.1.3680043.9.7433.3.82970457260936734119270346325882945": Limit(
        "the series shown first holds two monochrome slides of the same size; the slide viewer "
        "takes a series for one pyramid, and never switches on a monochrome slide's channel",
        "have identical dimensions",
    ),
    "1.3.6.1.4.1.11129.5.7.999.18649109954048068.740.1688792381777315": Limit(_SLIDE, BLANK),
    "1.2.276.0.7230010.3.1.2.296485376.46.1648688993.578030": Limit(_SLIDE, BLANK),
}
