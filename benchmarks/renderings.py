"""`python -m benchmarks.renderings`: our pictures beside DCMTK's, of the same frames and windows.

Writes docs/rendering-comparison.md and the contact sheet that it shows. The test that holds the
two together at a small size uses the same functions.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import UID, ExplicitVRLittleEndian

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imaging.errors import ImagingError  # noqa: E402
from imaging.rendering.display import Display, describe_display, representative_frame  # noqa: E402
from imaging.rendering.grayscale import stored_values  # noqa: E402
from tests.rendered import File  # noqa: E402

TOLERANCE = 1.0
"""Mean absolute difference of 8-bit values that needs no explanation."""

_SHEET_TILE, _SHEET_COLUMNS, _SHEET_ROWS = 104, 4, 9
_GAIN = 8
# Faces, and screens of ultrasound with their texts, are not for a page, public as they are.
_ON_THE_SHEET = frozenset({"CT", "MR", "NM", "PT", "RTDOSE", "SEG", "CR", "DX", "MG", "SM"})
_PATTERNS = ("SC_rgb", "TextGBR", "TestPattern", "chr")

# Why the two differ where they do, by what the path begins with or holds.
EXPLAINED: dict[str, str] = {
    "rtdose_expb": "DCMTK turns the 32-bit pixels of big endian files by 16-bit words. Ours are "
    "those of the same image in little endian, where DCMTK agrees.",
    "sm_image_grayscale": "All pixels have one value: middle gray with us, black with DCMTK.",
    "CT0012": "We apply the supplemental palette (PS3.3 C.7.6.19), DCMTK shows grays.",
    "eCT_Supplemental": "We apply the supplemental palette (PS3.3 C.7.6.19), DCMTK shows grays.",
    "SC_rgb_32bit": "DCMTK refuses colours of 32 bits.",
    "SC_rgb_expb_32bit": "DCMTK refuses colours of 32 bits.",
    "ALOKA-16": "DCMTK refuses the palette of 16 bits.",
    "liver_": "Single bits, compressed: DCMTK has no codec.",
    "parametric_map": "DCMTK does not show float pixels.",
    "MR3_JPH": "Pixel Padding Value 0 is background with us, a dark gray with DCMTK.",
}


@dataclass
class Case:
    """One image: what it is, and what both made of it."""

    name: str
    path: Path
    facts: dict[str, str]
    ours: Any = None
    theirs: Any = None
    refused_by: str = ""
    decoded: bool = field(default=False)

    @property
    def difference(self) -> Any:
        """Absolute difference of every sample."""
        ours, theirs = _alike(self.ours, self.theirs)
        return np.abs(ours.astype(int) - theirs)

    @property
    def compared(self) -> bool:
        """Whether both made a picture of the same size."""
        return not self.refused_by

    @property
    def mean(self) -> float:
        """Mean absolute difference."""
        return float(self.difference.mean())

    @property
    def explanation(self) -> str:
        """Why the two differ, where somebody found out."""
        return next((why for part, why in EXPLAINED.items() if part in self.name), "")


def cases(data: Path, most_alike: int = 2) -> Iterator[Case]:
    """Images of the test data, so many of each kind that differs in how it is shown."""
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    with (data / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            kind = tuple(
                row[name]
                for name in ("source", "photometric", "bits_alloc_stored", "transfer_syntax")
            )
            kind = (kind[0].partition(":")[0], *kind[1:], row["modality"], row["planar"])
            if row["photometric"] and seen[kind] < most_alike:
                seen[kind] += 1
                yield Case(row["path"], data / row["path"], row)


def compare(case: Case) -> Case:
    """Render one image by both; what either refuses is noted."""
    try:
        file = File(case.path)
        number = representative_frame(file.header.data_set, file.table.count if file.table else 1)
        case.ours = file.render(number=number).pixels
    except ImagingError as error:
        case.refused_by = f"DicomTube: {error}."
        return case
    with tempfile.TemporaryDirectory(prefix="dicomtube-renderings-") as folder:
        case.theirs = _theirs(case, file, number, Path(folder))
    if case.theirs is None:
        case.refused_by = "DCMTK."
    elif case.theirs.shape[:2] != case.ours.shape[:2]:
        case.refused_by = f"nobody, but DCMTK's has another size: {case.theirs.shape}"
    return case


def _theirs(case: Case, file: File, number: int, folder: Path) -> Any:
    options = _options(file, number)
    made = _dcmj2pnm(case.path, [*options, "+F", str(number)])
    if made is None and (native := _native(case.path, number, folder / "native.dcm")):
        case.decoded = True
        made = _dcmj2pnm(native, options)
    return made


def _dcmj2pnm(path: Path, options: list[str]) -> Any:
    done = subprocess.run(["dcmj2pnm", "-q", *options, str(path)], capture_output=True, check=False)
    return np.asarray(Image.open(io.BytesIO(done.stdout))) if done.stdout else None


def _native(path: Path, number: int, target: Path) -> Path | None:
    """The one frame, decoded by pydicom: DCMTK has no codec for JPEG 2000 and its kin."""
    try:
        ds = pydicom.dcmread(path, force=True)
        # Single bits come out of pydicom in another shape than they are stored in.
        if not UID(ds.file_meta.TransferSyntaxUID).is_compressed or ds.BitsAllocated == 1:
            return None
        ds.decompress(as_rgb=False, generate_instance_uid=False)
        frames = int(ds.get("NumberOfFrames", 1) or 1)
        length = len(ds.PixelData) // frames
        ds.PixelData = ds.PixelData[(number - 1) * length : number * length]
        ds.NumberOfFrames = 1
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.save_as(target)
    # pydicom raises what it likes over files that are damaged on purpose.
    except Exception:
        return None
    return target


def _options(file: File, number: int) -> list[str]:
    """The same window for DCMTK, which reads none from functional groups."""
    data_set = file.header.data_set
    display = describe_display(data_set, number, file.read_bulk)
    if not data_set.text(0x00280004).startswith("MONOCHROME"):
        return []
    if display.window is not None:
        function = ["+Wfs"] if display.window.function == "SIGMOID" else []
        return [*_window(display.window.center, display.window.width), *function]
    if display.voi_lut is not None:
        return ["+Wl", "1"]
    return _span(file, display, number) if display.stretched else []


def _span(file: File, display: Display, number: int) -> list[str]:
    """The window from the lowest to the highest value that is no padding."""
    if display.modality_lut is not None:
        return ["+Wm"]
    values = stored_values(file.frame(number)).astype(float)
    if display.padding is not None:
        values = values[(values < display.padding[0]) | (values > display.padding[1])]
    low = 0 if display.labels else values.min(initial=np.inf)
    width = values.max(initial=-np.inf) - low + 1
    return ["-M", *_window(low + width / 2, width)] if width > 1 else []


def _window(center: float, width: float) -> list[str]:
    return ["+Ww", repr(float(center)), repr(float(width))]


def _alike(ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Both gray or both in colours."""
    if ours.ndim == theirs.ndim:
        return ours, theirs
    return tuple(
        pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        for pixels in (ours, theirs)
    )


