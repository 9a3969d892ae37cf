"""What the Image Pixel module says of one frame, and a decoded frame. Values only live here.

References
----------
PS3.3 section C.7.6.3, PS3.5 section 8.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded, Malformed
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN

# Bits of a sample in Float and Double Float Pixel Data (PS3.3 C.7.6.24 and C.7.6.25).
FLOAT_PIXEL_BITS: Final = {0x7FE00008: 32, 0x7FE00009: 64}
_BITS_ALLOCATED = frozenset({1, 8, 16, 32, 64})
_SAMPLES = frozenset({1, 3, 4})
_SUBSAMPLED = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})
# SOP classes whose samples are no picture: RT Dose, Parametric Map, Segmentation, Label Map
# Segmentation, Height Map Segmentation, Ophthalmic Thickness Map.
_EXACT = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.481.2",
        "1.2.840.10008.5.1.4.1.1.30",
        "1.2.840.10008.5.1.4.1.1.66.4",
        "1.2.840.10008.5.1.4.1.1.66.7",
        "1.2.840.10008.5.1.4.1.1.66.8",
        "1.2.840.10008.5.1.4.1.1.81.1",
    }
)
# A photometric interpretation is a CS; nothing longer is one.
_MAX_PHOTOMETRIC = 16


@dataclass(frozen=True, slots=True)
class FrameDescription:
    """How the bytes of one frame are to be understood.

    Parameters
    ----------
    transfer_syntax_uid
        What the frame is encoded in; Explicit VR Little Endian once it is decoded.
    pixel_vr
        OB or OW: bytes of 8-bit pixels in OW are swapped in big endian files.
    is_float
        Of Float and Double Float Pixel Data.
    exact
        The samples are labels or measured quantities, so no sample may be changed a little.
    """

    transfer_syntax_uid: str
    rows: int
    columns: int
    samples_per_pixel: int = 1
    bits_allocated: int = 8
    bits_stored: int = 8
    pixel_representation: int = 0
    photometric_interpretation: str = "MONOCHROME2"
    planar_configuration: int = 0
    pixel_vr: str = "OW"
    is_float: bool = False
    exact: bool = False

    @property
    def pixels(self) -> int:
        """Number of pixels of the frame."""
        return self.rows * self.columns

    @property
    def native_bits(self) -> int:
        """Length of the frame in bits when it is not compressed."""
        samples = self.pixels * self.samples_per_pixel
        if self.photometric_interpretation in _SUBSAMPLED and self.samples_per_pixel == 3:
            samples = samples * 2 // 3
        return samples * self.bits_allocated

    @property
    def native_bytes(self) -> int:
        """Length of the frame in bytes when it is not compressed, by itself."""
        return (self.native_bits + 7) // 8

    @property
    def sample_bytes(self) -> int:
        """Length of one sample in bytes; 1 for single bits."""
        return max(1, self.bits_allocated // 8)

    @property
    def word_bytes(self) -> int:
        """Length of what is turned round in a big endian file.

        That of a sample, as the writers of 32-bit pixels have it; of a 16-bit word for bytes in
        OW (PS3.5 section 6.2).
        """
        return 2 if self.pixel_vr == "OW" and self.bits_allocated <= 8 else self.sample_bytes

    def of_length(self, length: int) -> Self:
        """What a native frame of so many bytes is.

        Some writers say YBR_FULL_422 and put three samples for every pixel.
        """
        if self.photometric_interpretation in _SUBSAMPLED:
            full = replace(self, photometric_interpretation="YBR_FULL")
            if length >= full.native_bytes and self.samples_per_pixel == 3:
                return full
        return self

    def decoded(self, **changes: Any) -> Self:
        """The same frame once it is native, with what decoding changed."""
        return replace(self, transfer_syntax_uid=str(EXPLICIT_VR_LITTLE_ENDIAN), **changes)

    def in_syntax(self, transfer_syntax_uid: str, **changes: Any) -> Self:
        """The same frame in another transfer syntax, with what encoding changed."""
        return replace(self, transfer_syntax_uid=str(transfer_syntax_uid), **changes)


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """Native little endian bytes of one frame and what they are now.

    The photometric interpretation may differ from that of the file: codecs undo the colour
    transforms of YBR_RCT and YBR_ICT, and give subsampled colour at full size.
    """

    data: bytes
    description: FrameDescription


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """The bytes of one frame in the transfer syntax that its description names.

    The photometric interpretation and the planar configuration may differ from those of the file
    (PS3.5 section 8.2).
    """

    data: bytes
    description: FrameDescription


def describe_frame(
    data_set: DataSet,
    transfer_syntax_uid: str,
    pixel_vr: str = "OW",
    pixel_tag: int = 0x7FE00010,
    *,
    max_frame_bytes: int = 2**32,
) -> FrameDescription:
    """Read the description of a data set's frames.

    Raises
    ------
    Malformed
        When what every image must say is missing or impossible.
    LimitExceeded
        When a decoded frame would be longer than `max_frame_bytes`.

    References
    ----------
    PS3.3 table C.7-11c.
    """
    bits_allocated = FLOAT_PIXEL_BITS.get(pixel_tag) or _one_of(
        data_set, 0x00280100, _BITS_ALLOCATED, "Bits Allocated"
    )
    samples = _one_of(data_set, 0x00280002, _SAMPLES, "Samples per Pixel", default=1)
    photometric = data_set.text(0x00280004, "MONOCHROME2" if samples == 1 else "RGB")
    description = FrameDescription(
        transfer_syntax_uid=str(transfer_syntax_uid),
        rows=_positive(data_set, 0x00280010, "Rows"),
        columns=_positive(data_set, 0x00280011, "Columns"),
        samples_per_pixel=samples,
        bits_allocated=bits_allocated,
        bits_stored=_bits_stored(data_set, bits_allocated),
        pixel_representation=1 if data_set.integer(0x00280103) == 1 else 0,
        photometric_interpretation=photometric[:_MAX_PHOTOMETRIC],
        planar_configuration=int(samples > 1 and data_set.integer(0x00280006) == 1),
        pixel_vr=pixel_vr,
        is_float=pixel_tag in FLOAT_PIXEL_BITS,
        exact=data_set.text(0x00080016) in _EXACT,
    )
    if description.native_bytes > max_frame_bytes:
        raise LimitExceeded(f"a decoded frame has more than {max_frame_bytes} bytes")
    return description


def _positive(data_set: DataSet, tag: int, name: str) -> int:
    value = data_set.integer(tag)
    if value is None or not 0 < value <= 0xFFFF:
        raise Malformed(f"{name} is missing or impossible")
    return value


def _one_of(
    data_set: DataSet, tag: int, allowed: frozenset[int], name: str, default: int | None = None
) -> int:
    value = data_set.integer(tag)
    if value is None and default is not None:
        return default
    if value is None or value not in allowed:
        raise Malformed(f"{name} is missing or impossible")
    return value


def _bits_stored(data_set: DataSet, bits_allocated: int) -> int:
    stored = data_set.integer(0x00280101)
    return stored if stored is not None and 0 < stored <= bits_allocated else bits_allocated
