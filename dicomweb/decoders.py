"""Requests that wait for a decoder: only so many at once.

A codec takes seconds over a bad frame and a process has few of them, so whoever needs one may
wait for long, on one of the server's threads. So one process lets only so many requests wait;
whoever comes beyond is told to come again. An answer that is under way already has a place among
the long ones (`streams`), and is not broken off for want of another. How a frame is decoded is
no business of this module.
"""

from __future__ import annotations

import threading

from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rewrite import FrameDecoder
from imaging.transcode import decode_frame


class Decoders:
    """The places that the requests of one process decode in.

    Parameters
    ----------
    settings
        How many at once.
    decode
        Makes a frame native; may take long.
    """

    def __init__(self, settings: DoorSettings, decode: FrameDecoder = decode_frame) -> None:
        self._places = threading.BoundedSemaphore(settings.max_decodes)
        self._decode = decode

    def for_request(self) -> Decoder:
        """Return what decodes the frames of one request."""
        return Decoder(self._places, self._decode)


class Decoder:
    """Decodes the frames of one request.

    Attributes
    ----------
    under_way
        The answer has begun: it cannot be refused any more, and is counted as a long one.
    """

    def __init__(self, places: threading.BoundedSemaphore, decode: FrameDecoder) -> None:
        self._places = places
        self._decode = decode
        self.under_way = False

    def __call__(self, description: FrameDescription, encoded: bytes) -> DecodedFrame:
        """Decode one frame.

        Raises
        ------
        Refusal
            503 when the answer has not begun and no place is free: at once.
        """
        if self.under_way:
            return self._decode(description, encoded)
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many frames are being decoded at once")
        try:
            return self._decode(description, encoded)
        finally:
            self._places.release()
