"""A plug-in of two checks, for ``--plugin hospital_checks``; it lies where Python finds it."""

from __future__ import annotations

from conformance.known import Known
from conformance.registry import Needs, check
from conformance.verdicts import NotOffered, Weak, expect
from conformance.wire.server import Server


@check("hospital.no-store", "HTTP-CACHE", needs=Needs.SAMPLE, after=["reach"])
def metadata_are_kept_nowhere(server: Server, known: Known) -> None:
    """Metadata are answered with Cache-Control: no-store, as our hospital demands."""
    answer = server.get(f"{known.place().instance}/metadata").expect_status(200)
    words = answer.header("Cache-Control") or ""
    expect("no-store" in words, f"{answer.asked} has Cache-Control {words!r}")


@check("hospital.quick-thumbnail", "RENDER-THUMB-INSTANCE", needs=Needs.SAMPLE, after=["reach"])
def thumbnails_are_quick(server: Server, known: Known) -> None:
    """A thumbnail comes within a second, where there are any."""
    answer = server.get(f"{known.place().instance}/thumbnail", accept="image/jpeg")
    if answer.status == 404:
        raise NotOffered("the server makes no thumbnails")
    answer.expect_status(200)
    if answer.elapsed_s > 1:
        raise Weak(f"it took {answer.elapsed_s:.1f} s")
