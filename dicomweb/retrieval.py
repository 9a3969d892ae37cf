"""What the views of retrieval share: one instance found, chosen for, tagged and spelled.

No view lives here, and no bytes of an answer are made here.

References
----------
PS3.18 sections 8.7.8 (selected media type) and 10.4 (Retrieve transaction).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from flask import Response

from archive.pixel_facts import describe_stored_frame
from archive.retrieve import StoredInstance, find_instances
from dicomweb.calls import Call
from dicomweb.multipart import PART_TAIL, MultipartWriter, stable_boundary
from dicomweb.negotiation import Representation, Resource, Stored
from imaging.errors import CodecsBusy, ImagingError
from imaging.targets import targets_of
from imaging.transcode import can_decode
from imaging.uids import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN

Part = tuple[bytes, Iterable[bytes]]
"""The head of a part, and its body."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What negotiation may ask of one instance; its targets only when they matter."""

    call: Call
    found: StoredInstance
    codecs_work: bool = True

    @property
    def stored(self) -> Stored:
        """How it is stored."""
        uid = str(self.found.transfer_syntax_uid)
        return Stored(uid, self.codecs_work and can_decode(uid))

    def targets(self) -> tuple[str, ...]:
        """What its pixels can be encoded in; of an instance without pixels, the deflated form."""
        if not self.codecs_work:
            return ()
        if not self.found.number_of_frames:
            return (str(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN),)
        described = describe_stored_frame(self.call.archive, self.found)
        return () if described is None else tuple(map(str, targets_of(described)))

    def choose(self, resource: Resource, *, several: bool = False) -> Representation:
        """Choose how to give the instance, or frames of it.

        Raises
        ------
        Refusal
            406, with what can be had.
        """
        uid = str(self.found.transfer_syntax_uid)
        stored = _stored(uid, self.codecs_work and can_decode(uid), several)
        return self.call.choose(resource, stored, targets=self.targets)


@lru_cache(maxsize=256)
def _stored(uid: str, decodable: bool, several: bool) -> Stored:
    return Stored(uid, decodable, several=several)


def find_one(call: Call, study: str, series: str, instance: str) -> StoredInstance:
    """The instance that a path names."""
    found = find_instances(call.archive, call.principal, call.collection, study, series, instance)
    return next(iter(found))


def remade_or_stored(
    call: Call, found: StoredInstance, answer: Callable[[Facts], Response]
) -> Response:
    """Answer; pixels that their codec refuses are given as stored to who takes them so (8.7.3.4).

    Raises
    ------
    Refusal
        406 when nothing but another syntax was acceptable.
    """
    facts = Facts(call, found)
    try:
        return answer(facts)
    except CodecsBusy:
        raise  # the pixels are not to blame: 503, not another representation
    except ImagingError:
        return answer(replace(facts, codecs_work=False))


def instance_etag(found: StoredInstance, chosen: Representation, *told: str) -> str:
    """A tag for one representation: the version names the bytes, the rest how they are given."""
    way = f"{chosen.media_type}{chosen.transfer_syntax}{int(chosen.multipart)}{','.join(told)}"
    return f"{found.version}-{stable_boundary(way)[-12:]}"


def url_of(call: Call, found: StoredInstance) -> str:
    """The absolute URL of an instance."""
    return (
        f"{call.root}/studies/{found.study_instance_uid}/series/{found.series_instance_uid}"
        f"/instances/{found.sop_instance_uid}"
    )


def message(writer: MultipartWriter, parts: Iterable[Part]) -> Iterator[bytes]:
    """A multipart message, piece by piece."""
    for head, pieces in parts:
        yield head
        yield from pieces
        yield PART_TAIL
    yield writer.closing
