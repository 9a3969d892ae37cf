"""Words of the review: reasons to reject, and names of the views of a frame. Only tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from community.look.words import N_

REJECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": N_("identifying text cannot be covered without losing the image"),
        "face": N_("a face can be recognized or rebuilt"),
        "unreadable": N_("an image cannot be shown, so nobody can check it"),
        "photograph": N_("a photograph, document or screen that tells who the patient is"),
        "unsuitable": N_("not a medical image, or not fit for this collection"),
        "mistake": N_("sent by mistake, or without the consent that is needed"),
    }
)
"""Reasons to reject, told to the sender. No free text: it could name the patient."""

VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {"usual": N_("As usual"), "whole": N_("Whole range"), "even": N_("Faint differences")}
)
"""What `imaging.inspection.VIEWS` are called on the page."""
