"""The bit stream of a video, whatever it is packed in.

Which kind of stream it is may be told here; how each is changed is in the modules beside.

References
----------
PS3.5 sections 8.2.5 to 8.2.10 (MPEG2, H.264 and H.265 in Pixel Data, and their containers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Final

from imaging.deidentify.video.buffers import Buffer, buffer_of
from imaging.deidentify.video.errors import Unfollowed
from imaging.deidentify.video.mp4 import bare_mp4, is_mp4
from imaging.deidentify.video.mpeg2 import bare_mpeg2
from imaging.deidentify.video.nal_units import H264, H265, bare_byte_stream
from imaging.deidentify.video.packets import Bare
from imaging.deidentify.video.program_streams import bare_program_stream, is_program_stream
from imaging.deidentify.video.transport_streams import bare_transport_stream, packet_prefix

max_video_bytes: Final = 2 << 30
"""Of a stream that is followed; a longer one is refused."""

_UIDS: Final = "1.2.840.10008.1.2.4."
_OF_SYNTAX: Mapping[str, Bare] = MappingProxyType(
    {
        **dict.fromkeys(("100", "101"), bare_mpeg2),
        **dict.fromkeys(("102", "103", "104", "105", "106"), partial(bare_byte_stream, codec=H264)),
        **dict.fromkeys(("107", "108"), partial(bare_byte_stream, codec=H265)),
    }
)


@contextmanager
def bared_video(transfer_syntax_uid: str, pieces: Iterable[bytes], length: int) -> Iterator[Buffer]:
    """Lend a stream, put together of pieces, of which `bare_video` has left the pictures.

    Raises
    ------
    ImagingError
        As `bare_video`.
    """
    with buffer_of(pieces, length) as stream:
        bare_video(stream, transfer_syntax_uid)
        yield stream


def bare_video(out: Buffer, transfer_syntax_uid: str) -> None:
    """Change a stream where it lies: all goes that is no picture.

    Raises
    ------
    ImagingError
        It is too long, or built in a way that is not known.
    """
    if len(out) > max_video_bytes:
        raise Unfollowed(f"the video has more than {max_video_bytes >> 20} MiB")
    bare = _OF_SYNTAX.get(transfer_syntax_uid.removeprefix(_UIDS).partition(".")[0])
    if bare is None:
        raise Unfollowed("the video is of a kind that is not known")
    if is_mp4(out):
        bare_mp4(out)
    elif (prefix := packet_prefix(out)) is not None:
        bare_transport_stream(out, prefix)
    elif is_program_stream(out):
        bare_program_stream(out, bare)
    elif out.find(b"\0\0\1") >= 0:
        bare(out)
    else:
        raise Unfollowed("the stream is no video that is known")
