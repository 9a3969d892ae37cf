"""All files of the corpus, made in the same order every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom import config

from tests.planted import documents, encodings, headers, moving, objects
from tests.planted.files import Made, image
from tests.planted.people import (
    ARABIC,
    CHINESE,
    CYRILLIC,
    JAPANESE,
    KOREAN,
    LATIN_1,
    PLAIN,
    SCRIPTS,
    UNICODE,
    Script,
)
from tests.planted.plants import Days, Plant, Planter

Builder = Callable[[Planter], Made]


@dataclass(frozen=True)
class File:
    """One file: what is in it, and where it was put."""

    name: str
    path: str
    made: Made
    plants: tuple[Plant, ...]

    @property
    def number(self) -> int:
        """Its Instance Number, which stays: by it a file is known again."""
        return int(self.made.ds.InstanceNumber)


def _slice(p: Planter) -> Made:
    return Made(image(p)[0])


# The first of them are one study: they share UIDs and point to each other.
_STUDY: tuple[tuple[str, Builder], ...] = (
    ("slice-1", _slice), ("slice-2", _slice), ("report", objects.report),
    ("key-objects", objects.key_objects), ("presentation", objects.presentation),
    ("structures", objects.structures), ("plan", objects.plan),
    ("segmentation", objects.segmentation),
)  # fmt: skip

_IN_EVERY_SCRIPT: tuple[tuple[str, Builder], ...] = (
    ("prose", objects.prose), ("basic-report", objects.basic_report),
)  # fmt: skip

_ALONE: tuple[tuple[str, Builder, Script], ...] = (
    ("every-row", headers.every_row, PLAIN),
    ("every-row-nested", headers.every_row_nested, UNICODE),
    ("every-name", headers.every_name, LATIN_1),
    ("malformed-names", headers.malformed_names, PLAIN),
    ("wrong-vr", headers.wrong_vr, PLAIN),
    ("letters-in-numbers", headers.letters_in_numbers, PLAIN),
    ("private", headers.private, PLAIN),
    ("private-implicit", headers.implicit, PLAIN),
    ("unknown", headers.unknown, CYRILLIC),
    ("deep", headers.deep, PLAIN),
    ("history", headers.history, KOREAN),
    ("many-scripts", headers.many_scripts, CHINESE),
    ("long-text", objects.long_text, PLAIN),
    ("overlays", objects.overlays, LATIN_1),
    ("waveform", objects.waveform, CYRILLIC),
    ("pdf", documents.encapsulated_pdf, PLAIN),
    ("cda", documents.encapsulated_cda, PLAIN),
    ("tables", objects.tables, LATIN_1),
    ("presentation-japanese", objects.presentation, JAPANESE),
    ("structures-arabic", objects.structures, ARABIC),
    ("preamble", encodings.preamble, PLAIN),
    ("named", encodings.named, PLAIN),
    ("trailing", encodings.trailing, PLAIN),
    ("deflated", encodings.deflated, CHINESE),
    ("big-endian", encodings.big_endian, LATIN_1),
    ("jpeg", encodings.jpeg, PLAIN),
    ("jpeg2000", encodings.jpeg2000, PLAIN),
    ("fragments", encodings.fragments, PLAIN),
    ("high-bits", encodings.high_bits, PLAIN),
    ("directory", encodings.directory, PLAIN),
    ("broken", encodings.broken, PLAIN),
    ("rich-pdf", documents.rich_pdf, PLAIN),
    ("locked-pdf", documents.locked_pdf, PLAIN),
    ("stl", documents.stl, PLAIN),
    ("obj", documents.obj, PLAIN),
    ("mtl", documents.mtl, PLAIN),
    ("h264", moving.h264, PLAIN),
    ("h265", moving.h265, PLAIN),
    ("mpeg2", moving.mpeg2, PLAIN),
    ("mp4", moving.mp4, PLAIN),
    ("transport-stream", moving.transport, PLAIN),
    ("program-stream", moving.program, PLAIN),
)


def corpus() -> list[File]:
    """Make all of them."""
    rows: list[tuple[str, Builder, Script]] = [(n, b, LATIN_1) for n, b in _STUDY]
    rows += [(f"{n}-{s.name}", b, s) for n, b in _IN_EVERY_SCRIPT for s in SCRIPTS]
    rows += list(_ALONE)
    days, files = Days(), []
    shared: Planter | None = None
    for number, (name, build, script) in enumerate(rows, 1):
        planter = Planter(name, number, script, days)
        if number <= len(_STUDY):
            shared = shared or planter
            planter.share_uids(shared)
        with config.disable_value_validation():
            made = build(planter)
        path = made.path or f"files/{number:03}.dcm"
        files.append(File(name, path, made, tuple(planter.plants)))
    return files


def write(files: list[File], folder: Path) -> None:
    """Write them all below a folder."""
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.made.to_bytes())
