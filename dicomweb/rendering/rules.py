"""Which parameters apply to what, and how an answer tells what it left out or could not do.

References
----------
PS3.18 table 8.3.5-1 (target resource categories), sections 8.3.5.1.1 to 8.3.5.1.5.
"""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.rendering.kinds import Kind
from dicomweb.rendering.query import annotation_warning, unsupported_annotations
from dicomweb.rendering.renderable import Context
from imaging.errors import CodecsBusy, ImagingError, LimitExceeded
from imaging.rendering.frame import Rendering
from imaging.rendering.pictures import ANIMATION_TYPES, PICTURE_TYPES
from imaging.rendering.viewport import Viewport

_EVERYTHING: Final = frozenset({"annotation", "iccprofile", "quality", "viewport", "window"})
_OF_PAGES: Final = frozenset({"quality", "viewport"})
# A presentation state says itself how the images are to look (8.3.5.1.3 and .4).
_OF_STATES: Final = _EVERYTHING - {"window"}

_ALLOWED: Final = MappingProxyType(
    {Kind.IMAGE: _EVERYTHING, Kind.STATE: _OF_STATES, Kind.PDF: _OF_PAGES}
)


def check_applies(kind: Kind, context: Context, media_type: str) -> None:
    """Refuse parameters that change nothing of what is shown.

    Raises
    ------
    Refusal
        400, naming the parameter.
    """
    rendering = context.rendering
    is_picture = media_type in PICTURE_TYPES or media_type in ANIMATION_TYPES
    allowed = _ALLOWED.get(kind, frozenset()) if is_picture else frozenset()
    for name in _given(rendering):
        if name not in allowed:
            raise Refusal.bad_request(f"{name} does not apply to {kind.value} as {media_type}")
    viewport = rendering.viewport
    if kind is Kind.STATE and viewport and viewport != Viewport(viewport.width, viewport.height):
        raise Refusal.bad_request(
            "viewport takes a width and a height for a presentation state, and no region"
        )
    check_profile(rendering, media_type)


def check_profile(rendering: Rendering, media_type: str) -> None:
    """Refuse a profile where the media type cannot carry one (8.3.5.1.5)."""
    if rendering.icc_profile == "no" or carries_profile(media_type):
        return
    raise Refusal.bad_request(f"iccprofile takes no for {media_type}, which carries no profile")


def carries_profile(media_type: str) -> bool:
    """Say whether a picture of this type can have a profile in it."""
    picture = PICTURE_TYPES.get(media_type)
    return picture is not None and media_type not in ANIMATION_TYPES and picture.carries_icc_profile


def _given(rendering: Rendering) -> list[str]:
    said = {
        "annotation": bool(rendering.annotations),
        "iccprofile": rendering.icc_profile != "no",
        "quality": rendering.quality is not None,
        "viewport": rendering.viewport is not None,
        "window": rendering.window is not None,
    }
    return [name for name, is_given in said.items() if is_given]


def warnings_for(call: Call, context: Context, media_type: str) -> list[str]:
    """Spell what the answer must warn of: annotations left out, quality without a meaning."""
    warnings = []
    left_out = unsupported_annotations(call.request.args)
    if left_out:
        warnings.append(annotation_warning(context.root, left_out))
    lossy = is_lossy(media_type)
    if context.rendering.quality is not None and not lossy:
        warnings.append(
            f"299 {context.root}: quality does not apply to {media_type}, which loses nothing"
        )
    return warnings


def is_lossy(media_type: str) -> bool:
    """Say whether the quality of a picture of this type can be chosen."""
    kind = ANIMATION_TYPES.get(media_type) or PICTURE_TYPES.get(media_type)
    return kind is not None and kind.lossy


def explained(error: ImagingError) -> Refusal:
    """Say why something cannot be rendered: no codec is free, it is too large, or no picture."""
    if isinstance(error, CodecsBusy):
        return Refusal.busy(str(error))
    if isinstance(error, LimitExceeded):
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    return Refusal.not_acceptable(
        f"this cannot be rendered: {error}",
        ("the instance as it is stored: application/dicom; transfer-syntax=*",),
    )
