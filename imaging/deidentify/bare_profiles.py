"""ICC profiles without their texts: what colours are stays, what somebody wrote goes.

Blanked where it lies, so that no offset changes. What is no profile is none afterwards, either.

References
----------
ICC.1:2022 section 7 (profile structure) and section 10 (tag types); PS3.3 section C.11.15.
"""

from __future__ import annotations

from typing import Final

ICC_PROFILE: Final = 0x00282000
max_profile_bytes: Final = 16 * 1024 * 1024

_HEAD, _ENTRY, _TYPE = 128, 12, 8
_SIGNATURE_AT, _SIGNATURE = 36, b"acsp"
_PROFILE_ID: Final = slice(84, 100)
_RESERVED: Final = slice(100, 128)
_MAX_TAGS: Final = 1_000
_ASCII_LENGTH: Final = (1).to_bytes(4, "big")
_RECORD_LENGTH: Final = (12).to_bytes(4, "big")

# What each type of text is when it says nothing, from its ninth byte on.
_TEXTS: Final = {
    b"text": b"",
    b"desc": _ASCII_LENGTH,
    b"mluc": bytes(4) + _RECORD_LENGTH,
    b"dict": bytes(4) + _RECORD_LENGTH,
}
_NUMBERS: Final = frozenset(
    {
        b"XYZ ", b"curv", b"para", b"mft1", b"mft2", b"mAB ", b"mBA ", b"mpet", b"sf32", b"uf32",
        b"ui08", b"ui16", b"ui32", b"sig ", b"view", b"meas", b"chrm", b"cicp",
    }
)  # fmt: skip


def bare_profile(profile: bytes) -> bytes:
    """Give the same profile without texts; nothing when it is no profile."""
    count = int.from_bytes(profile[_HEAD : _HEAD + 4], "big")
    table_end = _HEAD + 4 + count * _ENTRY
    signed = profile[_SIGNATURE_AT : _SIGNATURE_AT + 4] == _SIGNATURE
    if not signed or not 0 < count <= _MAX_TAGS or table_end > len(profile):
        return b""
    out = bytearray(len(profile))
    out[:table_end] = profile[:table_end]
    out[_PROFILE_ID] = bytes(16)
    out[_RESERVED] = bytes(28)
    for at in range(_HEAD + 4, table_end, _ENTRY):
        start = int.from_bytes(profile[at + 4 : at + 8], "big")
        end = start + int.from_bytes(profile[at + 8 : at + 12], "big")
        if start < table_end or end > len(profile):
            return b""
        out[start:end] = _bare_tag(profile[start:end])
    return bytes(out)


def _bare_tag(tag: bytes) -> bytes:
    kind = tag[:4]
    if kind in _NUMBERS:
        return tag
    # Of a type that nobody knows, nothing is known to be a number.
    kept = tag[:_TYPE] + _TEXTS.get(kind, b"")
    return kept[: len(tag)].ljust(len(tag), b"\0")
