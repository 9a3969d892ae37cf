"""Pictures with text burned in where it is known: for the tests of its detection and removal.

Deterministic: the same seed gives the same pictures. Backgrounds are made here (flat, ramp,
speckle) or are real pictures of the test data; text is drawn in the fonts that are installed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imaging.part10 import open_data_set, read_header
from imaging.pixels import DecodedFrame, describe_frame
from imaging.rendering.plain import describe_display, pixels_of
from imaging.transcode import decode_frame

Array = NDArray[Any]

SIZES = (8, 12, 16, 24, 48)
CONTRASTS = (30, 60, 120, 200)
LEAST_SHOWN = 8
SYNTHETIC = ("black", "white", "ramp", "speckle", "coarse speckle")
REAL = {
    "US colour": "pydicom-data/US1_UNCR.dcm",
    "US palette": "pydicom-data/OBXXXX1A.dcm",
    "US gray": "pydicom-data/JPGLosslessP14SV1_1s_1f_8b.dcm",
    "US cine": "pydicom/test_files/examples_ybr_color.dcm",
    "CR": "pydicom-data/RG3_J2KI.dcm",
    "SC cine": "fo-dicom/Data/multiframe.dcm",
    "MR": "pydicom-data/MR2_J2KR.dcm",
    "MG": "fo-dicom/Test_Data/OutOfBoundsOverlay.dcm",
}
_BRAIN = "../series/mr_ge_brain_20/volume/brain_{}.dcm"
_PHANTOM = "../series/ct_philips_phantom_28/Philips/S21570/S2010/{}"
_HEAD = "../series/mr_siemens_t1_sag_35/HFS/3_t1_fl2d_sag/{}.dcm"
SLICES = {
    "CT, GE": "cornerstone3D/testImages/CTImage.dcm",
    "CT, GE, another": "dicomParser/CT1_UNC.implicit_little_endian.dcm",
    "CT, Siemens": "pydicom-data/bad_sequence.dcm",
    "CT, phantom": _PHANTOM.format("I10"),
    "CT, phantom, another": _PHANTOM.format("I260"),
    "MR, GE": "DICOMHTJ2K/htj2k/MR3_JPH",
    "MR, head": _HEAD.format("0012_1.3.12.2.1107.5.2.43.67060.2022040715053474802260830"),
    "MR, head, another": _HEAD.format("0023_1.3.12.2.1107.5.2.43.67060.2022040715053448416160792"),
    "MR, brain": _BRAIN.format("001"),
    "MR, brain, another": _BRAIN.format("013"),
}
"""Ordinary slices of scanners, which are searched quickly first."""
PICTURES = REAL | SLICES
_FONT_FILES = (
    ("DejaVu Sans", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    ("DejaVu Sans Mono", "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"),
    ("DejaVu Serif", "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"),
    ("Liberation Narrow", "/usr/share/fonts/truetype/liberation/LiberationSansNarrow-Regular.ttf"),
)
_NAMES = ("DOE^JANE", "Müller, Käthe", "SMITH JOHN A", "O'Brien P.", "García López", "NGUYEN T")
_LABELS = ("ID:", "MRN", "Pat.", "DOB", "Acc#", "", "Name:", "Dr.")


@dataclass(frozen=True)
class Planted:
    """A picture, and where the ink of each string is.

    Parameters
    ----------
    shown
        The ink that is not as bright as what it was written over: the rest shows nothing.
    contrast
        What was asked for; `seen` is what clipping and the background left of it.
    """

    picture: Array
    ink: Array
    shown: Array
    text: str
    size: int
    contrast: int
    seen: float
    background: str
    font: str
    style: str


@cache
def fonts() -> tuple[str, ...]:
    """Names of the fonts to draw with: three kinds are everywhere, others if installed."""
    found = [name for name, path in _FONT_FILES if Path(path).exists()]
    return ("Aileron", "bitmap", "Noto Sans", *found)


def planted(
    seed: int, background: str, size: int, contrast: int, side: int = 512, data: Path | None = None
) -> Planted:
    """One string on one background."""
    chance = random.Random(f"{seed} {background} {size} {contrast}")
    picture = backdrop(background, side, chance, data)
    font = fonts()[chance.randrange(len(fonts()))]
    text = _text(chance)
    mask = _drawn(text, font, size)
    if mask.shape[1] > picture.shape[1] - 8:
        text, mask = text[:6], _drawn(text[:6], font, size)
    height, width = mask.shape
    top = chance.randrange(2, max(3, picture.shape[0] - height - 2))
    left = chance.randrange(2, max(3, picture.shape[1] - width - 2))
    polarity = chance.choice((1, -1))
    style = chance.choice(("plain", "plain", "outlined", "boxed", "coloured"))
    place = (slice(top, top + height), slice(left, left + width))
    ground = picture.copy()
    seen = _paint(picture, place, mask, polarity * contrast, style, chance)
    ink = np.zeros(picture.shape[:2], bool)
    ink[place] = mask > 0.5
    shown = ink & _differs(picture, ground)
    return Planted(picture, ink, shown, text, size, contrast, seen, background, font, style)


def _differs(picture: Array, ground: Array) -> Array:
    differences = np.abs(picture.astype(np.int16) - ground)
    if differences.ndim == 3:
        differences = differences.max(axis=2)
    differs: Array = differences >= LEAST_SHOWN
    return differs


def _paint(
    picture: Array, place: Any, mask: Array, contrast: int, style: str, chance: random.Random
) -> float:
    """Draw in place; the contrast that is to be seen."""
    under = picture[place].astype(np.float32)
    local = under.reshape(-1, *under.shape[2:]).mean(axis=0)
    if np.mean(local) + contrast not in range(256):
        # What does not fit on one side of the background is drawn on the other.
        contrast = -contrast if 0 <= np.mean(local) - contrast <= 255 else contrast
    value = np.clip(local + contrast, 0, 255)
    if style == "coloured" and under.ndim == 3:
        dimmed = chance.choice((0, 2))
        value[dimmed] = local[dimmed]
    mask = mask[..., None] if under.ndim == 3 else mask
    if style == "boxed":
        under = np.broadcast_to(local, under.shape)
    if style == "outlined":
        grown = _grown(mask)
        under = under * (1 - grown) + np.clip(local - np.sign(contrast) * 40, 0, 255) * grown
    picture[place] = np.rint(under * (1 - mask) + value * mask).astype(picture.dtype)
    return float(np.max(np.abs(value - local)))


def _grown(mask: Array) -> Array:
    grown = mask.copy()
    for axis in (0, 1):
        for step in (1, -1):
            grown = np.maximum(grown, np.roll(grown, step, axis))
    return grown


def backdrop(name: str, side: int, chance: random.Random, data: Path | None) -> Array:
    """A picture to draw on, of `side` pixels; real ones have their own size up to it."""
    noise = np.random.default_rng(chance.randrange(2**32))
    if name in PICTURES:
        assert data is not None
        return _cropped(real_picture(data / "files" / PICTURES[name]), side, chance)
    shape = (side, side)
    if name == "black":
        made = noise.normal(6, 2, shape)
    elif name == "white":
        made = noise.normal(246, 3, shape)
    elif name == "ramp":
        made = np.linspace(20, 235, side)[None, :] + noise.normal(0, 4, shape)
    else:
        made = _speckle(noise, side, 1.2 if name == "speckle" else 2.5)
    return np.clip(made, 0, 255).astype(np.uint8)


def _speckle(noise: np.random.Generator, side: int, grain: float) -> Array:
    """Rayleigh noise of a grain, compressed as a scanner does, under a slow shading."""
    parts = [_smooth(noise.normal(0, 1, (side, side)), grain) for _ in range(2)]
    amplitude = np.hypot(*(part / part.std() for part in parts))
    shading = _smooth(noise.normal(0, 1, (side, side)), side / 12)
    shading = 0.5 + 0.25 * shading / np.abs(shading).max()
    logged: Array = 160 * shading + 55 * np.log10(0.05 + amplitude * shading)
    return logged


def _smooth(values: Array, sigma: float) -> Array:
    spectrum = np.fft.rfft2(values)
    rows = np.fft.fftfreq(values.shape[0])[:, None]
    columns = np.fft.rfftfreq(values.shape[1])[None, :]
    filtered = spectrum * np.exp(-2 * (np.pi * sigma) ** 2 * (rows**2 + columns**2))
    smooth: Array = np.fft.irfft2(filtered, values.shape)
    return smooth


def decoded(path: Path) -> tuple[Any, DecodedFrame]:
    """The data set and the first frame of a file."""
    from imaging.frame_reading import read_frame
    from imaging.frames import locate_frames

    with path.open("rb") as stream:
        header = read_header(stream)
        table = locate_frames(stream, header)
        assert table is not None and header.pixel_data is not None
        described = describe_frame(
            header.data_set, header.transfer_syntax_uid, header.pixel_data.vr
        )
        encoded = read_frame(open_data_set(stream, header), table, 1)
    return header.data_set, decode_frame(described, encoded)


@cache
def real_picture(path: Path) -> Array:
    """The first frame of a file, as it is shown."""
    data_set, frame = decoded(path)
    return pixels_of(frame, describe_display(data_set))


def _cropped(picture: Array, side: int, chance: random.Random) -> Array:
    if max(picture.shape[:2]) > 2 * side:
        step = picture.shape[0] // side
        picture = picture[: picture.shape[0] // step * step : step, ::step]
    top = chance.randrange(max(1, picture.shape[0] - side + 1))
    left = chance.randrange(max(1, picture.shape[1] - side + 1))
    return picture[top : top + side, left : left + side].copy()


def _text(chance: random.Random) -> str:
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(_NAMES)
    if kind == 1:
        year, month, day = (chance.randrange(1930, 2020), chance.randrange(1, 13), 1)
        return f"{day + chance.randrange(28):02}/{month:02}/{year}"
    number = chance.randrange(10**5, 10**8)
    return f"{chance.choice(_LABELS)} {number}".strip() if kind == 2 else chance.choice(_NAMES[:3])


def _drawn(text: str, name: str, size: int) -> Array:
    """A string as shares of ink, 0 to 1."""
    if name == "bitmap":
        return _bitmap(text, size)
    font = _font(name, size)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, 255, font)
    return np.asarray(image, np.float32) / 255


def _bitmap(text: str, size: int) -> Array:
    """Pillow's bitmap font of 11 pixels, every pixel repeated, as old devices draw."""
    font = ImageFont.load_default_imagefont()
    text = text.encode("latin-1", "replace").decode("latin-1")
    _, _, width, height = font.getbbox(text)
    image = Image.new("1", (int(width), int(height)))
    ImageDraw.Draw(image).text((0, 0), text, 1, font)
    times = max(1, round(size / 11))
    return np.repeat(np.repeat(np.asarray(image, np.float32), times, 0), times, 1)


@cache
def _font(name: str, size: int) -> Any:
    if name == "Aileron":
        return ImageFont.load_default(size)
    if name == "Noto Sans":
        package = find_spec("manimgx_fonts")
        assert package is not None and package.submodule_search_locations
        [folder] = package.submodule_search_locations
        return ImageFont.truetype(next(Path(folder).rglob("NotoSans[[]wght[]].ttf")), size)
    return ImageFont.truetype(dict(_FONT_FILES)[name], size)


def corpus(
    backgrounds: tuple[str, ...],
    data: Path | None,
    sizes: tuple[int, ...] = SIZES,
    contrasts: tuple[int, ...] = CONTRASTS,
    seeds: range = range(3),
) -> Iterator[Planted]:
    """Every size and contrast on every background, by every seed."""
    for background in backgrounds:
        for size in sizes:
            for contrast in contrasts:
                for seed in seeds:
                    yield planted(seed, background, size, contrast, data=data)
