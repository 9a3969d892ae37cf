"""One file in one transfer syntax: exact, within a tolerance, refused with a reason, or wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from benchmarks.transcodings.oracles import MADE, STORED, Array, Picture, Shape
from imaging.errors import ImagingError
from imaging.frame_reading import read_frame
from imaging.frames import FrameTable, locate_frames
from imaging.part10 import Header, open_data_set, read_header
from imaging.pixels import FrameDescription, describe_frame
from imaging.targets import LOSSY, TARGETS, refusal
from imaging.transcode import decode_frame, transcode_frame

EXACT, WITHIN, AS_STORED, REFUSED, WRONG = "exact", "within", "as stored", "refused", "WRONG"

_RECOMPRESSED = "1.2.840.10008.1.2.4.111"

# What a lossy frame may lose at the usual quality: the largest error in levels of gray, or the
# root of the mean square as a share of the range that Bits Stored has.
MAX_ERROR = {"1.2.840.10008.1.2.4.81": 2}
MAX_ROOT_MEAN_SQUARE_LEVELS = {
    "1.2.840.10008.1.2.4.91": 3.0,
    "1.2.840.10008.1.2.4.203": 3.0,
}
MIN_DECIBELS = {
    "1.2.840.10008.1.2.4.50": 30.0,
    "1.2.840.10008.1.2.4.51": 45.0,
    "1.2.840.10008.1.2.4.112": 25.0,
}
# YBR_FULL_422 halves chrominance in width, so hard edges of colour are lost by definition, and
# luminance is what is looked at.
LUMINANCE_ONLY = frozenset({"1.2.840.10008.1.2.4.50"})
# How far decoders of lossy frames lie apart over one and the same stream.
MAX_BETWEEN_DECODERS = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{x}" for x in (51, 53, 55, 203)), 1),
}


class Disagreement(Exception):  # noqa: N818 - reads as the fact it states
    """Our decoder and the independent one see different things in a stored frame."""


@dataclass(frozen=True)
class Cell:
    """What became of one file in one transfer syntax."""

    name: str
    stored: str
    target: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Source:
    """A file whose pixels can be found."""

    name: str
    stream: Any
    header: Header
    table: FrameTable
    description: FrameDescription

    @property
    def kind(self) -> tuple[object, ...]:
        """Files of one kind are encoded alike."""
        d = self.description
        return (
            self.stored, d.photometric_interpretation, d.samples_per_pixel,
            d.bits_allocated, d.bits_stored, d.pixel_representation, d.planar_configuration,
            d.is_float, d.exact, self.table.count > 1,
        )  # fmt: skip

    @property
    def stored(self) -> str:
        return str(self.header.transfer_syntax_uid)

    def frame(self, number: int) -> bytes:
        """As `description` has it: of a big endian file in little endian order."""
        words = 1 if self.header.data_set.little_endian else self.description.word_bytes
        return read_frame(open_data_set(self.stream, self.header), self.table, number, words)

    def raw(self, number: int) -> bytes:
        """The same, of native frames straight from the value of Pixel Data."""
        pixels, bits = self.header.pixel_data, self.table.frame_bits
        if not bits or pixels is None or pixels.length is None:
            return self.frame(number)
        source = open_data_set(self.stream, self.header)
        source.seek(pixels.offset)
        value = np.frombuffer(source.read(pixels.length), "u1")
        if not self.header.data_set.little_endian:
            value = value.reshape(-1, self.description.word_bytes)[:, ::-1].reshape(-1)
        first = (number - 1) * bits
        if bits % 8 == 0:
            return value[first // 8 : (first + bits) // 8].tobytes()
        window = np.unpackbits(value, bitorder="little")[first : first + bits]
        return np.packbits(window, bitorder="little").tobytes()

    def numbers(self) -> list[int]:
        """All frames of a small file; the first, a middle and the last one of others."""
        count = self.table.count
        if count * self.description.native_bytes <= 1 << 20 and count <= 30:
            return list(range(1, count + 1))
        return sorted({1, (count + 1) // 2, count})


def open_source(name: str, path: Path) -> Source | None:
    """A file with pixels; None when there are none, or it is no readable DICOM file."""
    stream = path.open("rb")
    try:
        header = read_header(stream)
        pixels = header.pixel_data
        table = locate_frames(stream, header)
        if pixels is None or table is None:
            return None
        uid, tag = str(header.transfer_syntax_uid), pixels.tag
        description = describe_frame(header.data_set, uid, pixels.vr, tag)
        if pixels.length is not None:
            description = description.decoded()
    except ImagingError:
        return None
    return Source(name, stream, header, table, description)


def cells_of(source: Source) -> Iterator[Cell]:
    """The file in every transfer syntax there is an encoder for, and in the one that it has."""
    try:
        truths = {number: _truth(source, number) for number in source.numbers()}
    except Disagreement as error:
        yield Cell(source.name, source.stored, source.stored, WRONG, str(error))
        return
    for row in TARGETS:
        outcome, detail = _cell(source, str(row.uid), truths)
        yield Cell(source.name, source.stored, str(row.uid), outcome, detail)


def _truth(source: Source, number: int) -> Picture | str:
    """What a stored frame shows: ours and the independent decoder's must agree."""
    encoded, shape = source.frame(number), _shape(source.description)
    try:
        decoded = decode_frame(source.description, encoded)
    except ImagingError as error:
        return f"the stored frame does not decode: {error}"
    ours = STORED["1.2.840.10008.1.2.1"](decoded.data, _shape(decoded.description))
    try:
        truth = STORED[shape.uid](source.raw(number), shape)
    except Exception as error:
        raise Disagreement(f"the independent decoder failed: {error}") from error
    most = MAX_BETWEEN_DECODERS.get(shape.uid, 0)
    if ours.colour != truth.colour or _max_error(ours.array, truth.array) > most:
        error = _max_error(ours.array, truth.array)
        raise Disagreement(f"decoders are {error} apart ({ours.colour}, {truth.colour})")
    # Where decoders may differ, what is to be kept is what ours made of it.
    return ours


