"""How a frame of each encapsulated transfer syntax becomes native pixels: one row per syntax.

The functions here run in a child process (`frame_jobs`), since they hand hostile bytes to C
libraries; only the table's keys are for the parent. Libraries are imported where they are used,
so that the parent does not load them.

Every codec gives the samples as they are stored, without a change of colour space that PS3.5 does
not ask for, and says which photometric interpretation they have.

References
----------
PS3.5 section 8.2 and annexes A.4, G and H; PS3.3 section C.7.6.3.1.2.
"""

import zlib
from collections.abc import Callable
from io import BytesIO
from struct import unpack_from
from typing import Any, Final

from imaging.codecs.codestreams import Codestream, read_codestream
from imaging.errors import DecodeFailed, LimitExceeded
from imaging.pixels import DecodedFrame, FrameDescription

Array = Any  # numpy.ndarray, which is imported in the child only
Samples = Callable[[bytes, FrameDescription], tuple[Array, str]]
Codec = Callable[[bytes, FrameDescription], DecodedFrame]

_HUFFMAN_8_BIT = frozenset({0xC0, 0xC1, 0xC2})


def decode(encoded: bytes, description: FrameDescription) -> DecodedFrame:
    """Decode one frame.

    Raises
    ------
    DecodeFailed
        When the codec refuses it, or when what comes out is not what the description says.
    LimitExceeded
        When the codestream declares a larger image than the data set does.
    """
    _check_size(read_codestream(encoded), description)
    return CODECS[description.transfer_syntax_uid](encoded, description)


def _check_size(declared: Codestream | None, description: FrameDescription) -> None:
    if declared is None:
        return
    if declared.rows * declared.columns * declared.components > (
        description.pixels * description.samples_per_pixel
    ):
        raise LimitExceeded("the codestream declares a larger image than the data set")


def _of_samples(samples: Samples) -> Codec:
    """A codec out of a function that gives an array and its photometric interpretation."""

    def codec(encoded: bytes, description: FrameDescription) -> DecodedFrame:
        array, photometric = samples(encoded, description)
        return _native(array, description.decoded(photometric_interpretation=photometric))

    return codec


def _native(array: Array, description: FrameDescription) -> DecodedFrame:
    """Samples as little endian bytes in the container and planar order that the file declares."""
    import numpy as np

    expected = description.pixels * description.samples_per_pixel
    if array.size != expected:
        raise DecodeFailed("the frame has another number of samples than the data set says")
    if description.bits_allocated == 1:
        from imaging.codecs.samples import pack_bits

        return DecodedFrame(pack_bits(array), description.decoded())
    bits = max(description.bits_allocated, array.dtype.itemsize * 8)
    array = array.reshape(description.rows, description.columns, description.samples_per_pixel)
    if description.samples_per_pixel > 1 and description.planar_configuration == 1:
        array = np.moveaxis(array, 2, 0)
    kind = "i" if array.dtype.kind == "i" else "u"
    data = np.ascontiguousarray(array).astype(f"<{kind}{bits // 8}", copy=False).tobytes()
    return DecodedFrame(data, description.decoded(bits_allocated=bits))


def _plugin(name: str) -> Codec:
    """A codec of pydicom's, by the plugin of this name."""

    def samples(encoded: bytes, description: FrameDescription) -> tuple[Array, str]:
        from pydicom.encaps import encapsulate
        from pydicom.pixels.decoders.base import get_decoder

        decoder = get_decoder(description.transfer_syntax_uid)
        value = encapsulate([encoded], has_bot=False)
        options = _options(description)
        options["correct_unused_bits"] = _lacks_upper_bits(encoded, description)
        array, properties = decoder.as_array(
            value, index=0, raw=True, decoding_plugin=name, **options
        )
        return array, _at_full_size(str(properties["photometric_interpretation"]))

    return _of_samples(samples)


def _lacks_upper_bits(encoded: bytes, description: FrameDescription) -> bool:
    """Whether a codestream has no bits above Bits Stored, so that a sign has to be put there."""
    declared = read_codestream(encoded)
    return declared is not None and declared.precision <= description.bits_stored


def _options(description: FrameDescription) -> dict[str, Any]:
    return {
        "rows": description.rows,
        "columns": description.columns,
        "number_of_frames": 1,
        "samples_per_pixel": description.samples_per_pixel,
        "bits_allocated": description.bits_allocated,
        "bits_stored": description.bits_stored,
        "pixel_representation": description.pixel_representation,
        "photometric_interpretation": description.photometric_interpretation,
        "planar_configuration": description.planar_configuration,
        "pixel_keyword": "PixelData",
    }


def _at_full_size(photometric: str) -> str:
    """What subsampled colour is called once a decoder has given every pixel its own."""
    return "YBR_FULL" if photometric in ("YBR_FULL_422", "YBR_PARTIAL_420") else photometric


