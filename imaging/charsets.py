"""Bytes of text to str, after Specific Character Set (PS3.3 section C.12.1.1.2)."""

from collections.abc import Sequence


def decode(value: bytes, charsets: Sequence[str], vr: str) -> str:
    """First light; code extensions follow."""
    return value.decode("utf-8" if "ISO_IR 192" in charsets else "latin-1", "replace")
