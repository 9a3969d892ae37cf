"""Colours as presentation states spell them, in sRGB. Only PS3.3 section C.10.7.1.1 lives here."""

from typing import Final

Colour = tuple[int, int, int]

# From CIE XYZ under D50 to linear sRGB, with Bradford's adaptation to D65.
_TO_SRGB: Final = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
_D50: Final = (0.9642, 1.0, 0.8249)
_EDGE: Final = 6 / 29


def to_srgb(encoded: list[float]) -> Colour:
    """A colour encoded in three 16-bit words, L* from 0 to 100, a* and b* from -128 to 127."""
    lightness, a, b = (
        encoded[0] / 65535 * 100,
        encoded[1] / 65535 * 255 - 128,
        encoded[2] / 65535 * 255 - 128,
    )
    middle = (lightness + 16) / 116
    fs = (middle + a / 500, middle, middle - b / 200)
    xyz = [white * _inverse(f) for white, f in zip(_D50, fs, strict=True)]
    red, green, blue = (
        _encoded(sum(weight * value for weight, value in zip(row, xyz, strict=True)))
        for row in _TO_SRGB
    )
    return red, green, blue


def _inverse(f: float) -> float:
    return f**3 if f > _EDGE else 3 * _EDGE**2 * (f - 4 / 29)


def _encoded(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    curved = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(curved * 255)
