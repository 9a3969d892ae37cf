"""DELETE of a study, a series or an instance: not in the standard, spelled as other servers do.

What erasing means is `archive.erase`'s business.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from archive.erase import erase as erase_from
from dicomweb.calls import Call


def erase(
    call: Call, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    """Erase what the UIDs name; it is 410 from then on."""
    erase_from(call.archive, call.principal, call.collection, study, series, instance)
    return Response(status=HTTPStatus.NO_CONTENT)
