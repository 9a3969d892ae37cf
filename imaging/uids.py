"""What each transfer syntax is, one row each, and what a UID looks like.

Facts of PS3.5 section 10 and annex A, PS3.6 table A-1 and PS3.18 table 8.7.3-5 may live here; what
is done with them may not.
"""

import re
from dataclasses import dataclass

from pydicom.uid import UID

IMPLICIT_VR_LITTLE_ENDIAN = UID("1.2.840.10008.1.2")
EXPLICIT_VR_LITTLE_ENDIAN = UID("1.2.840.10008.1.2.1")
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = UID("1.2.840.10008.1.2.1.99")
EXPLICIT_VR_BIG_ENDIAN = UID("1.2.840.10008.1.2.2")
RLE_LOSSLESS = UID("1.2.840.10008.1.2.5")

OCTET_STREAM = "application/octet-stream"

_UID_PATTERN = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_MAX_UID_LENGTH = 64


def is_uid(text: str) -> bool:
    """Say whether a text is spelled as a UID.

    Components with leading zeros are let through: PS3.5 section 9.1 forbids them, real files
    have them, and they are harmless in a path, a header or a query.
    """
    return len(text) <= _MAX_UID_LENGTH and _UID_PATTERN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """How a data set and its pixels are encoded.

    Parameters
    ----------
    deflated
        The whole data set is one deflate stream (PS3.5 section A.5).
    encapsulated
        Pixel Data is a sequence of fragments (PS3.5 section A.4).
    lossless
        Whether the syntax itself promises that no pixel was changed.
    media_type
        What a frame is on the web (PS3.18 section 8.7.3).
    video
        All frames are one bit stream.
    """

    uid: UID
    name: str
    little_endian: bool = True
    explicit_vr: bool = True
    deflated: bool = False
    encapsulated: bool = True
    lossless: bool = False
    media_type: str = OCTET_STREAM
    video: bool = False


def _native(
    uid: str,
    name: str,
    *,
    little_endian: bool = True,
    explicit_vr: bool = True,
    deflated: bool = False,
) -> TransferSyntax:
    return TransferSyntax(
        UID(uid), name, little_endian, explicit_vr, deflated, encapsulated=False, lossless=True
    )


def _frames(uid: str, name: str, media_type: str, lossless: bool = False) -> TransferSyntax:
    return TransferSyntax(UID(uid), name, lossless=lossless, media_type=media_type)


def _video(suffix: str, name: str, media_type: str) -> TransferSyntax:
    uid = UID(f"1.2.840.10008.1.2.4.{suffix}")
    return TransferSyntax(uid, name, media_type=media_type, video=True)


_ROWS = (
    _native("1.2.840.10008.1.2", "Implicit VR Little Endian", explicit_vr=False),
    _native("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    _native("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", deflated=True),
    _native("1.2.840.10008.1.2.2", "Explicit VR Big Endian", little_endian=False),
    _frames("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed", OCTET_STREAM, True),
    _frames("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", "image/jpeg"),
    _frames("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", "image/jpeg"),
    _frames("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (Process 6 and 8)", "image/jpeg"),
    _frames("1.2.840.10008.1.2.4.55", "JPEG Full Progression (Process 10 and 12)", "image/jpeg"),
    _frames("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)", "image/jpeg", True),
    _frames("1.2.840.10008.1.2.4.70", "JPEG Lossless (Process 14 SV1)", "image/jpeg", True),
    _frames("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", "image/jls", True),
    _frames("1.2.840.10008.1.2.4.81", "JPEG-LS Near-lossless", "image/jls"),
    _frames("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", "image/jp2", True),
    _frames("1.2.840.10008.1.2.4.91", "JPEG 2000", "image/jp2"),
    _frames("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 (Lossless Only)", "image/jpx", True),
    _frames("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2", "image/jpx"),
    _native("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
    _native("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", deflated=True),
    _frames("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", "image/jxl", True),
    _frames("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", "image/jxl"),
    _frames("1.2.840.10008.1.2.4.112", "JPEG XL", "image/jxl"),
    _frames("1.2.840.10008.1.2.4.201", "HTJ2K (Lossless Only)", "image/jphc", True),
    _frames("1.2.840.10008.1.2.4.202", "HTJ2K RPCL (Lossless Only)", "image/jphc", True),
    _frames("1.2.840.10008.1.2.4.203", "HTJ2K", "image/jphc"),
    _native("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced"),
    _native("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", deflated=True),
    _frames("1.2.840.10008.1.2.5", "RLE Lossless", "image/dicom-rle", True),
    _frames("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", OCTET_STREAM, True),
    _video("100", "MPEG2 Main Profile at Main Level", "video/mpeg"),
    _video("100.1", "Fragmentable MPEG2 Main Profile at Main Level", "video/mpeg"),
    _video("101", "MPEG2 Main Profile at High Level", "video/mpeg"),
    _video("101.1", "Fragmentable MPEG2 Main Profile at High Level", "video/mpeg"),
    _video("102", "MPEG-4 AVC/H.264 High Profile, Level 4.1", "video/mp4"),
    _video("102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile, Level 4.1", "video/mp4"),
    _video("103", "MPEG-4 AVC/H.264 BD-compatible, Level 4.1", "video/mp4"),
    _video("103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible, Level 4.1", "video/mp4"),
    _video("104", "MPEG-4 AVC/H.264 for 2D Video, Level 4.2", "video/mp4"),
    _video("104.1", "Fragmentable MPEG-4 AVC/H.264 for 2D Video, Level 4.2", "video/mp4"),
    _video("105", "MPEG-4 AVC/H.264 for 3D Video, Level 4.2", "video/mp4"),
    _video("105.1", "Fragmentable MPEG-4 AVC/H.264 for 3D Video, Level 4.2", "video/mp4"),
    _video("106", "MPEG-4 AVC/H.264 Stereo High Profile, Level 4.2", "video/mp4"),
    _video("106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile, Level 4.2", "video/mp4"),
    _video("107", "HEVC/H.265 Main Profile, Level 5.1", "video/H265"),
    _video("108", "HEVC/H.265 Main 10 Profile, Level 5.1", "video/H265"),
)

TRANSFER_SYNTAXES: dict[str, TransferSyntax] = {str(row.uid): row for row in _ROWS}


def transfer_syntax(uid: str) -> TransferSyntax:
    """Look up a transfer syntax.

    An unknown or private one gets a row that claims as little as possible: Explicit VR Little
    Endian around fragments of some kind, as PS3.5 section A.4 prescribes for every syntax that
    is not one of the four native ones.
    """
    known = TRANSFER_SYNTAXES.get(uid)
    return known if known is not None else TransferSyntax(UID(uid), "unknown")
