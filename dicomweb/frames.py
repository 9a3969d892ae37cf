"""Frames of an instance: as stored, native, or in another transfer syntax.

References
----------
PS3.18 sections 10.4.1.1.1 and 8.7.3.3 (bulk data media types).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from flask import Response

from archive.retrieve import find_framed_instance
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.frame_bytes import Frames
from dicomweb.multipart import PART_TAIL, MultipartWriter, stable_boundary
from dicomweb.negotiation import Representation, Resource
from dicomweb.responses import KEEP, Payload
from dicomweb.retrieval import Facts, instance_etag, message, remade_or_stored, url_of
from imaging.frames import FrameTable

_FRAME_LIST = re.compile(r"[0-9]{1,9}(?:,[0-9]{1,9})*", re.ASCII)
_MAX_FRAMES = 10_000


def frames(call: Call, study: str, series: str, instance: str, frames: str) -> Response:
    """Frames of an instance, numbered from 1."""
    numbers = frame_numbers(frames)
    found, table = find_framed_instance(
        call.archive, call.principal, call.collection, study, series, instance
    )
    if max(numbers) > table.count:
        raise Refusal.not_found(f"this instance has {table.count} frames")
    return remade_or_stored(call, found, lambda facts: _frames(facts, table, numbers))


def frame_numbers(text: str) -> list[int]:
    """Read a list of frames.

    Raises
    ------
    Refusal
        400 for anything but whole numbers from 1, or too many.
    """
    if not _FRAME_LIST.fullmatch(text):
        raise Refusal.bad_request("frames are whole numbers from 1, separated by commas")
    numbers = [int(number) for number in text.split(",")]
    if min(numbers) < 1:
        raise Refusal.bad_request("frames are numbered from 1")
    if len(numbers) > _MAX_FRAMES:
        raise Refusal.bad_request(f"more than {_MAX_FRAMES} frames are asked for at once")
    return numbers


def _frames(facts: Facts, table: FrameTable, numbers: Sequence[int]) -> Response:
    call, found = facts.call, facts.found
    chosen = facts.choose(Resource.FRAMES, several=len(numbers) > 1)
    one_way = Frames(call.archive, found, table, chosen, call.decode)
    etag = instance_etag(found, chosen, ",".join(map(str, numbers)))
    if not chosen.multipart:
        return single_frame(call, one_way, numbers[0], chosen, etag)
    writer = MultipartWriter(stable_boundary(found.version, etag))
    place = f"{url_of(call, found)}/frames"
    heads = [
        writer.head(chosen.content_type, {"Content-Location": f"{place}/{number}"})
        for number in numbers
    ]
    lengths = [one_way.length(number) for number in numbers]
    pairs = zip(heads, lengths, strict=True)
    known = [(head, length) for head, length in pairs if length is not None]
    return call.answer(
        Payload(
            writer.content_type(chosen.media_type),
            lambda *_: _frame_message(writer, heads, one_way, numbers),
            length=writer.content_length(known) if len(known) == len(lengths) else None,
            etag=etag,
            cache_control=KEEP,
            public=found.is_public,
            long=len(numbers) > 1,
        )
    )


def single_frame(
    call: Call, one_way: Frames, number: int, chosen: Representation, etag: str
) -> Response:
    """Answer with one frame as the whole body; in ranges where it lies in one piece."""
    return call.answer(
        Payload(
            chosen.content_type,
            lambda first, count: one_way.part(number, first, count),
            length=one_way.length(number),
            etag=etag,
            cache_control=KEEP,
            public=one_way.is_public,
            ranged=one_way.is_ranged(number),
        )
    )


def _frame_message(
    writer: MultipartWriter, heads: Sequence[bytes], one_way: Frames, numbers: Sequence[int]
) -> Iterable[bytes]:
    if len(numbers) == 1 and isinstance(pieces := one_way.pieces(numbers[0]), Sequence):
        return (heads[0], *pieces, PART_TAIL + writer.closing)
    parts = zip(heads, map(one_way.pieces, numbers), strict=True)
    return message(writer, parts)
