"""Presentation states: what they say, and what becomes of an image that is shown through one."""

import struct

import numpy as np
import pytest

from imaging.errors import LimitExceeded, Malformed, Unsupported
from imaging.rendering.frame import Rendering, Viewport, Window
from imaging.rendering.presentation import ImageReference
from tests.rendered import File, image_of, item, presented, state_of

CORNERS = [[10, 20, 30], [40, 50, 60]]


def image(rows=None, **overrides):
    return image_of(rows or CORNERS, **overrides)


def table(*entries: int, first: int = 0, bits: int = 8):
    return item(
        LUTDescriptor=[len(entries), first, bits],
        LUTData=struct.pack(f"<{len(entries)}H", *entries),
    )


def test_a_state_names_its_images_and_frames():
    shown = image()
    state = state_of(shown)
    reference = state.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    reference.ReferencedFrameNumber = [2, 3]
    read = File(state).state()
    assert read.references == (
        ImageReference(
            shown.StudyInstanceUID,
            shown.SeriesInstanceUID,
            shown.SOPClassUID,
            shown.SOPInstanceUID,
            (2, 3),
        ),
    )
    assert read.covers(shown.SOPInstanceUID, 3)
    assert not read.covers(shown.SOPInstanceUID, 1)
    assert not read.covers("1.2.3", 2)


def test_a_state_that_says_nothing_shows_the_image_as_it_is_stored():
    assert presented(image()).tolist() == CORNERS


def test_a_state_is_not_applied_to_other_images():
    state = File(state_of(image())).state()
    with pytest.raises(Malformed):
        File(image()).render(presentation=state)


# ---- gray values


def test_the_state_s_grays_come_in_place_of_the_image_s():
    windowed = image(WindowCenter=15, WindowWidth=2, RescaleSlope=3, RescaleIntercept=7)
    assert presented(windowed).tolist() == CORNERS


def test_the_photometric_interpretation_is_overridden_by_the_shape():
    # PS3.4 N.2.1.4
    inverted = image(PhotometricInterpretation="MONOCHROME1")
    assert presented(inverted).tolist() == CORNERS
    upside = (255 - np.array(CORNERS)).tolist()
    assert presented(inverted, PresentationLUTShape="INVERSE").tolist() == upside


def test_modality_voi_and_presentation_tables_follow_each_other():
    # 10 → 0, 20 → 2, past the end → 3; these → 0, 128, 255; halves of the range → 0, 255, 51.
    rows = [[10, 12, 13]]
    modality = table(0, 1, 2, 3, first=10)
    voi = item(VOILUTSequence=[table(0, 64, 128, 255)])
    shown = presented(
        image(rows),
        ModalityLUTSequence=[modality],
        SoftcopyVOILUTSequence=[voi],
        PresentationLUTSequence=[table(0, 255, 51)],
    )
    # VOI gives 0, 128 and 255 of 255; a table of three entries is asked at 0, 1.0 and 2.
    assert shown.tolist() == [[0, 255, 51]]


def test_each_image_has_the_window_that_references_it():
    first, second = image([[0, 100]]), image([[0, 100]])
    state = state_of(first)
    series = state.ReferencedSeriesSequence[0]
    both = [*series.ReferencedImageSequence, *_reference(second)]
    series.ReferencedImageSequence = both
    state.SoftcopyVOILUTSequence = [
        item(ReferencedImageSequence=_reference(first), WindowCenter=50.5, WindowWidth=101),
        item(ReferencedImageSequence=_reference(second), WindowCenter=100.5, WindowWidth=201),
    ]
    read = File(state).state()
    assert File(first).render(presentation=read).pixels.tolist() == [[0, 255]]
    assert File(second).render(presentation=read).pixels.tolist() == [[0, 128]]


def _reference(ds):
    return [item(ReferencedSOPClassUID=ds.SOPClassUID, ReferencedSOPInstanceUID=ds.SOPInstanceUID)]


def test_a_pseudo_colour_state_spreads_its_palette_over_the_grays():
    channels = {}
    for name, entries in (("Red", (0, 0, 255)), ("Green", (0, 255, 0)), ("Blue", (255, 0, 0))):
        channels[f"{name}PaletteColorLookupTableDescriptor"] = [3, 0, 8]
        channels[f"{name}PaletteColorLookupTableData"] = bytes((*entries, 0))
    shown = presented(
        image([[0, 128, 255]]), SOPClassUID="1.2.840.10008.5.1.4.1.1.11.3", **channels
    )
    assert shown.tolist() == [[[0, 0, 255], [0, 255, 0], [255, 0, 0]]]


# ---- space


@pytest.mark.parametrize(
    ("rotation", "flip", "expected"),
    [
        (0, "Y", [[30, 20, 10], [60, 50, 40]]),
        (90, "N", [[40, 10], [50, 20], [60, 30]]),
        (180, "N", [[60, 50, 40], [30, 20, 10]]),
        (270, "N", [[30, 60], [20, 50], [10, 40]]),
        # PS3.3 C.10.6: rotated first, then mirrored.
        (90, "Y", [[10, 40], [20, 50], [30, 60]]),
    ],
)
def test_images_are_rotated_clockwise_and_then_mirrored(rotation, flip, expected):
    shown = presented(image(), ImageRotation=rotation, ImageHorizontalFlip=flip)
    assert shown.tolist() == expected


