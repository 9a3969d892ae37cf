"""What can be wrong with DICOM bytes. Only the error tree may live here.

::

    ImagingError
    ├── NotDicom        the bytes are something else
    ├── Malformed       DICOM that breaks off or contradicts itself
    ├── Mismatch        each part is fine, but one says something else than another
    ├── LimitExceeded   more of something than we are willing to read
    ├── Unsupported     fine as it is, but beyond what we can do (a codec, say)
    └── DecodeFailed    pixels that their codec refuses
        └── CodecsBusy  nothing is known of the pixels: no codec was free for them

A message names what is wrong and never repeats a value of the data set, so it is safe to show to
a sender and to log.
"""


class ImagingError(Exception):
    """Base of everything that `imaging` raises about its input."""


class NotDicom(ImagingError):  # noqa: N818 - reads as the fact it states
    """The bytes are not a DICOM file."""


class Malformed(ImagingError):  # noqa: N818 - reads as the fact it states
    """The bytes are DICOM, but truncated or contradictory."""


class Mismatch(ImagingError):  # noqa: N818 - reads as the fact it states
    """A data set says something else than the pixels or documents that came with it."""


class LimitExceeded(ImagingError):  # noqa: N818 - reads as the fact it states
    """The input is larger, deeper or longer than a limit allows."""


class Unsupported(ImagingError):  # noqa: N818 - reads as the fact it states
    """The input asks for a transfer syntax or a codec that we do not have."""


class DecodeFailed(ImagingError):  # noqa: N818 - reads as the fact it states
    """A codec could not make pixels of a frame."""


class CodecsBusy(DecodeFailed):
    """No codec process was free, or could be started: the same may work later."""
