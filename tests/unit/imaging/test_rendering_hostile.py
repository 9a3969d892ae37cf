"""Damaged files rendered: a picture or a reason, never anything else."""

import contextlib
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from imaging.errors import ImagingError
from imaging.rendering.frame import ANNOTATIONS, Rendering, Viewport
from imaging.rendering.icc_profiles import profile_of
from tests.builders import part10
from tests.rendered import File, image_of, item, state_of


def rich_image():
    ds = image_of(
        [[0] * 16 for _ in range(16)],
        SamplesPerPixel=1,
        PixelSpacing=[1.0, 2.0],
        PixelPaddingRangeLimit=3,
        ShutterShape=["CIRCULAR", "POLYGONAL"],
        CenterOfCircularShutter=[8, 8],
        RadiusOfCircularShutter=6,
        VerticesOfThePolygonalShutter=[1, 1, 1, 9, 9, 9],
        ICCProfile=profile_of("srgb"),
        PresentationLUTShape="INVERSE",
        RescaleSlope=2,
        RescaleIntercept=-3,
    )
    ds.add_new(0x00280120, "US", 1)
    ds.ModalityLUTSequence = [item(LUTDescriptor=[4, 0, 8], LUTData=struct.pack("<4H", 1, 2, 3, 4))]
    ds.VOILUTSequence = [item(LUTDescriptor=[4, 0, 8], LUTData=struct.pack("<4H", 9, 2, 3, 4))]
    for element, vr, value in ((0x10, "US", 16), (0x11, "US", 16), (0x50, "SS", [-3, 2])):
        ds.add_new(0x60000000 | element, vr, value)
    ds.add_new(0x60003000, "OW", bytes(range(32)))
    return ds


def rich_state(image):
    graphic = item(
        GraphicAnnotationUnits="PIXEL",
        GraphicData=[1.0, 2.0, 3.0, 9.0, 5.0, 5.0, 7.0, 8.0],
        GraphicType="ELLIPSE",
    )
    text = item(
        UnformattedTextValue="text",
        BoundingBoxTopLeftHandCorner=[1.0, 2.0],
        BoundingBoxBottomRightHandCorner=[9.0, 9.0],
    )
    area = item(
        DisplayedAreaTopLeftHandCorner=[1, 1],
        DisplayedAreaBottomRightHandCorner=[16, 16],
        PresentationSizeMode="MAGNIFY",
        PresentationPixelAspectRatio=[1, 2],
        PresentationPixelMagnificationRatio=2.0,
    )
    return state_of(
        image,
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        DisplayedAreaSelectionSequence=[area],
        GraphicAnnotationSequence=[
            item(GraphicLayer="L", GraphicObjectSequence=[graphic], TextObjectSequence=[text])
        ],
        GraphicLayerSequence=[
            item(GraphicLayer="L", GraphicLayerRecommendedDisplayCIELabValue=[1, 2, 3])
        ],
        SoftcopyVOILUTSequence=[item(WindowCenter=3, WindowWidth=9)],
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=2,
        ShutterRightVerticalEdge=14,
        ShutterUpperHorizontalEdge=1,
        ShutterLowerHorizontalEdge=9,
    )


IMAGE = rich_image()
IMAGE_BYTES, STATE_BYTES = part10(IMAGE), part10(rich_state(IMAGE))
changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6)
everything = Rendering(
    viewport=Viewport(40, 30), annotations=frozenset(ANNOTATIONS), icc_profile="yes"
)


def damaged(data: bytes, places: list[tuple[float, int]]) -> bytes:
    """Bytes behind the file's preamble and meta information changed."""
    changed = bytearray(data)
    for place, value in places:
        changed[400 + int(place * (len(data) - 401))] = value
    return bytes(changed)


@settings(max_examples=150, deadline=None)
@given(changes)
def test_a_damaged_image_is_a_picture_or_refused(places):
    with contextlib.suppress(ImagingError):
        pixels = File(damaged(IMAGE_BYTES, places)).render(everything).pixels
        assert pixels.dtype == np.uint8


@settings(max_examples=150, deadline=None)
@given(changes)
def test_a_damaged_presentation_state_is_applied_or_refused(places):
    with contextlib.suppress(ImagingError):
        state = File(damaged(STATE_BYTES, places)).state()
        assert File(IMAGE_BYTES).render(everything, presentation=state).pixels.dtype == np.uint8


def test_the_undamaged_ones_are_rendered():
    assert File(IMAGE_BYTES).render(everything).pixels.max() > 0
    state = File(STATE_BYTES).state()
    assert File(IMAGE_BYTES).render(everything, presentation=state).pixels.max() > 0


def test_a_table_may_begin_where_no_stored_value_lies():
    ds = image_of([[0] * 4] * 4, PixelRepresentation=1)
    ds.ModalityLUTSequence = [item(LUTDescriptor=[4, 0, 8], LUTData=struct.pack("<4H", 1, 2, 3, 4))]
    ds.ModalityLUTSequence[0].add_new(0x00283002, "US", [4, 65535, 8])
    assert File(ds).render().pixels.shape == (4, 4)


def test_gray_pixels_that_are_called_subsampled_are_as_many_as_ever():
    ds = image_of([[5] * 100 for _ in range(100)], PhotometricInterpretation="YBR_FULL_422")
    with contextlib.suppress(ImagingError):
        assert File(ds).render().pixels.shape == (100, 100)


def test_a_frame_number_of_thousands_of_digits_names_no_frame():
    image = image_of([[0] * 4] * 4)
    state = state_of(image)
    [series] = state.ReferencedSeriesSequence
    [reference] = series.ReferencedImageSequence
    long_number = RawDataElement(Tag(0x00081160), "LO", 6000, b"9" * 6000, 0, False, True)
    reference._dict[Tag(0x00081160)] = long_number
    [read] = File(part10(state)).state().references
    assert read.frames == ()
