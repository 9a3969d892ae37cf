"""multipart/related as bytes: a push parser and a writer.

Wire format only: bytes come in and events go out, or values come in and bytes go out. What a part
means (DICOM, metadata, bulk data) is no business of this module, and nothing here reads or writes
a stream. A part's data is handed on as it comes, as views of the caller's own chunk, so memory
stays at one chunk plus one part's headers whatever the size of the message.

Errors::

    MultipartError
    ├── TooManyParts   more parts than `Limits.max_parts`
    └── Truncated      the input ended before the closing delimiter

References
----------
RFC 2046 section 5.1.1 (delimiters), RFC 2387 (multipart/related), DICOM PS3.18 section 8.6.1.2.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class MultipartError(Exception):
    """The message as a whole cannot be read on; the text is safe to show."""


class TooManyParts(MultipartError):  # noqa: N818 - reads as the fact it states
    """The message holds more parts than the limit allows."""


class Truncated(MultipartError):  # noqa: N818 - reads as the fact it states
    """The input ended before the closing delimiter."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost."""

    max_header_bytes: int = 16 * 1024
    max_headers: int = 64
    max_parts: int = 100_000
    max_boundary_length: int = 256


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part begins.

    Attributes
    ----------
    headers
        Header names in lower case; of a repeated header the first value is kept.
    defect
        Why the headers could not be taken whole, or None. The part's data still follows, so that
        the reader can fail this part and go on with its neighbours.
    """

    headers: dict[str, str] = field(default_factory=dict)
    defect: str | None = None


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the current part: a view that stays valid as long as it is kept."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The current part is complete: its delimiter was seen."""


@dataclass(frozen=True, slots=True)
class End:
    """The closing delimiter was seen; what follows it is epilogue and ignored."""


@dataclass(frozen=True, slots=True)
class NeedData:
    """Nothing more can be said before more bytes are fed."""


Event = PartBegin | PartData | PartEnd | End | NeedData
_PART_END, _END, _NEED_DATA = PartEnd(), End(), NeedData()


class _State(Enum):
    PREAMBLE = auto()
    HEADERS = auto()
    DATA = auto()
    PART_END = auto()
    DELIMITED = auto()
    DONE = auto()


# What may stand between a boundary and the end of its line: "--" of the closing delimiter, then
# transport padding. The padding is bounded so that a look-alike cannot make the parser wait.
_REST_OF_LINE = re.compile(rb"(--)?[ \t]{0,256}\r?\n")
_REST_OF_INPUT = re.compile(rb"(--)?[ \t]{0,256}(?:\r?\n|\r?\Z)")
_REST_SO_FAR = re.compile(rb"(?:-|(?:--)?[ \t]{0,256}\r?)\Z")
_CR = 0x0D


