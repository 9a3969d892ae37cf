"""Large pictures that one process makes at once: only so many pixels of them.

A picture of 64 million pixels takes some hundred megabytes to a gigabyte and a half while it is
drawn and encoded, so a few of them at once could take all the memory there is. Small ones, which
is what viewers ask for, are not counted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dicomweb.errors import Refusal

max_pixels_at_once: Final = 96 * 1024 * 1024
"""Of all large pictures that are being made; one that is larger is made alone."""

max_small_pixels: Final = 1024 * 1024
"""Of a picture that is not counted."""


class Canvas:
    """Room for the large pictures of one process."""

    def __init__(self, max_pixels: int = max_pixels_at_once) -> None:
        self._max_pixels = max_pixels
        self._free = max_pixels
        self._changed = threading.Condition()

    @contextmanager
    def room(self, pixels: int, max_wait_s: float) -> Iterator[None]:
        """Hold room for a picture while it is made.

        Raises
        ------
        Refusal
            503 when there is none for as long as may be waited.
        """
        if pixels <= max_small_pixels:
            yield
            return
        taken = min(pixels, self._max_pixels)
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= taken, max_wait_s):
                raise Refusal.busy("too many large pictures are being made at once")
            self._free -= taken
        try:
            yield
        finally:
            with self._changed:
                self._free += taken
                self._changed.notify_all()
