"""Which images are searched, and which a person sees."""

from __future__ import annotations

import pytest

from imaging.data_set import DataSet, Element
from imaging.deidentify.pixels.kinds import Scrutiny, kind_of

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CT = "1.2.840.10008.5.1.4.1.1.2"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def an_image(modality: str, image_type: str = "ORIGINAL\\PRIMARY\\AXIAL", **more: str) -> DataSet:
    """What the header of an image says."""
    data_set = DataSet()
    texts = {0x00080060: ("CS", modality), 0x00080008: ("CS", image_type)}
    names = {"sop_class": (0x00080016, "UI"), "burned_in": (0x00280301, "CS")}
    names["conversion"] = (0x00080064, "CS")
    for name, value in more.items():
        tag, vr = names[name]
        texts[tag] = (vr, value)
    for tag, (vr, text) in texts.items():
        data_set[tag] = Element(tag, vr, text.encode())
    data_set[0x00280101] = Element(0x00280101, "US", b"\x0c\0")
    return data_set


@pytest.mark.parametrize("modality", ["US", "CR", "SC", "OT", "XC", "ES", "IVUS", "", "QQ"])
def test_a_person_sees_what_often_has_names_in_it_or_nobody_knows(modality: str) -> None:
    kind = kind_of(an_image(modality))
    assert kind.scrutiny is Scrutiny.FULL and kind.person


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_original_slices_are_searched_quickly(modality: str) -> None:
    assert kind_of(an_image(modality)).scrutiny is Scrutiny.QUICK


def test_derived_slices_are_searched_thoroughly() -> None:
    assert kind_of(an_image("CT", "DERIVED\\SECONDARY\\MPR")).scrutiny is Scrutiny.FULL


@pytest.mark.parametrize(
    "image",
    [
        an_image("CT", "DERIVED\\SECONDARY\\SCREEN SAVE"),
        an_image("CT", sop_class=SECONDARY_CAPTURE),
        an_image("MR", conversion="WSD"),
    ],
    ids=["image type", "SOP class", "conversion type"],
)
def test_captures_of_a_scanners_screen_are_seen_by_a_person(image: DataSet) -> None:
    assert kind_of(image).person


def test_the_header_is_believed_when_it_says_yes_and_not_when_it_says_no() -> None:
    assert kind_of(an_image("CT", sop_class=CT, burned_in="YES")).person
    assert kind_of(an_image("US", burned_in="NO")).person
    assert kind_of(an_image("US", burned_in="NO")).scrutiny is Scrutiny.FULL


def test_labels_are_not_searched() -> None:
    assert kind_of(an_image("SEG", sop_class=SEGMENTATION)).scrutiny is Scrutiny.NONE
