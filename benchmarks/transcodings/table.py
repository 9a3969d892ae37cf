"""The cells as a page of the docs: stored transfer syntax × target, and why what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from benchmarks.transcodings.cells import (
    AS_STORED,
    EXACT,
    LUMINANCE_ONLY,
    MAX_ERROR,
    MAX_ROOT_MEAN_SQUARE_LEVELS,
    MIN_DECIBELS,
    REFUSED,
    WITHIN,
    WRONG,
    Cell,
)
from imaging.targets import LOSSY, TARGETS
from imaging.uids import transfer_syntax

_HEAD = """# Every stored transfer syntax in every other one

Made by `python -m benchmarks.transcodings`, which takes every file with pixels of the test data
(the shared 592 files), asks `imaging.transcode` for it in every transfer syntax there is an
encoder for, and compares what comes with what was stored: all frames of small files, the first, a
middle and the last one of others. What was stored is decoded by another
library than the product uses, and so is what was made: libjpeg of the University of Stuttgart for
JPEG and JPEG-LS, a decoder of lossless JPEG only, OpenJPH for stored and OpenJPEG for made HTJ2K,
plain Python and imagecodecs for RLE, zlib for deflate.

How far that is independent: JPEG 2000 is compared by another build of OpenJPEG, stored JPEG
baseline by another build of libjpeg-turbo, and JPEG XL by the decoder half of libjxl, since Python
has no other implementation of them. Of stored 12-bit JPEG and lossy HTJ2K, decoders may see a
sample one level apart, and then ours is what has to be kept; where OpenJPH's binding lets white
that overshoots come back as black, OpenJPEG is asked too. The tolerances of lossy JPEG and JPEG XL
were chosen to let the hardest synthetic images of the data through, and are no promise about
others.

Each cell counts files: **=** exact, every sample of every frame looked at; **~** lossy, within the
tolerance below; **s** stored so, and passed on byte for byte; **–** refused, with the reason's
number. There is no other outcome.
"""


def page(cells: Iterable[Cell]) -> str:
    """The whole page in Markdown."""
    kept = list(cells)
    reasons = _numbered(kept)
    parts = [_HEAD, *_lossy(kept), "\n## The table\n", *_table(kept, reasons)]
    parts += ["\n## Reasons\n", *(f"{n}. {reason}" for reason, n in reasons.items())]
    wrong = [f"- {c.name} in {_name(c.target)}: {c.detail}" for c in kept if c.outcome == WRONG]
    return "\n".join([*parts, *(["\n## Wrong\n", *wrong] if wrong else [])]) + "\n"


def _name(uid: str) -> str:
    return transfer_syntax(uid).name


def _short(uid: str) -> str:
    return uid.removeprefix("1.2.840.10008.1.2") or "(1.2)"


def _numbered(cells: list[Cell]) -> dict[str, int]:
    counted = Counter(cell.detail for cell in cells if cell.outcome == REFUSED)
    return {reason: n for n, (reason, _) in enumerate(counted.most_common(), 1)}


def _lossy(cells: list[Cell]) -> Iterator[str]:
    yield "\n## Lossy targets at the usual quality\n"
    yield "| target | tolerance | worst that was met |\n|---|---|---|"
    for uid in (str(row.uid) for row in TARGETS if row.uid in LOSSY):
        met = [c for c in cells if c.target == uid and c.outcome == WITHIN]
        worst = min(met, key=_decibels, default=None)
        said = f"{worst.detail} ({worst.name.rsplit('/', 1)[-1]})" if worst else "–"
        yield f"| {_short(uid)} {_name(uid)} | {_tolerance(uid)} | {said} |"


def _decibels(cell: Cell) -> float:
    return float(cell.detail.rsplit(" ", 2)[1])


def _tolerance(uid: str) -> str:
    if uid in MAX_ERROR:
        return f"no sample more than {MAX_ERROR[uid]} levels off"
    if uid in MAX_ROOT_MEAN_SQUARE_LEVELS:
        return f"root of the mean square error at most {MAX_ROOT_MEAN_SQUARE_LEVELS[uid]} levels"
    of = " of luminance, where there is colour" if uid in LUMINANCE_ONLY else ""
    return f"peak signal to noise{of} at least {MIN_DECIBELS[uid]} dB"


def _table(cells: list[Cell], reasons: dict[str, int]) -> Iterator[str]:
    targets = [str(row.uid) for row in TARGETS]
    yield "| stored | files | " + " | ".join(_short(uid) for uid in targets) + " |"
    yield "|---" * (len(targets) + 2) + "|"
    for stored in sorted({cell.stored for cell in cells}, key=_order):
        own = [cell for cell in cells if cell.stored == stored]
        files = len({cell.name for cell in own})
        row = [_cell([c for c in own if c.target == uid], reasons) for uid in targets]
        yield f"| {_short(stored)} {_name(stored)} | {files} | " + " | ".join(row) + " |"


def _order(uid: str) -> list[int]:
    return [int(part) for part in uid.split(".")]


def _cell(cells: list[Cell], reasons: dict[str, int]) -> str:
    signs = {EXACT: "=", WITHIN: "~", AS_STORED: "s", WRONG: "**WRONG**"}
    counts = Counter(cell.outcome for cell in cells)
    said = [f"{signs[outcome]}{counts[outcome]}" for outcome in signs if counts[outcome]]
    refused = Counter(reasons[cell.detail] for cell in cells if cell.outcome == REFUSED)
    said += [f"–{count}<sup>{number}</sup>" for number, count in sorted(refused.items())]
    return " ".join(said)
