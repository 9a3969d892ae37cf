"""How much of a DICOM file we are willing to read, whatever its bytes say.

Only the named limits may live here; who reads checks them.
"""

from dataclasses import dataclass

_KIB = 1024
_MIB = 1024 * _KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading.

    Parameters
    ----------
    max_header_bytes
        Sum of the value bytes kept in memory.
    max_elements
        Elements and sequence items together, at all depths.
    max_depth
        Sequences inside sequences.
    max_fragments
        Fragments of encapsulated values, all together.
    max_inflated_bytes
        Bytes that a deflated data set may grow to.
    max_inline_bytes
        A longer value of a binary VR (OB, OW, UN, …) is not read but located.
    max_inline_text_bytes
        The same for every other VR.
    """

    max_header_bytes: int = 32 * _MIB
    max_elements: int = 300_000
    max_depth: int = 64
    max_fragments: int = 1_000_000
    max_inflated_bytes: int = 1024 * _MIB
    max_inline_bytes: int = _KIB
    max_inline_text_bytes: int = 64 * _KIB
