"""The sections that both doors share: failure words, transfer syntaxes, character sets, limits.

References
----------
PS3.4 B.2.3; PS3.18 Annex I; PS3.3 C.12.1.1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from types import MappingProxyType

from archive.errors import StoreFailure
from archive.ingest import COERCED, DISCARDED, NOT_OF_ITS_CLASS
from archive.settings import ArchiveLimits
from imaging.limits import Limits
from imaging.sent.bit_streams import READERS, UNDESCRIBED
from imaging.sent.picture_files import TRANSFORMED
from imaging.transcode import can_decode
from imaging.uids import OCTET_STREAM, TRANSFER_SYNTAXES
from ops.conformance.markdown import size, table

# Defined terms by what they write; a test decodes a sample of each. Those without code extensions
# come first in the standard's tables, and each of them is read with extensions as well.
REPERTOIRES = MappingProxyType(
    {
        "ISO_IR 6": "ASCII, the default",
        "ISO_IR 100": "Latin 1",
        "ISO_IR 101": "Latin 2",
        "ISO_IR 109": "Latin 3",
        "ISO_IR 110": "Latin 4",
        "ISO_IR 148": "Latin 5, Turkish",
        "ISO_IR 203": "Latin 9",
        "ISO_IR 144": "Cyrillic",
        "ISO_IR 127": "Arabic",
        "ISO_IR 126": "Greek",
        "ISO_IR 138": "Hebrew",
        "ISO_IR 166": "Thai",
        "ISO_IR 13": "Japanese, katakana",
        "ISO 2022 IR 87": "Japanese, kanji",
        "ISO 2022 IR 159": "Japanese, supplementary kanji",
        "ISO 2022 IR 149": "Korean",
        "ISO 2022 IR 58": "Simplified Chinese",
        "ISO_IR 192": "Unicode in UTF-8",
        "GB18030": "Chinese, GB 18030",
        "GBK": "Chinese, GBK",
    }
)


def failures() -> str:
    """The words with which an instance is refused, or stored with a warning."""
    rows = [
        (f"{failure.reason:04X}", "failure", (failure.__doc__ or "").splitlines()[0])
        for failure in sorted(_failures(), key=lambda one: one.reason)
    ]
    warnings = [(f"{word:04X}", "warning", means) for word, means in _WARNINGS.items()]
    return table(("Word", "Kind", "Means"), [*rows, *warnings])


_WARNINGS = MappingProxyType(
    {
        COERCED: "Kept, but not as it was sent: it waits in quarantine until it is "
        "de-identified, or attributes were corrected that its bit stream disproved.",
        DISCARDED: "Kept without what is no part of a data set: file meta information.",
        NOT_OF_ITS_CLASS: "Kept, though its document is of another type than its SOP Class is for.",
    }
)


def _failures() -> Iterator[type[StoreFailure]]:
    yield from StoreFailure.__subclasses__()


def bulk_types() -> str:
    """What Pixel Data are taken as beside metadata, and what is made of each."""
    kept = dict.fromkeys(READERS, "as it is")
    made = dict.fromkeys(TRANSFORMED, "uncompressed, without loss")
    rows = [
        (f"`{name}`", how, "no" if name in UNDESCRIBED else "yes")
        for name, how in (kept | made).items()
    ]
    rows.append((f"`{OCTET_STREAM}`", "uncompressed, or in the part's transfer syntax", "no"))
    return table(("Media type", "Stored", "Describes itself"), rows)


def transfer_syntaxes() -> str:
    """What is known of each transfer syntax."""
    rows = [
        (
            row.name,
            str(row.uid),
            "" if row.media_type == OCTET_STREAM else row.media_type,
            "yes" if can_decode(row.uid) else "as stored only",
        )
        for row in TRANSFER_SYNTAXES.values()
    ]
    return table(("Transfer syntax", "UID", "A frame is", "As Explicit VR Little Endian"), rows)


def character_sets() -> str:
    """Values of Specific Character Set that are read."""
    return table(("Defined term", "Repertoire"), REPERTOIRES.items())


def limits() -> str:
    """What a request or an instance may take."""
    return table(("Limit", "Value"), [*_limits(ArchiveLimits()), *_limits(Limits())])


def _limits(given: ArchiveLimits | Limits) -> Iterator[tuple[str, str]]:
    for one in fields(given):
        value = getattr(given, one.name)
        yield f"`{one.name}`", size(value) if "bytes" in one.name else f"{value:,}"