def _cell(source: Source, target: str, truths: dict[int, Picture | str]) -> tuple[str, str]:
    description = source.description
    if target == source.stored:
        return AS_STORED, ""
    if (reason := refusal(description, target)) is not None:
        return REFUSED, reason
    details, outcome = [], EXACT
    for number, truth in truths.items():
        if isinstance(truth, str):
            return REFUSED, truth
        encoded = source.frame(number)
        try:
            made = transcode_frame(description, encoded, target)
        except ImagingError as error:
            return REFUSED, str(error)
        if target == _RECOMPRESSED:
            same = bytes(imagecodecs.jpegxl_decode_jpeg(made.data)) == encoded.rstrip(b"\0")
            outcome, detail = (EXACT, "") if same else (WRONG, "another JPEG comes out")
        else:
            seen = MADE[target](made.data, _shape(made.description))
            outcome, detail = judge(target, truth, seen, description)
        details.append(detail)
        if outcome == WRONG:
            return WRONG, f"frame {number}: {detail}"
    return outcome, max(details, key=len)


def judge(target: str, truth: Picture, seen: Picture, d: FrameDescription) -> tuple[str, str]:
    """Compare what was stored with what was made of it."""
    if target not in LOSSY:
        same = truth.colour == seen.colour and np.array_equal(truth.array, seen.array)
        detail = (
            f"{_max_error(truth.array, seen.array)} off"
            if truth.colour == seen.colour
            else "colour"
        )
        return (EXACT, "") if same else (WRONG, detail)
    alike = truth.colour == seen.colour
    left, right = (truth.array, seen.array) if alike else (rgb(truth), rgb(seen))
    if target in LUMINANCE_ONLY and truth.colour:
        left, right = luminance(truth), luminance(seen)
    difference = left.astype("f8") - right.astype("f8")
    most, root = float(abs(difference).max()), math.sqrt(float((difference**2).mean()))
    peak = (1 << d.bits_stored) - 1
    decibels = 20 * math.log10(peak / root) if root else math.inf
    within = (
        most <= MAX_ERROR.get(target, math.inf)
        and root <= MAX_ROOT_MEAN_SQUARE_LEVELS.get(target, math.inf)
        and decibels >= MIN_DECIBELS.get(target, 0)
    )
    said = f"at most {most:.0f} off, root mean square {root:.2f}, {decibels:.1f} dB"
    return (WITHIN if within else WRONG), said


def rgb(picture: Picture) -> Array:
    """Colour as red, green and blue (PS3.3 C.7.6.3.1.2); gray as it is."""
    if picture.colour != "YBR":
        return picture.array
    y, b, r = (picture.array[..., index].astype("f8") for index in range(3))
    b, r = b - 128, r - 128
    red, green, blue = y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def luminance(picture: Picture) -> Array:
    """The first component of YBR_FULL."""
    array = picture.array.astype("f8")
    if picture.colour == "YBR":
        return array[..., 0]
    return array @ np.array([0.299, 0.587, 0.114])


def _max_error(left: Array, right: Array) -> float:
    if left.shape != right.shape:
        return math.inf
    if left.dtype.kind == "f":
        return 0.0 if np.array_equal(left, right, equal_nan=True) else math.inf
    return float(abs(left.astype("i8") - right.astype("i8")).max())


def _shape(d: FrameDescription) -> Shape:
    return Shape(
        d.transfer_syntax_uid, d.rows, d.columns, d.samples_per_pixel, d.bits_allocated,
        d.bits_stored, bool(d.pixel_representation), d.photometric_interpretation,
        d.planar_configuration, d.is_float,
    )  # fmt: skip
