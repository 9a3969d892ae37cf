"""Why a video cannot be given away."""

from imaging.errors import ImagingError


class Unfollowed(ImagingError):  # noqa: N818 - reads as the fact it states
    """The stream is built in a way that is not known; the message says which, and no value."""
