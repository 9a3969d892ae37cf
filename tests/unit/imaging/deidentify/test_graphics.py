"""What is drawn over images goes, is cleaned, or is shown to somebody."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset
from pydicom.sequence import Sequence

from imaging.deidentify.engine import Plan, deidentify
from imaging.deidentify.graphics import LOOK_AT_BITS, LOOK_AT_OVERLAY
from imaging.deidentify.profile import Option, Profile
from tests.builders import ct_data_set
from tests.unit.imaging.deidentify.test_engine import SECRET, cleaned, read


def with_overlay(kind: str, **more: Any) -> Dataset:
    ds = ct_data_set(**more)
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60000011, "US", 8)
    ds.add_new(0x60000040, "CS", kind)
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60001500, "LO", "Doe")
    ds.add_new(0x60003000, "OW", bytes(8))
    ds.add_new(0x50003000, "OW", bytes(8))
    return ds


def reasons(ds: Dataset, *options: Option) -> tuple[str, ...]:
    return deidentify(read(ds), Plan(Profile(frozenset(options)), SECRET, "c")).review


def annotated() -> Dataset:
    text = Dataset()
    text.UnformattedTextValue = "Lesion of Doe"
    annotation = Dataset()
    annotation.GraphicLayer = "LAYER1"
    annotation.TextObjectSequence = Sequence([text])
    return ct_data_set(GraphicAnnotationSequence=Sequence([annotation]))


def test_overlays_and_curves_go_as_a_whole() -> None:
    assert not [e for e in cleaned(with_overlay("G")) if e.tag.group in (0x6000, 0x5000)]
    graphics = cleaned(with_overlay("G"), Option.CLEAN_GRAPHICS)
    assert not [e for e in graphics if e.tag.group in (0x6000, 0x5000)]


def test_a_region_of_interest_stays_under_the_option_and_is_looked_at() -> None:
    ds = with_overlay("R")
    left = cleaned(ds, Option.CLEAN_GRAPHICS)
    assert left[0x60003000].value == bytes(2)
    assert "Doe" not in str(left)
    assert reasons(ds, Option.CLEAN_GRAPHICS) == (LOOK_AT_OVERLAY,)
    assert reasons(ds) == ()


def test_an_overlay_in_the_bits_of_the_pixels_is_looked_at() -> None:
    ds = with_overlay("G")
    del ds[0x60003000]
    ds[0x60000102].value = 12
    assert reasons(ds) == (LOOK_AT_BITS,)


def test_an_annotation_is_a_point_or_is_cleaned() -> None:
    (left,) = cleaned(annotated()).GraphicAnnotationSequence
    assert "TextObjectSequence" not in left
    assert left.GraphicObjectSequence[0].GraphicType == "POINT"
    options = (Option.CLEAN_GRAPHICS, Option.CLEAN_DESCRIPTORS)
    (left,) = cleaned(annotated(), *options).GraphicAnnotationSequence
    assert left.TextObjectSequence[0].UnformattedTextValue == "Lesion of [REMOVED]"