# ---- what is written


def report(done: list[Case], sheet: str) -> str:
    """The page of the comparison."""
    compared = sorted((case for case in done if case.compared), key=lambda case: -case.mean)
    outliers = [case for case in compared if case.mean > TOLERANCE]
    means = sorted(case.mean for case in compared)
    lines = [
        "# Our pictures beside DCMTK's",
        "",
        "Made by `python -m benchmarks.renderings` from the public test data; do not edit. Each",
        "image was rendered by DicomTube and by DCMTK's `dcmj2pnm`, at full size and with the same",
        "window. The difference is that of 8-bit values, 0 to 255.",
        "",
        f"- Images compared: **{len(compared)}**",
        f"- Median of the mean absolute differences: **{means[len(means) // 2]:.4f}**",
        f"- Images with a mean above {TOLERANCE:g}: **{len(outliers)}**, explained below",
        f"- Images that one of the two does not render: {len(done) - len(compared)}",
        "",
        f"![ours, DCMTK's, and the difference {_GAIN} times as strong]({sheet})",
        "",
        f"From left to right in each group of three: ours, DCMTK's, the difference × {_GAIN}.",
        "",
    ]
    if outliers:
        lines += ["## Outliers", "", "| image | mean | largest | why |", "|---|---|---|---|"]
        lines += [
            f"| `{_short(case)}` | {case.mean:.2f} | {case.difference.max()} | {case.explanation} |"
            for case in outliers
        ]
        lines.append("")
    lines += ["## Not compared", "", "| image | what it is | not rendered by |", "|---|---|---|"]
    lines += [
        f"| `{_short(case)}` | {_facts(case)} | {case.refused_by} {case.explanation} |"
        for case in done
        if not case.compared
    ]
    lines += [
        "",
        "## All of them",
        "",
        "| image | what it is | mean | largest |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{_short(case)}` | {_facts(case)} | {case.mean:.4f} | {case.difference.max()} |"
        for case in compared
    ]
    note = "\\* DCMTK was given the frame decoded by pydicom, since it has no codec for the syntax."
    return "\n".join([*lines, "", note, ""])


