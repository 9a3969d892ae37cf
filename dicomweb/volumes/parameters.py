"""The query parameters of rendered volumes, as rows of the table of parameters.

Only the rows may live here, beside those of `parameters`; reading is `volume_query`.

References
----------
PS3.18 section 8.3.5.3 (2024d).
"""

from __future__ import annotations

from typing import Final

from dicomweb.parameters import RENDERED, Parameter
from dicomweb.volumes.query import MAX_RATE, METHODS
from imaging.volumes.views import ORIENTATIONS

# There is no text that could be in another character set.
_OF_PICTURES: Final = tuple(row for row in RENDERED if row.name != "charset")
_VOLUMES: Final = (
    Parameter(
        "volumeinputreference",
        summary="An instance, a series or a frame that is of the volume.",
        section="8.3.5.3.1",
        refused="1.2.x",
    ),
    Parameter(
        "renderingmethod",
        summary="How values that lie behind each other become one.",
        section="8.3.5.3.3",
        options=METHODS,
        example="maximum_ip",
        refused="raycast",
    ),
    Parameter(
        "orientation",
        summary="The side of the patient that is seen.",
        section="8.3.5.3.4",
        options=tuple(ORIENTATIONS),
        example="a",
        refused="x",
    ),
    Parameter(
        "viewpointposition",
        summary="x,y,z: where the camera stands, in millimetres of the patient.",
        section="8.3.5.3.5",
        example="0,-1000,0",
        refused="0,0",
    ),
    Parameter(
        "viewpointlookat",
        summary="x,y,z: the point in the middle of the picture.",
        section="8.3.5.3.6",
        example="0,0,0",
        refused="0,0,here",
    ),
    Parameter(
        "viewpointup",
        summary="x,y,z: the direction to the top of the picture.",
        section="8.3.5.3.7",
        example="1,-1,1",
        refused="up",
    ),
    Parameter(
        "animationstepsize",
        "decimal",
        "Degrees of a swivel, or millimetres of a curve, from a picture to the next.",
        "8.3.5.3.11",
        refused="0",
    ),
    Parameter(
        "animationrate",
        "decimal",
        f"Pictures a second, at most {MAX_RATE}.",
        "8.3.5.3.12",
        refused="0",
    ),
    Parameter(
        "renderedvolumetricmetadata",
        summary="The parameters of the picture instead of the picture, as DICOM JSON or XML.",
        section="8.3.5.3.13",
        options=("yes",),
        refused="no",
    ),
    *_OF_PICTURES,
)

MPR: Final = (
    *_VOLUMES,
    Parameter(
        "mprslab",
        "decimal",
        "How thick the slab is, in millimetres.",
        "8.3.5.3.8",
        example="10",
        refused="0",
    ),
    Parameter(
        "volumetriccurvepoint",
        summary="x,y,z of two points and more: the planes follow each other along them.",
        section="8.3.5.3.10",
        repeats=True,
        refused="0,0,0",
    ),
)
"""Of planes and slabs."""

THREE_D: Final = (
    *_VOLUMES,
    Parameter(
        "swivelrange",
        "decimal",
        "Degrees that the volume is turned by, up to 360.",
        "8.3.5.3.9",
        refused="361",
    ),
)
"""Of volumes seen from outside."""
