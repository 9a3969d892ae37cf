"""Decoded colour brought back to the sampling that the data set declares.

Codecs give every pixel its own chroma, but whoever fetches native frames by themselves reads
their layout from the metadata: where these say YBR_FULL_422, a native frame has two bytes a
pixel. Only that change of layout may live here.

References
----------
PS3.3 section C.7.6.3.1.2 (YBR_FULL_422: Cb and Cr are sampled at every other pixel of a row,
beginning with the first), PS3.18 section 8.7.3.3.
"""

from imaging.pixels import DecodedFrame, FrameDescription


def as_described(frame: DecodedFrame, stored: FrameDescription) -> bytes:
    """Return a decoded frame's bytes in the layout that its data set describes.

    Parameters
    ----------
    frame
        As a codec gives it.
    stored
        What the data set says. Only YBR_FULL_422 is brought back; what a codec turned into
        another colour space (YBR_RCT into RGB) has no native form in the declared one.
    """
    now = frame.description
    subsampled = (
        stored.photometric_interpretation == "YBR_FULL_422"
        and now.photometric_interpretation == "YBR_FULL"
        and now.bits_allocated == 8
        and now.columns % 2 == 0
        and now.planar_configuration == 0
    )
    return _every_other_chroma(frame.data) if subsampled else frame.data


def _every_other_chroma(full: bytes) -> bytes:
    """Y Cb Cr of two pixels (six bytes) to Y Y Cb Cr (four bytes)."""
    out = bytearray(len(full) // 3 * 2)
    out[0::4] = full[0::6]
    out[1::4] = full[3::6]
    out[2::4] = full[1::6]
    out[3::4] = full[2::6]
    return bytes(out)
