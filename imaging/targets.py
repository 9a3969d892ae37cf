"""Which transfer syntaxes frames can be given in, as a table. No codec is loaded or called here.

A row says for which pixels PS3.5 section 8.2 defines a transfer syntax and our encoder keeps them
exact, or, of a lossy one, spoils nothing that is more than a picture. What a row refuses, it
refuses with a sentence.

References
----------
PS3.5 section 8.2 and its tables of valid values, annex A; PS3.3 section C.7.6.3.1.2.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.uid import UID

from imaging.codecs.decoders import CODECS
from imaging.pixels import FrameDescription
from imaging.uids import transfer_syntax

_MONOCHROME: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
_PALETTE: Final = frozenset({"PALETTE COLOR"})
# What decodes to RGB, and what to YBR_FULL (`codecs`, `samples`).
_RGB: Final = frozenset({"RGB", "YBR_RCT", "YBR_ICT", "XYB"})
_YBR: Final = frozenset({"YBR_FULL", "YBR_FULL_422"})
_ANY_COLOUR: Final = _RGB | _YBR


@dataclass(frozen=True, slots=True)
class Target:
    """One transfer syntax that frames can be given in.

    Parameters
    ----------
    photometric
        Photometric interpretations that can be encoded; None for all.
    allocated, stored
        Bits Allocated and Bits Stored that can be encoded; None for all.
    signed
        Whether monochrome samples may be signed; colour never is.
    lossy
        Whether encoding changes samples.
    from_syntax
        Only frames of this transfer syntax, whose bytes are packed anew without being decoded.
    floats
        Whether Float and Double Float Pixel Data may be so (PS3.5 section A.4: native only).
    """

    uid: UID
    photometric: frozenset[str] | None = None
    allocated: frozenset[int] | None = None
    stored: range | frozenset[int] | None = None
    signed: bool = True
    lossy: bool = False
    from_syntax: str = ""
    floats: bool = False


_1_2: Final = "1.2.840.10008.1.2"
_ONE: Final = _MONOCHROME | _PALETTE
_ALL: Final = _ONE | _ANY_COLOUR
_WHOLE_BYTES: Final = frozenset({8, 16})
_WITH_BITS: Final = frozenset({1, 8, 16})


def _row(suffix: str, *columns: object, **named: object) -> Target:
    return Target(UID(_1_2 + suffix), *columns, **named)  # type: ignore[arg-type] # rows below


# THE table, the cheapest and best first: what a server would choose when a client does not mind.
TARGETS: Final[tuple[Target, ...]] = (
    _row(".1", floats=True),
    _row(".1.98"),
    _row(".5", _ALL, _WITH_BITS),
    _row(".4.201", _ALL, _WHOLE_BYTES),
    _row(".4.202", _ALL, _WHOLE_BYTES),
    _row(".4.80", _ALL, _WHOLE_BYTES, range(2, 17)),
    _row(".4.70", _ALL, _WHOLE_BYTES, range(2, 17)),
    _row(".4.57", _ALL, _WHOLE_BYTES, range(2, 17)),
    _row(".4.90", _ALL, _WITH_BITS),
    _row(".4.110", _MONOCHROME | _RGB, _WHOLE_BYTES, signed=False),
    _row(".4.111", from_syntax=_1_2 + ".4.50"),
    _row(".8.1"),
    _row(".1.99", floats=True),
    _row(".4.50", _MONOCHROME | _ANY_COLOUR, _WHOLE_BYTES, frozenset({8}), False, True),
    _row(".4.203", _MONOCHROME | _ANY_COLOUR, _WHOLE_BYTES, lossy=True),
    _row(".4.81", _MONOCHROME | _ANY_COLOUR, _WHOLE_BYTES, range(2, 17), lossy=True),
    _row(".4.51", _MONOCHROME, _WHOLE_BYTES, frozenset({8, 12}), False, True),
    _row(".4.91", _MONOCHROME | _ANY_COLOUR, _WHOLE_BYTES, lossy=True),
    _row(".4.112", _MONOCHROME | _ANY_COLOUR, _WHOLE_BYTES, frozenset({8}), False, True),
)
_BY_UID: Final = {str(row.uid): row for row in TARGETS}

LOSSY: Final = frozenset(row.uid for row in TARGETS if row.lossy)

# Streams of the one that are streams of the other as they are: selection value 1 is one of those
# of process 14, and HTJ2K in RPCL order is HTJ2K (PS3.5 sections A.4.1 and 8.2.14).
SUBSETS: Final = frozenset({(_1_2 + ".4.70", _1_2 + ".4.57"), (_1_2 + ".4.202", _1_2 + ".4.201")})


def is_native(transfer_syntax_uid: str) -> bool:
    """Whether frames of this transfer syntax are plain samples."""
    uid = str(transfer_syntax_uid)
    # JPIP syntaxes are "not encapsulated" and hold no pixels at all.
    return not transfer_syntax(uid).encapsulated and not uid.startswith("1.2.840.10008.1.2.4.")


def encodable(description: FrameDescription, target_uid: str) -> bool:
    """Whether such frames can be given in a transfer syntax, the one they have included."""
    return refusal(description, target_uid) is None


@lru_cache(maxsize=256)  # the slices of a series are all described alike
def targets_of(description: FrameDescription) -> tuple[UID, ...]:
    """All transfer syntaxes that such frames can be given in, the cheapest first."""
    stored = UID(description.transfer_syntax_uid)
    possible = (row.uid for row in TARGETS if encodable(description, row.uid))
    return tuple(dict.fromkeys((stored, *possible)))


def refusal(description: FrameDescription, target_uid: str) -> str | None:
    """Say why such frames cannot be given in a transfer syntax; None when they can."""
    target, stored = str(target_uid), description.transfer_syntax_uid
    if target == stored:
        return None
    row = _BY_UID.get(target)
    if row is None:
        return "there is no encoder for this transfer syntax"
    if not (stored in CODECS or is_native(stored)):
        return "there is no decoder for the stored transfer syntax"
    if row.from_syntax:
        return None if stored == row.from_syntax else "only JPEG Baseline frames can be so packed"
    return _refusal_of_pixels(row, description) or _refusal_of_loss(row, description)


def _refusal_of_pixels(row: Target, pixels: FrameDescription) -> str | None:
    samples = pixels.samples_per_pixel
    colour = pixels.photometric_interpretation in _ANY_COLOUR
    if pixels.is_float:
        return None if row.floats else "floating point pixels are never encapsulated"
    if row.photometric is not None and (
        pixels.photometric_interpretation not in row.photometric or samples != (3 if colour else 1)
    ):
        return "the photometric interpretation is not defined for this transfer syntax"
    if row.allocated is not None and pixels.bits_allocated not in row.allocated:
        return f"{pixels.bits_allocated} bits allocated are not defined for this transfer syntax"
    if row.stored is not None and pixels.bits_stored not in row.stored:
        return f"{pixels.bits_stored} bits stored are not defined for this transfer syntax"
    if row.photometric is not None and pixels.pixel_representation and (colour or not row.signed):
        return "signed samples are not defined for this transfer syntax"
    return None


def _refusal_of_loss(row: Target, pixels: FrameDescription) -> str | None:
    if row.lossy and pixels.exact:
        return "the samples are labels or measured quantities, which a lossy path would ruin"
    return None
