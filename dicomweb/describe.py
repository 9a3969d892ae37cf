"""What the service says of itself: its capability description and its OpenAPI document.

Its words are made in `capabilities` from the tables that the service runs on.

References
----------
PS3.18 section 8.9 (Retrieve Capabilities transaction).
"""

from __future__ import annotations

from flask import Response

from archive.settings import OPEN
from dicomweb.calls import Call
from dicomweb.capabilities import describe
from dicomweb.negotiation import Coding, Resource
from dicomweb.openapi import to_openapi
from dicomweb.responses import json_response
from dicomweb.wadl import to_wadl
from imaging.version import VERSION


def capabilities(call: Call) -> Response:
    """The capability description, as WADL or as JSON."""
    chosen = call.choose(Resource.CAPABILITIES)
    description = describe(call.door.routes, call.root)
    if chosen.coding is Coding.WADL:
        response = Response(to_wadl(description), content_type=chosen.media_type)
    else:
        response = json_response(description)
    response.headers["Allow"] = "OPTIONS"
    return response


def openapi(call: Call) -> Response:
    """The same as an OpenAPI document."""
    chosen = call.choose(Resource.OPENAPI)
    secured = call.archive.settings.access != OPEN
    description = describe(call.door.routes, call.root)
    return json_response(to_openapi(description, VERSION, secured), chosen.media_type)
