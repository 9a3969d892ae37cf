"""Pixels that compress about as well as those of scanners do: shapes, gradients and noise.

May live here: arrays out of a seed. May not: DICOM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20_261_123
_TABLE = 80.0

Picture = NDArray[Any]


def ct_slices(count: int, size: int = 512) -> Iterator[Picture]:
    """A body with organs in air, 12 bits stored in 16, noise of a few Hounsfield units."""
    y, x = _plane(size)
    for number in range(count):
        noise = _smooth_noise(np.random.default_rng([SEED, 1, number]), size, 12.0)
        turn = number / max(1, count - 1)
        body = x**2 / (0.40 + 0.05 * np.sin(3 * turn)) ** 2 + y**2 / 0.31**2 <= 1
        values = np.where(body, 40 + _TABLE * x * y, -1000.0)
        for organ, level in enumerate((60, 900, -850, 120, 25)):
            middle = 0.24 * np.cos(1.9 * organ + turn), 0.17 * np.sin(2.3 * organ + 2 * turn)
            near = (x - middle[0]) ** 2 + (y - middle[1]) ** 2 <= (0.03 + 0.012 * organ) ** 2
            values = np.where(body & near, level + 30 * x, values)
        values += noise * np.where(body, 1.0, 0.35)
        yield np.clip(np.rint(values + 1024), 0, 4095).astype("<u2")


def mr_slices(count: int, size: int, salt: int) -> Iterator[Picture]:
    """A soft bright middle with ripples, and the noise of a magnitude image."""
    y, x = _plane(size)
    for number in range(count):
        chance = np.random.default_rng([SEED, salt, number])
        turn = number / max(1, count - 1)
        light = np.exp(-(x**2 + y**2) / (0.05 + 0.03 * np.sin(3 * turn)))
        signal = 900 * light + 60 * light * np.cos(22 * x + 4 * turn) * np.sin(17 * y)
        real = signal + _smooth_noise(chance, size, 6.0)
        values = np.hypot(real, _smooth_noise(chance, size, 6.0))
        yield np.clip(np.rint(values), 0, 4095).astype("<u2")


def _plane(size: int) -> tuple[Picture, Picture]:
    line = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    return line[:, None], line[None, :]


def _smooth_noise(chance: np.random.Generator, size: int, deviation: float) -> Picture:
    """Neighbours alike, as the kernels of reconstruction make them."""
    white = chance.standard_normal((size + 1, size + 1), dtype=np.float32)
    mixed = white[1:, 1:] * 2 + white[:-1, 1:] + white[1:, :-1]
    smooth: Picture = mixed * (deviation / mixed.std())
    return smooth
