"""Surfaces for printing and viewing: their geometry is kept, every name and comment goes.

STL, OBJ and MTL are read line by line or triangle by triangle, and only what is known is written.
Whether a surface is a face is for somebody to see.

References
----------
PS3.3 sections A.85 (Encapsulated STL, OBJ and MTL) and C.24.3; PS3.15 table E.1-1 (Encapsulated
Document: D).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from io import BytesIO
from typing import Final

Rename = Callable[[str], str]
"""Gives a name in the place of one: the same in the surface and in the file of its materials."""

_STL_HEAD: Final = 80
_TRIANGLE: Final = 50

_NUMBER: Final = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBERS: Final = rb"(?: " + _NUMBER + rb"){1,9}"
_CORNER: Final = rb"-?\d+(?:/-?\d*){0,2}"
_MAX_TOKEN: Final = 32
# Vertices, normals and what their textures are laid on; faces, lines and points; smoothing.
_OF_OBJ: Final = re.compile(
    rb"(?:v|vt|vn|vp)" + _NUMBERS + rb"|(?:f|l|p)(?: " + _CORNER + rb")+|s (?:off|\d+)"
)
_OF_MTL: Final = re.compile(rb"(?:Ka|Kd|Ks|Ke|Tf|Ns|d|Tr|Ni|illum|sharpness)" + _NUMBERS)
_MATERIALS: Final = b"materials.mtl"


class NotSurface(ValueError):  # noqa: N818 - reads as the fact it states
    """There is no geometry in it that can be read."""


def bare_stl(stl: bytes) -> bytes:
    """Triangles of a binary STL and nothing else: no head, no attributes, no bytes behind them.

    Raises
    ------
    NotSurface
        It is another one; DICOM takes binary ones only.
    """
    count = struct.unpack_from("<I", stl, _STL_HEAD)[0] if len(stl) >= _STL_HEAD + 4 else 0
    end = _STL_HEAD + 4 + count * _TRIANGLE
    if not count or len(stl) < end:
        raise NotSurface("the surface is no binary STL")
    kept = bytearray(_STL_HEAD) + bytearray(stl[_STL_HEAD:end])
    for at in (48, 49):
        kept[_STL_HEAD + 4 + at :: _TRIANGLE] = bytes(count)
    return bytes(kept)


def bare_obj(obj: bytes, rename: Rename) -> bytes:
    """Vertices and faces of an OBJ; groups and objects have no names, and comments are gone.

    Raises
    ------
    NotSurface
        It has no face, line or point.
    """
    made = _kept(obj, _OF_OBJ, {b"usemtl": b"usemtl", b"mtllib": b""}, rename)
    if re.search(rb"^[flp] ", made, re.MULTILINE) is None:
        raise NotSurface("the surface is no OBJ")
    return made


def bare_mtl(mtl: bytes, rename: Rename) -> bytes:
    """Colours of the materials of an OBJ; names of files with textures are gone.

    Raises
    ------
    NotSurface
        It has no material.
    """
    made = _kept(mtl, _OF_MTL, {b"newmtl": b"newmtl"}, rename)
    if b"newmtl" not in made:
        raise NotSurface("the file of materials has none")
    return made


def _kept(
    text: bytes, known: re.Pattern[bytes], naming: dict[bytes, bytes], rename: Rename
) -> bytes:
    """The lines that are known, their blanks in order; names are given anew."""
    out = bytearray()
    for line in BytesIO(text.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")):
        words = line.strip(b"\0").split()
        if not words:
            continue
        if words[0] in naming:
            name = b" ".join(words[1:]).decode("utf-8", "replace")
            said = naming[words[0]]
            out += said + b" " + rename(name).encode() if said else b"mtllib " + _MATERIALS
            out += b"\n"
            continue
        plain = b" ".join(words)
        if known.fullmatch(plain) and all(len(word) <= _MAX_TOKEN for word in words):
            out += plain + b"\n"
    return bytes(out) + b"\n" * (len(out) % 2)
