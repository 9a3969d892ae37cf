"""All instances of a study or a series as they are stored, in one long answer of known length.

Nothing is decoded, chosen or looked up for an instance by itself: what differs between two parts
are their bytes and two UIDs. What is small goes to the server in one piece with its neighbours,
since each piece costs as much as many bytes do.

References
----------
PS3.18 sections 8.7.3.3 (data sets as stored) and 10.4.4 (response).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archive.contents import Contents, Item, Kind
from archive.errors import ObjectMissing
from archive.objects import CHUNK_BYTES, ObjectStore, Range
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.multipart import PART_TAIL, MultipartWriter
from dicomweb.negotiation import DICOM, Coding, Representation, Resource, Stored
from dicomweb.responses import Payload
from imaging.transcode import can_decode

_SMALL_BYTES = 64 * 1024
_GATHERED_BYTES = 256 * 1024


def payload_as_stored(
    call: Call, held: Contents, study: str, writer: MultipartWriter, etag: str
) -> Payload | None:
    """The answer, if every instance goes as it is stored; else None."""
    chosen = _chosen(call, held.kinds)
    if chosen is None:
        return None
    heads = _Heads(writer, f"{call.root}/studies/{study}", chosen)
    objects = call.archive.objects
    return Payload(
        writer.content_type(DICOM),
        lambda *_: gathered(_pieces(objects, held.items(), heads, writer)),
        length=heads.length_of(held) + len(writer.closing),
        etag=etag,
        long=True,
    )


class _Undecided(Exception):  # noqa: N818 — no error: what can be encoded decides
    """It matters what the pixels of an instance can be encoded in."""


def _undecided() -> tuple[str, ...]:
    raise _Undecided


def _chosen(call: Call, kinds: Iterable[Kind]) -> dict[str, Representation] | None:
    """How each transfer syntax is given, when that is always as it is stored."""
    made = {}
    for kind in kinds:
        uid = kind.transfer_syntax_uid
        stored = Stored(uid, can_decode(uid))
        try:
            chosen = call.choose(Resource.PARTS, stored, targets=_undecided)
        except (_Undecided, Refusal):
            return None
        if chosen.coding is not Coding.AS_STORED:
            return None
        made[uid] = chosen
    return made


@dataclass(frozen=True, slots=True)
class _Heads:
    """The heads of all parts: alike but for two UIDs."""

    writer: MultipartWriter
    study_url: str
    chosen: Mapping[str, Representation]

    def of(self, transfer_syntax: str, series: str, sop: str) -> bytes:
        """The head of one part."""
        location = f"{self.study_url}/series/{series}/instances/{sop}"
        content_type = self.chosen[transfer_syntax].content_type
        return self.writer.head(content_type, {"Content-Location": location})

    def length_of(self, held: Contents) -> int:
        """The length of all parts."""
        return sum(
            found.size
            + found.uid_length
            + found.count * (len(self.of(kind.transfer_syntax_uid, "", "")) + len(PART_TAIL))
            for kind, found in held.kinds.items()
        )


def _pieces(
    objects: ObjectStore, items: Iterable[Item], heads: _Heads, writer: MultipartWriter
) -> Iterator[bytes]:
    for batch in _batches(items, objects.reads_at_once):
        # Read before anything is said of it: what is not there is an error, if it is the first.
        for item, body in zip(batch, _bodies(objects, batch), strict=True):
            yield heads.of(
                item.transfer_syntax_uid, item.series_instance_uid, item.sop_instance_uid
            )
            yield from body
            yield PART_TAIL
    yield writer.closing


def _batches(items: Iterable[Item], most: int) -> Iterator[list[Item]]:
    """What is read together: a few short instances, or a long one by itself."""
    batch: list[Item] = []
    for item in items:
        if batch and (len(batch) == most or item.size > CHUNK_BYTES):
            yield batch
            batch = []
        batch.append(item)
        if item.size > CHUNK_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _bodies(objects: ObjectStore, batch: list[Item]) -> list[Iterable[bytes]]:
    if batch[0].size > CHUNK_BYTES:
        return [objects.stream(batch[0].key, 0, batch[0].size)]
    bodies = objects.read_all([Range(item.key, 0, item.size) for item in batch])
    if any(len(body) != item.size for item, body in zip(batch, bodies, strict=True)):
        raise ObjectMissing("an object is shorter than the index says")
    return [(body,) for body in bodies]


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, small pieces joined and large ones passed on as they are."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        if len(piece) < _SMALL_BYTES:
            held.append(piece)
            size += len(piece)
            if size < _GATHERED_BYTES:
                continue
            piece = b""
        if size:
            yield b"".join(held)
            held, size = [], 0
        if piece:
            yield piece
    if size:
        yield b"".join(held)
