"""How large the picture of a key image is, for those who have to be told before they fetch it."""

from __future__ import annotations

from typing import Any, Final

from archive.access import narrowed
from archive.archive import Archive
from archive.collections import COMMUNITY
from archive.errors import ArchiveError
from archive.retrieve import document, find_instances
from community.cases.model import Case, KeyImage
from community.cases.publishing import audience_of
from community.exchange.addresses import Addresses
from community.exchange.oembed import Thumbnail

side: Final = 480
_ROWS, _COLUMNS = "00280010", "00280011"


def thumbnail_of(
    archive: Archive, addresses: Addresses, case: Case, image: KeyImage
) -> Thumbnail | None:
    """The picture of a key image; None while its study cannot be read by the case's readers."""
    reader = narrowed(None, audience_of(case.id))
    named = (image.study_instance_uid, image.series_instance_uid, image.sop_instance_uid)
    try:
        model = document(archive, next(find_instances(archive, reader, COMMUNITY, *named)))
    except (ArchiveError, StopIteration):
        return None
    rows, columns = _number(model, _ROWS), _number(model, _COLUMNS)
    if not rows or not columns:
        return None
    scale = side / max(rows, columns)
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    return Thumbnail(addresses.picture(case, image, side), width, height)


def _number(model: dict[str, Any], tag: str) -> int:
    value = (model.get(tag, {}).get("Value") or [0])[0]
    return value if isinstance(value, int) and value > 0 else 0