def _short(case: Case) -> str:
    return case.name.removeprefix("files/")


def _facts(case: Case) -> str:
    row = case.facts
    syntax = row["transfer_syntax"].removeprefix("1.2.840.10008.1.2") or " (implicit)"
    star = "\\*" if case.decoded else ""
    words = (row["modality"], row["photometric"], row["bits_alloc_stored"], f"…{syntax}{star}")
    return " ".join(word for word in words if word)


def contact_sheet(done: Iterable[Case]) -> Image.Image:
    """Ours, theirs and the difference of one image of each kind."""
    kinds: dict[tuple[str, ...], Case] = {}
    for case in done:
        row = case.facts
        kind = (row["photometric"], row["bits_alloc_stored"], row["modality"])
        if row["modality"] not in _ON_THE_SHEET and not any(p in case.name for p in _PATTERNS):
            continue
        if case.compared and min(case.ours.shape[:2]) >= 32:
            kinds.setdefault(kind, case)
    chosen = list(kinds.values())[: _SHEET_COLUMNS * _SHEET_ROWS]
    gap, tile = 4, _SHEET_TILE
    rows = -(-len(chosen) // _SHEET_COLUMNS)
    size = (_SHEET_COLUMNS * (3 * tile + gap) + gap, rows * (tile + gap) + gap)
    sheet = Image.new("RGB", size, (60, 60, 60))
    for index, case in enumerate(chosen):
        left = gap + index % _SHEET_COLUMNS * (3 * tile + gap)
        top = gap + index // _SHEET_COLUMNS * (tile + gap)
        strong = np.clip(case.difference * _GAIN, 0, 255).astype(np.uint8)
        for place, pixels in enumerate((case.ours, case.theirs, strong)):
            image = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
            image.thumbnail((tile, tile), Image.Resampling.LANCZOS)
            sheet.paste(image, (left + place * tile, top))
    return sheet


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.renderings", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    done = [compare(case) for case in cases(options.data)]
    sheet = "images/renderings.jpg"
    contact_sheet(done).save(options.docs / sheet, quality=82)
    (options.docs / "rendering-comparison.md").write_text(report(done, sheet), encoding="utf-8")
    strange = [
        case for case in done if case.compared and case.mean > TOLERANCE and not case.explanation
    ]
    for case in strange:
        print(f"unexplained: {case.name} {case.mean:.2f}", file=sys.stderr)
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