class MultipartParser:
    """Push parser for one multipart message.

    Feed chunks as they arrive and take events until `NeedData`; say `close` when the input is at
    its end. The line before a delimiter may end in CRLF or LF; the boundary is the only thing that
    ends a part (a part's Content-Length is advice and not trusted over it).

    Parameters
    ----------
    boundary
        The boundary parameter of the message's Content-Type, unquoted.
    limits
        What the message may cost.

    Raises
    ------
    MultipartError
        If no message can have this boundary.

    Examples
    --------
    >>> parser = MultipartParser("b")
    >>> parser.feed(b"--b\\r\\nContent-Type: text/plain\\r\\n\\r\\nhello\\r\\n--b--\\r\\n")
    >>> [type(event).__name__ for event in parser.events()]
    ['PartBegin', 'PartData', 'PartEnd', 'End']
    """

    def __init__(self, boundary: str, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._delimiter = b"\n--" + _boundary_bytes(boundary, self._limits)
        # A message may open with its first delimiter, and a part without a body with its next
        # one. The one search for a line end and the boundary finds both, because the line end
        # before them is kept in the buffer (at first a made-up one) and `_skip` says that this
        # byte is not data.
        self._buffer: bytes = b"\n"
        self._position = 0
        self._skip = 1
        self._state = _State.PREAMBLE
        self._closed = False
        self._is_last = False
        self._parts = 0
        self._lines: list[bytes] = []
        self._header_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the message."""
        if self._position >= len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._position :] + data
        self._position = 0

    def close(self) -> None:
        """Say that the input is at its end; `next_event` then tells whether it was whole."""
        self._closed = True

    def events(self) -> Iterator[PartBegin | PartData | PartEnd | End]:
        """Yield what the bytes fed so far tell, up to and not including `NeedData`.

        Raises
        ------
        MultipartError
            As `next_event` does.
        """
        while not isinstance(event := self.next_event(), NeedData):
            yield event

    def next_event(self) -> Event:
        """Return the next event; after `End` it is always `NeedData`.

        Raises
        ------
        TooManyParts
            At the part that is one too many; those before it were delivered.
        Truncated
            After `close`, when what was fed has been delivered and no closing delimiter came.
        """
        event = None
        while event is None:
            event = _STEPS[self._state](self)
        return event

    def _in_preamble(self) -> Event | None:
        _, _, delimited = self._cut()
        if not delimited:
            return self._starved()
        self._state = _State.DELIMITED
        return None

    def _in_headers(self) -> Event | None:
        # `_position` is at the line end before the line to read.
        buffer = self._buffer
        while (line_end := buffer.find(b"\n", self._position + 1)) >= 0:
            line = buffer[self._position + 1 : line_end].removesuffix(b"\r")
            if self._is_delimiter(line):
                return self._begin_data()
            if self._is_too_much(line_end - self._position):
                return self._begin_data(defect="the headers of the part are too long")
            self._position = line_end
            if not line:
                return self._begin_data()
            self._lines.append(line)
        if self._header_bytes + len(buffer) - self._position > self._limits.max_header_bytes:
            return self._begin_data(defect="the headers of the part are too long")
        return self._starved()

    def _is_delimiter(self, line: bytes) -> bool:
        boundary = self._delimiter[1:]
        return line.startswith(boundary) and bool(_REST_OF_INPUT.match(line, len(boundary)))

    def _is_too_much(self, line_length: int) -> bool:
        self._header_bytes += line_length
        return (
            self._header_bytes > self._limits.max_header_bytes
            or len(self._lines) > self._limits.max_headers
        )

    def _begin_data(self, defect: str | None = None) -> PartBegin:
        self._skip = 1
        self._state = _State.DATA
        return PartBegin(_parse_headers(self._lines), defect)

    def _in_data(self) -> Event | None:
        start, end, delimited = self._cut()
        if delimited:
            self._state = _State.PART_END
        if end > start:
            return PartData(memoryview(self._buffer)[start:end])
        return None if delimited else self._starved()

    def _cut(self) -> tuple[int, int, bool]:
        """Take what is certainly data, and the delimiter if it follows.

        Returns
        -------
        start, end, delimited
            The data's place in the buffer, and whether a delimiter came after it.
        """
        start = self._position + self._skip
        found, rest = self._find_delimiter()
        end = max(found - 1 if found > start and self._buffer[found - 1] == _CR else found, start)
        if rest is not None:
            self._is_last = rest[1] is not None
            self._position = rest.end()
            self._skip = 0
            return start, end, True
        if found >= start:
            self._position = end
            self._skip = 0
        return start, end, False

    def _find_delimiter(self) -> tuple[int, re.Match[bytes] | None]:
        """Return where the next delimiter begins (its LF) and the match of its line's rest.

        Without a match, the place is where bytes begin that more input may yet make a delimiter,
        or the end of the buffer.
        """
        buffer, delimiter = self._buffer, self._delimiter
        rest_of_line = _REST_OF_INPUT if self._closed else _REST_OF_LINE
        found = buffer.find(delimiter, self._position)
        while found >= 0:
            after = found + len(delimiter)
            if rest := rest_of_line.match(buffer, after):
                return found, rest
            if not self._closed and _REST_SO_FAR.match(buffer, after):
                return found, None
            # A look-alike: data.
            found = buffer.find(delimiter, after)
        return len(buffer) if self._closed else self._held_back(), None

    def _held_back(self) -> int:
        # The delimiter holds one LF, its first byte: only the last LF can begin a partial one.
        buffer = self._buffer
        size = len(buffer)
        line_end = buffer.rfind(b"\n", max(self._position, size - len(self._delimiter)))
        if line_end >= 0 and self._delimiter.startswith(buffer[line_end:]):
            return line_end
        return size

    def _at_part_end(self) -> Event:
        self._state = _State.DELIMITED
        return _PART_END

    def _after_delimiter(self) -> Event | None:
        if self._is_last:
            self._state = _State.DONE
            return _END
        if self._parts >= self._limits.max_parts:
            raise TooManyParts(f"the message has more than {self._limits.max_parts} parts")
        self._parts += 1
        self._lines = []
        self._header_bytes = 0
        # Back onto the line end of the delimiter's line: `_in_headers` begins there.
        self._position -= 1
        self._state = _State.HEADERS
        return None

    def _when_done(self) -> Event:
        self._position = len(self._buffer)
        return _NEED_DATA

    def _starved(self) -> Event:
        if self._closed:
            raise Truncated(
                "the message ended before its closing delimiter"
                if self._parts
                else "the message holds no part: its boundary was never seen"
            )
        return _NEED_DATA


_STEPS: dict[_State, Callable[[MultipartParser], Event | None]] = {
    _State.PREAMBLE: MultipartParser._in_preamble,
    _State.HEADERS: MultipartParser._in_headers,
    _State.DATA: MultipartParser._in_data,
    _State.PART_END: MultipartParser._at_part_end,
    _State.DELIMITED: MultipartParser._after_delimiter,
    _State.DONE: MultipartParser._when_done,
}


def _boundary_bytes(boundary: str, limits: Limits) -> bytes:
    # White space at its end could not be told from transport padding (RFC 2046 forbids it there).
    boundary = boundary.rstrip(" \t")
    if not boundary or len(boundary) > limits.max_boundary_length:
        raise MultipartError("the boundary parameter is empty or too long")
    try:
        encoded = boundary.encode("latin-1")
    except UnicodeEncodeError as exc:
        raise MultipartError("the boundary parameter holds characters it may not hold") from exc
    if any(byte < 0x20 and byte != 0x09 for byte in encoded):
        raise MultipartError("the boundary parameter holds control characters")
    return encoded


def _parse_headers(lines: Iterable[bytes]) -> dict[str, str]:
    unfolded: list[str] = []
    for line in lines:
        text = line.decode("latin-1")
        if text[0] in " \t" and unfolded:
            unfolded[-1] += " " + text.strip()
        else:
            unfolded.append(text)
    headers: dict[str, str] = {}
    for text in unfolded:
        name, colon, value = text.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers


@dataclass(frozen=True, slots=True)
class MultipartWriter:
    """Spells a multipart/related message as pieces of bytes, so that no body is ever copied.

    A part is ``[head(...), *body, PART_TAIL]`` and the message ends with `closing`. All lengths
    but the bodies' are known beforehand, so that `content_length` can be said up front.

    Attributes
    ----------
    boundary
        By default 128 random bits, which no stored data can be made to hold. For a message whose
        bytes must be the same each time (ranges, strong validators) give `stable_boundary`.
    """

    boundary: str = field(default_factory=lambda: f"dicomtube-{secrets.token_hex(16)}")

    def content_type(self, root_type: str, **parameters: str) -> str:
        """Return the message's Content-Type, e.g. of `root_type` ``application/dicom``.

        Viewers expect the transfer syntax as a parameter of the whole, never inside ``type``.
        """
        more = "".join(f"; {name.replace('_', '-')}={value}" for name, value in parameters.items())
        return f'multipart/related; type="{root_type}"; boundary={self.boundary}{more}'

    def head(self, content_type: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return what stands before a part's body.

        Parameters
        ----------
        content_type
            Spelled as ``Content-Type:`` exactly, which viewers look for case-sensitively.
        headers
            Further headers of the part, e.g. ``Content-Location``.

        Raises
        ------
        ValueError
            If a header would end the header line early.
        """
        lines = [f"--{self.boundary}", f"Content-Type: {content_type}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header of a part may not hold a line end")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def closing(self) -> bytes:
        """What stands after the last part."""
        return f"--{self.boundary}--\r\n".encode("latin-1")

    def content_length(self, parts: Iterable[tuple[bytes, int]]) -> int:
        """Return the message's length, given each part's head and the length of its body."""
        lengths = (len(head) + length + len(PART_TAIL) for head, length in parts)
        return sum(lengths) + len(self.closing)


PART_TAIL = b"\r\n"
"""What stands after a part's body."""


def stable_boundary(*facts: str) -> str:
    """Return a boundary that is the same for the same facts.

    Parameters
    ----------
    facts
        One of them must have been drawn at random after the parts' bytes were fixed (the version
        of a stored instance): otherwise a sender could make data that hold the boundary.
    """
    return "dicomtube-" + hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
