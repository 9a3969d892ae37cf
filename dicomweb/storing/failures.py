"""Which Failure Reason an error about metadata and bulk data is: one table.

References
----------
PS3.18 table I.2-2.
"""

from typing import Final

from archive.errors import (
    CannotUnderstand,
    DoesNotMatch,
    OutOfResources,
    StoreFailure,
    TransferSyntaxRefused,
)
from imaging.errors import ImagingError, LimitExceeded, Mismatch, Unsupported

_FAILURES: Final[dict[type[ImagingError], type[StoreFailure]]] = {
    LimitExceeded: OutOfResources,
    Mismatch: DoesNotMatch,
    Unsupported: TransferSyntaxRefused,
    ImagingError: CannotUnderstand,
}


def failure_of(error: ImagingError) -> StoreFailure:
    """The failure of one instance that the error is."""
    kinds = (kind for kind in type(error).__mro__ if kind in _FAILURES)
    return _FAILURES[next(kinds)](str(error))
