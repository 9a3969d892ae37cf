"""Pages of another origin: whether browsers let them read answers, as viewers in a browser need.

References
----------
Fetch Standard, CORS protocol; PS3.18 leaves it open.
"""

from __future__ import annotations

from typing import Final

from conformance.known import Known
from conformance.registry import Needs, check
from conformance.verdicts import NotOffered, expect
from conformance.wire.server import Server

_ORIGIN: Final = "https://conformance.example"


@check("http.cors", "HTTP-CORS", needs=Needs.SAMPLE, after=["reach"])
def another_origin_may_read(server: Server, known: Known) -> None:
    """A page of another origin may read answers, or is honestly not allowed to"""
    answer = server.get("/studies", {"limit": "1"}, headers=[("Origin", _ORIGIN)])
    allowed = answer.expect_status(200, 204, 403).header("Access-Control-Allow-Origin")
    if allowed is None or answer.status == 403:
        raise NotOffered("no page of an origin that is not listed may read answers")
    expect(allowed in ("*", _ORIGIN), f"Access-Control-Allow-Origin is {allowed!r}")
    with_credentials = answer.header("Access-Control-Allow-Credentials") == "true"
    expect(
        allowed == "*" or not with_credentials,
        "any page on earth may read answers with the credentials of whoever opens it",
    )