def area(left, top, right, bottom, **elements):
    corners = {
        "DisplayedAreaTopLeftHandCorner": [left, top],
        "DisplayedAreaBottomRightHandCorner": [right, bottom],
        "PresentationSizeMode": "SCALE TO FIT",
        "PresentationPixelAspectRatio": [1, 1],
    }
    return [item(**(corners | elements))]


def test_the_displayed_area_is_shown_and_what_lies_beyond_the_image_is_black():
    shown = presented(image(), DisplayedAreaSelectionSequence=area(2, 1, 4, 3))
    assert shown.tolist() == [[20, 30, 0], [50, 60, 0], [0, 0, 0]]


def test_corners_of_a_turned_area_may_come_in_any_order():
    shown = presented(image(), ImageRotation=180, DisplayedAreaSelectionSequence=area(3, 2, 2, 1))
    assert shown.tolist() == [[60, 50], [30, 20]]


def test_magnification_and_pixel_aspect_change_the_size():
    magnified = area(
        1, 1, 3, 2, PresentationSizeMode="MAGNIFY", PresentationPixelMagnificationRatio=4
    )
    assert presented(image(), DisplayedAreaSelectionSequence=magnified).shape == (8, 12)
    tall = area(1, 1, 3, 2, PresentationPixelAspectRatio=[2, 1])
    assert presented(image(), DisplayedAreaSelectionSequence=tall).shape == (4, 3)
    turned = presented(image(), ImageRotation=90, DisplayedAreaSelectionSequence=tall)
    assert turned.shape == (3, 4)


def test_a_viewport_holds_the_displayed_area():
    rendering = Rendering(viewport=Viewport(30, 30))
    assert presented(image(), rendering).shape == (20, 30)


@pytest.mark.parametrize(
    "rendering",
    [Rendering(window=Window(1, 2)), Rendering(viewport=Viewport(8, 8, 1, 1))],
)
def test_neither_window_nor_region_goes_with_a_state(rendering):
    with pytest.raises(Malformed):
        presented(image(), rendering)


@pytest.mark.parametrize("corner", [2**31 - 2, 100_000])
def test_an_enormous_area_is_refused(corner):
    with pytest.raises(LimitExceeded):
        presented(image(), DisplayedAreaSelectionSequence=area(1, 1, corner, corner))


# ---- shutters

WHITE = [[200] * 5 for _ in range(5)]


def test_a_rectangular_shutter_leaves_its_edges_open():
    shown = presented(
        image(WHITE),
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=2,
        ShutterRightVerticalEdge=4,
        ShutterUpperHorizontalEdge=2,
        ShutterLowerHorizontalEdge=3,
        ShutterPresentationValue=0x4000,
    )
    assert shown[1:3, 1:4].min() == 200
    assert (shown == 0x40).sum() == 25 - 6


def test_circular_and_polygonal_shutters_together_leave_open_what_both_do():
    circle = presented(
        image(WHITE),
        ShutterShape="CIRCULAR",
        CenterOfCircularShutter=[3, 3],
        RadiusOfCircularShutter=1,
    )
    assert (circle == 200).sum() == 5
    both = presented(
        image(WHITE),
        ShutterShape=["CIRCULAR", "POLYGONAL"],
        CenterOfCircularShutter=[3, 3],
        RadiusOfCircularShutter=1,
        VerticesOfThePolygonalShutter=[1, 1, 1, 5, 3, 5, 3, 1],
    )
    assert (both == 200).sum() == 4


def test_a_bitmap_shutter_covers_where_its_overlay_is_set():
    state = state_of(image(WHITE), ShutterShape="BITMAP", ShutterOverlayGroup=0x6004)
    state.add_new(0x60040010, "US", 5)
    state.add_new(0x60040011, "US", 5)
    state.add_new(0x60043000, "OW", b"\x1f\0\0\0")
    shown = image(WHITE)
    state.ReferencedSeriesSequence[0].ReferencedImageSequence = _reference(shown)
    pixels = File(shown).render(presentation=File(state).state()).pixels
    assert pixels[0].max() == 0
    assert pixels[1:].min() == 200


def test_the_shutter_of_an_image_is_closed_too():
    shut = image(
        WHITE,
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=1,
        ShutterRightVerticalEdge=1,
        ShutterUpperHorizontalEdge=1,
        ShutterLowerHorizontalEdge=5,
    )
    assert (File(shut).render().pixels == 200).sum() == 5


# ---- graphics

DARK = [[0] * 40 for _ in range(40)]


def drawn(kind, points, units="PIXEL", filled="N", rendering=None, layer=None, **state):
    flat = [value for point in points for value in point]
    graphic = item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points),
        GraphicData=flat,
        GraphicType=kind,
        GraphicFilled=filled,
    )
    annotation = item(GraphicLayer="ONE", GraphicObjectSequence=[graphic])
    if layer is not None:
        state["GraphicLayerSequence"] = [item(GraphicLayer="ONE", GraphicLayerOrder=1, **layer)]
    return presented(image(DARK), rendering, GraphicAnnotationSequence=[annotation], **state)


