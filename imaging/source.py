"""A window on a stream: positions in, bytes out, and never more in memory than asked for.

How bytes come off a stream may live here; what they mean may not.
"""

from typing import BinaryIO, Final

from imaging.errors import Malformed

# Stands for "no end known": past every position, yet an int that sums and compares quickly.
ENDLESS: Final = 1 << 62

_FIRST_READ = 16 * 1024
_LONGEST_READ = 64 * 1024
_READ_AFTER_A_JUMP = 2 * 1024


class Source:
    """Bytes of a seekable stream by position.

    Attributes
    ----------
    window
        Bytes at hand.
    start
        Position of the first of them.
    size
        Length of the stream, or `ENDLESS` when it shows only by reading.
    """

    __slots__ = ("_chunk", "_stream", "size", "start", "window")

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._chunk = _FIRST_READ
        self.size = size
        self.start = 0
        self.window = b""

    def reach(self, position: int, count: int) -> int:
        """Bring `count` bytes from `position` on into the window, as far as the stream has them.

        Returns
        -------
        int
            How many of them there are.
        """
        skipped = position - self.start
        available = len(self.window) - skipped
        if available >= count and skipped >= 0:
            return count
        if 0 <= skipped <= len(self.window):
            self._extend(skipped, count - available)
        else:
            self._jump(position, count)
        return min(count, len(self.window))

    def holds(self, position: int, count: int) -> bool:
        """Say whether the stream reaches as far, reading on where nothing else can tell."""
        if self.size != ENDLESS or not count:
            return position + count <= self.size
        # Short values are about to be taken anyhow, and must not be left behind.
        if count <= _LONGEST_READ:
            return self.reach(position, count) == count
        return self.reach(position + count - 1, 1) == 1

    def take(self, position: int, count: int) -> bytes:
        """Exactly `count` bytes; Malformed when the stream ends before."""
        if self.reach(position, count) < count:
            raise Malformed("the file ends inside a value")
        first = position - self.start
        return self.window[first : first + count]

    def _extend(self, skipped: int, missing: int) -> None:
        # Whoever reads on goes through a header: read more at a time.
        kept = self.window[skipped:]
        self.start += skipped
        self._stream.seek(self.start + len(kept))
        self.window = kept + self._stream.read(max(missing, self._chunk))
        self._chunk = min(self._chunk * 2, _LONGEST_READ)

    def _jump(self, position: int, count: int) -> None:
        # Whoever jumps over values may jump again: read little.
        self._chunk = _READ_AFTER_A_JUMP
        self._stream.seek(position)
        self.window = self._stream.read(max(count, self._chunk))
        self.start = position
