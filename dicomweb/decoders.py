"""Requests that wait for a decoder: only so many at once.

A codec takes seconds over a bad frame and a process has few of them, so whoever needs one may
wait for long, on one of the server's threads. So one process lets only so many requests wait;
whoever comes beyond is told to come again. An answer that is under way already has a place among
the long ones (`streams`), and is not broken off for want of another. How a frame is decoded is
no business of this module.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from dicomweb.canvas import Canvas
from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from imaging.pixels import DecodedFrame, EncodedFrame, FrameDescription
from imaging.rewrite import FrameDecoder, FrameTranscoder
from imaging.transcode import decode_frame, transcode_frame

_MAX_WAIT_S: Final = {False: 5.0, True: 60.0}
"""For room for a large picture: of an answer that has not begun, and of one that has."""


class Decoders:
    """The places that the requests of one process decode in.

    Parameters
    ----------
    settings
        How many at once.
    decode, transcode
        Makes a frame native, or encodes it anew; may take long.
    """

    def __init__(
        self,
        settings: DoorSettings,
        decode: FrameDecoder = decode_frame,
        transcode: FrameTranscoder = transcode_frame,
    ) -> None:
        self._places = threading.BoundedSemaphore(settings.max_decodes)
        self._canvas = Canvas()
        self._decode = decode
        self._transcode = transcode

    def for_request(self) -> Decoder:
        """Return what decodes the frames of one request."""
        return Decoder(self._places, self._decode, self._transcode, self._canvas)


class Decoder:
    """Decodes the frames of one request.

    Attributes
    ----------
    under_way
        The answer has begun: it cannot be refused any more, and is counted as a long one.
    """

    def __init__(
        self,
        places: threading.BoundedSemaphore,
        decode: FrameDecoder,
        transcode: FrameTranscoder = transcode_frame,
        canvas: Canvas | None = None,
    ) -> None:
        self._places = places
        self._canvas = canvas or Canvas()
        self._decode = decode
        self._transcode = transcode
        self.under_way = False

    def __call__(self, description: FrameDescription, encoded: bytes) -> DecodedFrame:
        """Decode one frame.

        Raises
        ------
        Refusal
            503 when the answer has not begun and no place is free: at once.
        """
        with self.place():
            return self._decode(description, encoded)

    def transcode(
        self, description: FrameDescription, encoded: bytes, target_uid: str
    ) -> EncodedFrame:
        """Give one frame in another transfer syntax; refused as decoding is."""
        with self.place():
            return self._transcode(description, encoded, target_uid)

    @contextmanager
    def canvas(self, pixels: int) -> Iterator[None]:
        """Hold room for a picture while it is drawn and encoded.

        Raises
        ------
        Refusal
            503 when others take the room, or too many wait for it.
        """
        with ExitStack() as held:
            with self.place():  # only so many wait
                held.enter_context(self._canvas.room(pixels, _MAX_WAIT_S[self.under_way]))
            yield

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place among those that wait for a child; refused like decoding."""
        if self.under_way:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise Refusal.busy("too many frames are being decoded at once")
        try:
            yield
        finally:
            self._places.release()
