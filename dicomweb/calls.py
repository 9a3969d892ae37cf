"""One request as a view needs it: who asks, of which collection, and the tools to answer.

Flask's request stays behind this; a view takes a `Call` and the UIDs of its path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Request, Response

from archive.access import Principal, is_public
from archive.archive import Archive
from archive.collections import get_collection
from dicomweb import negotiation
from dicomweb.bodies import Bodies, Body
from dicomweb.capabilities import RouteRow
from dicomweb.charsets import check_charset
from dicomweb.decoders import Decoder, Decoders
from dicomweb.errors import Refusal
from dicomweb.negotiation import Representation, Resource, Stored
from dicomweb.proxies import origin_of
from dicomweb.responses import Payload, answer
from dicomweb.settings import DoorSettings
from dicomweb.streams import Streams
from dicomweb.volumes.store import VolumeStore

_UNKNOWN = Stored()

MayOpenCase = Callable[[str, Principal | None], bool]
"""Whether a case, by its id, may be opened by somebody."""

KeepsWords = Callable[[str, Principal | None], bool]
"""Whether a case, by its id, is still to be found out by somebody (`dicomweb.silence`)."""


@dataclass(frozen=True, slots=True)
class Door:
    """What all calls of one process share.

    Attributes
    ----------
    routes
        What the service consists of, for its description of itself.
    viewer_of
        Says who sends the request at hand; raises `Unauthenticated` for a bad token.
    may_open_case
        Whether somebody may open a case, and so read what belongs to it.
    keeps_words
        Whether they read it without what is said of its images in words.
    """

    archive: Archive
    settings: DoorSettings
    bodies: Bodies
    streams: Streams
    decoders: Decoders
    volumes: VolumeStore
    routes: Sequence[RouteRow]
    viewer_of: Callable[[], Principal | None]
    may_open_case: MayOpenCase
    keeps_words: KeepsWords

    @classmethod
    def to(
        cls,
        archive: Archive,
        settings: DoorSettings,
        routes: Sequence[RouteRow],
        viewer_of: Callable[[], Principal | None],
        may_open_case: MayOpenCase,
        keeps_words: KeepsWords = lambda _case, _asking: False,
    ) -> Door:
        """Build a door to an archive."""
        bodies = Bodies(settings, archive.settings.limits.max_request_bytes)
        streams, decoders = Streams(settings), Decoders(settings)
        volumes = VolumeStore(archive.settings.home / "spool")
        return cls(
            archive, settings, bodies, streams, decoders, volumes, routes, viewer_of,
            may_open_case, keeps_words,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes
    ----------
    principal
        Who asks; None is nobody.
    collection
        The name of the collection whose root was called.
    decode
        Makes frames native, within the bounds of what one process does at once.
    study
        The one that is named, in the path or in the query; None where none is.
    case
        Whose root was called, when that is not the collection's.
    is_silent
        No words may be in the answer, as the reader shall find out by looking.
    """

    door: Door
    request: Request
    principal: Principal | None
    collection: str
    decode: Decoder
    study: str | None = None
    case: str | None = None
    is_silent: bool = False

    @property
    def archive(self) -> Archive:
        """Where the answers are."""
        return self.door.archive

    @property
    def root(self) -> str:
        """The absolute URL of the root that was called, for the URLs in our answers."""
        if self.case is not None:
            return f"{self.origin}/cases/{self.case}/dicom-web"
        return self.origin + get_collection(self.archive, self.collection).root_path

    @property
    def origin(self) -> str:
        """The address by which the client reached us, without a slash at its end."""
        return origin_of(self.archive.settings, self.request)

    def parameter(self, name: str) -> str | None:
        """A parameter of the query string."""
        return self.request.args.get(name) if self.request.query_string else None

    def way(self) -> str:
        """Name what was asked for, so that answers to different questions get different tags.

        URLs of ours stand in answers, so the root is part of it.
        """
        accept = self.request.headers.get("Accept", "")
        asked = f"{self.root}\n{accept}\n{self.request.query_string.decode('latin-1')}"
        return hashlib.sha256(asked.encode()).hexdigest()[:12]

    def choose(
        self,
        resource: Resource,
        stored: Stored = _UNKNOWN,
        *,
        accept_parameter: str | None = None,
        targets: Callable[[], tuple[str, ...]] | None = None,
    ) -> Representation:
        """Choose how to answer.

        Parameters
        ----------
        accept_parameter
            When the caller has read the query string already.
        targets
            Finds out what can be encoded, when that matters.

        Raises
        ------
        Refusal
            406, with what can be had; 400 or 406 for a character set that cannot.
        """
        check_charset(resource, self.parameter("charset"))
        try:
            return negotiation.choose(
                resource,
                self.request.headers.get("Accept"),
                accept_parameter or self.parameter("accept"),
                stored,
                targets,
            )
        except negotiation.NotAcceptable as exc:
            message = "nothing that is accepted can be given"
            raise Refusal.not_acceptable(message, exc.available) from exc

    def open_body(self) -> Body:
        """Begin to read the request's body; a context manager."""
        return self.door.bodies.open(self.request.environ)

    def answer(self, payload: Payload) -> Response:
        """Answer with a payload."""
        public = self._is_public(payload.public)
        response = answer(self.request, payload, self.door.streams, public=public)
        self.decode.under_way = True
        return response

    def _is_public(self, known: bool | None) -> bool:
        """Whether caches between us may keep the answer; never that of a case, which may close."""
        if self.study is None or self.case is not None:
            return False
        if known is not None:
            return known
        place = get_collection(self.archive, self.collection)
        return is_public(self.archive, place, self.study)
