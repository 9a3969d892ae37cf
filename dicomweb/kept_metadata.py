"""Metadata that were made ready, as an answer: ranges of objects and what stands between them.

A study's are its series' in a row. Nothing is parsed, and nothing is pressed that was pressed
before, unless the client called another root than the one that stands in the BulkDataURIs, or
takes several series in nothing but zstd.

References
----------
PS3.18 sections 10.4.1.1.2 and 10.4.4 (metadata), annex F.2.6 (BulkDataURI).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from archive.errors import ObjectMissing
from archive.metadata_files import KeptSeries, rooted
from archive.objects import CHUNK_BYTES, ObjectStore, Range
from dicomweb.calls import Call
from dicomweb.encodings import GZIP, IDENTITY, PREFERRED, ZSTD, choose_encoding, encode
from dicomweb.responses import Payload
from imaging.gzip_joining import Joint

_OF_SEVERAL = (GZIP, ZSTD)
"""Frames of zstd cannot be joined for every reader; deflated segments can."""

_Plan = Sequence[bytes | Range]


def kept_payload(call: Call, media_type: str, kept: Sequence[KeptSeries]) -> Payload:
    """The answer made of what is kept of a series, or of every series of a study."""
    preferred = PREFERRED if len(kept) == 1 else _OF_SEVERAL
    encoding = choose_encoding(call.request.headers.get("Accept-Encoding", ""), preferred)
    etag = f"{_etag(kept)}-{encoding}"
    headers = coded(encoding)
    objects = call.archive.objects
    if kept[0].root_url != call.root:
        etag += f"-{hashlib.sha256(call.root.encode()).hexdigest()[:12]}"
        told = rooted(kept[0].root_url), rooted(call.root)
        return Payload(
            media_type,
            lambda *_: encode(_replaced(_pieces(objects, _plain(kept)), *told), encoding),
            etag=etag,
            headers=headers,
            long=True,
        )
    plan = _ready(kept, encoding)
    if plan is None:
        return Payload(
            media_type,
            lambda *_: encode(_pieces(objects, _plain(kept)), encoding),
            etag=etag,
            headers=headers,
            long=True,
        )
    length = sum(len(one) if isinstance(one, bytes) else one.length for one in plan)
    is_small = length <= CHUNK_BYTES
    return Payload(
        media_type,
        lambda *_: (_at_once(objects, plan),) if is_small else _pieces(objects, plan),
        length=length,
        etag=etag,
        headers=headers,
        long=not is_small,
    )


def coded(encoding: str) -> dict[str, str]:
    """The headers that tell of a content coding."""
    headers = {"Vary": "Accept, Accept-Encoding, Authorization, Cookie"}
    return headers if encoding == IDENTITY else {**headers, "Content-Encoding": encoding}


def _etag(kept: Sequence[KeptSeries]) -> str:
    if len(kept) == 1:
        return kept[0].etag
    return hashlib.sha256("".join(one.etag for one in kept).encode()).hexdigest()[:32]


def _ready(kept: Sequence[KeptSeries], encoding: str) -> _Plan | None:
    if encoding == IDENTITY:
        return _plain(kept)
    if encoding == GZIP:
        return _joined(kept)
    return [kept[0].zstd] if len(kept) == 1 else None


def _plain(kept: Sequence[KeptSeries]) -> _Plan:
    plan: list[bytes | Range] = []
    for one in kept:
        plan += [b"," if plan else b"[", one.plain]
    return [*plan, b"]"]


def _joined(kept: Sequence[KeptSeries]) -> _Plan:
    joint = Joint()
    plan: list[bytes | Range] = []
    for one in kept:
        plan += [joint.between(b",") if plan else joint.begin(b"["), one.deflated]
        joint.add(one.crc32, one.plain_size)
    return [*plan, joint.end(b"]")]


def _at_once(objects: ObjectStore, plan: _Plan) -> bytes:
    ranges = [one for one in plan if not isinstance(one, bytes)]
    read = iter(objects.read_all(ranges))
    return b"".join(one if isinstance(one, bytes) else _whole(one, next(read)) for one in plan)


def _pieces(objects: ObjectStore, plan: _Plan) -> Iterator[bytes]:
    for one in plan:
        if isinstance(one, bytes):
            yield one
        elif one.length > CHUNK_BYTES:
            yield from objects.stream(*one)
        else:
            yield _whole(one, objects.read(*one))


def _whole(wanted: Range, piece: bytes) -> bytes:
    if len(piece) != wanted.length:
        raise ObjectMissing("an object is shorter than the index says")
    return piece


def _replaced(pieces: Iterable[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    """The text with `new` for `old`, also where `old` lies across two pieces."""
    held = b""
    for piece in pieces:
        text = held + piece
        found = text.rfind(old)
        # What may be the beginning of `old` waits for the next piece.
        sure = max(len(text) - len(old) + 1, found + len(old) if found >= 0 else 0, 0)
        yield text[:sure].replace(old, new)
        held = text[sure:]
    yield held
