"""Whether there is a DICOMweb server at all, and which of the resources that every server has.

Everything else comes after these, so that what a server lacks altogether counts once.

References
----------
PS3.18 10.3, Table 10.3-2 (resources that are mandatory).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, expect
from conformance.wire.server import Server

ABSENT: Final = (404, 405, 501)
"""What a server answers where it has no such resource."""


@check("reach", "HTTP-REACH", needs=Needs.NOTHING)
def answers_a_search(server: Server, known: Known) -> None:
    """A search for one study is answered by the service."""
    answer = server.get("/studies", {"limit": "1"})
    expect(
        answer.status not in (401, 403, 407),
        f"the server asks for other credentials: it answered {answer.status}",
    )
    answer.expect_status(200, 204)
    answer.data_sets()


@check("appears", "STOW-STORED", needs=Needs.NOTHING, after=["reach"])
def what_was_taken_appears(server: Server, known: Known) -> None:
    """What the server took can be retrieved within the time that --settle gives it"""
    if known.lost:
        some = ", ".join(sorted(known.lost)[:5])
        raise Failed(f"{len(known.lost)} instances were taken and never seen, such as {some}")


@check("there[metadata]", "WADO-INSTANCE-METADATA", needs=Needs.SAMPLE, after=["reach"])
def has_metadata(server: Server, known: Known) -> None:
    """There is a resource of the metadata of an instance"""
    _expect_there(server, f"{known.place().instance}/metadata", "application/dicom+json")


_PIXELS: Final[Sequence[tuple[str, tuple[str, ...], tuple[Any, ...]]]] = [
    ("frames", ("FRAMES-ONE",), ("/frames/1",)),
    ("rendered", ("RENDER-FRAME",), ("/frames/1/rendered",)),
]


@each("there", _PIXELS, after=["reach"])
def has_a_resource_of_an_image(server: Server, known: Known, path: str) -> None:
    """There is a resource of an image: {}"""
    _expect_there(server, known.instance("ct-1-1").path + path, "*/*")


def _expect_there(server: Server, path: str, accept: str) -> None:
    answer = server.get(path, accept=accept)
    expect(answer.status not in ABSENT, f"{answer.asked} answered {answer.status}")
