"""Which transfer syntaxes frames can be given in, as a table. No codec is loaded or called here.

References
----------
PS3.5 section 8.2 and its tables of valid values, annex A; PS3.3 section C.7.6.3.1.2.
"""

from typing import Final

from pydicom.uid import UID

from imaging.codecs import CODECS
from imaging.pixels import FrameDescription
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN, RLE_LOSSLESS, transfer_syntax

LOSSY: Final[frozenset[str]] = frozenset()


def is_native(transfer_syntax_uid: str) -> bool:
    """Whether frames of this transfer syntax are plain samples."""
    uid = str(transfer_syntax_uid)
    # JPIP syntaxes are "not encapsulated" and hold no pixels at all.
    return not transfer_syntax(uid).encapsulated and not uid.startswith("1.2.840.10008.1.2.4.")


def encodable(description: FrameDescription, target_uid: str) -> bool:
    """Whether such frames can be given in a transfer syntax, the one they have included."""
    return UID(str(target_uid)) in targets_of(description)


def targets_of(description: FrameDescription) -> tuple[UID, ...]:
    """All transfer syntaxes that such frames can be given in, the cheapest first."""
    stored = UID(description.transfer_syntax_uid)
    if not (stored in CODECS or is_native(stored)):
        return (stored,)
    return tuple(dict.fromkeys((stored, EXPLICIT_VR_LITTLE_ENDIAN, RLE_LOSSLESS)))
