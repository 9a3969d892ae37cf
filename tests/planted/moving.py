"""Plants in the bit streams of videos: messages of users, metadata, sound, private streams."""

from __future__ import annotations

from pydicom.encaps import encapsulate

from tests.planted.files import Made, image
from tests.planted.plants import Planter
from tests.videos import box, packet, pes, syntax_of, videos, with_user_data

_ENDOSCOPY = "1.2.840.10008.5.1.4.1.1.77.1.1.1"


def h264(p: Planter) -> Made:
    """H.264 as a byte stream: a message that no decoder knows."""
    return _video(p, "h264", with_user_data("h264", _said(p, "video message", "H.264 SEI")))


def h265(p: Planter) -> Made:
    """The same of H.265."""
    return _video(p, "hevc", with_user_data("hevc", _said(p, "video message", "H.265 SEI")))


def mpeg2(p: Planter) -> Made:
    """MPEG-2 with user data before a picture, and bytes behind its end."""
    stream = with_user_data("mpeg2", _said(p, "video message", "MPEG-2 user data"))
    return _video(p, "mpeg2", stream + b"\0\0\1\xb7" + _said(p, "bytes behind a video", "MPEG-2"))


def mp4(p: Planter) -> Made:
    """MP4: metadata, free space, a handler's name, sound, media data that no table names."""
    stream = videos()["h264_mp4_audio"]
    handler = _said(p, "video metadata", "hdlr")
    stream = stream.replace(b"VideoHandler", handler[:12].ljust(12), 1)
    for kind in (b"udta", b"uuid", b"free", b"mdat"):
        stream += box(kind, _said(p, "video metadata", kind.decode()))
    return _video(p, "h264", stream)


def transport(p: Planter) -> Made:
    """A transport stream: names of services, a private stream."""
    stream = videos()["h264_ts_audio"]
    stream += packet(0x11, _said(p, "private stream of a video", "SDT"))
    stream += packet(0x1234, _said(p, "private stream of a video", "unknown PID"))
    return _video(p, "h264", stream)


def program(p: Planter) -> Made:
    """A program stream: private streams and padding."""
    stream = videos()["mpeg2_vob"].removesuffix(b"\0\0\1\xb9")
    for code in (0xBD, 0xBE, 0xBF):
        stream += pes(code, _said(p, "private stream of a video", f"{code:X}"))
    return _video(p, "mpeg2", stream + b"\0\0\1\xb9")


def _said(p: Planter, kind: str, place: str) -> bytes:
    return p.latin(kind, place).encode()


def _video(p: Planter, codec: str, stream: bytes) -> Made:
    ds, _ = image(p, sop_class=_ENDOSCOPY)
    for keyword in ("RescaleIntercept", "RescaleSlope", "KVP", "PixelSpacing", "SliceThickness"):
        delattr(ds, keyword)
    ds.Modality, ds.ImageType = "ES", ["ORIGINAL", "PRIMARY"]
    ds.Rows, ds.Columns, ds.NumberOfFrames, ds.FrameTime = 48, 64, 4, "40"
    ds.FrameIncrementPointer = 0x00181063
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    ds.PlanarConfiguration, ds.PixelRepresentation = 0, 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.LossyImageCompression = 7, "01"
    ds.PixelData = encapsulate([stream], fragments_per_frame=1, has_bot=False)
    return Made(ds, syntax=syntax_of(codec))
