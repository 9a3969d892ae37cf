"""Values that we replace, and the record of what they were.

Which values are wrong is for others to say; how a data set keeps its past lives here.

References
----------
PS3.3 section C.12.1.1.9 (Original Attributes Macro), PS3.18 section 10.5.2.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.write import padded

COERCE: Final = "COERCE"
"""Values of this place stand for those of another."""

CORRECT: Final = "CORRECT"
"""The values were wrong."""

MODIFYING_SYSTEM: Final = "DicomTube"

_ORIGINAL_ATTRIBUTES: Final = 0x04000561
_MODIFIED_ATTRIBUTES: Final = 0x04000550


def replace_elements(
    data_set: DataSet, elements: Iterable[Element], reason: str, now: datetime | None = None
) -> list[int]:
    """Put elements in the place of others, and keep what was there in Original Attributes.

    Parameters
    ----------
    reason
        `COERCE` or `CORRECT`.

    Returns
    -------
    list of int
        Tags of the elements that changed. What was not there before is no change that is
        recorded: it replaced nothing.
    """
    previous: list[Element] = []
    for element in elements:
        old = data_set.get(element.tag)
        data_set[element.tag] = element
        if old is not None and old.value and old.value != element.value:
            previous.append(old)
    if previous:
        _record(data_set, previous, reason, now or datetime.now(UTC))
    return [element.tag for element in previous]


def _record(data_set: DataSet, previous: list[Element], reason: str, now: datetime) -> None:
    modified = DataSet(data_set.little_endian, data_set.charsets)
    modified.update((element.tag, element) for element in sorted(previous, key=lambda e: e.tag))
    item = DataSet(data_set.little_endian, data_set.charsets)
    item[_MODIFIED_ATTRIBUTES] = Element(_MODIFIED_ATTRIBUTES, "SQ", items=[modified])
    for tag, vr, text in (
        (0x04000562, "DT", f"{now:%Y%m%d%H%M%S.%f%z}"),
        (0x04000563, "LO", MODIFYING_SYSTEM),
        (0x04000564, "LO", ""),
        (0x04000565, "CS", reason),
    ):
        item[tag] = Element(tag, vr, padded(text.encode("ascii"), vr))
    # What others recorded before us stays.
    items = [*data_set.sequence(_ORIGINAL_ATTRIBUTES), item]
    data_set[_ORIGINAL_ATTRIBUTES] = Element(_ORIGINAL_ATTRIBUTES, "SQ", items=items)