@pytest.mark.parametrize(
    ("kind", "points", "inside", "outside"),
    [
        ("POLYLINE", [(5.5, 5.5), (30.5, 5.5)], (5, 20), (20, 20)),
        ("POINT", [(10.5, 20.5)], (20, 10), (10, 20)),
        ("CIRCLE", [(20.5, 20.5), (30.5, 20.5)], (20, 30), (20, 20)),
        ("ELLIPSE", [(5.5, 20), (35.5, 20), (20.5, 10.5), (20.5, 29.5)], (10, 20), (20, 20)),
        ("INTERPOLATED", [(5.5, 5.5), (20.5, 20.5), (35.5, 5.5)], (20, 20), (5, 20)),
    ],
)
def test_graphics_are_drawn_where_they_are(kind, points, inside, outside):
    pixels = drawn(kind, points)
    assert pixels[inside] == 255
    assert pixels[outside] == 0


def test_a_filled_polygon_is_filled_in_the_gray_of_its_layer():
    square = [(5, 5), (30, 5), (30, 30), (5, 30), (5, 5)]
    pixels = drawn(
        "POLYLINE",
        square,
        filled="Y",
        layer={"GraphicLayerRecommendedDisplayGrayscaleValue": 0x8000},
    )
    assert pixels[15, 15] == 0x80


def test_points_go_with_the_image_when_it_is_turned_and_scaled():
    pixels = drawn(
        "POINT", [(5.5, 10.5)], rendering=Rendering(viewport=Viewport(80, 80)), ImageRotation=90
    )
    row, column = np.argwhere(pixels == 255).mean(axis=0)
    # Clockwise: the row becomes the column from the right.
    assert abs(column - (40 - 10.5) * 2) < 1.5
    assert abs(row - 5.5 * 2) < 1.5


def test_points_in_parts_of_the_display_stay_where_they_are():
    pixels = drawn("POINT", [(0.25, 0.75)], units="DISPLAY", ImageRotation=90)
    row, column = np.argwhere(pixels == 255).mean(axis=0)
    assert (abs(row - 30), abs(column - 10)) < (1.5, 1.5)


def test_long_graphics_are_read_from_where_they_lie():
    zigzag = [(5 + index % 2, index / 10) for index in range(300)]
    assert drawn("POLYLINE", zigzag)[10:25, 5:8].max() == 255


def test_texts_are_drawn_in_every_script():
    text = item(
        BoundingBoxAnnotationUnits="PIXEL",
        UnformattedTextValue="Läsion 病変",
        BoundingBoxTopLeftHandCorner=[20.0, 40.0],
        BoundingBoxBottomRightHandCorner=[180.0, 60.0],
        BoundingBoxTextHorizontalJustification="LEFT",
    )
    annotation = item(GraphicLayer="ONE", TextObjectSequence=[text])
    pixels = presented(
        image([[0] * 200 for _ in range(100)]), GraphicAnnotationSequence=[annotation]
    )
    assert pixels[38:60, 20:100].max() > 200
    assert pixels[:35].max() == 0


def test_overlays_of_image_and_state_are_shown_when_they_are_activated():
    shown = image([[0] * 4])
    state = state_of(shown)
    for data_set, group, bits in ((shown, 0x6000, 1), (shown, 0x6002, 2), (state, 0x6004, 4)):
        data_set.add_new(group << 16 | 0x10, "US", 1)
        data_set.add_new(group << 16 | 0x11, "US", 4)
        data_set.add_new(group << 16 | 0x3000, "OW", bytes((bits, 0)))
    state.add_new(0x60001001, "CS", "ONE")
    state.add_new(0x60041001, "CS", "TWO")
    state.GraphicLayerSequence = [
        item(GraphicLayer="TWO", GraphicLayerRecommendedDisplayGrayscaleValue=0x7000)
    ]
    pixels = File(shown).render(presentation=File(state).state()).pixels
    assert pixels.tolist() == [[255, 0, 0x70, 0]]


# ---- what is refused


def test_masks_and_other_kinds_of_states_are_unsupported():
    with pytest.raises(Unsupported):
        File(state_of(image(), MaskSubtractionSequence=[item(MaskOperation="AVG_SUB")])).state()
    with pytest.raises(Unsupported):
        File(state_of(image(), SOPClassUID="1.2.840.10008.5.1.4.1.1.11.4")).state()


def test_more_annotations_than_anyone_draws_are_refused(monkeypatch):
    monkeypatch.setattr("imaging.rendering.graphic_annotations.MAX_OBJECTS", 3)
    many = [item(GraphicLayer="ONE") for _ in range(4)]
    with pytest.raises(LimitExceeded):
        File(state_of(image(), GraphicAnnotationSequence=many)).state()
    monkeypatch.setattr("imaging.rendering.graphic_annotations.MAX_POINTS", 5)
    with pytest.raises(LimitExceeded):
        drawn("POLYLINE", [(1, 1)] * 6)