def _jpeg(encoded: bytes, description: FrameDescription) -> tuple[Array, str]:
    """Lossy JPEG: Pillow for 8 bit, as in browsers; libjpeg for the processes it lacks."""
    declared = read_codestream(encoded)
    if declared is None:
        raise DecodeFailed("the frame is no JPEG codestream")
    photometric = _jpeg_photometric(declared, description)
    if declared.precision == 8 and declared.process in _HUFFMAN_8_BIT:
        return _jpeg_8_bit(encoded, declared), photometric
    return _libjpeg(encoded), photometric


def _jpeg_photometric(declared: Codestream, description: FrameDescription) -> str:
    """The codestream knows its colour space better than the data set, when it says anything."""
    photometric = _at_full_size(description.photometric_interpretation)
    if declared.components != 3 or declared.is_ycbcr is None:
        return photometric
    if not declared.is_ycbcr:
        return "RGB"
    return photometric if photometric.startswith("YBR") else "YBR_FULL"


def _jpeg_8_bit(encoded: bytes, declared: Codestream) -> Array:
    import numpy as np
    from PIL import Image

    # The size was checked against the data set, which has limits of its own.
    Image.MAX_IMAGE_PIXELS = None
    image = Image.open(BytesIO(encoded), formats=("JPEG",))
    if declared.components == 3 and declared.is_ycbcr is not False:
        # Where the codestream is silent libjpeg takes it for YCbCr and would convert to RGB;
        # asking for YCbCr gives the samples as they are stored.
        image.draft("YCbCr", image.size)
    return np.asarray(image)


def _libjpeg(encoded: bytes) -> Array:
    import imagecodecs
    import libjpeg

    try:
        return libjpeg.decode(encoded, 0)
    except RuntimeError:
        # It is strict about scan headers, in which some writers of 12-bit JPEG are careless.
        return imagecodecs.jpeg8_decode(encoded)


def _jpeg_xl(encoded: bytes, description: FrameDescription) -> tuple[Array, str]:
    import imagecodecs

    array = imagecodecs.jpegxl_decode(encoded, numthreads=1)
    colour = description.samples_per_pixel > 1
    return array, "RGB" if colour else description.photometric_interpretation


def _rle(encoded: bytes, description: FrameDescription) -> DecodedFrame:
    if description.bits_allocated > 1:
        return _rle_bytes(encoded, description)
    return exactly(_packed_bits(encoded, description.native_bytes), description)


def _packed_bits(encoded: bytes, length: int) -> bytes:
    """The one segment of single-bit pixels, which no library takes (PS3.5 G.3, PackBits)."""
    segments, offset = unpack_from("<2I", encoded.ljust(8, b"\0"))
    if segments != 1:
        raise DecodeFailed("single-bit pixels have one RLE segment")
    out = bytearray()
    while len(out) < length and offset + 1 < len(encoded):
        control = encoded[offset]
        if control < 128:
            out += encoded[offset + 1 : offset + 2 + control]
            offset += 2 + control
        elif control > 128:
            out += encoded[offset + 1 : offset + 2] * (257 - control)
            offset += 2
        else:
            offset += 1
    return bytes(out[:length])


def _deflated(encoded: bytes, description: FrameDescription) -> DecodedFrame:
    """Deflated Image Frame Compression (PS3.5 annex H): each frame is one raw deflate stream."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    return exactly(inflater.decompress(encoded, description.native_bytes), description)


def _uncompressed(encoded: bytes, description: FrameDescription) -> DecodedFrame:
    return exactly(encoded[: description.native_bytes], description)


def exactly(data: bytes, description: FrameDescription) -> DecodedFrame:
    """Native bytes that have to be as many as the description says."""
    if len(data) != description.native_bytes:
        raise DecodeFailed("the frame is shorter than the data set says")
    return DecodedFrame(data, description.decoded())


_rle_bytes = _plugin("pylibjpeg")
_1_2 = "1.2.840.10008.1.2."
# THE table: what decodes each transfer syntax.
CODECS: Final[dict[str, Codec]] = {
    _1_2 + "1.98": _uncompressed,
    **dict.fromkeys((_1_2 + x for x in ("4.50", "4.51", "4.53", "4.55")), _of_samples(_jpeg)),
    **dict.fromkeys((_1_2 + "4.57", _1_2 + "4.70"), _plugin("pylibjpeg")),
    **dict.fromkeys((_1_2 + "4.80", _1_2 + "4.81"), _plugin("pyjpegls")),
    # Not Pillow: it gives a signed image 32768 too high.
    **dict.fromkeys((_1_2 + "4.90", _1_2 + "4.91"), _plugin("pylibjpeg")),
    **dict.fromkeys((_1_2 + x for x in ("4.110", "4.111", "4.112")), _of_samples(_jpeg_xl)),
    **dict.fromkeys((_1_2 + x for x in ("4.201", "4.202", "4.203")), _plugin("pylibjpeg")),
    _1_2 + "5": _rle,
    _1_2 + "8.1": _deflated,
}
