"""Whether there is a DICOMweb server at all. Everything else comes after this."""

from __future__ import annotations

from conformance.known import Known
from conformance.registry import Needs, check
from conformance.verdicts import Failed, expect
from conformance.wire.server import Server


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
