"""Words of the review: reasons to reject, and names of the views of a frame. Only tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REJECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "identifying text cannot be covered without losing the image",
        "face": "a face can be recognized or rebuilt",
        "unreadable": "an image cannot be shown, so nobody can check it",
        "photograph": "a photograph, document or screen that tells who the patient is",
        "unsuitable": "not a medical image, or not fit for this collection",
        "mistake": "sent by mistake, or without the consent that is needed",
    }
)
"""Reasons to reject, told to the sender. No free text: it could name the patient."""

VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {"usual": "As usual", "whole": "Whole range", "even": "Faint differences"}
)
"""What `imaging.inspection.VIEWS` are called on the page."""
